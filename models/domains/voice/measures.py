"""What is measured on a recording: names, titles, units and families of its 81 numbers, declared once."""

from __future__ import annotations

from dataclasses import dataclass

from models.domain import Column

#: Mel-frequency cepstral coefficients and formants that are told.
CEPSTRA, FORMANTS = 13, 3
#: Hz of the bands in which loudness and pitch waver.
LOUDNESS_BANDS = ((1, 4), (4, 8), (8, 16), (16, 32))
PITCH_BANDS = ((1, 4), (4, 8), (8, 16))


@dataclass(frozen=True)
class Measure:
    """One number of a recording. family: those that a recipe takes or leaves together."""

    name: str
    title: str
    unit: str
    decimals: int
    family: str

    @property
    def column(self) -> Column:
        """The same as a column of samples."""
        return Column(self.name, self.title, self.unit, self.decimals, feature=True)


def _cepstra() -> list[Measure]:
    found: list[Measure] = []
    for name, words, family in (
        ("mean", "mean", "mfcc means"), ("sd", "spread", "mfcc spreads"), ("delta", "change", "mfcc changes"),
    ):  # fmt: skip
        found += [
            Measure(f"mfcc{number}_{name}", f"MFCC {number} {words}", "", 2, family) for number in range(1, CEPSTRA + 1)
        ]
    return found


def _formants() -> list[Measure]:
    found: list[Measure] = []
    for number in range(1, FORMANTS + 1):
        found += [
            Measure(f"formant{number}", f"F{number}", "Hz", 0, "formants"),
            Measure(f"formant{number}_sd", f"F{number} spread", "Hz", 0, "formants"),
            Measure(f"formant{number}_width", f"F{number} bandwidth", "Hz", 0, "formants"),
        ]
    return found


def _spectrum() -> list[Measure]:
    told = (
        ("tilt", "Spectral tilt", "dB/octave", 1), ("flatness", "Spectral flatness", "dB", 1),
        ("flux", "Spectral flux", "", 3), ("centroid", "Spectral centroid", "Hz", 0),
    )  # fmt: skip
    found: list[Measure] = []
    for name, title, unit, decimals in told:
        family = "tilt" if name == "tilt" else "spectrum"
        found += [
            Measure(name, title, unit, decimals, family),
            Measure(f"{name}_sd", f"{title} spread", unit, decimals, family),
        ]
    return [
        *found,
        Measure("edge", "85 % edge of the spectrum", "Hz", 0, "spectrum"),
        Measure("crossings", "Zero crossings", "1/s", 0, "spectrum"),
    ]


def _cycles() -> list[Measure]:
    return [
        Measure("jitter", "Jitter, local", "", 5, "perturbation"),
        Measure("jitter_rap", "Jitter, RAP", "", 5, "perturbation"),
        Measure("jitter_ppq5", "Jitter, PPQ5", "", 5, "perturbation"),
        Measure("shimmer", "Shimmer, local", "", 4, "perturbation"),
        Measure("shimmer_db", "Shimmer, local", "dB", 3, "perturbation"),
        Measure("shimmer_apq3", "Shimmer, APQ3", "", 4, "perturbation"),
        Measure("shimmer_apq5", "Shimmer, APQ5", "", 4, "perturbation"),
        Measure("hnr", "Harmonics to noise", "dB", 1, "noise"),
        Measure("hnr_sd", "Harmonics to noise, spread", "dB", 1, "noise"),
        Measure("cpp", "Cepstral peak prominence", "dB", 1, "noise"),
        Measure("cpp_sd", "Cepstral peak prominence, spread", "dB", 1, "noise"),
    ]


def _pitch() -> list[Measure]:
    return [
        Measure("pitch", "Pitch", "Hz", 0, "pitch"),
        Measure("pitch_sd", "Pitch spread", "semitones", 2, "pitch"),
        Measure("pitch_range", "Pitch range", "semitones", 2, "pitch"),
        Measure("pitch_drift", "Pitch drift", "semitones/s", 2, "pitch"),
        Measure("voiced", "Voiced share", "", 2, "pitch"),
    ]


def _modulation() -> list[Measure]:
    return [
        *(
            Measure(f"loudness_{low}_{high}", f"Loudness wavering {low}–{high} Hz", "dB", 2, "modulation")
            for low, high in LOUDNESS_BANDS
        ),
        *(
            Measure(f"pitch_{low}_{high}", f"Pitch wavering {low}–{high} Hz", "semitones", 3, "modulation")
            for low, high in PITCH_BANDS
        ),
    ]


#: All of them, in the order of tables.
MEASURES: tuple[Measure, ...] = (*_cepstra(), *_formants(), *_spectrum(), *_cycles(), *_pitch(), *_modulation())
NAMES: tuple[str, ...] = tuple(measure.name for measure in MEASURES)
FAMILIES: tuple[str, ...] = tuple(dict.fromkeys(measure.family for measure in MEASURES))
COLUMNS: tuple[Column, ...] = tuple(measure.column for measure in MEASURES)


def places_of(families: tuple[str, ...]) -> list[int]:
    """Where the measures of some families stand, all of them where none is named."""
    return [place for place, measure in enumerate(MEASURES) if not families or measure.family in families]
