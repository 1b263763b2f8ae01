"""What an import of EEG is told is checked, and every default is the one that its key declares."""

from __future__ import annotations

from pathlib import Path

import pytest

from models.domains.eeg.options import IMPORT_KEYS, Options, read_options
from models.errors import UserError


def test_nothing_given_is_what_the_keys_declare() -> None:
    assert read_options({}) == Options(50, 10, "longitudinal", False)
    assert read_options({name: key.default for name, key in IMPORT_KEYS.items()}) == Options()


def test_words_become_values(tmp_path: Path) -> None:
    own = tmp_path / "mine.json"
    own.write_text('{"name": "mine", "groups": [{"name": "left", "rows": ["Fp1-F7"]}]}')
    asked = {"window": " 30 ", "step": "2.5", "montage": str(own), "keep_identifiers": "YES"}
    assert read_options(asked) == Options(30, 2.5, str(own), True)
    assert read_options({"montage": "Average"}).montage == "average"


def test_a_montage_that_is_none_is_told(tmp_path: Path) -> None:
    (tmp_path / "mine.json").write_text("{}")
    with pytest.raises(UserError, match=r"mine\.json: a montage is"):
        read_options({"montage": str(tmp_path / "mine.json")})


@pytest.mark.parametrize(
    ("key", "value"),
    [
        ("window", "9"),
        ("window", "long"),
        ("window", "nan"),
        ("window", "1e9"),
        ("step", "0"),
        ("step", "-1"),
        ("montage", "banana"),
        ("montage", "missing.json"),
        ("keep_identifiers", "maybe"),
    ],
)
def test_wrong_values_are_told_by_their_key(key: str, value: str) -> None:
    with pytest.raises(UserError, match=key):
        read_options({key: value})
