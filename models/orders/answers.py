"""What each training over given splits said of its validation and test samples, kept with the run, and where it erred.

One file of predictions a set, in the run's folder: a sample stands in it once for each fold that judges it, and goes
from it as from all others when it is withdrawn.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.errors import UserError
from models.learn.fuse import by_unit, class_by_unit
from models.learn.given import Answered
from models.sample import Samples
from models.store.fold import Fold
from models.store.predictions import FILE_NAME, read_predictions, write_predictions
from models.store.runs import RunRecord

Rows = npt.NDArray[np.int64]
#: Where they lie in the folder of a run, a folder a set.
FOLDER = "given"


def keep_answers(
    folder: Path, samples: Samples, sets: Mapping[str, Sequence[Answered]], classes: Sequence[str]
) -> None:
    """Write what the trainings of each set said, where they said anything, below the folder of a run."""
    ids = np.asarray(samples.ids(), object)
    for name, answers in sets.items():
        told, parts, shares = [], [], []
        for one in answers:
            for side, rows, p in (("val", one.given.val, one.val), ("test", one.given.test, one.test)):
                said = np.isfinite(p).all(axis=1)
                told += ids[rows[said]].tolist()
                parts += [_part(one.given.fold, side)] * int(said.sum())
                shares.append(p[said])
        place = folder / FOLDER / name
        place.mkdir(parents=True, exist_ok=True)
        found = np.concatenate(shares) if shares else np.empty((0, len(classes)), np.float32)
        write_predictions(place / FILE_NAME, told, parts, found, classes)


def _part(fold: int, side: str) -> str:
    return f"{fold} {side}"


def misjudged(record: RunRecord, samples: Samples, fold: Fold, name: str, number: int, level: str) -> Rows:
    """The test samples of a fold of a set whose class of now the training did not say, (m,), ascending.

    level: "sample", or "group" for all that the fold judged of the groups that it took for another class. The
    threshold is the one that the fold's validation gave. Raises UserError for a run that kept no answers.
    """
    scores = (record.record.get("metrics") or {}).get("given") or {}
    line = next((one for one in _folds(scores, name) if one.get("fold") == number), None)
    file = record.path / FOLDER / name / FILE_NAME
    if line is None or not file.is_file():
        raise UserError(
            f"{record.title} did not keep what {name}, fold {number} said. Train it again to see its errors."
        )
    found = read_predictions(file)
    here = np.flatnonzero(found.part == _part(number, "test"))
    known = {one: row for row, one in enumerate(samples.ids())}
    pairs = [(known[found.ids[place]], place) for place in here.tolist() if found.ids[place] in known]
    if not pairs:
        return np.zeros(0, np.int64)
    rows, places = np.array(pairs, np.int64).T
    labels = fold.labels()[rows]
    kept = np.array([value is not None for value in labels], bool)
    rows, p, labels = rows[kept], found.probabilities[places[kept]].astype(np.float64), labels[kept]
    groups = np.asarray(samples.column("group"), object)[rows]
    cut = (line.get("threshold") or {}).get(level)
    wrong = _wrong(p, labels, groups, level, found.classes, _caller(found.classes, scores.get("positive"), cut))
    return np.sort(rows[wrong])


def _folds(scores: Mapping[str, Any], name: str) -> Sequence[Mapping[str, Any]]:
    told = scores["fusion"] if name == FUSION and "fusion" in scores else (scores.get("sets") or {}).get(name) or {}
    return list(told.get("folds") or ())


#: What the joined sets are called where a set is named.
FUSION = "fusion"


def _caller(classes: Sequence[str], positive: Any, cut: Any) -> Any:
    """What a row of shares is called: by the threshold of two classes, else the greatest share."""
    if positive not in classes or cut is None or len(classes) != 2:
        return lambda p: np.array(classes, object)[p.argmax(axis=1)]
    place = classes.index(str(positive))
    return lambda p: np.where(p[:, place] >= float(cut), classes[place], classes[1 - place]).astype(object)


def _wrong(
    p: npt.NDArray[Any], labels: Any, groups: Any, level: str, classes: Sequence[str], call: Any
) -> npt.NDArray[np.bool_]:
    """Which rows are misjudged, themselves or as part of their group."""
    if not len(p):
        return np.zeros(0, bool)
    if level == "sample":
        return np.asarray(call(p) != labels, bool)
    names = np.array([str(one) for one in groups])
    joined, units = by_unit(p, names)
    # The classes of the run first, in their order: where a group has as many of two the score took the first.
    known = list(dict.fromkeys([*classes, *labels.tolist()]))
    label = class_by_unit([known.index(one) for one in labels.tolist()], names, len(known))
    wrong = np.array(known, object)[label] != call(joined)
    return np.asarray(wrong[np.searchsorted(units, names)], bool)
