"""Remedies for another laboratory's cells: whose stain is brought to whose, and which cells are asked about."""

from __future__ import annotations

from collections.abc import Generator
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image

from models.domain import Found
from models.domains.smears import alignment, cells
from models.domains.smears.remedies import REMEDIES
from models.external import Abroad
from models.job import Progress, finish
from models.sample import Samples

MAKE = {one.name: one.make for one in REMEDIES}


def crops(folder: Path, colour: tuple[int, int, int]) -> Samples:
    """Single cells of one stain, as files."""
    rng = np.random.default_rng(5)
    down, across = np.mgrid[-1:1:72j, -1:1:72j]
    folder.mkdir()
    names = [f"{place}.png" for place in range(6)]
    for name in names:
        pixels = np.full((72, 72, 3), 235.0)
        pixels[down**2 + across**2 < 0.6] = colour
        pixels[(down - 0.2) ** 2 + (across + 0.1) ** 2 < 0.05] = np.array(colour) * [0.6, 0.35, 0.7]
        noisy = np.clip(pixels + rng.normal(0, 3, pixels.shape), 0, 255)
        Image.fromarray(noisy.astype(np.uint8)).save(folder / name)
    columns: dict[str, list[Any]] = {"_image": list(names), "_box": [None] * len(names)}
    return Found(folder, folder.name, names, names, columns=columns).addresses()


def mean(samples: Samples) -> npt.NDArray[np.float64]:
    found = cells.crops(samples, np.arange(len(samples)), 72)
    return np.asarray(found[:, 20:52, 20:52].reshape(-1, 3).mean(0), np.float64)


@pytest.mark.parametrize("name", ["reinhard", "macenko"])
def test_the_target_is_shown_to_the_run_in_the_stain_of_the_source(name: str, tmp_path: Path) -> None:
    source, target = crops(tmp_path / "in", (200, 120, 160)), crops(tmp_path / "out", (130, 150, 200))
    seen: list[Samples] = []

    def predict(samples: Samples) -> Generator[Progress, None, npt.NDArray[np.float32]]:
        yield Progress(text="Seeing")
        seen.append(samples)
        return np.zeros(len(samples), np.float32)

    abroad = cast("Abroad", SimpleNamespace(params={}, source=source, target=target, predict=predict))
    finish(MAKE[name](abroad))
    (shown,) = seen
    assert shown.ids() == target.ids()
    assert np.abs(mean(shown) - mean(source)).max() < np.abs(mean(target) - mean(source)).max() / 2


def away(known: list[int], told: list[int]) -> tuple[Abroad, npt.NDArray[np.float32]]:
    """A network of plain vectors and 200 cells there, the last 50 infected; and the one feature of these that tells."""
    rng = np.random.default_rng(7)
    codes = np.repeat([0, 1], [150, 50])
    here, there = (rng.normal(size=(200, 3)).astype(np.float32) for _ in range(2))
    here[:, 0] += 6 * codes
    there[:, 0] += 6 * codes + 3
    source, target = cast("Samples", object()), cast("Samples", object())

    def vectors(samples: Samples) -> Generator[Progress, None, npt.NDArray[np.float32]]:
        yield Progress(text="Seeing")
        return here if samples is source else there

    no = cast("Any", None)
    p, pool = np.full(200, 0.5, np.float32), np.arange(200)
    abroad = Abroad(
        "network", {}, source, codes, target, pool, p, no, no, vectors, Path(), np.array(known), np.array(told)
    )
    return abroad, there[:, 0]


def taught(name: str, abroad: Abroad, monkeypatch: pytest.MonkeyPatch) -> list[dict[int, int]]:
    """The cells there, and the classes, that a remedy learns from, each time that it does."""
    seen, real = [], alignment.relearnt

    def relearnt(source: Any, codes: Any, target: Any, rows: Any, labels: Any, *more: Any) -> Any:
        assert len(np.unique(rows)) == len(rows) == len(labels)
        seen.append(dict(zip(rows.tolist(), labels.tolist(), strict=True)))
        return real(source, codes, target, rows, labels, *more)

    monkeypatch.setattr(alignment, "relearnt", relearnt)
    finish(MAKE[name](abroad))
    return seen


def test_told_labels_hold_against_what_the_retrained_head_is_sure_of(monkeypatch: pytest.MonkeyPatch) -> None:
    known, told = [0, 1, 2, 198, 199], [1, 0, 0, 1, 0]
    abroad, _ = away(known, told)
    first, *rounds = taught("refit", abroad, monkeypatch)
    assert first == dict(zip(known, told, strict=True)), "at first labels alone teach"
    assert len(rounds) == 3
    for one in rounds:
        assert [one[row] for row in known] == told
        assert all(code == int(row >= 150) for row, code in one.items() if row not in known)
        assert len(one) > len(known)


def test_the_surest_cells_of_both_classes_teach_once_and_told_labels_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    abroad, feature = away([0, 199], [1, 0])
    (only,) = taught("self_training", abroad, monkeypatch)
    assert {row: code for row, code in only.items() if code != int(row >= 150)} == {}
    chosen = [[row for row, code in only.items() if code == wanted] for wanted in (0, 1)]
    assert [len(rows) for rows in chosen] == [45, 15]
    assert feature[chosen[0]].mean() < feature[:150].mean() - 0.5
    assert feature[chosen[1]].mean() > feature[150:].mean() + 0.5


def test_labels_are_asked_of_a_few_groups_only() -> None:
    scores = np.random.default_rng(1).normal(size=2000)
    groups = np.arange(2000) // 50
    rows = alignment.ask(scores, groups, 50, 3)
    assert len(rows) == len(np.unique(rows)) == 50
    assert len(np.unique(groups[rows])) <= alignment.GROUPS == 10
