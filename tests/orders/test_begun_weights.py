"""Who trains a network that began with random weights is told so, and where the file of better ones belongs."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from models.orders.training import answer


@pytest.mark.parametrize(
    ("facts", "params", "told"),
    [
        ({"weights": "random"}, {"backbone": "resnet34"}, True),
        ({"weights": "random"}, {"backbone": "resnet34", "pretrained": False}, False),
        ({"weights": "resnet34-b627a593.pth"}, {"backbone": "resnet34"}, False),
        ({}, {}, False),
    ],
)
def test_random_weights_are_told(tmp_path: Path, facts: dict[str, Any], params: dict[str, Any], told: bool) -> None:
    said = answer({"id": "run-1", "input": facts, "params": params}, tmp_path)
    assert ("weights" in said) == told
    if told:
        assert "Put resnet34-" in said["weights"]
        assert ".pth into " in said["weights"]
