"""Units of tables are placed by their measures where no model has seen them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.store.project import Project
from tests.app.unit_tables import make_units
from tests.units.sortings import write_table
from tests.units.test_units_writing import do, project_of


def test_units_of_tables_are_placed_by_their_measures(tmp_path: Path) -> None:
    project = make_units(tmp_path)
    places = np.load(do("project_map", project=project)["file"])
    with Project.open(project) as opened:
        labels = opened.journal.fold.labels()
    assert np.isfinite(places).all()
    assert len(np.unique(places, axis=0)) == len(places)
    centres = [places[labels == name].mean(axis=0) for name in ("good", "mua", "noise")]
    spread = places.std(axis=0).mean()
    assert max(np.linalg.norm(centres[0] - other) for other in centres[1:]) > spread


def test_units_without_measures_have_no_place(tmp_path: Path) -> None:
    project = project_of(tmp_path / "p", write_table(tmp_path / "cluster_group.tsv", "cluster_id\tgroup\n1\tgood\n"))
    with pytest.raises(UserError, match="nothing to be placed by"):
        do("project_map", project=project)
