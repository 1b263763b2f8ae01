"""The `labels` group that an export writes into a file: who gave which class to which cell."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from models.domain import Finding, Noted
from models.domains.traces import container
from models.learn.words import plural


@dataclass(frozen=True)
class Marked:
    """One sample in a `labels` group: its class, who gave it."""

    label: str
    by: str

    def own(self) -> str | None:
        """The class as the file's own label: what no person gave."""
        return self.label if self.label and not self.person else None

    def votes(self) -> dict[str, str]:
        """The class as the vote of the person who gave it."""
        return {self.by: self.label} if self.label and self.person else {}

    @property
    def person(self) -> bool:
        """Whether a person gave it, not a file."""
        return self.by not in ("", "file") and not self.by.startswith("file:")


@dataclass(frozen=True)
class LabelGroup:
    """The `labels` group of an exported file by (sample key, cell); subset: only these were exported."""

    labels: dict[tuple[str, int], Marked]
    subset: bool


def read_label_group(h5: Any, notes: list[Finding], name: str) -> LabelGroup | None:
    """Labels that an export wrote into the file, or None where it holds none."""
    if not {"ids", "label", "by"} <= set(container.names(h5, "labels")):
        return None
    ids, labels, people = (container.texts(container.dataset(h5, f"labels/{part}")) for part in ("ids", "label", "by"))
    if not len(ids) == len(labels) == len(people):
        notes.append(Noted(name, "labels", "ids, label and by differ in length: the labels group is not used"))
        return None
    found: dict[tuple[str, int], Marked] = {}
    for key, label, by in zip(ids, labels, people, strict=True):
        sample, _, cell = key.rpartition("/")
        if sample and cell.isdigit():
            found[sample, int(cell)] = Marked(label, by)
    if len(found) < len(ids):
        notes.append(
            Noted(
                name,
                "labels/ids",
                plural(len(ids) - len(found), "id names no sample of this file", "ids name no sample of this file"),
            )
        )
    return LabelGroup(found, bool(h5["labels"].attrs.get("subset", False)))
