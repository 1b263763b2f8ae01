"""The files that nothing is wrong with, one on a line: for a script that is to hear these alone."""

from __future__ import annotations

from collections import Counter
from collections.abc import Generator
from pathlib import Path
from typing import Any

from models.domain import ExportView
from models.domains.voice.places import paths_of, texts_of
from models.errors import UserError
from models.job import Progress
from models.store.atomic import write_text


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """The paths of samples that neither an import nor a curator flagged, each once, as text in UTF-8."""
    kept: dict[str, None] = {}
    skipped = []
    marked = view.flagged or [""] * len(view.samples)
    told = zip(paths_of(view.samples), texts_of(view.samples, "quality"), marked, view.samples.ids(), strict=True)
    for file, quality, flag, name in told:
        reason = "a row of a table has no file" if file is None else ", ".join(filter(None, (quality, flag)))
        if reason:
            skipped.append({"source": name, "where": "", "reason": reason})
        else:
            kept.setdefault(str(file))
    if not kept:
        kinds = Counter(one["reason"] for one in skipped)
        raise UserError(f"nothing could be written: no file is without a flag ({kinds.most_common(1)[0][0]})")
    yield Progress(0, len(kept), f"Writing {path.name}")
    write_text(path, "".join(f"{file}\n" for file in kept))
    return {"written": len(kept), "files": [str(path)], "skipped": skipped}
