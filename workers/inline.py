"""The orders in this process: `run` for the command line (no Qt), `Inline` with the host's interface."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, Any

from models.errors import Cancelled
from models.job import Job, Progress, Stopped
from workers.steps import begin, drive

if TYPE_CHECKING:
    from workers.desk import Inline

__all__ = ["Inline", "run"]


def run(
    job: Job,
    on_progress: Callable[[Progress], None] | None = None,
    cancelled: Callable[[], bool] = lambda: False,
) -> Any:
    """The job's result, computed here and now; `on_progress` gets every step.

    Raises UserError; Cancelled when `cancelled` said so and nothing was kept; any other error of the
    order as it is.
    """
    end = drive(begin(job.order, job.arguments, job.device), on_progress or _ignore, cancelled)
    if isinstance(end, Stopped) and end.result is None:
        raise Cancelled
    return end.result


def _ignore(progress: Progress) -> None:
    pass


def __getattr__(name: str) -> Any:
    """`Inline` on demand, so that the command line never loads Qt."""
    if name == "Inline":
        from workers.desk import Inline

        return Inline
    raise AttributeError(name)
