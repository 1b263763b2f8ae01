"""Generated voices as recordings with a table, or in the layout of the IMBALMED runner, with the best score stated."""

from __future__ import annotations

import math
import uuid
from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from models.domain import Fake
from models.domains.voice import synthesis
from models.domains.voice.audio import Floats
from models.domains.voice.layout import SURVEY
from models.domains.voice.options import FAKE_KEYS
from models.domains.voice.splits import COMMON, SUBDBS
from models.domains.voice.synthesis import Speaker
from models.errors import UserError
from models.fake_settings import check_names, number_of, one_of, refuse
from models.job import Progress
from models.store.atomic import write_text

LAYOUTS = ("audio", "melspec")
#: What the ill and the healthy are called in a table.
CLASSES = ("HC", "PD")
#: Standard deviations by which the severity of the ill lies above that of the healthy, at an effect of 1.
APART = 1.5
#: Recordings of a speaker, seconds of one, and the kinds of them that are flawed on purpose.
EACH, _SECONDS = 4, (1.7, 2.4)
FLAWS = ("clipped", "silent", "noisy", "short", "copy")
FOLDS = 10
#: Where the tables of the layout lie.
SPLITS = "data/data_paired/10_fold_CV/processed_audio/audio_imbalmed_splits"
#: The rate that mel images are drawn at.
_IMAGE_RATE = 8820


@dataclass(frozen=True)
class Plan:
    """What to generate."""

    layout: str
    speakers: int
    ill: float
    effect: float
    mistakes: float
    rate: int
    flagged: int


@dataclass(frozen=True)
class Voice:
    """One speaker: what is told of it, and how it sounds."""

    name: str
    label: int
    speaker: Speaker


def plan(settings: Mapping[str, Any], samples: int) -> Plan:
    """The settings, which may be text. Raises UserError for an unknown or wrong one."""
    check_names(settings, FAKE_KEYS)
    layout = one_of(settings, "layout", LAYOUTS)
    usual = _IMAGE_RATE if layout == "melspec" else 16000
    fewest = 10 if layout == "melspec" else 4
    return Plan(
        layout,
        int(number_of(settings, "speakers", min(max(samples // EACH, fewest), samples), fewest, samples)),
        number_of(settings, "ill", 0.4, 0.1, 0.9),
        number_of(settings, "effect", 1.0, 0.0, 3.0),
        number_of(settings, "mistakes", 0.05, 0.0, 0.4),
        int(number_of(settings, "rate", usual, 8000, 48000)),
        int(number_of(settings, "flagged", 1, 0, max(samples // 10, 1))),
    )


def fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    """Generate recordings into the folder `out`; samples: how many in all, 80 unless told otherwise.

    A recording tells of its speaker's class by one number alone, the severity. The ceiling is the balanced accuracy of
    who knows that number of every speaker: see `ceiling`. Raises UserError for a wrong setting and an existing file.
    """
    count = samples or 80
    if not 20 <= count <= 200_000:
        raise UserError(f"samples is {count}: give 20 to 200,000 recordings")
    asked = plan(settings, count)
    rng = np.random.default_rng([seed, 5])
    voices = draw_voices(asked, rng)
    out.mkdir(parents=True, exist_ok=True)
    write = _write_audio if asked.layout == "audio" else _write_melspec
    files = yield from write(out, asked, voices, count, rng)
    best = ceiling(asked)
    text = (
        f"No classifier can be better than {best:.1%} (balanced accuracy over speakers): the severities of ill and "
        f"healthy voices lie {APART * asked.effect:.1f} standard deviations apart, and {asked.mistakes:.0%} of the "
        "labels are wrong. Split by recording, a model that knows voices again seems better than that."
    )
    return Fake(tuple(files), count, best, text)


def draw_voices(asked: Plan, rng: np.random.Generator) -> list[Voice]:
    """The speakers in random order; a wrong label is that of the other class."""
    ill = min(max(round(asked.ill * asked.speakers), 1), asked.speakers - 1)
    truth = rng.permutation(np.arange(asked.speakers) < ill)
    voices = []
    for number, sick in enumerate(truth.tolist(), 1):
        speaker = synthesis.draw_speaker(rng.normal(APART * asked.effect * sick, 1), rng)
        label = int(sick) ^ int(rng.random() < asked.mistakes)
        voices.append(Voice(f"S{number:03}", label, speaker))
    if len({voice.label for voice in voices}) < 2:
        voices[0] = Voice(voices[0].name, 1 - voices[0].label, voices[0].speaker)
    return voices


def ceiling(asked: Plan) -> float:
    """The best balanced accuracy of a threshold on the severity, against labels some of which are wrong.

    The ratio of the two densities rises with the severity, so that no rule is better than a threshold; the classes as
    they are labelled are mixtures of the true ones.
    """
    apart, wrong, share = APART * asked.effect, asked.mistakes, asked.ill
    labelled_ill = share * (1 - wrong) / (share * (1 - wrong) + (1 - share) * wrong)
    labelled_well = (1 - share) * (1 - wrong) / ((1 - share) * (1 - wrong) + share * wrong)
    cuts = np.linspace(-4, 4 + apart, 4001)
    well = np.array([_below(cut) for cut in cuts])
    sick = np.array([_below(cut - apart) for cut in cuts])
    hits = labelled_ill * (1 - sick) + (1 - labelled_ill) * (1 - well)
    passes = labelled_well * well + (1 - labelled_well) * sick
    return float(((hits + passes) / 2).max())


def _below(value: float) -> float:
    """The share of a normal distribution below a value."""
    return 0.5 * (1 + math.erf(value / math.sqrt(2)))


def dealt(voices: Sequence[Voice], count: int) -> list[tuple[Voice, str, int]]:
    """Whose each recording is, its vowel and its number among the speaker's, in turn."""
    turns = [(voices[place % len(voices)], place // len(voices)) for place in range(count)]
    return [(voice, "ai"[turn % 2], turn + 1) for voice, turn in sorted(turns, key=lambda one: (one[0].name, one[1]))]


# Recordings with a table


def _write_audio(
    out: Path, asked: Plan, voices: Sequence[Voice], count: int, rng: np.random.Generator
) -> Generator[Progress, None, list[Path]]:
    table = out / "metadata.csv"
    refuse(table)
    deals = dealt(voices, count)
    spoilt = _spoilt(deals, asked.flagged, rng)
    lines, files = ["path,speaker_id,label,vowel,age,sex,microphone"], [table]
    first: Floats | None = None
    for place, (voice, vowel, turn) in enumerate(deals):
        if place % 10 == 0:
            yield Progress(place, count, f"Speaking recording {place + 1} of {count}")
        values = synthesis.draw_vowel(voice.speaker, vowel, float(rng.uniform(*_SECONDS)), asked.rate, rng)
        first = values if first is None else first
        values = spoil(values, spoilt.get(place, ""), first, asked.rate, rng)
        name = f"recordings/{voice.name}_{vowel}_{turn}.wav"
        _write_wav(out / name, values, asked.rate)
        files.append(out / name)
        told = (name, voice.name, CLASSES[voice.label], vowel, voice.speaker.age, voice.speaker.sex)
        lines.append(",".join(map(str, (*told, voice.speaker.microphone))))
    write_text(table, "\n".join(lines) + "\n")
    files += _write_splits(out / "splits", [(voice.name, voice.label) for voice in voices], rng)
    return files


def _write_splits(folder: Path, patients: Sequence[tuple[str, int]], rng: np.random.Generator) -> list[Path]:
    tables = split_tables(patients, rng)
    for name, lines in tables.items():
        _write_lines(folder / name, ["fold_iteration,healthCode,subset", *lines])
    return [folder / name for name in tables]


def _spoilt(deals: Sequence[tuple[Voice, str, int]], each: int, rng: np.random.Generator) -> dict[int, str]:
    """Which recordings are flawed on purpose: none of the first speaker, whose first one others are copies of."""
    free = [place for place, deal in enumerate(deals) if deal[0].name != deals[0][0].name]
    chosen = rng.permutation(free)[: each * len(FLAWS)].tolist()
    return {place: FLAWS[number % len(FLAWS)] for number, place in enumerate(chosen)}


def spoil(values: Floats, flaw: str, other: Floats, rate: int, rng: np.random.Generator) -> Floats:
    """A recording with a flaw, or as it is for none; other: the one that a copy is of."""
    if flaw == "clipped":
        return np.asarray(np.clip(4 * values / np.abs(values).max(), -1, 1), np.float32)
    if flaw == "silent":
        return np.asarray(1e-5 * values, np.float32)
    if flaw == "noisy":
        hiss = 0.1 * rng.normal(size=len(values))
        return np.asarray(0.05 * values / np.abs(values).max() + hiss, np.float32)
    if flaw == "short":
        return values[: int(0.1 * rate)]
    return other if flaw == "copy" else values


def _write_wav(path: Path, values: Floats, rate: int) -> None:
    import soundfile

    path.parent.mkdir(parents=True, exist_ok=True)
    try:
        soundfile.write(str(path), values, rate, subtype="PCM_16")
    except (OSError, soundfile.SoundFileError) as error:
        raise UserError(f"{path} cannot be written: {error}") from None


# The layout of the IMBALMED runner


def _write_melspec(
    out: Path, asked: Plan, voices: Sequence[Voice], count: int, rng: np.random.Generator
) -> Generator[Progress, None, list[Path]]:
    from models.domains.voice.rendering import write_picture

    refuse(out / "data")
    codes = {voice.name: _uuid(rng) for voice in voices}
    files = []
    for place, (voice, vowel, _) in enumerate(dealt(voices, count)):
        if place % 5 == 0:
            yield Progress(place, count, f"Drawing mel image {place + 1} of {count}")
        values = synthesis.draw_vowel(voice.speaker, vowel, float(rng.uniform(*_SECONDS)), asked.rate, rng)
        path = out / "data" / "melSpec" / f"{codes[voice.name]}_{_uuid(rng)}_audio_audio_m4a.jpg"
        path.parent.mkdir(parents=True, exist_ok=True)
        write_picture(values, asked.rate, path)
        files.append(path)
    rows = [f"{codes[voice.name]},{bool(voice.label)}" for voice in voices]
    survey = out / "data" / "data_paired" / "csv" / SURVEY
    # One who said nothing and sent nothing.
    _write_lines(survey, ["healthCode,professional-diagnosis", *rows, f"{_uuid(rng)},"])
    patients = [(codes[voice.name], voice.label) for voice in voices]
    return [*files, survey, *_write_splits(out / SPLITS, patients, rng)]


def _uuid(rng: np.random.Generator) -> str:
    return str(uuid.UUID(bytes=rng.bytes(16), version=4))


def _write_lines(path: Path, lines: Sequence[str]) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    write_text(path, "\n".join(lines) + "\n")


def split_tables(patients: Sequence[tuple[str, int]], rng: np.random.Generator) -> dict[str, list[str]]:
    """The lines of the tables of splits: ten folds, each with test, validation and nine ways to draw training patients.

    Every fold has a sixth of each class in test and in validation, two and one at least where there are enough;
    sub-base k trains on k tenths of the ill among as many patients as that allows.
    """
    pools = [[code for code, label in patients if label == one] for one in (0, 1)]
    common: list[str] = []
    trains: dict[int, list[str]] = {number: [] for number in SUBDBS}
    for fold in range(FOLDS):
        left = [list(rng.permutation(pool)) for pool in pools]
        for subset, least in (("val", 1), ("test", 2)):
            for one, pool in zip(left, pools, strict=True):
                taken = [one.pop() for _ in range(max(least, len(pool) // 6)) if len(one) > 1]
                common += [f"{fold},{code},{subset}" for code in taken]
        for number in SUBDBS:
            drawn = _drawn(left, number / 10, rng)
            trains[number] += [f"{fold},{code},train" for code in drawn]
    named = {f"subdb{number}_train_{number * 10}_{100 - number * 10}.csv": trains[number] for number in SUBDBS}
    return {**named, COMMON: common}


def _drawn(left: Sequence[Sequence[str]], share: float, rng: np.random.Generator) -> list[str]:
    """Training patients of whom this share is ill, as many as there are; at least one of each class."""
    count = min(len(left[1]) / share, len(left[0]) / (1 - share))
    counts = (max(round(count * (1 - share)), 1), max(round(count * share), 1))
    return [str(code) for one, wanted in zip(left, counts, strict=True) for code in rng.permutation(one)[:wanted]]
