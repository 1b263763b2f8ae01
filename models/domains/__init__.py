"""The kinds of data, one folder each; a sixth one is one more folder with a `DOMAIN`."""

from __future__ import annotations

import importlib
import pkgutil

from models.domain import Domain
from models.errors import UserError
from models.params import unknown
from models.store import carriers


def find_names() -> tuple[str, ...]:
    """Names of the domains, found from the folders beside this file."""
    return tuple(sorted(item.name for item in pkgutil.iter_modules(__path__) if item.ispkg))


NAMES = find_names()


def domain(name: str) -> Domain:
    """The domain of this name. Raises UserError with the known ones."""
    if name not in NAMES:
        raise UserError(unknown("domain", name, NAMES))
    record = importlib.import_module(f"{__name__}.{name}").DOMAIN
    if not isinstance(record, Domain):
        raise UserError(f"models/domains/{name} declares no DOMAIN")
    return record


carriers.ask(lambda name: domain(name).carrier if name in NAMES else None)
