"""The strip of features tells each value as its column reads."""

from __future__ import annotations

import functools

import numpy as np
from pytestqt.qtbot import QtBot

from widgets import numbers
from widgets.feature_strip import FeatureStrip


def test_values_have_their_units(qtbot: QtBot) -> None:
    strip = FeatureStrip()
    qtbot.addWidget(strip)
    values = np.linspace(0, 1, 30)
    kinds = {"Half width": (6, "s"), "Rate": (2, "Hz"), "Spikes": (0, "")}
    reads = {name: functools.partial(numbers.measured, decimals=told[0], unit=told[1]) for name, told in kinds.items()}
    strip.set_features([(name, words, values) for name, words in reads.items()], np.zeros(30, np.int32))
    strip.set_sample([0.000304, 12.5, np.nan])
    assert strip.accessibleDescription() == "Half width 0.304 ms, Rate 12.50 Hz, Spikes –"
    strip.resize(300, strip.height())
    assert not strip.grab().isNull()
