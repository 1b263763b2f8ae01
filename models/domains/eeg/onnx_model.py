"""The network of a run as ONNX: preprocessed windows and pictures in, probabilities out; a JSON tells how.

With int8 there is a second file of whole numbers of 8 bits, calibrated on windows that the run learnt from.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.eeg import onnx_words
from models.domains.eeg.options import choice
from models.errors import UserError
from models.job import Progress
from models.learn import onnx_int8, onnx_net, onnx_session
from models.learn.divergence import score_votes
from models.learn.fitted import Model
from models.learn.onnx_session import PROVIDERS, Inputs, answers, open_session
from models.params import unknown
from models.store.atomic import whole

if TYPE_CHECKING:
    from torch import nn

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]
Told = dict[str, Any]
#: Recipes that are networks.
NETS = ("resnet1d_gru", "small_1d", "efficientnet", "attention_ensemble")
#: The ending of the file of whole numbers.
INT8 = ".int8.onnx"
#: Windows that a file is calibrated on, and tried out on, unless told otherwise, and at most: they fill the memory.
_WINDOWS, _MOST = 200, 2000
_STEP = 8


@dataclass(frozen=True)
class Asked:
    """What an export was told."""

    int8: bool
    provider: str
    windows: int


@dataclass(frozen=True)
class Tried:
    """Windows that a file is tried out on, as networks take them, and their votes (n, classes)."""

    inputs: Inputs
    votes: npt.NDArray[np.float64]

    def __len__(self) -> int:
        return len(self.votes)


def asked_of(settings: Mapping[str, str]) -> Asked:
    """Settings as they were given. Raises UserError for a wrong one."""
    int8, provider = choice("int8", settings.get("int8", "")), settings.get("provider", "cpu")
    if provider not in PROVIDERS:
        raise UserError(unknown("provider", provider, PROVIDERS))
    count = settings.get("windows", str(_WINDOWS))
    if not count.isdecimal() or not 1 <= int(count) <= _MOST:
        raise UserError(f"windows is {count!r}: give a whole number from 1 to {_MOST}")
    return Asked(int8, provider, int(count))


def export(view: ExportView, path: Path) -> Generator[Progress, None, Told]:
    """The run's network at a path that ends in ``.onnx``, and a JSON of the same name on what goes into it."""
    from models.domains.eeg.recipes import RECIPES

    onnx_net.check_extra()
    asked = asked_of(view.settings)
    beside, *small = onnx_net.beside_of(path, "eeg.onnx", (".json", INT8) if asked.int8 else (".json",))
    yield Progress(0, 4, "Reading the model")
    model, temperature = onnx_net.model_of(view, RECIPES, NETS)
    yield Progress(1, 4, "Reading windows")
    tried = windows_of(view, model, asked.windows, learnt=False)
    net = whole_net(model, model.temperature * temperature)
    words = onnx_words.description(view, model)
    shares = {"torch": onnx_net.torch_answers(net, tried.inputs)}
    with whole(beside) as told, whole(path) as place:
        yield Progress(2, 4, "Writing the network")
        onnx_net.write_net(net, tried.inputs, place, "windows")
        onnx_net.tell(place, words)
        far = onnx_net.compared(net, place, tried.inputs, path)
        shares["onnx"] = answers(open_session(place), tried.inputs)
        notes = [f"compared with torch on {len(tried)} windows: probabilities differ by {far:.1e} at most"]
        figures: Told = {"windows": len(tried), "far": far}
        for target in small:
            yield Progress(3, 4, "Calibrating whole numbers of 8 bits")
            some = windows_of(view, model, asked.windows, learnt=True)
            with whole(target) as little:
                made = onnx_int8.quantise(place, little, some.inputs, tried.inputs)
                onnx_net.tell(little, words)
                shares["int8"] = answers(open_session(little), tried.inputs)
            figures["int8"] = {"file": target.name, "calibrated_on": len(some), **asdict(made)}
            notes.append(_int8_words(target, made, len(some)))
        figures["kl"] = {name: score_votes(tried.votes, p)["kl"] for name, p in shares.items()}
        told.write_text(json.dumps({**words, "checked": figures}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    notes += _provided(path, asked.provider, tried.inputs, shares["torch"])
    files = [str(one) for one in (path, beside, *small)]
    listed = [{"source": str(path), "where": "", "text": text} for text in notes]
    return {"written": 1, "files": files, "skipped": [], "notes": listed, "checked": figures}


def _int8_words(small: Path, made: onnx_int8.Quantised, count: int) -> str:
    kept = f"; {made.kept} of {made.layers} convolutions stay as they were" if made.kept else ""
    more = ", more than one in a hundred" if made.changed > onnx_int8.CHANGED else ""
    return (
        f"{small.name}, calibrated on {count} windows of the training side, gives {made.changed:.1%} of "
        f"{made.rows} windows another class{more}{kept}"
    )


def _provided(path: Path, provider: str, inputs: Inputs, wanted: Floats) -> list[str]:
    """What to say of a provider other than the processor that was asked for."""
    if provider == "cpu":
        return []
    reason = onnx_session.lacking(provider)
    if reason:
        return [f"{reason}. The file was not tried out there."]
    far = float(np.abs(answers(open_session(path, provider), inputs) - wanted).max(initial=0))
    return [f"{PROVIDERS[provider].title}: probabilities differ by {far:.1e} from those of torch at most"]


def windows_of(view: ExportView, model: Model, most: int, learnt: bool) -> Tried:
    """Windows of the view that the run learnt from, or others where there are, spread over all of them.

    UserError where none can be read.
    """
    from models.domains.eeg.recipes import RECIPES, networks
    from models.domains.eeg.recipes.model import able
    from models.domains.eeg.signals import read_signals

    rows = _chosen(view, able(view.samples), learnt)
    rows = rows[np.linspace(0, len(rows) - 1, min(most, len(rows))).astype(np.int64)] if len(rows) else rows
    takes = next(one for one in RECIPES if one.name == model.recipe).takes
    parts: list[dict[str, Any]] = []
    kept: list[Index] = []
    for start in range(0, len(rows), _STEP):
        some = rows[start : start + _STEP]
        given = inputs_of(model, read_signals(view.samples, some, takes))
        there = np.any([networks.seen_in(one) for one in given.values()], axis=0)
        parts.append({name: one[there] for name, one in given.items()})
        kept.append(some[there])
    rows = np.concatenate(kept) if kept else rows
    if not len(rows):
        raise UserError("none of these windows can be read, so the model cannot be tried out. Bring their files.")
    votes = [[view.votes[row].get(name, 0) for name in model.classes] if view.votes else [0.0] for row in rows.tolist()]
    return Tried({name: np.concatenate([part[name] for part in parts]) for name in parts[0]}, np.array(votes, float))


def _chosen(view: ExportView, able: npt.NDArray[np.bool_], learnt: bool) -> Index:
    """Rows that can be read and that the run learnt from, or did not; all of them where there is none of these."""
    from models.store.predictions import FILE_NAME, read_predictions

    trained = np.zeros(len(able), bool)
    if view.folder is not None:
        told = read_predictions(view.folder / FILE_NAME)
        rows, place = told.rows(view.samples)
        # Out of fold is what the last model learnt from as well.
        trained[rows] = np.isin(told.part[place].astype(str), ("train", "out_of_fold"))
    wanted = able & (trained if learnt else ~trained)
    return np.flatnonzero(wanted if wanted.any() else able)


def inputs_of(model: Model, signals: Any) -> dict[str, Any]:
    """Signals as the file of a model takes them, by name."""
    from models.domains.eeg.recipes import attention_ensemble, efficientnet, raw

    module: Any = {"efficientnet": efficientnet, "attention_ensemble": attention_ensemble}.get(model.recipe, raw)
    given = module.inputs(model, signals)
    return {name: one if one.dtype == np.uint8 else one.astype(np.float32) for name, one in given.items()}


def whole_net(model: Model, temperature: float) -> nn.Module:
    """The network from what `inputs_of` gives to probabilities, in full precision."""
    import copy

    import torch
    from torch import Tensor, nn

    from models.domains.eeg.recipes import attention_ensemble, efficientnet, raw

    module: Any = {"efficientnet": efficientnet, "attention_ensemble": attention_ensemble}.get(model.recipe, raw)

    class One(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net: Any = copy.deepcopy(module.net_of(model)).float().cpu().eval()

        def forward(self, x: Tensor) -> Tensor:
            return torch.softmax(self.net(x) / temperature, 1)

    class Both(One):
        def forward(self, windows: Tensor, pictures: Tensor) -> Tensor:  # type: ignore[override]  # two inputs
            return torch.softmax(self.net.fusion(self.net.told(windows, pictures)) / temperature, 1)

    return (Both() if model.recipe == "attention_ensemble" else One()).eval()
