"""The recipe `acoustic`: learns, answers, comes back, tells why, and passes over what cannot be heard."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest
import soundfile

from models.domain import Setting, Task
from models.domains.voice import measured
from models.domains.voice.measures import NAMES
from models.domains.voice.recipes.acoustic import ACOUSTIC, AcousticParams, completed, medians
from models.errors import UserError
from models.job import finish
from models.params import build
from models.sample import Samples
from tests.voice.voices import voice

CLASSES = ("calm", "rough")


def table(folder: Path, speakers: list[str], kinds: list[str] | None = None) -> Samples:
    count = len(speakers)
    names = [f"{place}.wav" for place in range(count)]
    columns: dict[str, Any] = {
        "id": names,
        "source": pa.array([0] * count, pa.int32()),
        "key": names,
        "group": pa.array(speakers).dictionary_encode(),
        "_file": names,
        "_kind": kinds or ["audio"] * count,
    }
    return Samples(pa.table(columns), (str(folder),))


@pytest.fixture(scope="module")
def recorded(tmp_path_factory: pytest.TempPathFactory) -> tuple[Samples, np.ndarray]:
    """Eight speakers with two recordings each; of every other one they are rough. The last file is no sound."""
    folder = tmp_path_factory.mktemp("recorded")
    speakers, codes = [], []
    for place in range(16):
        rough = place // 2 % 2
        samples, _, _ = voice(
            100 + 9 * place, 0.4, jitter=0.001 + 0.03 * rough, shimmer=0.02 + 0.2 * rough,
            noise=1e-3 + 0.02 * rough, seed=place,
        )  # fmt: skip
        soundfile.write(folder / f"{place}.wav", samples, 16_000)
        speakers.append(f"S{place // 2}")
        codes.append(rough)
    (folder / "16.wav").write_bytes(b"\xff\xd8\xff\xe0 a JPEG picture")
    return table(folder, [*speakers, "S8"]), np.array([*codes, 0])


def task(recorded: tuple[Samples, np.ndarray], place: Path, **values: Any) -> Task:
    samples, codes = recorded
    targets = np.eye(2, dtype=np.float32)[codes]
    train = np.array([*range(8), 12, 13, 14, 15, 16])
    return Task(
        samples, CLASSES, targets, train, np.array([8, 9, 10, 11]), np.ones(len(codes), np.float32), None,
        build(AcousticParams, values), 0, "cpu", place / "cache", place / "work",
    )  # fmt: skip


def test_it_learns_and_comes_back(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    made = task(recorded, tmp_path)
    model = finish(ACOUSTIC.fit(made))
    setting = Setting("cpu", made.cache)
    found = ACOUSTIC.predict(model, made.samples, setting)
    assert found.shape == (17, 2)
    np.testing.assert_allclose(found.sum(axis=1), 1, atol=1e-5)
    assert (found[:16].argmax(axis=1) == recorded[1][:16]).all()
    np.testing.assert_allclose(found[16], 0.5, err_msg="of what cannot be heard all classes are alike")
    assert model.facts["unheard"] == 1
    ACOUSTIC.save(model, tmp_path / "model")
    again = ACOUSTIC.load(tmp_path / "model")
    np.testing.assert_array_equal(ACOUSTIC.predict(again, made.samples, setting), found)
    other = finish(ACOUSTIC.fit(task(recorded, tmp_path / "anew")))
    np.testing.assert_array_equal(ACOUSTIC.predict(other, made.samples, setting), found)
    assert ACOUSTIC.embed is not None
    placed = ACOUSTIC.embed(model, made.samples, setting)
    assert placed.shape == (17, 81)
    assert np.isfinite(placed).all()
    assert not placed[16].any()


def test_measures_are_computed_once(
    recorded: tuple[Samples, np.ndarray], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = np.arange(4)
    first = finish(measured.measure_rows(recorded[0], rows, tmp_path))
    assert np.isnan(first[:, NAMES.index("loudness_1_4")]).all(), "too short to waver"
    monkeypatch.setattr(measured, "measure_file", lambda path: pytest.fail(f"{path} was measured again"))
    again = finish(measured.measure_rows(recorded[0], rows[::-1], tmp_path))
    np.testing.assert_array_equal(again[::-1], first)


def test_another_file_in_its_place_is_measured_anew(tmp_path: Path) -> None:
    samples = table(tmp_path, ["A"])
    for hertz in (120, 200):
        soundfile.write(tmp_path / "0.wav", voice(hertz, 0.4 + hertz / 1000)[0], 16_000)
        found = finish(measured.measure_rows(samples, np.array([0]), tmp_path / "cache"))
        assert found[0, NAMES.index("pitch")] == pytest.approx(hertz, rel=0.01)


def test_one_row_a_speaker(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    made = task(recorded, tmp_path, unit="speaker", families="perturbation,noise")
    model = finish(ACOUSTIC.fit(made))
    setting = Setting("cpu", made.cache)
    found = ACOUSTIC.predict(model, made.samples, setting)
    np.testing.assert_array_equal(found[0:16:2], found[1:16:2])
    assert (found[:16].argmax(axis=1) == recorded[1][:16]).all()
    alone = ACOUSTIC.predict(model, made.samples.take([3]), setting)
    np.testing.assert_array_equal(alone[0], found[3], err_msg="whichever of the speaker are asked for")
    assert set(model.facts["measures"]) == {
        name for name in NAMES if name.startswith(("jitter", "shimmer", "hnr", "cpp"))
    }


def test_a_speaker_of_several_classes_is_no_row(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    made = task(recorded, tmp_path, unit="speaker")
    targets = made.targets.copy()
    targets[0] = targets[0][::-1]
    with pytest.raises(UserError, match="S0 has recordings of several classes"):
        finish(ACOUSTIC.fit(replace(made, targets=targets)))


def test_it_tells_why(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    made = task(recorded, tmp_path, calibrate=False)
    model = finish(ACOUSTIC.fit(made))
    setting = Setting("cpu", made.cache)
    assert ACOUSTIC.reasons is not None
    rows = np.array([0, 3, 9])
    told = ACOUSTIC.reasons(model, made.samples, rows, made.train, setting)
    shares = ACOUSTIC.predict(model, made.samples.take(rows), setting).astype(float)
    logs = np.log(shares)
    wanted = (logs - logs.mean(axis=1, keepdims=True)).max(axis=1)
    np.testing.assert_allclose(told.values.sum(axis=1) + told.base, wanted, atol=1e-4)
    assert told.classes == tuple(CLASSES[place] for place in shares.argmax(axis=1))
    assert told.names == NAMES
    with pytest.raises(UserError, match=r"1 of 1 samples cannot be measured: 1 is broken or missing\. Leave"):
        ACOUSTIC.reasons(model, made.samples, np.array([16]), made.train, setting)


def test_of_pictures_and_rows_nothing_can_be_measured(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    samples, codes = recorded
    other = table(Path(samples.sources[0]), ["A"] * 17, ["image"] * 9 + ["row"] * 8)
    with pytest.raises(
        UserError, match="none of the labelled samples is a recording that can be measured: 13 are no rec"
    ):
        finish(ACOUSTIC.fit(task((other, codes), tmp_path)))


def test_one_class_that_can_be_heard_is_not_enough(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    made = task(recorded, tmp_path)
    with pytest.raises(UserError, match="all recordings to learn from that can be measured are of the class 'rough'"):
        finish(ACOUSTIC.fit(replace(made, train=np.array([2, 3, 16]))))


def test_silent_recordings_are_called_silent_and_not_broken(tmp_path: Path) -> None:
    said, _, _ = voice(140, 0.4, seed=3)
    for place in range(6):
        values = said if place < 2 else np.zeros(100 if place == 5 else len(said), np.float32)
        soundfile.write(tmp_path / f"{place}.wav", said[2000:2050] if place == 4 else values, 16_000)
    samples = table(tmp_path, [f"S{place}" for place in range(6)])
    (tmp_path / "3.wav").unlink()
    rows = np.arange(2, 6)
    told = "2 are silent, 1 is broken or missing and 1 is too short"
    assert measured.why_unheard(samples, rows) == told
    made = task((table(tmp_path, ["S"] * 17), np.array([0, 0, *[1] * 4, *[0] * 11])), tmp_path)
    with pytest.raises(UserError, match=f"class 'calm': of 4 of 6 nothing can be measured: {told}. Bring them anew"):
        finish(ACOUSTIC.fit(replace(made, train=np.arange(6))))
    with pytest.raises(UserError, match=f"is a recording that can be measured: {told}. Bring recordings"):
        finish(ACOUSTIC.fit(replace(made, train=rows)))


def test_c_is_that_of_scikit_learn(recorded: tuple[Samples, np.ndarray], tmp_path: Path) -> None:
    from sklearn.linear_model import LogisticRegression
    from sklearn.preprocessing import StandardScaler

    made = task(recorded, tmp_path, calibrate=False, strength=0.05)
    made = replace(made, train=made.train[:-1])
    model = finish(ACOUSTIC.fit(made))
    x = finish(measured.measure_rows(made.samples, np.arange(16), made.cache))
    x = completed(x, medians(x[made.train]))
    scaler = StandardScaler().fit(x[made.train])
    peer = LogisticRegression(C=0.05, tol=1e-8, max_iter=1000)
    peer.fit(scaler.transform(x[made.train]), recorded[1][made.train])
    found = ACOUSTIC.predict(model, made.samples.take(np.arange(16)), Setting("cpu", made.cache))
    np.testing.assert_allclose(found, peer.predict_proba(scaler.transform(x)), atol=2e-3)
