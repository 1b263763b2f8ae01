"""Model files: tensors, numbers and scikit-learn parts come back, strange types do not."""

from __future__ import annotations

from datetime import datetime
from functools import partial
from pathlib import Path

import numpy as np
import pytest

from models.errors import UserError
from models.learn.save import (
    check_clock,
    read_json,
    read_skops,
    read_tensors,
    trusting,
    write_json,
    write_skops,
    write_tensors,
)


def test_tensors_and_numbers_come_back(tmp_path: Path) -> None:
    import torch

    path = tmp_path / "deep" / "w.safetensors"
    wide = torch.arange(12.0).reshape(3, 4).T
    write_tensors(path, {"a": wide, "b": np.arange(3), "c": np.float32(2)}, {"epoch": 3, "loss": 0.1})
    arrays, numbers = read_tensors(path)
    assert np.array_equal(arrays["a"], wide.numpy())
    assert arrays["b"].dtype == np.int64
    assert float(arrays["c"]) == 2
    assert numbers == {"epoch": 3, "loss": 0.1}
    assert [item.name for item in path.parent.iterdir()] == ["w.safetensors"]


@pytest.mark.parametrize("name", ["w.safetensors", "gone.safetensors"])
def test_broken_tensors_are_told(tmp_path: Path, name: str) -> None:
    (tmp_path / "w.safetensors").write_bytes(b"\xff" * 40)
    with pytest.raises(UserError, match=name):
        read_tensors(tmp_path / name)


def test_broken_json_is_told(tmp_path: Path) -> None:
    write_json(tmp_path / "m.json", {"a": [1, 2]})
    assert read_json(tmp_path / "m.json") == {"a": [1, 2]}
    (tmp_path / "m.json").write_text("{oh")
    with pytest.raises(UserError, match="not JSON"):
        read_json(tmp_path / "m.json")
    (tmp_path / "m.json").write_text("[1]")
    with pytest.raises(UserError, match="does not describe"):
        read_json(tmp_path / "m.json")
    with pytest.raises(UserError, match="cannot be read"):
        read_json(tmp_path / "none.json")


def test_the_field_s_estimators_are_trusted(tmp_path: Path) -> None:
    from sklearn.ensemble import ExtraTreesClassifier, HistGradientBoostingClassifier, RandomForestClassifier
    from sklearn.impute import SimpleImputer
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rng = np.random.default_rng(0)
    codes = np.arange(60) % 3
    x = rng.normal(0, 1, (60, 4)) + codes[:, None]
    for number, model in enumerate(
        (
            make_pipeline(SimpleImputer(), StandardScaler(), LogisticRegression()),
            RandomForestClassifier(5, random_state=0),
            ExtraTreesClassifier(5, random_state=0),
            HistGradientBoostingClassifier(max_iter=5),
        )
    ):
        path = tmp_path / f"{number}.skops"
        write_skops(model.fit(x, codes), path)
        assert np.array_equal(read_skops(path).predict_proba(x), model.predict_proba(x))


def test_a_strange_type_is_named_and_refused(tmp_path: Path) -> None:
    path = tmp_path / "part.skops"
    write_skops(partial(print, "hello"), path)
    with pytest.raises(UserError, match=r"part\.skops.*print.*--trust") as refusal:
        read_skops(path)
    named = str(refusal.value).split("not trusted: ")[1].split(". If")[0].split(", ")
    assert read_skops(path, tuple(named)).args == ("hello",)
    with trusting(tuple(named)):
        assert read_skops(path).args == ("hello",)
    with pytest.raises(UserError):
        read_skops(path)


def test_a_file_that_is_no_skops_is_told(tmp_path: Path) -> None:
    path = tmp_path / "x.skops"
    path.write_bytes(b"not a zip file")
    with pytest.raises(UserError, match="not a readable skops file"):
        read_skops(path)


@pytest.mark.parametrize("year", [1970, 2108])
def test_a_clock_that_no_archive_can_tell_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, year: int) -> None:
    """A machine whose battery is empty begins in 1970; ZIP archives begin in 1980."""

    class Clock(datetime):
        @classmethod
        def now(cls, tz: object = None) -> Clock:
            return cls(year, 1, 1)

    check_clock()
    monkeypatch.setattr("models.learn.save.datetime", Clock)
    with pytest.raises(UserError, match=f"says {year}. Set it"):
        check_clock()
    with pytest.raises(UserError, match="clock"):
        write_skops([1], tmp_path / "a.skops")
