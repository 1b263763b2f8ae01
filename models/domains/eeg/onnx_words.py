"""What goes into an ONNX file of EEG and what comes out, for who feeds it elsewhere."""

from __future__ import annotations

from typing import Any

from models.domain import ExportView
from models.domains.eeg import pictures
from models.domains.eeg.choices import STEPS_ONLY, Steps
from models.domains.eeg.constants import CHANNELS, RATE, REGIONS, WINDOW
from models.domains.eeg.recipes.networks import steps_in
from models.learn.fitted import Model

Told = dict[str, Any]
_SCALES = {
    "fixed": "divided by 100 µV",
    "robust": "less each channel's median, divided by the distance of the quartiles of all electrodes; EKG by its own",
    "standard": "each channel to mean 0 and deviation 1",
    "none": "left in µV",
}


def description(view: ExportView, model: Model) -> Told:
    """All of it, as it stands in the file and in the JSON beside it."""
    from models.domains.eeg.features import PAIRS

    steps, drawn = steps_in(model), drawn_of(model)
    inputs: list[Told] = []
    if model.recipe != "efficientnet":
        inputs.append({
            "name": "windows", "type": "float32", "shape": ["windows", len(CHANNELS), WINDOW * steps.rate],
            "made": preprocessing(steps),
        })  # fmt: skip
    if drawn:
        side = drawn["size"]
        inputs.append({
            "name": "pictures", "type": "uint8", "shape": ["windows", 3, side, side], "made": drawing(drawn, steps),
        })  # fmt: skip
    return {
        "recipe": model.recipe,
        "run": view.run,
        "project": view.project,
        "classes": list(model.classes),
        "channels": list(CHANNELS),
        "rate": RATE,
        "seconds": WINDOW,
        "unit": "µV",
        "steps": {name: model.numbers["params"][name] for name in STEPS_ONLY},
        "pictures": drawn,
        "montage": {
            "name": "longitudinal bipolar",
            "made": "inside the network" if model.recipe != "efficientnet" else "while the pictures are drawn",
            "pairs": [f"{first}-{second}" for first, second in PAIRS],
        },
        "inputs": inputs,
        "output": {"name": "probabilities", "shape": ["windows", len(model.classes)], "classes": list(model.classes)},
        "note": "An input of zeros is one that is not there; of a window without any other the answer means nothing.",
        "use": "research, no diagnosis",
    }


def drawn_of(model: Model) -> Told:
    """How the pictures of a model are drawn, {} for one that sees none."""
    net: Told = model.numbers["net"]
    found: Told = net.get("drawn") or net.get("spectrogram", {}).get("drawn", {})
    return found


def preprocessing(steps: Steps) -> list[str]:
    """What is done to a window before a network sees it, step by step."""
    limits = [
        f"of which more than half is missing{f', that varies less than {steps.flat:g} µV' if steps.flat else ''}",
        *([f"beyond {steps.amplitude:g} µV for a tenth of it"] if steps.amplitude else []),
        *([f"jumping by more than {steps.jump:g} µV"] if steps.jump else []),
    ]
    bad = {"interpolate": "made of their neighbours", "zero": "set to 0", "keep": "kept"}[steps.bad_channels]
    high = f"{steps.low_pass:g} Hz" if steps.low_pass else "the highest rate"
    words = [
        f"{WINDOW} s of {len(CHANNELS)} channels in this order in µV at {RATE} Hz, the judged 10 s in the middle",
        "values that are missing bridged by a straight line" if steps.gaps == "bridge" else "missing values set to 0",
        f"channels {', or '.join(limits)}: {bad}",
        f"{steps.notch} Hz ± 2.5 Hz taken out by a Butterworth filter of order 3 in zero phase"
        if steps.notch != "none"
        else "",
        f"independent components of {', '.join(steps.ica)} taken out" if steps.ica else "",
        f"{steps.high_pass:g} Hz to {high} kept by a Butterworth filter of order 3 in zero phase"
        if steps.high_pass or steps.low_pass
        else "",
        f"measured against {steps.reference}" if steps.reference != "none" else "",
        f"resampled to {steps.rate} Hz by a polyphase filter" if steps.rate != RATE else "",
        f"cut off at ±{steps.clip:g} µV" if steps.clip else "",
        _SCALES[steps.scale],
    ]
    return [one for one in words if one]


def drawing(drawn: Told, steps: Steps) -> list[str]:
    """How the pictures are drawn."""
    source = drawn["source"]
    first = (
        f"power of {', '.join(REGIONS)} over ten minutes, 0.59 to 19.92 Hz (multitaper, 4 s, every 2 s)"
        if source != "eeg"
        else "0"
    )
    others = (
        "the mean power of each region's four pairs, 0.5 to 20 Hz (Hann), over 50 s (2 s, every 0.25 s) and over the "
        f"middle 20 s (0.5 s, every 0.1 s), of the window after these steps but for its unit: {preprocessing(steps)}"
        if source != "regions"
        else "0"
    )
    return [
        f"first colour: {first}",
        f"second and third colour: {others}",
        f"decibels of µV²/Hz from {pictures.FLOOR:g} to {pictures.TOP:g} as bytes, 0 where there is none",
        f"the regions {', '.join(REGIONS)} from top to bottom, a quarter of the {drawn['size']} rows each, low "
        "frequencies first, scaled by bilinear interpolation with antialiasing",
    ]
