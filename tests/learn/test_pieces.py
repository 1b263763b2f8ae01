"""Pieces of work in this process: kept as each is finished, taken up again by their key."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Generator
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pytest

from models.errors import Cancelled, UserError
from models.job import Progress, finish
from models.learn.pieces import Batch, Bench, Here, Outcome, Piece, clear_pieces, key_of, run_pieces
from models.sample import Samples
from models.store.hold import held
from tests.learn.toy_pieces import attempts, endless, toys

GROUND = np.arange(5.0)


def sums(outcomes: list[Outcome]) -> list[list[float]]:
    return [one.arrays["sum"].tolist() for one in outcomes]


def test_outcomes_come_in_the_order_of_the_pieces_and_are_not_made_twice(tmp_path: Path) -> None:
    pieces = toys(tmp_path / "marks")
    first = finish(run_pieces(pieces, GROUND, Here(), tmp_path / "out"))
    assert [one.facts["number"] for one in first] == [0, 1, 2, 3]
    other = [pieces[3], pieces[0]]
    again = finish(run_pieces(other, GROUND, Here(), tmp_path / "out"))
    assert sums(again) == [sums(first)[3], sums(first)[0]]
    assert attempts(tmp_path / "marks") == {0: 1, 1: 1, 2: 1, 3: 1}
    assert {file.suffix for file in (tmp_path / "out").iterdir()} == {".safetensors"}, "checkpoints are gone"


@pytest.mark.parametrize("spoil", ["key", "broken", "empty", "foreign"])
def test_what_is_of_another_key_or_broken_is_done_again(tmp_path: Path, spoil: str) -> None:
    pieces = toys(tmp_path / "marks", 2)
    before = finish(run_pieces(pieces, GROUND, Here(), tmp_path / "out"))
    file = tmp_path / "out" / "toy-1.safetensors"
    if spoil == "key":
        pieces[1] = replace(pieces[1], key=key_of("toy", 1, "other settings"))
    else:
        data = file.read_bytes()
        file.write_bytes({"broken": data[: len(data) // 2], "empty": b"", "foreign": b"PK\x03\x04 not ours"}[spoil])
    assert sums(finish(run_pieces(pieces, GROUND, Here(), tmp_path / "out"))) == sums(before)
    assert attempts(tmp_path / "marks") == {0: 1, 1: 2}


def alternate(*steps: Generator[Progress, None, list[Outcome]]) -> list[list[Outcome]]:
    """The outcomes of calls that are at work at one time, a step each in turn."""
    going, ended = dict(enumerate(steps)), dict[int, list[Outcome]]()
    while going:
        for number, one in list(going.items()):
            try:
                next(one)
            except StopIteration as end:
                ended[number] = end.value
                del going[number]
    return [ended[number] for number in range(len(steps))]


@pytest.mark.parametrize("count", [1, 4])
def test_two_at_the_same_pieces_share_them_and_never_disturb_each_other(tmp_path: Path, count: int) -> None:
    marks, out = tmp_path / "marks", tmp_path / "out"
    both = alternate(*(run_pieces(toys(marks, count), GROUND, Here(), out) for _ in range(2)))
    assert sums(both[0]) == sums(both[1])
    assert sorted(attempts(marks)) == list(range(count))
    assert sum(attempts(marks).values()) <= count + 1, "only the last one is done by both"
    assert {file.suffix for file in out.iterdir()} == {".safetensors"}


def test_two_of_different_keys_have_a_bench_each(tmp_path: Path) -> None:
    seen: list[tuple[str, Path, list[str]]] = []

    def work(given: Any, ground: Any, bench: Bench) -> Generator[Progress, None, Outcome]:
        for step in range(3):
            (bench.work / f"{given}-{step}").write_text("", "utf-8")
            yield Progress(step, 3)
        own = sorted(file.name for file in bench.work.iterdir() if file.name != "key")
        seen.append((given, bench.work, own))
        return Outcome(facts={"of": given})

    calls = [run_pieces([Piece("one", "One", work, key, key)], None, Here(), tmp_path / "out") for key in "ab"]
    assert [found[0].facts["of"] for found in alternate(*calls)] == ["a", "b"]
    assert len({bench for _, bench, _ in seen}) == 2
    assert [own for _, _, own in sorted(seen)] == [["a-0", "a-1", "a-2"], ["b-0", "b-1", "b-2"]]
    assert [file.name for file in (tmp_path / "out").iterdir()] == ["one.safetensors"]


def test_a_name_is_held_by_one_block_at_a_time(tmp_path: Path) -> None:
    file = tmp_path / "one.lock"
    with held(file) as first:
        with held(file) as second:
            assert (first, second) == (True, False)
        assert file.exists()
    assert not file.exists()
    with held(file) as again:
        assert again
    file.write_bytes(b"")  # as a kill leaves it
    with held(file) as after:
        assert after


def test_what_is_cleared_is_nothing_that_another_is_at(tmp_path: Path) -> None:
    """Of two at one last piece, who is done first clears the folder; the other goes on."""
    marks, out = tmp_path / "marks", tmp_path / "out"
    first, slow = (run_pieces(toys(marks, 1), GROUND, Here(), out) for _ in range(2))
    next(first)
    next(slow)
    (done,) = alternate(first)
    clear_pieces(out)
    assert not list(out.glob("*.safetensors"))
    assert sums(alternate(slow)[0]) == sums(done)
    clear_pieces(out)
    assert not out.exists()


def test_what_is_held_is_not_cleared(tmp_path: Path) -> None:
    out = tmp_path / "out"
    steps = run_pieces(toys(tmp_path / "marks", 1), GROUND, Here(), out)
    next(steps)
    before = sorted(out.rglob("*"))
    clear_pieces(out)
    assert sorted(out.rglob("*")) == before
    steps.close()


def test_an_error_leaves_what_was_finished(tmp_path: Path) -> None:
    pieces = toys(tmp_path / "marks", wrong={2: True})
    with pytest.raises(UserError, match="row 7"):
        finish(run_pieces(pieces, GROUND, Here(), tmp_path / "out"))
    pieces[2] = toys(tmp_path / "marks")[2]
    steps = run_pieces(pieces, GROUND, Here(), tmp_path / "out")
    assert next(steps).log == "2 of 4 were finished before"
    finish(steps)
    assert attempts(tmp_path / "marks") == {0: 1, 1: 1, 2: 2, 3: 1}


def test_cancel_ends_the_piece_and_leaves_what_was_finished(tmp_path: Path) -> None:
    pieces = [toys(tmp_path / "marks")[0], replace(toys(tmp_path / "marks", work=endless)[1])]
    steps = run_pieces(pieces, GROUND, Here(), tmp_path / "out")
    for step in steps:
        if step.text == "Waiting":
            break
    with pytest.raises(Cancelled):
        steps.throw(Cancelled())
    assert (tmp_path / "marks" / "stopped-1").exists()
    assert list(Batch(pieces, GROUND, tmp_path / "out").done) == ["toy-0"]


def test_a_piece_goes_on_from_its_own_checkpoints_only(tmp_path: Path) -> None:
    told: list[tuple[bool, list[str]]] = []

    def work(given: Any, ground: Any, bench: Bench) -> Generator[Progress, None, Outcome]:
        told.append((bench.resume, sorted(file.name for file in bench.work.iterdir())))
        (bench.work / "checkpoint").write_text("x", "utf-8")
        yield Progress()
        if given == "fails":
            raise UserError("no")
        return Outcome()

    for given, key in (("fails", "a"), ("fails", "a"), ("works", "b")):
        pieces = [Piece("one", "One", work, given, key)]
        steps = run_pieces(pieces, None, Here(), tmp_path)
        if given == "fails":
            with pytest.raises(UserError):
                finish(steps)
        else:
            finish(steps)
    assert told == [(False, ["key"]), (True, ["checkpoint", "key"]), (False, ["key"])]


def test_a_killed_process_leaves_whole_pieces_and_the_next_does_only_what_is_missing(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; import numpy as np\n"
        "from models.job import finish\n"
        "from models.learn.pieces import Here, run_pieces\n"
        "from tests.learn.toy_pieces import toys\n"
        "place = Path(sys.argv[1])\n"
        "pieces = toys(place / 'marks', wait={2: 'go'})\n"
        "finish(run_pieces(pieces, np.arange(5.0), Here(), place / 'out'))\n"
    )
    place = {**os.environ, "PYTHONPATH": os.pathsep.join(map(str, sys.path))}
    process = subprocess.Popen([sys.executable, "-c", script, str(tmp_path)], env=place)
    marks, until = tmp_path / "marks", time.monotonic() + 120
    while not (marks.is_dir() and 2 in attempts(marks)) and time.monotonic() < until:
        time.sleep(0.02)
    process.kill()
    assert process.wait() == -signal.SIGKILL
    (marks / "go").write_text("", "utf-8")
    done = finish(run_pieces(toys(marks), GROUND, Here(), tmp_path / "out"))
    assert attempts(marks) == {0: 1, 1: 1, 2: 2, 3: 1}
    assert sums(done) == sums(finish(run_pieces(toys(tmp_path / "other"), GROUND, Here(), tmp_path / "fresh")))
    assert [one.facts["resumed"] for one in done] == [False, False, True, False]


def test_pieces_have_names_of_their_own(tmp_path: Path) -> None:
    (one, *_) = toys(tmp_path / "marks")
    with pytest.raises(ValueError, match="one name"):
        finish(run_pieces([one, one], GROUND, Here(), tmp_path / "out"))


def test_a_full_disk_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def full(*given: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("models.learn.pieces.write_tensors", full)
    with pytest.raises(UserError, match="No space left"):
        finish(run_pieces(toys(tmp_path / "marks", 1), GROUND, Here(), tmp_path / "out"))


def table(group: str = "g", value: float = 1.0) -> Samples:
    columns = {"id": ["a#1", "a#2"], "source": pa.array([0, 0], pa.int32()), "key": ["1", "2"]}
    groups = pa.array([group, "h"]).dictionary_encode()
    return Samples(pa.table({**columns, "group": groups, "noise": [value, None]}), ("/data/a",))


def test_a_key_tells_all_that_differs() -> None:
    keys = [
        key_of(1), key_of(1.0), key_of("1"), key_of(True), key_of([1]), key_of([[1]]), key_of(1, 1), key_of("a", "b"),
        key_of("ab"), key_of({"a": 1}), key_of({"a": 2}), key_of({"b": 1}), key_of(None), key_of(""), key_of(b"1"),
        key_of(np.arange(3)), key_of(np.arange(3.0)), key_of(np.arange(3).astype(np.int32)), key_of(np.arange(4)),
        key_of(np.arange(4).reshape(2, 2)), key_of(np.array(["a", None], object)),
        key_of(np.array(["b", None], object)), key_of(table()), key_of(table("k")), key_of(table(value=2.0)),
        key_of(Path("a")), key_of(table().heard({"a#1": ["C3"]})), key_of(table().heard({"a#1": []})),
    ]  # fmt: skip
    assert len(set(keys)) == len(keys)
    assert key_of(table()) == key_of(table())
    assert key_of({"a": 1, "b": 2}) == key_of({"b": 2, "a": 1})
    assert key_of(table().take([1, 0])) != key_of(table())


def test_another_version_of_the_code_is_another_key(monkeypatch: pytest.MonkeyPatch) -> None:
    before = key_of("x")
    monkeypatch.setattr("models.learn.pieces.code_digest", lambda: "other")
    assert key_of("x") != before
