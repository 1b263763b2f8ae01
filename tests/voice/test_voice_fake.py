"""Generated voices: the same for one seed, speakers unlike each other, the ceiling true, permuted labels at chance."""

from __future__ import annotations

import csv
import hashlib
from collections import Counter
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from models.domain import Fake
from models.domains import domain
from models.domains.voice import fake as faking
from models.domains.voice import splits as splitting
from models.domains.voice.audio import mono, open_sound
from models.domains.voice.fake import APART, Plan, ceiling, draw_voices, fake, plan, split_tables
from models.errors import UserError
from models.learn.metrics import mean_recall
from tests.voice.spoken import scanned


def make(out: Path, samples: int = 40, seed: int = 0, **settings: Any) -> Fake:
    steps = fake(out, samples, seed, **settings)
    while True:
        try:
            next(steps)
        except StopIteration as end:
            made: Fake = end.value
            return made


def prints(folder: Path) -> dict[str, str]:
    files = sorted(file for file in folder.rglob("*") if file.is_file())
    return {file.relative_to(folder).as_posix(): hashlib.sha256(file.read_bytes()).hexdigest() for file in files}


def test_the_same_seed_makes_the_same_files(tmp_path: Path) -> None:
    for name, seed in (("a", 1), ("b", 1), ("c", 2)):
        made = make(tmp_path / name, 24, seed)
        assert made.samples == 24
        assert all(file.is_file() for file in made.files)
    assert prints(tmp_path / "a") == prints(tmp_path / "b")
    assert prints(tmp_path / "a") != prints(tmp_path / "c")


def test_recordings_come_in_with_their_table_and_flaws(tmp_path: Path) -> None:
    made = make(tmp_path / "d", 60)
    found = scanned(tmp_path / "d")
    assert found.skipped == []
    assert len(found.keys) == made.samples == 60
    assert len(set(found.groups)) == 15
    assert set(found.labels) == {"PD", "HC"}
    flags = Counter(words for words in found.column("quality") if words)
    assert flags == {
        "clipping": 1, "silence": 1, "noise": 1, "too short": 1, "duplicate of another speaker": 1,
    }  # fmt: skip
    assert {*found.column("microphone")} == {"phone", "headset"}
    assert len(splitting.given(found.samples(), (5,))) == faking.FOLDS


def test_the_layout_of_the_runner_comes_in(tmp_path: Path) -> None:
    made = make(tmp_path / "d", 20, layout="melspec")
    found = scanned(tmp_path / "d")
    assert len(found.keys) == made.samples == 20
    assert found.skipped == []
    assert set(found.labels) == {"0", "1"}
    assert "has no diagnosis and no image" in found.words
    trainings = splitting.given(found.samples())
    assert len(trainings) == 90
    speakers = found.samples().column("speaker")
    for one in trainings:
        assert not {*speakers[one.train]} & {*speakers[one.test]}


def test_sub_bases_have_the_shares_that_their_names_tell(tmp_path: Path) -> None:
    patients = [(f"p{number:03}", int(number < 60)) for number in range(160)]
    tables = split_tables(patients, np.random.default_rng(0))
    ill = {code for code, label in patients if label}
    for number in splitting.SUBDBS:
        lines = tables[f"subdb{number}_train_{10 * number}_{100 - 10 * number}.csv"]
        share = sum(line.split(",")[1] in ill for line in lines) / len(lines)
        assert share == pytest.approx(number / 10, abs=0.02)
    assert len(tables) == 10
    common = [line.split(",") for line in tables[splitting.COMMON]]
    for subset in ("val", "test"):
        held = [code for fold, code, part in common if (fold, part) == ("3", subset)]
        assert (len(held), sum(code in ill for code in held)) == (26, 10), "a sixth of either class"


def test_the_ceiling_is_what_the_severity_alone_reaches() -> None:
    asked = Plan("audio", 20_000, 0.4, 1.0, 0.05, 16000, 0)
    voices = draw_voices(asked, np.random.default_rng(3))
    severity = np.array([voice.speaker.severity for voice in voices])
    codes = np.array([voice.label for voice in voices])
    best = max(mean_recall(codes, (severity > cut).astype(int)) for cut in np.linspace(0, APART, 41))
    assert best == pytest.approx(ceiling(asked), abs=0.01)
    assert ceiling(Plan("audio", 40, 0.4, 0.0, 0.0, 16000, 0)) == pytest.approx(0.5)
    assert ceiling(asked) < ceiling(Plan("audio", 40, 0.4, 2.0, 0.05, 16000, 0)) < 1


def listed(folder: Path) -> list[dict[str, str]]:
    with (folder / "metadata.csv").open() as file:
        return list(csv.DictReader(file))


def cepstra(folder: Path) -> tuple[Any, Any, Any]:
    """What a plain listener hears: smooth spectra and how regular the voice is, with class and speaker."""
    from scipy.fft import dct

    from models.domains.voice.quality import measure

    rows = listed(folder)
    heard = []
    for row in rows:
        values = mono(open_sound(folder / row["path"]).read())
        power = np.abs(np.fft.rfft(values[:16000].astype(np.float64), 16000)) ** 2
        bands = np.log(np.add.reduceat(power, np.linspace(40, 7000, 24).astype(int)) + 1e-9)
        heard.append([*dct(bands, norm="ortho")[:14], measure(folder / row["path"]).noise])
    speakers = np.unique([row["speaker_id"] for row in rows], return_inverse=True)[1]
    return np.array(heard), np.array([row["label"] == "PD" for row in rows]), speakers


@pytest.fixture(scope="module")
def heard(tmp_path_factory: pytest.TempPathFactory) -> tuple[Any, Any, Any]:
    folder = tmp_path_factory.mktemp("voices") / "d"
    make(folder, 240, 4, flagged=0, mistakes=0)
    return cepstra(folder)


def folded(x: Any, y: Any, groups: Any) -> float:
    from sklearn.ensemble import ExtraTreesClassifier
    from sklearn.model_selection import StratifiedGroupKFold, cross_val_predict

    model = ExtraTreesClassifier(60, class_weight="balanced", random_state=0)
    told = cross_val_predict(model, x, y, groups=groups, cv=StratifiedGroupKFold(5, shuffle=True, random_state=0))
    return float(mean_recall(y.astype(int), told.astype(int)))


def test_split_by_recording_leaks_what_voices_are(heard: tuple[Any, Any, Any]) -> None:
    x, y, speakers = heard
    by_record, by_speaker = folded(x, y, np.arange(len(y))), folded(x, y, speakers)
    assert by_record > by_speaker + 0.08
    assert by_speaker <= ceiling(plan({"mistakes": 0}, 240)) + 0.05


def test_permuted_labels_are_at_chance(heard: tuple[Any, Any, Any]) -> None:
    x, y, speakers = heard
    owner = np.array([y[speakers == one][0] for one in range(speakers.max() + 1)])
    scores = [folded(x, np.random.default_rng(seed).permutation(owner)[speakers], speakers) for seed in range(5)]
    assert abs(float(np.mean(scores)) - 0.5) < 0.1


def test_the_effect_is_heard(tmp_path: Path) -> None:
    from models.domains.voice.quality import measure

    make(tmp_path / "d", 60, 2, effect=3, mistakes=0, flagged=0)
    rows = listed(tmp_path / "d")
    noise = {
        label: [measure(tmp_path / "d" / row["path"]).noise for row in rows if row["label"] == label]
        for label in ("PD", "HC")
    }
    assert np.median(noise["PD"]) < np.median(noise["HC"]) - 2


@pytest.mark.parametrize(
    ("settings", "words"),
    [({"layuot": "x"}, "Did you mean layout"), ({"layout": "mel"}, "give audio or melspec"), ({"ill": 2}, "from 0.1"),
     ({"speakers": 100}, "from 4 to 40"), ({"rate": 10}, "from 8000")],
)  # fmt: skip
def test_wrong_settings_are_told(settings: dict[str, Any], words: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=words):
        make(tmp_path / "d", **settings)
    assert not (tmp_path / "d").exists()


def test_nothing_is_written_over(tmp_path: Path) -> None:
    make(tmp_path / "d", 20)
    with pytest.raises(UserError, match="exists"):
        make(tmp_path / "d", 20)
    with pytest.raises(UserError, match="give 20 to"):
        make(tmp_path / "e", 3)


def test_the_demo_has_speakers_enough_for_a_test_and_overlap_that_no_model_undoes() -> None:
    demo = domain("voice").demo
    asked = plan(demo.fakes[0], demo.samples)
    assert asked.speakers >= 50, "a fifth of them is the test"
    assert demo.samples <= 100
    # The chance that a model as good as can be calls ten speakers of a test rightly by luck.
    assert ceiling(asked) < 0.76
    assert ceiling(asked) ** (0.2 * asked.speakers) < 0.06
