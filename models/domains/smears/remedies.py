"""What can be done about cells of another laboratory, each as a remedy of two classes; and what differs there."""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.external import Abroad, External, Remedy, Trait
from models.job import Progress
from models.sample import Samples

if TYPE_CHECKING:
    from models.domains.smears.cures import Cure
    from models.learn.fitted import Model
    from models.learn.tabular import Linear

# What these functions need is loaded when they are called: the record of the domain stays light.

Floats = npt.NDArray[np.float32]
Numbers = npt.NDArray[np.float64]
Index = npt.NDArray[np.int64]
Measured = Generator[Progress, None, Floats]
Found = Generator[Progress, None, "Cure"]
Frame = Mapping[str, npt.NDArray[Any]]
Prepared = tuple["Linear", Floats, Floats, Frame]
#: Cells that the look of a source is taken from, and the side they are looked at.
LOOKED, SIDE = 300, 72
#: Raised when a trait is measured otherwise.
VERSION = 1
#: Of the highest and the lowest scores this share teaches itself; so often with labels that hold it, and without.
TAUGHT, HELD, ALONE = 0.3, 3, 1
_NONE: Index = np.zeros(0, np.int64)
#: Colours vary so many times as much as they do by default.
VIVID = 3.0


def _masked(abroad: Abroad) -> Measured:
    from models.domains.smears.paints import MASKED, painted

    looks = [painted(samples, {"kind": MASKED, **_ground(abroad)}) for samples in (abroad.source, abroad.target)]
    return (yield from abroad.retrain(looks[0], looks[1], {}))


def _lit(abroad: Abroad) -> Measured:
    from models.domains.smears.paints import LIT, painted

    looks = [painted(samples, {"kind": LIT}) for samples in (abroad.source, abroad.target)]
    return (yield from abroad.retrain(looks[0], looks[1], {}))


def _reinhard(abroad: Abroad) -> Measured:
    from models.domains.smears.paints import REINHARD

    return (yield from _as_source(abroad, REINHARD))


def _macenko(abroad: Abroad) -> Measured:
    from models.domains.smears.paints import MACENKO

    return (yield from _as_source(abroad, MACENKO))


def _as_source(abroad: Abroad, kind: str) -> Measured:
    """The target in the stain of the source, to the model as it was trained."""
    from models.domains.smears.paints import look_of, painted

    yield Progress(text="Comparing the stains")
    here, there = (look_of(_some(samples), kind) for samples in (abroad.target, abroad.source))
    painting = {"kind": kind, "here": here, "there": there, **_ground(abroad)}
    return (yield from abroad.predict(painted(abroad.target, painting)))


def _ground(abroad: Abroad) -> dict[str, Any]:
    """How the ground is painted: black for a network that finds the cell itself, which would lose it otherwise."""
    return {"black": True} if abroad.params.get("fine", False) else {}


def _some(samples: Samples) -> npt.NDArray[np.uint8]:
    """The same few cells of a source each time."""
    from models.domains.smears.cells import crops_by_image, drawable

    rows = np.flatnonzero(drawable(samples))
    chosen = np.sort(np.random.default_rng(0).choice(rows, min(LOOKED, len(rows)), replace=False))
    found = [cells for _, cells in crops_by_image(samples, chosen, SIDE, 0.05)]
    return np.concatenate(found) if found else np.full((1, SIDE, SIDE, 3), 128, np.uint8)


def _vivid(abroad: Abroad) -> Measured:
    return (yield from abroad.retrain(abroad.source, abroad.target, {"augment": True, "colour": VIVID}))


def _unvaried(recipe: str, params: Mapping[str, Any]) -> str:
    if recipe == "colour_texture":
        return "it learns from measures of the cell, not from pictures that could be varied"
    if params.get("train_layers") == "head":
        return "the backbone is frozen and its vectors are kept, so pictures are not varied"
    return ""


def _threshold(abroad: Abroad) -> Found:
    """Where the told labels part best, on the log odds of the run."""
    from models.domains.smears.cures import Cure, odds_of

    yield Progress(text="Moving the threshold")
    seen, told = odds_of(abroad.p)[abroad.known], abroad.told
    if len(np.unique(told)) < 2:
        return Cure(0.0)
    values = np.sort(seen)
    places = np.concatenate([[values[0] - 1], (values[1:] + values[:-1]) / 2, [values[-1] + 1]])
    worth = np.array([((seen[told == 1] > at).mean() + (seen[told == 0] <= at).mean()) / 2 for at in places])
    best = np.flatnonzero(worth >= worth.max() - 1e-9)
    return Cure(float(places[best[len(best) // 2]]))


def _aligned(abroad: Abroad) -> Found:
    from models.domains.smears.alignment import decisions, part

    model, _, there, frame = yield from _answered(abroad)
    return _linear(model, frame, part(decisions(model, there)))


def _refitted(abroad: Abroad) -> Found:
    """The told labels and those of the source together; what is then surest is learnt with them."""
    from models.domains.smears.alignment import decisions, part, relearnt

    _, here, there, _ = yield from _answered(abroad)
    scores = decisions(relearnt(here, abroad.codes, there, abroad.known, abroad.told), there)
    return (yield from _self_teaching(abroad, scores, part(scores), HELD))


def _self_taught(abroad: Abroad) -> Found:
    """Cells that the aligned model is surest of teach it as if a person had labelled them."""
    from models.domains.smears.alignment import decisions, part

    model, _, there, _ = yield from _answered(abroad)
    scores = decisions(model, there)
    alone = replace(abroad, known=_NONE, told=_NONE)
    return (yield from _self_teaching(alone, scores, part(scores), ALONE))


def _self_teaching(abroad: Abroad, scores: Numbers, threshold: float, rounds: int) -> Found:
    """Rounds in which the surest cells by these scores are learnt from, beside those whose labels are told."""
    from models.domains.smears.alignment import decisions, part, relearnt

    # It may start from the answer of the network too, and learns without: this would only confirm itself.
    _, here, there, frame = yield from _prepared(abroad)
    for number in range(rounds):
        yield Progress(number, rounds, "Teaching itself")
        decided = (scores > threshold).astype(np.int64)
        sure = np.concatenate([_surest(scores - threshold, decided, code) for code in (0, 1)])
        sure = np.setdiff1d(sure, abroad.known)
        rows, codes = np.concatenate([sure, abroad.known]), np.concatenate([decided[sure], abroad.told])
        model = relearnt(here, abroad.codes, there, rows, codes, 1.0)
        scores = decisions(model, there)
        threshold = part(scores)
    return _linear(model, frame, threshold)


def _linear(model: Linear, frame: Frame, threshold: float) -> Cure:
    from models.domains.smears.cures import Cure

    return Cure(float(threshold), {**frame, **model.arrays})


def _cured(find: Callable[[Abroad], Found]) -> Callable[[Abroad], Measured]:
    """What a remedy that a model can keep says of the target."""

    def make(abroad: Abroad) -> Measured:
        cure = yield from find(abroad)
        x = (yield from _raw(abroad)) if cure.arrays else abroad.p
        return cure.decide(abroad.p, lambda: x)

    return make


def _surest(off: Numbers, decided: Index, code: int) -> Index:
    rows = np.flatnonzero(decided == code)
    order = rows[np.argsort(-np.abs(off[rows]), kind="stable")]
    return order[: int(np.ceil(TAUGHT * len(rows)))]


def _answered(abroad: Abroad) -> Generator[Progress, None, Prepared]:
    """As `_prepared`, with the own answer of a network of fine density as the last feature; colours mislead others."""
    from models.domains.smears.alignment import align, blend, frame_of, framed
    from models.domains.smears.cures import odds_of

    found = yield from _prepared(abroad)
    if not abroad.params.get("fine", False):
        return found
    if "answered" not in abroad.memo:
        model, here, there, frame = found
        home = np.asarray(odds_of((yield from abroad.predict(abroad.source)))[:, None], np.float32)
        away = np.asarray(odds_of(abroad.p)[:, None], np.float32)
        own = frame_of(away)
        abroad.memo["answered"] = (
            blend(model, there),
            np.hstack([here, align(home)]),
            np.hstack([there, framed(away, *own)]),
            {**frame, "own": np.stack(own)},
        )
    answered: Prepared = abroad.memo["answered"]
    return answered


def _prepared(abroad: Abroad) -> Generator[Progress, None, Prepared]:
    """The linear model of the source, the aligned cells of both, the target's frame; made once for all."""
    from models.domains.smears.alignment import align, frame_of, framed, teach

    if "aligned" not in abroad.memo:
        here = yield from _vectors(abroad, abroad.source)
        raw = yield from _raw(abroad)
        yield Progress(text="Aligning the sources")
        there, here = _whole(raw), align(_whole(here))
        usual, spread = frame_of(there)
        frame = {"middle": _middle(raw), "usual": usual, "spread": spread}
        abroad.memo["aligned"] = teach(here, abroad.codes), here, framed(there, usual, spread), frame
    found: Prepared = abroad.memo["aligned"]
    return found


def _raw(abroad: Abroad) -> Measured:
    """The vectors of the target, looked at once for all."""
    if "vectors" not in abroad.memo:
        abroad.memo["vectors"] = yield from _vectors(abroad, abroad.target)
    found: Floats = abroad.memo["vectors"]
    return found


def _vectors(abroad: Abroad, samples: Samples) -> Measured:
    """What is aligned: measures of the cell, what the network sees, or both where it sees nothing but fine density."""
    from models.domains.smears.features import tabulate

    if abroad.recipe == "colour_texture":
        return (yield from tabulate(samples, abroad.cache))
    seen = yield from abroad.vectors(samples)
    if not abroad.params.get("fine", False):
        return seen
    return np.hstack([seen, (yield from tabulate(samples, abroad.cache))])


def _whole(x: Floats) -> Floats:
    """What cannot be read stands in the middle of the others."""
    return np.asarray(np.where(np.isfinite(x), x, _middle(x)), np.float32)


def _middle(x: Floats) -> Floats:
    middle = np.nanmedian(x, 0) if np.isfinite(x).any() else np.zeros(x.shape[1], np.float32)
    return np.asarray(np.nan_to_num(middle), np.float32)


def measure(samples: Samples, cache: Path) -> Measured:
    """The traits of cells, (n, 6), NaN where the image cannot be read; kept in the cache."""
    from models.domains.smears.cells import crops_by_image, drawable, sides_of
    from models.domains.smears.kept import keep

    out = np.full((len(samples), len(TRAITS)), np.nan, np.float32)
    rows = np.flatnonzero(drawable(samples))

    def make(part: Index) -> Floats:
        found = np.full((len(part), len(TRAITS)), np.nan, np.float32)
        for places, cells in crops_by_image(samples, part, SIDE, 0.05):
            found[places, :-1] = _traits(cells)
        found[:, -1] = sides_of(samples, part)
        return found

    folder = cache / "smears" / f"traits-{VERSION}"
    out[rows] = yield from keep(samples, rows, folder, len(TRAITS), make, "Measuring what differs")
    return out


def _traits(cells: npt.NDArray[np.uint8]) -> Floats:
    """All but the size, (n, 5)."""
    from scipy import ndimage
    from skimage.color import rgb2hsv

    from models.domains.smears.masks import cell_masks

    masks = cell_masks(cells)
    grey = cells.mean(-1)
    slope = np.hypot(ndimage.sobel(grey, 1), ndimage.sobel(grey, 2)) / 8
    inner = ndimage.binary_erosion(masks, np.ones((1, 3, 3), bool), 3)
    found = np.full((len(cells), 5), np.nan, np.float32)
    for place, mask in enumerate(masks):
        outside = ~ndimage.binary_dilation(mask, iterations=4)
        seen = mask if not inner[place].any() else inner[place]
        colour = cells[place][seen].astype(np.float64).mean(0)
        hue, share, _ = rgb2hsv(colour[None, None] / 255)[0, 0]
        ground = grey[place][outside].mean() if outside.any() else grey[place][~mask].mean() if not mask.all() else 0.0
        # Hues of stained cells lie on both sides of red, so they are counted from its far side.
        found[place] = ground, mask.mean(), (hue * 360 + 180) % 360 - 180, share, slope[place][seen].mean()
    return found


def _keep(model: Model, cure: Cure, at: int, temperature: float) -> Model:
    from models.domains.smears.cures import with_cure

    return with_cure(model, cure, at, temperature)


def positive(name: str) -> bool:
    """Whether a class is one of infected cells."""
    from models.domains.smears.groupings import binary

    return binary(name) == "infected"


def ask(scores: Numbers, groups: Index, count: int, seed: int) -> Index:
    """Which cells to label: half of the highest scores, half by chance, of a few patients or images."""
    from models.domains.smears.alignment import ask as chosen

    return chosen(scores, groups, count, seed)


def contents(samples: Samples, rows: Index) -> list[str]:
    """What the image of each cell holds; see `models.domains.smears.twins`."""
    from models.domains.smears import twins

    return twins.contents(samples, rows)


TRAITS = (
    Trait("background", "Background", "brightness"),
    Trait("share", "Cell in its crop", "area share"),
    Trait("hue", "Hue of the cell", "degrees"),
    Trait("saturation", "Saturation", "share"),
    Trait("sharpness", "Sharpness", "grey per px"),
    Trait("size", "Size of the cell", "px"),
)
REMEDIES = (
    Remedy("masked", "Background masked", _masked),
    Remedy("reinhard", "Stain as inside, Reinhard", _reinhard),
    Remedy("macenko", "Stain as inside, Macenko", _macenko),
    Remedy("illumination", "Light evened", _lit),
    Remedy("colours", "Trained on varied colours", _vivid, unfit=_unvaried),
    Remedy("threshold", "Threshold moved", _cured(_threshold), labels=True, find=_threshold),
    Remedy("aligned", "Sources aligned", _cured(_aligned), find=_aligned),
    Remedy("refit", "Head retrained", _cured(_refitted), labels=True, find=_refitted),
    Remedy("self_training", "Self-training", _cured(_self_taught), find=_self_taught),
)
EXTERNAL = External(REMEDIES, TRAITS, measure, positive, ask, "Parasitaemia", contents, _keep)
