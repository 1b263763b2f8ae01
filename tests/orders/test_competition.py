"""A competition's data through a client that is made up: what it brings, what it says, and when there is none."""

from __future__ import annotations

import os
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest

from models.errors import Cancelled, UserError
from models.job import Job
from models.orders import competition, fetching
from models.orders.fetching import THINGS, Thing
from workers.inline import run

NAME = "birds"
#: What the made-up client does; it writes down how it was called.
CLIENT = """#!{python}
import pathlib, shutil, sys, time
here = pathlib.Path(__file__).parent
(here / "calls").open("a").write(" ".join(sys.argv[1:]) + "\\n")
out = pathlib.Path(sys.argv[sys.argv.index("-p") + 1])
{does}
"""
BRINGS = 'shutil.copy(here / "birds.zip", out / "birds.zip")'
pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="the made-up client is a script")


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder on the path, for a client; the data set ``birds`` of its competition."""
    place = tmp_path / "bin"
    place.mkdir()
    monkeypatch.setenv("PATH", str(place) + os.pathsep + os.environ["PATH"])
    monkeypatch.setattr(competition, "LOOK", 0.05)
    thing = Thing("birds", f"{competition.ADDRESS}/{NAME}", "its rules", {(".parquet",): 2, (".csv",): 1}, NAME)
    monkeypatch.setitem(THINGS, NAME, thing)
    return place


def put(home: Path, does: str, files: int = 2) -> None:
    with zipfile.ZipFile(home / "birds.zip", "w") as archive:
        archive.writestr("train.csv", "a")
        for number in range(files):
            archive.writestr(f"eegs/{number}.parquet", "b")
    client = home / competition.CLIENT
    client.write_text(CLIENT.format(python=sys.executable, does=does))
    client.chmod(0o755)


def fetch(out: Path, **given: Any) -> Any:
    return run(Job("fetch", {"name": NAME, "out": str(out)}, "fetch"), **given)


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir() if file.name != "bin")


def test_the_client_brings_it_and_it_is_unpacked(home: Path, tmp_path: Path) -> None:
    put(home, f"time.sleep(0.3)\n{BRINGS}")
    texts: list[str] = []
    told = fetch(tmp_path / "data", on_progress=lambda step: texts.append(step.text))
    assert told["count"] == 3
    assert (tmp_path / "data" / "eegs" / "1.parquet").read_text() == "b"
    assert left(tmp_path) == ["data"], "the archive is gone"
    assert "its rules" in told["notes"]
    assert any(text.startswith("Fetching birds: ") for text in texts)
    assert (home / "calls").read_text().split()[:4] == ["competitions", "download", "-c", NAME]
    with pytest.raises(UserError, match="exists already"):
        fetch(tmp_path / "data")


def test_without_the_client_one_message_says_what_to_do(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    monkeypatch.setattr(competition.shutil, "which", lambda *_given, **_more: None)
    with pytest.raises(UserError, match=r"pip install kaggle.*hms-harmful-brain-activity-classification") as found:
        run(Job("fetch", {"name": "hms", "out": str(tmp_path / "hms")}, "fetch"))
    assert "\n" not in str(found.value)
    assert not (tmp_path / "hms").exists()


def test_what_the_client_says_is_told_without_a_token(home: Path, tmp_path: Path) -> None:
    token = "0123456789abcdef0123456789abcdef"
    put(home, f'(out / "birds.zip").write_bytes(b"half"); print("x"); sys.exit("403 Forbidden: {token}.")')
    with pytest.raises(UserError, match=r"403 Forbidden: …\. It needs the network, your token, and the rules") as found:
        fetch(tmp_path / "data")
    assert token not in str(found.value)
    assert left(tmp_path) == [".data.part"], "what has come is kept for the next call"
    put(home, f'assert (out / "birds.zip").read_bytes() == b"half"\n{BRINGS}')
    assert fetch(tmp_path / "data")["count"] == 3


def test_of_many_words_the_reason_is_told_and_no_empty_folder_stays(home: Path, tmp_path: Path) -> None:
    put(home, 'sys.exit("Authentication required to call the API.\\n\\nOption B: a file\\n  Save the token")')
    with pytest.raises(UserError, match=r"could not bring birds: Authentication required to call the API\. It needs"):
        fetch(tmp_path / "data")
    assert left(tmp_path) == []


def test_an_archive_that_lacks_files_leaves_nothing(home: Path, tmp_path: Path) -> None:
    put(home, BRINGS, files=1)
    with pytest.raises(UserError, match=r"1 files of \.parquet where 2 are expected"):
        fetch(tmp_path / "data")
    assert left(tmp_path) == []
    put(home, "pass")
    with pytest.raises(UserError, match=r"ended without birds\.zip"):
        fetch(tmp_path / "data")


def test_a_cancel_ends_the_client(home: Path, tmp_path: Path) -> None:
    put(home, '(here / "pid").write_text(str(__import__("os").getpid()))\ntime.sleep(600)')
    with pytest.raises(Cancelled):
        fetch(tmp_path / "data", cancelled=lambda: (home / "pid").exists() and bool((home / "pid").read_text()))
    with pytest.raises(ProcessLookupError):
        os.kill(int((home / "pid").read_text()), 0)


def test_hms_is_among_what_can_be_fetched() -> None:
    (told,) = [one for one in run(Job("fetch", {}, "fetch"))["names"] if one["name"] == "hms"]
    assert told["address"].endswith("hms-harmful-brain-activity-classification")
    assert fetching.THINGS["hms"].counts[".parquet",] == 28_227
