"""Small pictures of samples, made ready before they are looked at."""

from __future__ import annotations

import itertools
import time
from pathlib import Path

from models.job import Steps
from models.orders.naming import find_domain, place
from models.store.atomic import write_text
from models.store.project import Project


def stage(project: str, seconds: float = 0.0) -> Steps:
    """Make the small pictures ready that lists show: {whole}, whether all are.

    seconds: after so many it is left off between two steps, so that other work comes in turn; 0 for to the end.
    """
    with Project.open(place(project)) as opened:
        kind, begun = find_domain(opened), time.monotonic()
        if kind.stage is None:
            return {"whole": True}
        steps = kind.stage(opened.samples, opened.cache)
        try:
            # What comes before the first step may take all of the time: at least one is made.
            for made in itertools.count():
                yield next(steps)
                if made and seconds and time.monotonic() - begun > seconds:
                    break
        except StopIteration:
            write_text(_mark(opened), "")
            return {"whole": True}
        finally:
            steps.close()
        return {"whole": False}


def is_staged(project: Project) -> bool:
    """Whether the small pictures of these samples were made ready."""
    return _mark(project).exists()


def _mark(project: Project) -> Path:
    return project.cache / f"staged-{project.generation}"
