"""Whole numbers of 8 bits: ranges are those of what is seen, and layers that disturb the answers stay as they were."""

from __future__ import annotations

import importlib.util
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.learn import onnx_ranges
from models.learn.onnx_alike import compare
from models.learn.onnx_ranges import Seen

needs_onnx = pytest.mark.skipif(
    any(importlib.util.find_spec(name) is None for name in ("onnx", "onnxruntime", "onnxscript")),
    reason="the extra onnx is not installed",
)


def shares(lead: Any) -> Any:
    """Probabilities of two classes of which the first is ahead by so much."""
    first = 1 / (1 + np.exp(-np.asarray(lead, float)))
    return np.stack([first, 1 - first], 1).astype(np.float32)


def test_the_same_answers_are_alike_and_others_are_counted() -> None:
    wanted = shares([2.0, 1.0, -1.0, 0.1])
    same = compare(wanted, wanted)
    assert (same.rows, same.changed, same.expected, same.shift, same.far) == (4, 0, 0, 0, 0)
    found = compare(wanted, shares([2.0, 1.0, -1.0, -0.1]))
    assert found.changed == 0.25
    assert found.shift == pytest.approx(0.05, abs=1e-6)
    assert found.far == pytest.approx(shares([0.1])[0, 0] - shares([-0.1])[0, 0], abs=1e-6)
    assert compare(wanted[:0], wanted[:0]).rows == 0
    assert compare(wanted[:1], wanted[:1]).bound == 0


def test_what_only_luck_kept_from_changing_is_expected_to_change() -> None:
    lead = np.full(40, 0.1)
    moved = lead.copy()
    # Those that were shifted back were ahead by more: no answer changed, though it might as well have.
    lead[::2] += 0.2
    moved[::2] = lead[::2] - 0.15
    found = compare(shares(lead), shares(moved))
    assert found.changed == 0
    assert 0.05 < found.expected < found.bound < 0.6
    twice = compare(np.tile(shares(lead), (9, 1)), np.tile(shares(moved), (9, 1)))
    assert twice.bound - twice.expected < found.bound - found.expected, "more rows tell more surely"
    sure = compare(shares(lead + 5), shares(moved + 5))
    assert sure.expected == 0


def seen(values: Any, usual: tuple[float, float] = (0.0, 0.0)) -> Seen:
    return Seen(np.sort(np.asarray(values, np.float32)), usual)


def test_values_far_off_do_not_stretch_the_range() -> None:
    rng = np.random.default_rng(0)
    values = np.append(rng.normal(0, 1, 200_000), [-9.0, 40.0])
    found = [onnx_ranges.ranges({"a": seen(values, (-3.0, 8.0))}, way)["a"] for way in onnx_ranges.WAYS]
    *cut, usual = found
    assert all(-6 < low < -3 and 3 < high < 6 for low, high in cut)
    assert cut == sorted(cut, key=lambda ends: ends[1]), "the fewer are cut off the wider"
    assert usual == (-3.0, 8.0)


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four convolutions; between the first two a channel of no use is so loud that 8 bits drown the other."""
    import torch
    from torch import nn

    from models.learn.onnx_net import write_net

    torch.manual_seed(0)

    class Net(nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.loud, self.deaf = nn.Conv1d(2, 2, 1), nn.Conv1d(2, 8, 3, padding=1)
            self.third, self.fourth = nn.Conv1d(8, 8, 3, padding=1), nn.Conv1d(8, 8, 3, padding=1)
            self.head = nn.Linear(8, 3)
            with torch.no_grad():
                self.loud.weight.copy_(torch.tensor([[[2000.0], [0.0]], [[0.0], [1.0]]]))
                self.deaf.weight[:, 0] = 0

        def forward(self, x: Any) -> Any:
            x = torch.relu(self.deaf(torch.relu(self.loud(x))))
            x = torch.relu(self.fourth(torch.relu(self.third(x))))
            return torch.softmax(20 * self.head(x.mean(2)), 1)

    place = tmp_path_factory.mktemp("int8") / "net.onnx"
    write_net(Net().eval(), rows(2), place, "rows")
    return place


def rows(count: int, seed: int = 0) -> dict[str, Any]:
    rng = np.random.default_rng(seed)
    values = rng.normal(0, 1, (count, 2, 48)) + rng.normal(0, 1, (count, 2, 1))
    return {"x": values.astype(np.float32)}


def kinds(place: Path) -> dict[str, str]:
    """Of each convolution by the name of its weights: whether it reads whole numbers."""
    import onnx

    nodes = list(onnx.load(str(place)).graph.node)
    made = {name: node.op_type for node in nodes for name in node.output}
    return {
        node.input[1].removesuffix("_DequantizeLinear_Output"): made.get(node.input[0], "")
        for node in nodes
        if node.op_type == "Conv"
    }


@needs_onnx
def test_convolutions_that_disturb_the_answers_stay_as_they_were(file: Path, tmp_path: Path) -> None:
    from models.learn.onnx_int8 import quantise
    from models.learn.onnx_session import answers, open_session

    some, held, others = rows(64, 1), rows(200, 2), rows(400, 3)
    made = quantise(file, tmp_path / "all.onnx", some, held, most=1.0)
    assert (made.calibrated, made.layers, made.floats) == (64, 4, ())
    assert made.held.rows == 200
    assert made.held.changed > 0.03
    made = quantise(file, tmp_path / "some.onnx", some, held)
    assert set(made.floats) == {"loud", "deaf"}
    assert made.held.changed <= 0.005
    assert made.held.bound <= 0.005
    of = kinds(tmp_path / "some.onnx")
    assert {name: kind == "DequantizeLinear" for name, kind in of.items()} == {
        "loud.weight": False, "deaf.weight": False, "third.weight": True, "fourth.weight": True,
    }  # fmt: skip
    wanted = answers(open_session(file), others)
    found = {
        name: compare(wanted, answers(open_session(tmp_path / name), others)) for name in ("all.onnx", "some.onnx")
    }
    assert found["some.onnx"].changed <= 0.01 < found["all.onnx"].changed


@needs_onnx
def test_what_is_done_beside_a_convolution_that_stays_keeps_its_digits(file: Path, tmp_path: Path) -> None:
    from models.learn.onnx_layers import Layers, prepare

    prepare(file, tmp_path / "plain.onnx")
    layers = Layers(tmp_path / "plain.onnx")
    titles = {layers.title(name): name for name in layers.names}
    assert list(titles) == ["loud", "deaf", "third", "fourth"]
    kind = {node.name: node.op_type for node in layers.nodes}

    def between(*chosen: str) -> list[str]:
        return [kind[name] for name in layers.inside([titles[one] for one in chosen])][len(chosen) :]

    assert between("loud", "deaf", "third", "fourth") == ["Relu"] * 3
    assert between("loud", "deaf", "fourth") == ["Relu"]
    assert between("loud", "third") == []
    assert layers.groups == [[name] for name in layers.names]


@needs_onnx
def test_ranges_are_seen_on_all_rows(file: Path, tmp_path: Path) -> None:
    from models.learn.onnx_layers import Layers, prepare

    prepare(file, tmp_path / "plain.onnx")
    layers = Layers(tmp_path / "plain.onnx")
    some = rows(10)
    found = onnx_ranges.watch(tmp_path / "plain.onnx", layers.values, some)
    first = found["x"]
    assert (first.values[0], first.values[-1]) == (some["x"].min(), some["x"].max())
    assert first.usual == pytest.approx((some["x"].min((1, 2)).mean(), some["x"].max((1, 2)).mean()), abs=1e-5)
    assert len(first.values) == some["x"].size + 2
