"""Projects of what one import brings, as most tests begin."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from models.job import Job
from models.store.project import Project
from workers.inline import run


def project_from(place: Path, kind: str, *sources: Path, **settings: Any) -> Path:
    """A new project of this domain there, with the samples of these sources; its folder."""
    Project.create(place, kind).close()
    asked = {"project": str(place), "sources": [str(source) for source in sources], "settings": settings}
    run(Job("import_samples", asked, "import"))
    return place
