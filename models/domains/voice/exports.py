"""The formats that voices go out in; what writes each is loaded when it is asked for."""

from __future__ import annotations

from functools import partial

from models.domain import Export
from models.lazy import lazy

_own = partial(lazy, __name__.rpartition(".")[0])
EXPORTS = (
    Export("combined", "Combined CSVs of sub-bases, with the index of images", "", _own("combined.export")),
    Export("folders", "Class folders of recordings and images, with a table", "", _own("class_folders.export")),
    Export("raven", "Regions as Raven selection tables", "", _own("mark_folder.export_raven")),
    Export("textgrid", "Regions as Praat TextGrids", "", _own("mark_folder.export_textgrid")),
    Export("audacity", "Regions as Audacity label tracks", "", _own("mark_folder.export_audacity")),
    Export("clean", "List of files without those that are flagged", ".txt", _own("clean_list.export"), one_way=True),
)
