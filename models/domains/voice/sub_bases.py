"""The trainings of the IMBALMED runner: every fold of every sub-base, and the files that it leaves of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from models.domain import Given, GivenOutcome
from models.domains.voice import splits as splitting
from models.domains.voice.combined import write_tables
from models.errors import UserError
from models.job import finish
from models.learn.given import FIGURES
from models.learn.save import write_json
from models.sample import Samples

#: Where the runner leaves its summaries, below the folder of a run.
OUTPUTS = ("outputs", "audio_imbalmed")
#: What all sub-bases joined are called there.
FUSION = "fusion"
#: Where samples came without splits.
NONE = "no splits came"


def given(params: Any, samples: Samples) -> tuple[Given, ...]:
    """The folds of the sub-bases that are asked for; () where samples came without splits and none is asked for.

    Raises UserError for a sub-base or fold that is not there.
    """
    found = splitting.given(samples, params.subdbs, params.fold)
    if not found and (params.subdbs or params.fold >= 0):
        raise UserError(
            "these samples came without splits, so there is no sub-base and no fold to choose. Import a folder "
            "with subdb1_train_10_90.csv and so on, or leave subdbs and fold out."
        )
    return found


def offered(samples: Samples) -> dict[str, str]:
    """Which sub-bases and folds came with samples, in words by the parameter that chooses among them."""
    home = splitting.folder_of(samples)
    if home is None:
        return {"subdbs": NONE, "fold": NONE}
    splits = splitting.read_splits(home)
    folds = sorted({fold for number in splits.subdbs for fold in splits.folds(number)})
    return {"subdbs": _ranges(splits.subdbs), "fold": f"{_ranges(folds)}; −1: every fold"}


def _ranges(numbers: Sequence[int]) -> str:
    """Ascending numbers as a person writes them: ``1 – 3, 5``."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    return ", ".join(f"{run[0]} – {run[-1]}" if len(run) > 1 else f"{run[0]}" for run in runs)


def report(outcome: GivenOutcome, folder: Path) -> None:
    """Write the index, the combined CSVs and a summary a sub-base, and of all joined, into the folder of a run."""
    names = sorted({one.name for one in outcome.givens})
    finish(write_tables(outcome.samples, outcome.labels, folder, [int(name.removeprefix("subdb")) for name in names]))
    for name in names:
        place = folder.joinpath(*OUTPUTS, name)
        place.mkdir(parents=True, exist_ok=True)
        write_json(place / f"{outcome.recipe}_cv_summary.json", summary(outcome, name, outcome.scores["sets"][name]))
    if len(names) > 1:
        write_json(folder.joinpath(*OUTPUTS) / f"{outcome.recipe}_{FUSION}.json", fusion_summary(outcome))


def fusion_summary(outcome: GivenOutcome) -> dict[str, Any]:
    """The summary of all sub-bases joined: as of one, with each rule of joining against the best of them."""
    told = summary(outcome, FUSION, outcome.scores["fusion"])
    names = ("rule", "weights", "notes", "beside", "words")
    return {**told, **{name: outcome.scores[name] for name in names}}


def summary(outcome: GivenOutcome, name: str, scores: Mapping[str, Any]) -> dict[str, Any]:
    """The summary of a sub-base: each fold, mean and deviation, at the level of images and of patients."""
    return {
        "method": outcome.recipe,
        "subdb": name,
        "classes": list(outcome.classes),
        "positive": outcome.scores["positive"],
        "n_folds": len(scores["folds"]),
        "folds": [_fold(line) for line in scores["folds"]],
        "mean": _levels(scores["mean"]),
        "std": _levels(scores["sd"]),
        "n_folds_defined": _levels(scores["counted"]),
        "pooled": _levels(scores["pooled"]),
        "pooled_intervals": _levels(scores["intervals"]),
    }


def _levels(told: Mapping[str, Any]) -> dict[str, Any]:
    return {"image": told["sample"], "patient": told["group"]}


def _fold(line: Mapping[str, Any]) -> dict[str, Any]:
    """A fold with its figures at the level of images in front, as the runner writes them, then both levels."""
    plain = {name: line["sample"][name] for name in FIGURES}
    return {"fold": line["fold"], **plain, **_levels(line), "threshold": _levels(line["threshold"])}
