"""The extra `serve`, without which there is no service."""

from __future__ import annotations

from importlib.util import find_spec

from models.errors import lacking

_NEEDED = ("fastapi", "uvicorn", "prometheus_client", "jwt", "websockets")


def check_extra() -> None:
    """Raise UserError where something of the extra is missing."""
    if any(find_spec(name) is None for name in _NEEDED):
        raise lacking("the prediction service needs", "serve")
