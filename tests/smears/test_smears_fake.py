"""Generated smears are found again as what they were drawn as, and state a ceiling that holds."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Fake
from models.domains.smears import cells, fake
from models.domains.smears.drawing import HEALTHY, LOOKS, STAGES
from models.errors import UserError
from tests.scans import Scanned
from tests.smears.scanned import scanned


def made(out: Path, samples: int = 100, **settings: Any) -> tuple[Fake, Scanned]:
    steps = fake.fake(out, samples, 5, **settings)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            return end.value, scanned(out)


def test_boxes_come_back_in_bbbc041s_layout(tmp_path: Path) -> None:
    told, found = made(tmp_path)
    assert not found.noted
    assert not found.skipped
    assert told.samples == len(found.keys) == 100
    assert set(found.labels) == {HEALTHY, *STAGES}
    assert [one.name for one in found.found] == ["training.json"]
    assert len(set(found.groups)) == 4
    assert any(found.column("edge"))
    again, _ = made(tmp_path / "again")
    assert [file.name for file in told.files] == [file.name for file in again.files], "the same seed, the same data"
    assert told.files[1].read_bytes() == again.files[1].read_bytes()


def test_crops_come_back_in_nihs_layout(tmp_path: Path) -> None:
    told, found = made(tmp_path, mode="crops", patients="5", infected="0.4")
    assert len(found.keys) == 100
    assert len(set(found.groups)) == 5
    assert 30 <= Counter(found.labels)["Parasitized"] <= 50
    samples = found.found[0].addresses()
    corner = cells.crops(samples, np.arange(20), 32)[:, 0, 0]
    assert (corner == 0).all(), "black around the cell"
    assert told.ceiling == pytest.approx(0.93, abs=0.02)


def test_laboratories_look_different(tmp_path: Path) -> None:
    ground = {}
    for look in LOOKS:
        _, found = made(tmp_path / look, 30, look=look)
        samples = found.found[0].addresses()
        wide = cells.crops(samples, np.arange(10), 48, margin=0.5)
        ground[look] = np.median(wide[:, 0].reshape(-1, 3), axis=0)
    for one in LOOKS:
        for other in LOOKS:
            assert one == other or np.abs(ground[one] - ground[other]).max() > 8, (one, other)


@pytest.mark.parametrize("mode", fake.MODES)
def test_the_ceiling_is_the_best_that_appearance_allows(mode: str) -> None:
    asked = fake.plan({"mode": mode, "mistakes": "0.1"})
    dealt = fake.deal(asked, 60_000, np.random.default_rng(0))
    table = Counter(zip(dealt.labels, dealt.appearances, strict=True))
    labels = {name: sum(count for (label, _), count in table.items() if label == name) for name in asked.classes}
    shown = sorted(set(dealt.appearances))
    best = sum(max(table[name, look] / labels[name] for name in asked.classes) for look in shown) / len(asked.classes)
    if mode == "crops":
        # All stages together are one look: a parasite.
        infected = [
            sum(table[name, look] for look in shown if look != HEALTHY) / labels[name] for name in asked.classes
        ]
        best = (max(infected) + max(table[name, HEALTHY] / labels[name] for name in asked.classes)) / 2
    assert fake.ceiling(asked) == pytest.approx(best, abs=0.01)
    assert fake.ceiling(asked) < 0.96


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"look": "z"}, "look is 'z': give a, b, c or d"),
        ({"mode": "x"}, "mode is"),
        ({"infected": "2"}, "infected is"),
        ({"patients": "2.5"}, "whole number"),
        ({"colour": "1"}, "no setting 'colour'"),
    ],
)
def test_wrong_settings_are_told(settings: dict[str, str], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        made(tmp_path, 20, **settings)


def test_nothing_is_written_over(tmp_path: Path) -> None:
    made(tmp_path, 20)
    with pytest.raises(UserError, match="exists"):
        made(tmp_path, 20)
    with pytest.raises(UserError, match="8 to"):
        made(tmp_path / "few", 3)
