"""The network of a run as ONNX: bytes of a cell in, probabilities out; how a cell is cut out is written beside."""

from __future__ import annotations

import copy
import json
from collections.abc import Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from models.domain import ExportView
from models.errors import UserError
from models.job import Progress
from models.learn import onnx_net
from models.learn.fitted import Model
from models.store.atomic import whole

if TYPE_CHECKING:
    from torch import nn

Bytes = npt.NDArray[np.uint8]
#: So many cells the file is compared with torch on.
CHECKED = 100
#: Recipes that are networks: what gives theirs.
_NETS = ("resnet34", "small_cnn")


def export(view: ExportView, path: Path) -> Generator[Progress, None, dict[str, Any]]:
    """The run's model at a path that ends in ``.onnx``, and a JSON of the same name on what goes into it."""
    onnx_net.check_extra()
    (beside,) = onnx_net.beside_of(path, "cells.onnx")
    yield Progress(0, 3, "Reading the model")
    model, temperature = _model_of(view)
    size = int(model.numbers["params"]["image_size"])
    cells = {"pictures": _some_cells(view, model, size)}
    words = description(view, model, size)
    net = _with_input(_net(model), model.temperature * temperature, _finely(model))
    with whole(beside) as told, whole(path) as place:
        yield Progress(1, 3, "Writing the network")
        onnx_net.write_net(net, cells, place, "cells")
        onnx_net.tell(place, words)
        yield Progress(2, 3, f"Comparing it with torch on {len(cells['pictures'])} cells")
        far = onnx_net.compared(net, place, cells, path)
        told.write_text(json.dumps(words, indent=1, ensure_ascii=False) + "\n", "utf-8")
    note = f"compared with torch on {len(cells['pictures'])} cells: probabilities differ by {far:.1e} at most"
    notes = [{"source": str(path), "where": "", "text": text} for text in (note, *_cautions(model))]
    return {"written": 1, "of": "network", "files": [str(path), str(beside)], "skipped": [], "notes": notes}


def _model_of(view: ExportView) -> tuple[Model, float]:
    """The model of the run and its temperature. UserError for a remedied one."""
    from models.domains.smears.cures import cure_of
    from models.domains.smears.recipes import RECIPES

    model, temperature = onnx_net.model_of(view, RECIPES, _NETS)
    if cure_of(model) is not None:
        raise UserError(f"{view.run} is a remedied run: ONNX holds the network of the run that it was made from.")
    return model, temperature


def _net(model: Model) -> nn.Module:
    from models.domains.smears.recipes import resnet34, small_cnn

    found: nn.Module = (resnet34 if model.recipe == "resnet34" else small_cnn).net_of(model)
    return found


def _some_cells(view: ExportView, model: Model, size: int) -> Bytes:
    """Cells of the view as the network sees them, spread over all of them. UserError where none can be read."""
    from models.domains.smears.cells import drawable
    from models.domains.smears.pictures import cut_readable

    rows = np.flatnonzero(drawable(view.samples))
    rows = rows[np.linspace(0, len(rows) - 1, min(CHECKED, len(rows))).astype(np.int64)] if len(rows) else rows
    params = model.numbers["params"]
    cells, _ = cut_readable(view.samples, rows, size, bool(params["masked"]), _finely(model))
    if not len(cells):
        raise UserError("none of these cells can be read, so the model cannot be tried out. Bring their images.")
    return cells


def _finely(model: Model) -> bool:
    return bool(model.numbers["params"].get("fine", False))


def _with_input(net: nn.Module, temperature: float, finely: bool) -> nn.Module:
    """The network from bytes (n, size, size, 3) to probabilities, in full precision."""
    import torch
    from torch import Tensor, nn

    from models.domains.smears.fine import GAIN, STEPS, ZERO

    class Whole(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.net = copy.deepcopy(net).float().cpu().to(memory_format=torch.contiguous_format).eval()

        def forward(self, pictures: Tensor) -> Tensor:
            if finely:
                x = (pictures.permute(0, 3, 1, 2).float() - ZERO) * (GAIN / STEPS)
                return torch.softmax(self.net(x) / temperature, 1)
            # As `models.domains.smears.pictures.standardise`, in steps that every reader of ONNX knows.
            x = pictures.permute(0, 3, 1, 2).float() / 255
            x = x - x.mean((2, 3), keepdim=True)
            deviation = (x * x).mean((2, 3), keepdim=True).sqrt().clamp_min(1e-2)
            found: Tensor = torch.softmax(self.net(x / deviation) / temperature, 1)
            return found

    return Whole().eval()


def description(view: ExportView, model: Model, size: int) -> dict[str, Any]:
    """What goes into the network and what comes out, for who feeds it elsewhere."""
    from models.domains.smears import fine
    from models.domains.smears.pictures import MARGIN

    finely = _finely(model)
    side = fine.FINER * size if finely else size
    steps = [
        "the image as it is shown: turned by its EXIF orientation, 8 bits, RGB, on white where it is transparent",
        f"the cell's box with {MARGIN:.0%} of its width added left and right and {MARGIN:.0%} of its height above and "
        "below, as far as the image goes",
        f"scaled to {side} × {side} by bilinear interpolation with antialiasing, width and height each for itself",
    ]
    if finely:
        steps += [
            "the cell found by its stain (what is near the middle), or as what is not black; the rest counts nothing",
            "optical density of each channel, −ln((byte/255 + 0.02) / (that of the cell's median + 0.02)), as means of "
            f"{fine.FINER} × {fine.FINER} pixels",
            f"less its mean around each place, weighted normally, deviation 1/{1 / fine.AROUND:.0f} of the side",
            "as three channels: green less red, green less blue, green less the larger of both",
            f"as bytes: {fine.ZERO} + {fine.STEPS} · density, {fine.ZERO} where there is no cell",
        ]
    elif model.numbers["params"]["masked"]:
        steps.append("what is not the cell painted in the mean colour of the cell (found by its stain)")
    return {
        "input": {"name": "pictures", "shape": ["cells", size, size, 3], "type": "uint8", "channels": "RGB"},
        "before": steps,
        "inside": [f"less {fine.ZERO}, times {fine.GAIN / fine.STEPS}"]
        if finely
        else ["divided by 255", "each channel of each picture to mean 0 and deviation 1 (of at least 0.01)"],
        "output": {"name": "probabilities", "shape": ["cells", len(model.classes)], "classes": list(model.classes)},
        "label_mode": model.numbers["params"].get("label_mode", "source"),
        "recipe": model.recipe,
        "run": view.run,
        "project": view.project,
    }


def _cautions(model: Model) -> tuple[str, ...]:
    if _finely(model):
        return ("this model saw the fine density of cells: bring cells to it before, as the JSON says",)
    masked = "this model saw cells without their background: paint it over before, as the JSON says"
    return (masked,) if model.numbers["params"]["masked"] else ()
