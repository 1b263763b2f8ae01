"""Generated EEG in the layout of the HMS data, or as one long EDF+ recording, with the best reachable score stated."""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domain import Fake
from models.domains.eeg import ballots, continuous, scalp
from models.domains.eeg.constants import CHANNELS, CLASSES, RATE, REGIONS, WINDOW
from models.domains.eeg.hms import TRUE_WINDOWS
from models.domains.eeg.named import HEAD as NAMED_HEAD
from models.domains.eeg.options import FAKE_KEYS, MODES, choice
from models.domains.eeg.spectrogram import columns, regional_power
from models.errors import UserError
from models.fake_settings import check_names, number_of, one_of, refuse
from models.job import Progress
from models.store.atomic import write_text

Floats = npt.NDArray[np.float32]

#: Seconds of a spectrogram before and after the begin of an EEG, and between two EEGs of a patient.
_BEFORE, _AFTER, _BETWEEN = 275, 325, 20
#: Seconds by which windows of one EEG follow each other.
_OFFSETS = (2, 4, 6, 8, 12)
_TITLES = dict(zip(CLASSES, ("Seizure", "LPD", "GPD", "LRDA", "GRDA", "Other"), strict=True))
#: How often each class is meant, before the preference of a patient.
_SHARES = np.array([0.19, 0.14, 0.16, 0.15, 0.17, 0.19])
_VOTES = tuple(f"{name}_vote" for name in CLASSES)
_HEAD = (
    *("eeg_id", "eeg_sub_id", "eeg_label_offset_seconds"),
    *("spectrogram_id", "spectrogram_sub_id", "spectrogram_label_offset_seconds"),
    *("label_id", "patient_id", "expert_consensus"),
    *_VOTES,
)


@dataclass(frozen=True)
class Plan:
    """What to generate."""

    mode: str
    patients: int
    raters: int
    disagreement: float
    ambiguous: float
    artifacts: float
    named: bool
    recording: continuous.Shape


@dataclass(frozen=True)
class Cut:
    """One EEG of a patient: when it begins in the recording, where its windows begin in it, and what is seen."""

    start: int
    offsets: tuple[int, ...]
    kind: str
    episode: scalp.Episode

    @property
    def seconds(self) -> int:
        """How long it is."""
        return self.offsets[-1] + WINDOW


def plan(settings: Mapping[str, Any]) -> Plan:
    """The settings, which may be text. Raises UserError for an unknown or wrong one."""
    check_names(settings, FAKE_KEYS)
    mode = one_of(settings, "recordings", MODES)
    shape = continuous.Shape(
        number_of(settings, "hours", 1.0, 0.02, 48),
        int(number_of(settings, "channels", 20, 1, 64)),
        int(number_of(settings, "rate", 256, 100, 2000)),
        int(number_of(settings, "annotations", 0, 0, 100_000)) if "annotations" in settings else -1,
        int(number_of(settings, "seizures", 0, 0, 100_000)),
    )
    return Plan(
        mode,
        int(number_of(settings, "patients", 0, 0, 100_000)),
        int(number_of(settings, "raters", 30, 1, 1000)),
        number_of(settings, "disagreement", 0.22, 0.0, 0.9),
        number_of(settings, "ambiguous", 0.5, 0.0, 1.0),
        number_of(settings, "artifacts", 3.0, 0.0, 60.0),
        choice("named", str(settings.get("named", ""))),
        shape,
    )


def fake(out: Path, samples: int = 0, seed: int = 0, **settings: Any) -> Generator[Progress, None, Fake]:
    """Generate windows into the folder `out`; samples: windows in all, 200 unless told otherwise.

    The ceiling is the accuracy against the majority of votes of who knows how each window was generated. Beside
    the data lies `truth`: what each window was meant as, the best possible answer, and, where the data do not name
    them, who voted what. Raises UserError for a wrong setting and an existing file.
    """
    asked = plan(settings)
    rng = np.random.default_rng([seed, 66])
    if asked.mode == "edf":
        return (yield from _write_recording(out, asked, rng))
    count = samples or 200
    if not 4 <= count <= 1_000_000:
        raise UserError(f"samples is {count}: give 4 to 1,000,000 windows")
    refuse(out / "train.csv")
    writer = _Writer(out, asked, count, rng)
    yield from writer.write()
    best = ballots.ceiling(np.array(writer.shares), writer.raters, writer.totals, rng)
    text = (
        f"No classifier can be better than {best.accuracy:.1%} (accuracy against the majority of votes) or nearer to "
        f"the votes than {best.kl:.3f} (Kullback–Leibler divergence), both on the mean: raters disagree, two of them "
        f"on {1 - best.agreement:.0%} of the windows."
    )
    return Fake(tuple(writer.files), count, best.accuracy, text)


def _write_recording(out: Path, asked: Plan, rng: np.random.Generator) -> Generator[Progress, None, Fake]:
    path = out / "recording.edf"
    refuse(path)
    style = scalp.draw_style(asked.artifacts, rng)
    told = yield from continuous.write(path, asked.recording, style, asked.ambiguous, rng)
    text = (
        f"{told.annotations} annotations. No classifier can name the patterns better than {told.ceiling:.1%} "
        "(accuracy): some stand between two classes."
    )
    return Fake((path,), told.windows, told.ceiling, text)


class _Writer:
    """Writes patient after patient, and keeps the rows of the tables."""

    def __init__(self, out: Path, asked: Plan, count: int, rng: np.random.Generator) -> None:
        self.out, self.asked, self.count, self.rng = out, asked, count, rng
        self.patients = min(asked.patients or max(-(-count // 4), 2), count)
        self.raters = ballots.draw_raters(asked.raters, asked.disagreement, rng)
        votes = out / "votes.csv" if asked.named else out / "truth" / "votes.csv"
        self.files: list[Path] = [out / "train.csv", out / "truth" / "windows.csv", votes]
        self.rows: list[str] = []
        self.shares: list[npt.NDArray[np.float64]] = []
        self.totals: list[int] = []
        self._made = np.zeros(len(CLASSES))
        self._truth: list[str] = []
        self._votes: list[str] = []
        self._ids = iter(rng.permutation(4 * count + 4 * self.patients) + 1)

    def write(self) -> Generator[Progress, None, None]:
        """All files; the tables last."""
        for name in ("train_eegs", "train_spectrograms", "truth"):
            (self.out / name).mkdir(parents=True, exist_ok=True)
        ends = np.linspace(0, self.count, self.patients + 1).round().astype(int)
        for number, windows in enumerate(np.diff(ends).tolist()):
            yield Progress(number, self.patients, f"Generating patient {number + 1} of {self.patients}")
            self._write_patient(windows)
        heads = (
            ",".join(_HEAD),
            ",".join((*TRUE_WINDOWS, *CLASSES)),
            ",".join(NAMED_HEAD),
        )
        for path, head, rows in zip(self.files, heads, (self.rows, self._truth, self._votes), strict=False):
            write_text(path, "\n".join([head, *rows, ""]))

    def _next_id(self, scale: int) -> int:
        """A number that is not used twice, spread as those of the real data are."""
        return int(next(self._ids)) * scale + int(self.rng.integers(scale))

    def _write_patient(self, windows: int) -> None:
        rng = self.rng
        style = scalp.draw_style(self.asked.artifacts, rng)
        cuts = _cuts(windows, self.asked.ambiguous, self._made, rng)
        seconds = cuts[-1].start + cuts[-1].offsets[-1] + _AFTER
        # The first row of a spectrogram is centred at 1 s: its window begins a second before.
        values = scalp.record(style, [_later(cut.episode, 1.0) for cut in cuts], seconds + 2.0, RATE, rng)
        patient, spectrogram = self._next_id(16), self._next_id(50_000)
        self._write_spectrogram(spectrogram, values)
        place = 0
        for cut in cuts:
            eeg = self._next_id(50_000)
            first = (cut.start + 1) * RATE
            self._write_eeg(eeg, values[:, first : first + cut.seconds * RATE])
            for number, offset in enumerate(cut.offsets):
                since = cut.start - _BEFORE + offset
                self._add_window(f"{eeg},{number},{offset:.1f},{spectrogram},{place},{since:.1f}", patient, cut)
                place += 1

    def _write_spectrogram(self, number: int, values: Floats) -> None:
        power = np.round(regional_power(values), 2)
        table = power.reshape(len(REGIONS) * power.shape[1], -1)
        named: dict[str, npt.NDArray[Any]] = {"time": 2 * np.arange(table.shape[1], dtype=np.int64) + 1}
        named |= dict(zip(columns(), table, strict=True))
        self._write_table(self.out / "train_spectrograms" / f"{number}.parquet", named)

    def _write_eeg(self, number: int, values: Floats) -> None:
        kept = np.round(values, 2)
        scalp.spoil(kept, RATE, self.rng)
        named = dict(zip(CHANNELS, kept, strict=True))
        self._write_table(self.out / "train_eegs" / f"{number}.parquet", named)

    def _write_table(self, path: Path, named: Mapping[str, npt.NDArray[Any]]) -> None:
        import pyarrow as pa
        from pyarrow import parquet

        # The bytes of floats apart compress to two thirds of what they do else.
        table = pa.table({name: np.ascontiguousarray(values) for name, values in named.items()})
        apart = [name for name, values in named.items() if values.dtype == np.float32]
        parquet.write_table(table, path, compression="zstd", use_dictionary=False, use_byte_stream_split=apart)
        self.files.append(path)

    def _add_window(self, address: str, patient: int, cut: Cut) -> None:
        label = self._next_id(50_000)
        pattern = cut.episode.pattern
        shares = ballots.opinion(pattern)
        voters, given = ballots.draw_ballot(shares, self.raters, self.rng)
        counts = np.bincount(given, minlength=len(CLASSES))
        title = _TITLES[CLASSES[int(counts.argmax())]]
        self.rows.append(f"{address},{label},{patient},{title},{','.join(map(str, counts))}")
        best = shares @ self.raters.mean(axis=0)
        told = (pattern.strength, pattern.lateral, pattern.sharp, pattern.evolving, pattern.frequency, *best)
        self._truth.append(f"{label},{cut.kind},{','.join(f'{value:.4f}' for value in told)}")
        self._votes += [f"{label},r{voter + 1},{CLASSES[one]}" for voter, one in zip(voters, given, strict=True)]
        self.shares.append(shares)
        self.totals.append(int(counts.sum()))


def _cuts(windows: int, ambiguous: float, made: npt.NDArray[np.float64], rng: np.random.Generator) -> list[Cut]:
    """The EEGs of a patient, one after the other, with so many windows in all; a patient prefers some classes.

    made: how many EEGs of each class there are; those that lack come first, so that few samples have all.
    """
    preferred = rng.gamma(0.6, 1.0, len(CLASSES)) + 0.02
    start, out = _BEFORE, []
    for size in _parts(windows, rng):
        offsets = (0, *np.cumsum(rng.choice(_OFFSETS, size - 1)).tolist())
        liking = preferred * np.maximum(_SHARES * (made.sum() + len(CLASSES)) - made, 0.02)
        place = int(rng.choice(len(CLASSES), p=liking / liking.sum()))
        kind, made[place] = CLASSES[place], made[place] + 1
        pattern = ballots.draw_pattern(kind, bool(rng.random() < ambiguous), rng)
        stop = start + offsets[-1] + WINDOW
        # An evolving pattern begins in the window, others a while before.
        begin = start + rng.uniform(-4, 8) if pattern.evolving > 0.5 else start - rng.uniform(5, 60)
        out.append(Cut(start, offsets, kind, scalp.Episode(float(begin), float(stop + rng.uniform(5, 15)), pattern)))
        start = stop + _BETWEEN
    return out


def _parts(windows: int, rng: np.random.Generator) -> Sequence[int]:
    """So many windows as EEGs of one to three."""
    sizes: list[int] = []
    while sum(sizes) < windows:
        sizes.append(min(int(rng.integers(1, 4)), windows - sum(sizes)))
    return sizes


def _later(episode: scalp.Episode, by: float) -> scalp.Episode:
    return scalp.Episode(episode.start + by, episode.stop + by, episode.pattern)
