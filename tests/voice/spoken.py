"""Small recordings, mel images and tables, and what a scan finds of them."""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt
import soundfile
from PIL import Image

from models.domains import domain
from models.domains.voice.read import scan
from models.job import finish
from models.store.project import Project
from tests.projects import project_from
from tests.scans import Scanned

DATA = Path(__file__).parents[3] / "shared" / "data" / "voice"
RATE = 8000
Floats = npt.NDArray[np.float32]
#: A backbone and pictures so small that a training takes a second.
SMALL: dict[str, Any] = {"backbone": "mobilenet_v3_small", "image_size": 32, "epochs": 1, "hidden": (8,)}


def scanned(*sources: Path, **settings: str) -> Scanned:
    """The findings of a scan of these places."""
    return Scanned(item for item in scan(sources, settings) if type(item).__name__ != "Progress")


def tone(seconds: float = 1.0, hertz: float = 140.0, rate: int = RATE, peak: float = 0.4, seed: int = 0) -> Floats:
    """A buzz with a little noise, (n,); another seed is another sound."""
    time = np.arange(int(seconds * rate)) / rate
    waves = sum(np.sin(2 * np.pi * hertz * k * time + seed) / k for k in range(1, 6))
    noise = 0.01 * np.random.default_rng(seed).normal(size=len(time))
    return np.asarray(peak * (waves / 2.5 + noise), np.float32)


def wav(path: Path, values: Floats | None = None, rate: int = RATE, **how: Any) -> Path:
    """A recording as a file; its own sound by its name unless told otherwise."""
    path.parent.mkdir(parents=True, exist_ok=True)
    values = tone(seed=zlib.crc32(path.name.encode()) % 10_000) if values is None else values
    soundfile.write(str(path), values, rate, **how)
    return path


def table(path: Path, *rows: Sequence[object]) -> Path:
    """Rows as a CSV, the header among them."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("".join(",".join(map(str, row)) + "\n" for row in rows), "utf-8")
    return path


def uuid_of(number: int) -> str:
    """A UUID that a number stands for."""
    return f"{number:08x}-1a2b-4c3d-8e5f-{number:012x}"


def begun(place: Path) -> Path:
    """A project without samples."""
    Project.create(place, "voice").close()
    return place


def mel_image(root: Path, patient: int, record: int, name: str = "") -> Path:
    """A small picture named as a mel image of a patient."""
    name = name or f"{uuid_of(patient)}_{uuid_of(1000 + record)}_audio_audio_m4a.jpg"
    path = root / "data" / "melSpec" / name
    path.parent.mkdir(parents=True, exist_ok=True)
    pixels = np.random.default_rng(patient * 100 + record).integers(0, 255, (24, 24, 3), dtype=np.uint8)
    Image.fromarray(pixels).save(path, quality=90)
    return path


def survey(root: Path, rows: Iterable[tuple[object, object]]) -> Path:
    """The survey of a data set."""
    path = root / "data" / "data_paired" / "csv" / "Demographics_Survey.csv"
    return table(path, ("healthCode", "professional-diagnosis"), *rows)


def split_folder(root: Path) -> Path:
    """Where the splits of a data set lie."""
    return root / "data" / "data_paired" / "10_fold_CV" / "processed_audio" / "audio_imbalmed_splits"


def split(root: Path, name: str, rows: Iterable[tuple[int, object, str]]) -> Path:
    """One table of splits."""
    return table(split_folder(root) / name, ("fold_iteration", "healthCode", "subset"), *rows)


def mel_project(place: Path) -> Path:
    """A project of 40 generated mel images of ten patients, with nine sub-bases of ten folds."""
    finish(domain("voice").fake(place / "data", 40, 3, layout="melspec"))
    return project_from(place / "p", "voice", place / "data")


def data_set(root: Path, patients: int = 8, images: int = 2) -> Path:
    """A whole data set: patients 1, 2 …, odd ones ill, with images, nine sub-bases and two folds."""
    for patient in range(1, patients + 1):
        for record in range(images):
            mel_image(root, patient, record)
    survey(root, [(uuid_of(patient), bool(patient % 2)) for patient in range(1, patients + 1)])
    every = list(range(1, patients + 1))
    common, train = [], []
    for fold in (0, 1):
        held = every[4 * fold : 4 * fold + 4]
        common += [(fold, uuid_of(one), "val" if place < 2 else "test") for place, one in enumerate(held)]
        train += [(fold, uuid_of(one), "train") for one in every if one not in held]
    for number in range(1, 10):
        split(root, f"subdb{number}_train_{number * 10}_{100 - number * 10}.csv", train)
    split(root, "common_val_test_all_subdbs.csv", common)
    return root
