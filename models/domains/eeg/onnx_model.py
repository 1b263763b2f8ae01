"""The network of a run as ONNX: preprocessed windows and pictures in, probabilities out; a JSON tells how.

With int8 there is a second file of whole numbers of 8 bits, which tells how it was made and how it answers.
"""

from __future__ import annotations

import json
from collections.abc import Generator, Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.domains.eeg import onnx_rows, onnx_words
from models.domains.eeg.options import choice
from models.errors import UserError
from models.job import Progress
from models.learn import onnx_int8, onnx_net, onnx_session
from models.learn.divergence import score_votes
from models.learn.fitted import Model
from models.learn.onnx_alike import Alike, compare
from models.learn.onnx_session import PROVIDERS, Inputs, answers, open_session
from models.learn.words import plural
from models.params import unknown
from models.store.atomic import whole

if TYPE_CHECKING:
    from torch import nn

Floats = npt.NDArray[np.float32]
Told = dict[str, Any]
#: Recipes that are networks.
NETS = ("resnet1d_gru", "small_1d", "efficientnet", "attention_ensemble")
#: The ending of the file of whole numbers.
INT8 = ".int8.onnx"
#: Windows that a file is calibrated on, decided by, and tried out on, of each unless told otherwise, and at most: they
#: fill the memory.
_WINDOWS, _MOST = 200, 2000


@dataclass(frozen=True)
class Asked:
    """What an export was told."""

    int8: bool
    provider: str
    windows: int


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
    rows = onnx_rows.choose(view, asked.windows)
    if asked.int8 and not min(len(rows.learnt), len(rows.held), len(rows.others)):
        raise UserError("int8 is calibrated on windows, decided by others and tried out on others: three at least.")
    yield Progress(1, 4, "Reading windows")
    trial = _Trial(
        onnx_rows.read(view, model, rows.others if len(rows.others) else rows.learnt),
        onnx_words.description(view, model),
    )
    with whole(beside) as told, whole(path) as place:
        yield Progress(2, 4, "Writing the network")
        trial.write(whole_net(model, model.temperature * temperature), place, path)
        for target in small:
            yield Progress(3, 4, "Calibrating whole numbers of 8 bits")
            learnt, held = (onnx_rows.read(view, model, one).inputs for one in (rows.learnt, rows.held))
            trial.write_int8(place, target, learnt, held)
        figures = trial.figures()
        told.write_text(json.dumps({**trial.words, "checked": figures}, indent=1, ensure_ascii=False) + "\n", "utf-8")
    notes = [*trial.notes, *_provided(path, asked.provider, trial.windows.inputs, trial.shares["torch"])]
    files = [str(one) for one in (path, beside, *small)]
    listed = [{"source": str(path), "where": "", "text": text} for text in notes]
    return {"written": 1, "of": "network", "files": files, "skipped": [], "notes": listed, "checked": figures}


@dataclass
class _Trial:
    """The files as they are written, each tried out on the same windows.

    words: what every file tells of itself. shares: probabilities (n, classes) by what gave them: torch, onnx, int8.
    told: figures of the comparisons; notes: the same in words.
    """

    windows: onnx_rows.Windows
    words: Told
    shares: dict[str, Floats] = field(default_factory=dict)
    told: Told = field(default_factory=dict)
    notes: list[str] = field(default_factory=list)

    def write(self, net: nn.Module, place: Path, path: Path) -> None:
        """The network at a place that becomes `path`. Raises UserError where it answers otherwise than torch."""
        inputs, count = self.windows.inputs, len(self.windows)
        self.shares["torch"] = onnx_net.torch_answers(net, inputs)
        onnx_net.write_net(net, inputs, place, "windows")
        onnx_net.tell(place, self.words)
        far = onnx_net.compared(net, place, inputs, path)
        self.shares["onnx"] = answers(open_session(place), inputs)
        self.told |= {"windows": count, "far": far}
        self.notes.append(
            f"compared with torch on {plural(count, 'window')}: probabilities differ by {far:.1e} at most"
        )

    def write_int8(self, place: Path, target: Path, learnt: Inputs, held: Inputs) -> None:
        """The network at a place in whole numbers of 8 bits. learnt: what it is calibrated on; held: decided by."""
        with whole(target) as little:
            made = onnx_int8.quantise(place, little, learnt, held)
            self.shares["int8"] = answers(open_session(little), self.windows.inputs)
            alike = compare(self.shares["onnx"], self.shares["int8"])
            self.told["int8"] = {"file": target.name, **asdict(made), **asdict(alike)}
            onnx_net.tell(little, {**self.words, "int8": self.told["int8"]})
        self.notes.append(_int8_words(target, made, alike))

    def figures(self) -> Told:
        """What is known of the files, and how far each is from the votes."""
        return self.told | {"kl": {name: score_votes(self.windows.votes, p)["kl"] for name, p in self.shares.items()}}


def _int8_words(small: Path, made: onnx_int8.Quantised, alike: Alike) -> str:
    kept = f"; {len(made.floats)} of {made.layers} convolutions stay as they were" if made.floats else ""
    more = ", more than one in a hundred" if alike.changed > onnx_int8.CHANGED else ""
    return (
        f"{small.name}, calibrated on {made.calibrated} windows of the training side and decided by {made.held.rows} "
        f"others, gives {alike.changed:.1%} of {alike.rows} further ones another class{more}{kept}"
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
