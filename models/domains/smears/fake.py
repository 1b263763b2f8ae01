"""Generated smears in the layouts that people bring, with the best reachable score stated."""

from __future__ import annotations

import hashlib
import io
import json
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.smears import drawing
from models.domains.smears.drawing import HEALTHY, LOOKS, STAGES, Cell
from models.domains.smears.options import FAKE_KEYS
from models.errors import UserError
from models.fake_settings import check_names, number_of, one_of, refuse
from models.job import Progress
from models.store.atomic import write_text

MODES = ("boxes", "crops")
WIDTH, HEIGHT = 640, 480
#: Cells of an image, and the distance of the places that they stand at.
_PER_IMAGE, _PITCH = 25, 80
#: Infected cells whose parasite cannot be seen, and healthy ones with something that looks like a ring.
HIDDEN, LOOKALIKE = 0.06, 0.04


@dataclass(frozen=True)
class Plan:
    """What to generate."""

    mode: str
    look: str
    infected: float
    patients: int
    contrast: float
    mistakes: float

    @property
    def classes(self) -> tuple[str, ...]:
        """The classes, the healthy one first."""
        return (HEALTHY, *STAGES) if self.mode == "boxes" else ("Uninfected", "Parasitized")


@dataclass(frozen=True)
class Dealt:
    """What each cell is: the class that its label tells, and what it looks like."""

    labels: list[str]
    appearances: list[str]


def plan(settings: Mapping[str, Any]) -> Plan:
    """The settings, which may be text. Raises UserError for an unknown or wrong one."""
    check_names(settings, FAKE_KEYS)
    mode, look = one_of(settings, "mode", MODES), one_of(settings, "look", tuple(LOOKS))
    return Plan(
        mode,
        look,
        number_of(settings, "infected", 0.2 if mode == "boxes" else 0.5, 0.01, 0.99),
        int(number_of(settings, "patients", 12, 2, 1000)),
        number_of(settings, "contrast", 1.0, 0.05, 3),
        number_of(settings, "mistakes", 0.02, 0.0, 0.4),
    )


def fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    """Generate cells into the folder `out`; samples: cells in all, 400 unless told otherwise.

    The ceiling is the balanced accuracy of who tells all that can be seen: some parasites cannot, some healthy
    cells hold what looks like one, and some labels are wrong. Raises UserError for a wrong setting and an
    existing file.
    """
    asked = plan(settings)
    count = samples or 400
    if not 8 <= count <= 1_000_000:
        raise UserError(f"samples is {count}: give 8 to 1,000,000 cells")
    rng = np.random.default_rng([seed, *asked.look.encode()])
    dealt = deal(asked, count, rng)
    out.mkdir(parents=True, exist_ok=True)
    write = _write_boxes if asked.mode == "boxes" else _write_crops
    files = yield from write(out, asked, dealt, rng)
    best = ceiling(asked)
    text = (
        f"No classifier can be better than {best:.1%} (balanced accuracy): {HIDDEN:.0%} of the parasites cannot be "
        f"seen, {LOOKALIKE:.0%} of the healthy cells hold what looks like one, {asked.mistakes:.0%} of the labels "
        "are wrong."
    )
    return Fake(tuple(files), count, best, text)


def deal(asked: Plan, count: int, rng: np.random.Generator) -> Dealt:
    """What each cell is, in random order."""
    infected = min(max(round(asked.infected * count), 1), count - 1)
    true = [STAGES[place % len(STAGES)] for place in range(infected)] + [HEALTHY] * (count - infected)
    rng.shuffle(true)
    seen = [_appearance(one, rng) for one in true]
    named = true if asked.mode == "boxes" else [asked.classes[int(one != HEALTHY)] for one in true]
    labels = [_label(one, asked, rng) for one in named]
    return Dealt(labels, seen)


def _appearance(true: str, rng: np.random.Generator) -> str:
    if true == HEALTHY:
        return "ring" if rng.random() < LOOKALIKE else HEALTHY
    return HEALTHY if rng.random() < HIDDEN else true


def _label(true: str, asked: Plan, rng: np.random.Generator) -> str:
    if rng.random() >= asked.mistakes:
        return true
    others = [name for name in asked.classes if name != true]
    return others[int(rng.integers(len(others)))]


def ceiling(asked: Plan) -> float:
    """The balanced accuracy of the best possible classifier, given what each class looks like and how often."""
    true = np.array([1 - asked.infected] + [asked.infected / len(STAGES)] * len(STAGES))
    looks = np.eye(len(true)) * (1 - HIDDEN)
    looks[0, 0], looks[0, 1] = 1 - LOOKALIKE, LOOKALIKE
    looks[1:, 0] = HIDDEN
    joint = true[:, None] * looks
    if asked.mode == "crops":
        joint = np.stack([joint[0], joint[1:].sum(axis=0)])
    classes = len(joint)
    told = np.full((classes, classes), asked.mistakes / (classes - 1))
    np.fill_diagonal(told, 1 - asked.mistakes)
    by_label = told.T @ joint
    shares = by_label / by_label.sum(axis=1, keepdims=True)
    return float(shares.max(axis=0).sum() / classes)


# Images with boxes


def _write_boxes(
    out: Path, asked: Plan, dealt: Dealt, rng: np.random.Generator
) -> Generator[Progress, None, list[Path]]:
    count = len(dealt.labels)
    number = max(-(-count // _PER_IMAGE), min(4, count))
    listing = out / "training.json"
    refuse(listing)
    entries, files = [], [listing]
    ends = np.linspace(0, count, number + 1).round().astype(int).tolist()
    for place, (first, last) in enumerate(pairwise(ends)):
        yield Progress(place, number, f"Drawing image {place + 1} of {number}")
        cells = _placed(dealt.appearances[first:last], rng)
        pixels = drawing.draw_image(LOOKS[asked.look], cells, WIDTH, HEIGHT, asked.contrast, rng)
        name = f"images/{uuid.UUID(bytes=rng.bytes(16), version=4)}.png"
        data = _png(pixels)
        _write(out / name, data)
        files.append(out / name)
        entries.append(_entry(name, data, cells, dealt.labels[first:last]))
    write_text(listing, json.dumps(entries))
    return files


def _placed(appearances: Sequence[str], rng: np.random.Generator) -> list[Cell]:
    """Cells on a jittered grid, so that they touch now and then but hardly cover each other; some at the border."""
    columns, rows = WIDTH // _PITCH, HEIGHT // _PITCH
    spots = rng.permutation(columns * rows)[: len(appearances)].tolist()
    shift = rng.uniform(-_PITCH / 3, _PITCH / 3, 2)
    cells = []
    for spot, appearance in zip(spots, appearances, strict=True):
        centre = np.array([spot % columns + 0.5, spot // columns + 0.5]) * _PITCH + shift + rng.uniform(-14, 14, 2)
        x, y = np.clip(centre, 12, (WIDTH - 12, HEIGHT - 12)).tolist()
        cells.append(Cell(x, y, float(np.clip(rng.normal(drawing.RADIUS, drawing.SPREAD), 18, 36)), appearance))
    return cells


def _entry(name: str, data: bytes, cells: Sequence[Cell], labels: Sequence[str]) -> dict[str, Any]:
    """An image as the collection's JSON tells it."""
    objects = []
    for cell, label in zip(cells, labels, strict=True):
        left, top, right, bottom = drawing.box_of(cell, WIDTH, HEIGHT)
        box = {"minimum": {"r": top, "c": left}, "maximum": {"r": bottom, "c": right}}
        objects.append({"bounding_box": box, "category": label})
    shape = {"r": HEIGHT, "c": WIDTH, "channels": 3}
    checksum = hashlib.md5(data, usedforsecurity=False).hexdigest()
    return {"image": {"checksum": checksum, "pathname": f"/{name}", "shape": shape}, "objects": objects}


# Crops


def _write_crops(
    out: Path, asked: Plan, dealt: Dealt, rng: np.random.Generator
) -> Generator[Progress, None, list[Path]]:
    refuse(out / "cell_images")
    count, files = len(dealt.labels), []
    patients = min(asked.patients, count // 2)
    shades = rng.normal(1, 0.08, (patients, 2, 3)).astype(np.float32)
    for place, (label, appearance) in enumerate(zip(dealt.labels, dealt.appearances, strict=True)):
        if place % 50 == 0:
            yield Progress(place, count, f"Drawing crop {place + 1} of {count}")
        patient = place % patients
        pixels = drawing.draw_crop(LOOKS[asked.look], appearance, asked.contrast, shades[patient], rng)
        name = f"C{patient + 1}P{patient + 1}ThinF_IMG_20150101_{place // patients:06d}_cell_{place}.png"
        path = out / "cell_images" / label / name
        _write(path, _png(pixels))
        files.append(path)
    return files


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(data)


def _png(pixels: npt.NDArray[np.uint8]) -> bytes:
    from PIL import Image

    out = io.BytesIO()
    Image.fromarray(pixels).save(out, "PNG", compress_level=4)
    return out.getvalue()
