"""What the tables and records of a run tell of withdrawn samples, taken out of them."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any

from models.store.atomic import plain, write_text
from models.store.digest import digest

#: Columns of tables that name a sample, and such as name whom it is of, in small letters.
_SAMPLES = {"id", "sample", "key", "path", "file", "image_rel_path"}
_GROUPS = {"group", "speaker", "speaker_id", "patient", "patient_id", "subject", "healthcode", "health_code"}
_RECORD = "run.json"


def scrub_run(folder: Path, samples: Collection[str], groups: Collection[str]) -> None:
    """Take rows of these samples and groups out of the tables below the folder of a run, and scores of the groups out
    of its records; their digests follow.

    samples: ids, and keys as tables tell them. groups: those of which nothing is left. What cannot be read stays.
    """
    gone, changed = set(groups), []
    for file in sorted(folder.rglob("*.csv")):
        found = _scrubbed_table(file, samples, gone)
        if found is not None:
            write_text(file, found)
            changed.append(file)
    records = sorted(file for file in folder.rglob("*.json") if file != folder / _RECORD)
    changed += [file for file in records if _scrub_record(file, gone, {})]
    _scrub_record(folder / _RECORD, gone, {file.relative_to(folder).as_posix(): digest(file) for file in changed})


def _scrubbed_table(file: Path, samples: Collection[str], gone: set[str]) -> str | None:
    """The table without these rows, None where it has none of them; groups that only they name are gone too."""
    try:
        # Lines as they end there, so that the others stay to the letter.
        with plain(file).open(encoding="utf-8", newline="") as opened:
            text = opened.read()
        lines = list(csv.reader(io.StringIO(text, newline="")))
    except (OSError, UnicodeDecodeError, csv.Error):
        return None
    head = [name.strip().lower() for name in lines[0]] if lines else []
    of_sample = [place for place, name in enumerate(head) if name in _SAMPLES]
    of_group = [place for place, name in enumerate(head) if name in _GROUPS]
    if not of_sample and not of_group:
        return None

    def told(line: list[str], places: list[int]) -> set[str]:
        return {line[place] for place in places if place < len(line)}

    out = [
        not told(line, of_sample).isdisjoint(samples) or not told(line, of_group).isdisjoint(gone) for line in lines[1:]
    ]
    if not any(out):
        return None
    kept = [line for line, is_out in zip(lines[1:], out, strict=True) if not is_out]
    left = set().union(*(told(line, of_group) for line in kept))
    gone |= set().union(*(told(line, of_group) for line, is_out in zip(lines[1:], out, strict=True) if is_out)) - left
    end = "\r\n" if "\r\n" in text else "\n"
    written = io.StringIO(newline="")
    csv.writer(written, lineterminator=end).writerows([lines[0], *kept])
    return written.getvalue()


def _scrub_record(file: Path, gone: Collection[str], digests: Mapping[str, str]) -> bool:
    """Take the scores of groups out of a record, and put digests of other files right; whether it is another now."""
    try:
        record = json.loads(plain(file).read_text("utf-8"))
    except (OSError, ValueError, RecursionError):
        return False
    found = _without(record, gone)
    if isinstance(found, dict) and isinstance(found.get("digests"), dict):
        found["digests"] |= {name: value for name, value in digests.items() if name in found["digests"]}
    # As text, for a score may be NaN, which is unlike itself.
    text = json.dumps(found, indent=1, ensure_ascii=False)
    if text == json.dumps(record, indent=1, ensure_ascii=False):
        return False
    write_text(file, text)
    return True


def _without(found: Any, gone: Collection[str]) -> Any:
    """The same without the entries of these groups where scores are told by a column (``by_speaker``)."""
    if isinstance(found, list):
        return [_without(one, gone) for one in found]
    if not isinstance(found, dict):
        return found
    return {name: _without(_left(name, one, gone), gone) for name, one in found.items()}


def _left(name: str, found: Any, gone: Collection[str]) -> Any:
    if not (name.startswith("by_") and isinstance(found, list)):
        return found
    return [one for one in found if not (isinstance(one, dict) and one.get("value") in gone)]
