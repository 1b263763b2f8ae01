"""The trainings of the IMBALMED runner: every fold of every sub-base, and the files that it leaves of them."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Given, GivenOutcome
from models.domains.voice import splits as splitting
from models.domains.voice.combined import write_tables
from models.domains.voice.places import texts_of
from models.domains.voice.splits import SUBSETS, Splits
from models.errors import UserError
from models.job import finish
from models.learn.given import FIGURES
from models.learn.save import write_json
from models.learn.words import listing
from models.sample import Samples

Rows = npt.NDArray[np.int64]
#: Where the runner leaves its summaries, below the folder of a run.
OUTPUTS = ("outputs", "audio_imbalmed")


def name_of(subdb: int) -> str:
    """What a sub-base is called."""
    return f"subdb{subdb}"


def given(params: Any, samples: Samples) -> tuple[Given, ...]:
    """The folds of the sub-bases that are asked for; () where samples came without splits and none is asked for.

    Raises UserError for a sub-base or fold that is not there, and for folds without anybody to be judged on.
    """
    home = splitting.folder_of(samples)
    if home is None:
        if params.subdbs or params.fold >= 0:
            raise UserError(
                "these samples came without splits, so there is no sub-base and no fold to choose. Import a folder "
                "with subdb1_train_10_90.csv and so on, or leave subdbs and fold out."
            )
        return ()
    splits = splitting.read_splits(home)
    speakers = texts_of(samples, "speaker")
    return tuple(
        _training(splits, subdb, fold, speakers)
        for subdb in _subdbs(splits, params.subdbs, home)
        for fold in _folds(splits, subdb, params.fold)
    )


def _subdbs(splits: Splits, wanted: tuple[int, ...], home: Path) -> tuple[int, ...]:
    missing = [str(number) for number in wanted if number not in splits.subdbs]
    if missing:
        known = ", ".join(map(str, splits.subdbs)) or "none"
        raise UserError(f"there is no sub-base {listing(missing)} in {home}: it has {known}.")
    return tuple(sorted(set(wanted))) or splits.subdbs


def _folds(splits: Splits, subdb: int, wanted: int) -> tuple[int, ...]:
    known = splits.folds(subdb)
    if wanted >= 0 and wanted not in known:
        raise UserError(f"sub-base {subdb} has no fold {wanted}: it has {', '.join(map(str, known))}.")
    return known if wanted < 0 else (wanted,)


def _training(splits: Splits, subdb: int, fold: int, speakers: list[str]) -> Given:
    sides: dict[str, list[int]] = {subset: [] for subset in SUBSETS}
    members = splits.members(subdb, fold)
    for row, speaker in enumerate(speakers):
        if (subset := members.get(speaker.casefold())) is not None:
            sides[subset].append(row)
    if not sides["test"]:
        raise UserError(
            f"fold {fold} of sub-base {subdb} has no test patient with a recording here: nothing can be judged. "
            f"Complete {splitting.COMMON}, or take another fold with --fold."
        )
    rows: dict[str, Rows] = {subset: np.array(found, np.int64) for subset, found in sides.items()}
    return Given(name_of(subdb), fold, rows["train"], rows["val"], rows["test"])


def report(outcome: GivenOutcome, folder: Path) -> None:
    """Write the index, the combined CSVs and a summary a sub-base into the folder of a run."""
    numbers = sorted({int(one.name.removeprefix("subdb")) for one in outcome.givens})
    finish(write_tables(outcome.samples, outcome.labels, folder, numbers))
    for number in numbers:
        place = folder.joinpath(*OUTPUTS, name_of(number))
        place.mkdir(parents=True, exist_ok=True)
        told = summary(outcome, name_of(number))
        write_json(place / f"{outcome.recipe}_cv_summary.json", told)


def summary(outcome: GivenOutcome, name: str) -> dict[str, Any]:
    """The summary of a sub-base: each fold, mean and deviation, at the level of images and of patients."""
    scores = outcome.scores["sets"][name]
    return {
        "method": outcome.recipe,
        "subdb": name,
        "classes": list(outcome.classes),
        "positive": outcome.scores["positive"],
        "n_folds": len(scores["folds"]),
        "folds": [_fold(line) for line in scores["folds"]],
        "mean": _levels(scores["mean"]),
        "std": _levels(scores["sd"]),
        "pooled": _levels(scores["pooled"]),
        "pooled_intervals": _levels(scores["intervals"]),
    }


def _levels(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"image": told["sample"], "patient": told["group"]}


def _fold(line: Mapping[str, Any]) -> dict[str, Any]:
    """A fold with its figures at the level of images in front, as the runner writes them, then both levels."""
    plain = {name: line["sample"][name] for name in FIGURES}
    return {"fold": line["fold"], **plain, **_levels(line), "threshold": _levels(line["threshold"])}
