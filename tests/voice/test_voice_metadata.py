"""What metadata tell of real speakers: columns that patients alone have are no confounder but the label itself."""

from __future__ import annotations

import numpy as np
import pytest

from models.domains.voice.metadata import metadata, names_of
from models.learn.metadata import telling_columns, without_columns
from tests.voice.spoken import scanned
from tests.voice.voices import MINSK

pytestmark = pytest.mark.skipif(not MINSK.is_dir(), reason="the Minsk recordings are not here")


def test_what_only_patients_have_is_left_out() -> None:
    found = scanned(MINSK, quality="no")
    samples, codes = found.samples(), np.array([int(label == "ALS") for label in found.labels])
    left = telling_columns(samples, codes)
    assert {name for name in left if not name.startswith("_")} == {"months_from_onset", "onset", "bulbar_signs"}
    rest = without_columns(samples, left)
    assert {"age", "sex", "vowel"} <= set(names_of(rest))
    assert not {"onset", "months_from_onset"} & set(names_of(rest))
    tells = [bool(len(set(column[codes == 1])) == 1 and not set(column[codes == 1]) & set(column[codes == 0]))
             for column in metadata(rest).T]  # fmt: skip
    assert not any(tells), "no column that is left parts the classes by itself"
    assert metadata(rest).shape[1] < metadata(samples).shape[1]
