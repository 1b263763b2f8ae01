"""Settings of a file, such as config.yaml, in the place of flags that are not given."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import click
from click.core import ParameterSource

if TYPE_CHECKING:
    from models.domain import Domain
    from models.orders.configuration import Configuration

config_option = click.option(
    "--config", default="", metavar="FILE.yaml",
    help="Settings of a whole job (winnow pipeline --template), for train a recipe's too; flags go before.",
)  # fmt: skip


def configuration(path: str, kind: Domain) -> Configuration:
    """The settings of a file for a project of this domain. Raises UserError with the line."""
    from models.orders.configuration import configuration_for
    from models.orders.naming import place

    return configuration_for(kind, place(path))


def is_said(ctx: click.Context, name: str) -> bool:
    """Whether a flag was given."""
    return ctx.get_parameter_source(name) is ParameterSource.COMMANDLINE


def filled(ctx: click.Context, given: Mapping[str, Any], told: Mapping[str, Any]) -> dict[str, Any]:
    """What flags say, and what a file tells in the place of those that were not given."""
    return {name: told[name] if name in told and not is_said(ctx, name) else value for name, value in given.items()}
