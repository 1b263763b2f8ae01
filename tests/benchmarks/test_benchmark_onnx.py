"""The benchmark of ONNX files: networks that have learnt nothing take what the files take, and figures become rows."""

from __future__ import annotations

import pytest

from benchmarks import onnx_models
from models.domains.eeg.constants import CLASSES


@pytest.mark.parametrize("name", ["small_1d", "resnet1d_gru"])
def test_a_network_of_the_usual_size_takes_noise_in_the_shapes_of_its_file(name: str) -> None:
    from models.domains.eeg import onnx_model
    from models.learn import onnx_net

    model = onnx_models.untrained(name)
    given = onnx_models.noise(model, 2)
    assert onnx_net.torch_answers(onnx_model.whole_net(model, 1.0), given).shape == (2, len(CLASSES))


def test_what_an_export_found_becomes_rows() -> None:
    made = {"changed": 0.005, "rows": 200, "calibrated_on": 100, "kept": 1, "layers": 26}
    rows = onnx_models.answer_rows("small_1d", {"int8": made, "kl": {"torch": 0.5, "onnx": 0.5, "int8": 0.4}})
    assert [(row["ours"], row["goal"]) for row in rows] == [(0.5, 1.0), (0.5, None), (0.4, None)]
    assert rows[2]["ratio"] == pytest.approx(1.25)
    assert rows[0]["note"] == "200 windows, calibrated on 100, 1 of 26 convolutions as they were"
