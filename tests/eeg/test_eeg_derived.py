"""Recordings that hold differences of electrodes: what networks look at is what it would be of the electrodes."""

from __future__ import annotations

from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from models.domains.eeg import regional, window
from models.domains.eeg.body import BadBody, read
from models.domains.eeg.constants import CHANNELS
from models.domains.eeg.derived import HEADS, count_derived, mix, terms_of
from models.domains.eeg.features import PAIRS
from models.electrodes import name_channels
from models.store.project import Project
from tests.eeg.recorded import compose, waves
from tests.eeg.scanned import scanned
from tests.eeg.test_eeg_bad_channels import _carrier, _windows
from tests.eeg.test_eeg_body import ALONE
from tests.eeg.test_eeg_exports import imported

#: The channels of a set of scalp recordings that many learn from: a double banana, a ring about it, one pair twice.
BANANA = (
    *("FP1-F7", "F7-T7", "T7-P7", "P7-O1", "FP1-F3", "F3-C3", "C3-P3", "P3-O1"),
    *("FP2-F4", "F4-C4", "C4-P4", "P4-O2", "FP2-F8", "F8-T8", "T8-P8-0", "P8-O2", "FZ-CZ", "CZ-PZ"),
    *("P7-T7", "T7-FT9", "FT9-FT10", "FT10-T8", "T8-P8-1"),
)
LEFT, RIGHT, MIDDLE = set(CHANNELS[:8]), set(CHANNELS[11:19]), {"Fz", "Cz", "Pz"}


def named(labels: Any) -> tuple[str, ...]:
    return tuple(one.name for one in name_channels(labels))


def known(labels: Any, bad: tuple[str, ...] = ()) -> set[str]:
    """Which of our channels something is known of."""
    made = terms_of(named(labels), frozenset(bad))
    return {name for name, terms in zip(CHANNELS, made, strict=True) if terms}


def potentials(length: int = 40) -> dict[str, np.ndarray]:
    rng = np.random.default_rng(0)
    return {name: rng.standard_normal(length) for name in (*HEADS, "FT9", "FT10", "A1")}


def recorded(labels: Any, truth: dict[str, np.ndarray]) -> np.ndarray:
    """What an amplifier writes under such names."""
    found = []
    for name in named(labels):
        first, _, second = name.removesuffix(" (2)").partition("-")
        found.append(truth[first] - truth[second] if second else truth[first])
    return np.array(found, np.float32)


def differs(labels: Any, bad: tuple[str, ...] = ()) -> int:
    """How many pairs of networks are known; all of these are to be true."""
    truth = potentials()
    values = recorded(labels, truth)
    spoilt = [row for row, name in enumerate(named(labels)) if name in bad]
    values[spoilt] = 1e6
    eeg = mix(terms_of(named(labels), frozenset(bad)), lambda row: values[row], values.shape[1])
    count = 0
    for first, second in PAIRS:
        found = eeg[CHANNELS.index(first)] - eeg[CHANNELS.index(second)]
        if np.isfinite(found).all():
            count += 1
            np.testing.assert_allclose(found, truth[first] - truth[second], atol=1e-4)
    return count


def test_a_double_banana_tells_every_pair_that_networks_look_at() -> None:
    assert known(BANANA) == set(HEADS)
    assert count_derived(terms_of(named(BANANA))) == 19
    assert differs(BANANA) == 18
    assert differs(BANANA[:18]) == 18


def test_electrodes_that_were_recorded_are_themselves() -> None:
    labels = ("C3", "FT9-FT10", "Fz", "FPZ-OZ", "LOC-ROC", "ECG")
    assert [terms for terms in terms_of(named(labels)) if terms] == [((0, 1.0),), ((2, 1.0),), ((5, 1.0),)]
    assert count_derived(terms_of(named(labels))) == 0


def test_a_pair_at_an_electrode_that_was_recorded_shares_its_reference() -> None:
    labels = ("Cz", "Fz-Cz", "Pz-Cz", "F3-Fz")
    truth = potentials()
    values = recorded(labels, truth)
    eeg = mix(terms_of(named(labels)), lambda row: values[row], values.shape[1])
    for name in ("Cz", "Fz", "Pz", "F3"):
        np.testing.assert_allclose(eeg[CHANNELS.index(name)], truth[name], atol=1e-5)
    # Nothing is made of an electrode that is bad; pairs among themselves still tell their differences.
    assert known(labels, ("Cz",)) == {"Cz"}


def test_parts_of_a_chain_that_nothing_connects_are_not_told_as_one() -> None:
    assert known(["Fp1-F7", "F7-T3", "P3-O1"]) == {"Fp1", "F7", "T3"}
    assert known(["T3", "Fp1-F7", "Fp1-F3"]) == {"T3"}
    # A sleep recording: one electrode of each chain has no difference within it.
    assert known(["EEG Fpz-Cz", "EEG Pz-Oz"]) == set()
    # Across the head: no pair of the middle chain is known, of Fz alone nothing is told.
    assert known([f"{first}-{second}" for first, second in pairwise(("F7", "F3", "Fz", "F4", "F8"))]) == {
        *("F7", "F3", "F4", "F8"),
    }


def test_a_ring_tells_a_pair_that_is_bad() -> None:
    labels = BANANA[:18]
    assert differs(labels, ("Fp1-F7",)) == 18
    assert known(labels, ("Fp1-F7", "C3-P3")) == {"F7", "T3", "T5", "O1", "P3"} | RIGHT | MIDDLE
    assert differs(labels, ("Fp1-F7", "C3-P3")) == 14
    assert known(labels, ("Fz-Cz",)) == LEFT | RIGHT | {"Cz", "Pz"}


@given(
    st.lists(
        st.sampled_from([*HEADS, *(f"{a}-{b}" for a in (*HEADS, "A1") for b in (*HEADS, "FT9") if a != b)]),
        unique=True,
        min_size=1,
        max_size=30,
    ),
    st.integers(0, 2),
)
def test_whatever_was_recorded_no_difference_is_told_that_is_not_true(labels: list[str], bad: int) -> None:
    names = [name for name in named(labels) if "-" in name]
    differs(labels, tuple(names[:bad]))


def pairs_of(signals: dict[str, Any]) -> dict[str, Any]:
    return {f"EEG {first}-{second}": signals[first] - signals[second] for first, second in PAIRS}


@pytest.mark.parametrize("rate", [200, 256])
def test_windows_of_pairs_are_those_of_electrodes_to_what_learns(tmp_path: Path, rate: int) -> None:
    signals = waves(70, rate)
    for name, content in (("heads", {one: signals[one] for one in HEADS}), ("pairs", pairs_of(signals))):
        (tmp_path / name).mkdir()
        compose(tmp_path / name / "a.edf", content, records=70)
    scans = {name: scanned(tmp_path / name) for name in ("heads", "pairs")}
    samples = {name: scan.found[0].addresses() for name, scan in scans.items()}
    rows = np.arange(2)
    first, second = np.array([[CHANNELS.index(name) for name in pair] for pair in PAIRS]).T
    found = {name: window.eeg(one, rows) for name, one in samples.items()}
    wanted = found["heads"][:, first] - found["heads"][:, second]
    np.testing.assert_allclose(found["pairs"][:, first] - found["pairs"][:, second], wanted, atol=0.02)
    assert np.isnan(found["pairs"][:, -1]).all()
    assert window.remarks(samples["pairs"], 0) == []
    power = {name: regional.regions(one, rows[:1]) for name, one in samples.items()}
    there = np.isfinite(power["heads"])
    assert there.any()
    np.testing.assert_allclose(power["pairs"][there], power["heads"][there], rtol=0.02)
    told = " ".join(note.text for note in scans["pairs"].noted)
    assert "19 electrodes made of the pairs that were recorded" in told
    assert "made of the pairs" not in " ".join(note.text for note in scans["heads"].noted)


def test_a_pair_that_a_person_calls_bad_is_made_of_the_others(tmp_path: Path) -> None:
    signals = waves(60, 200)
    content = pairs_of(signals)
    content["EEG C3-P3"] = content["EEG C3-P3"] + np.round(np.random.default_rng(1).normal(0, 900, 60 * 200))
    path = compose(tmp_path / "a.edf", content, records=60)
    with Project.open(imported(tmp_path / "p", path, window="50", step="50")) as project:
        rows = _windows(project.samples)
        project.call_bad(_carrier(project.samples), ["C3-P3"])
        eeg = window.eeg(project.samples, rows)[0]
        found = eeg[CHANNELS.index("C3")] - eeg[CHANNELS.index("P3")]
        np.testing.assert_allclose(found, (signals["C3"] - signals["P3"])[:10_000], atol=0.02)


def test_a_service_takes_pairs_by_their_names() -> None:
    truth = potentials(10_000)
    labels = BANANA[:18]
    sent = {"eeg_data": (30 * recorded(labels, truth)).tolist(), "names": list(labels)}
    found = read(sent, ALONE)
    eeg = found.signals.eeg[0]
    for first, second in PAIRS:
        difference = eeg[CHANNELS.index(first)] - eeg[CHANNELS.index(second)]
        np.testing.assert_allclose(difference, 30 * (truth[first] - truth[second]), atol=0.01)
    assert "exchanged" not in {one.kind for one in found.warnings}
    with pytest.raises(BadBody, match="none of these"):
        read({"eeg_data": sent["eeg_data"][:1], "names": ["Pz-Oz"]}, ALONE)
