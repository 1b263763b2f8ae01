"""Whatever two writers do in whatever order, the journal amounts to what a plain model says."""

from __future__ import annotations

import shutil
import tempfile
from pathlib import Path

import hypothesis.strategies as st
import pytest
from hypothesis import HealthCheck, settings
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from models.domain import Found
from models.errors import UserError
from models.store.check import check
from models.store.project import Project
from models.structure import Made, Step

SAMPLES, MOST = 6, 16
rows = st.lists(st.integers(0, SAMPLES - 1), min_size=1, max_size=SAMPLES, unique=True)
values = st.sampled_from(["0", "1", "2", "", "?"])
people = st.sampled_from(["ann", "bob"])
windows = st.integers(0, 1)

Key = tuple[int, str, str]
State = dict[Key, tuple[str, int]]


class Model:
    """The journal in plain words: whole states kept for each act of a person."""

    def __init__(self) -> None:
        self.entries: dict[str, State] = {"ann": {}, "bob": {}}
        self.undo: dict[str, list[tuple[State, State, list[Key]]]] = {"ann": [], "bob": []}
        self.redo: dict[str, list[tuple[State, State, list[Key]]]] = {"ann": [], "bob": []}
        self.number = 0
        self.rows = SAMPLES

    def act(self, by: str, keys: list[Key], new: list[str]) -> None:
        self.number += 1
        before = dict(self.entries[by])
        self.entries[by].update({key: (value, self.number) for key, value in zip(keys, new, strict=True)})
        self.undo[by].append((before, dict(self.entries[by]), keys))
        self.redo[by].clear()

    def stacks(self, by: str, back: bool) -> list[list[tuple[State, State, list[Key]]]]:
        return [self.undo[by], self.redo[by]] if back else [self.redo[by], self.undo[by]]

    def refuses(self, by: str, back: bool) -> bool:
        """Whether others built on what the next act to turn made, or took what it would retire."""
        source = self.stacks(by, back)[0]
        for row, kind, name in source[-1][2] if source else ():
            if kind == "structure" and back and name == "made" and self.latest(row, "structure", "retired"):
                return True
            if kind == "structure" and not back and name == "retired" and not self.live(row):
                return True
        return False

    def live(self, row: int) -> bool:
        made = row < SAMPLES or bool(self.latest(row, "structure", "made"))
        return made and not self.latest(row, "structure", "retired")

    def turn(self, by: str, back: bool) -> bool:
        source, target = self.stacks(by, back)
        if not source:
            return False
        self.number += 1
        pair = source.pop()
        target.append(pair)
        self.entries[by] = dict(pair[0] if back else pair[1])
        return True

    def latest(self, row: int, kind: str, name: str = "") -> str | None:
        found = [own[row, kind, name] for own in self.entries.values() if (row, kind, name) in own]
        return max(found, key=lambda pair: pair[1])[0] if found else None


class JournalMachine(RuleBasedStateMachine):
    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="winnow-machine-"))
        self.windows: list[Project] = []

    @initialize()
    def begin(self) -> None:
        source = self.folder / "a.h5"
        source.write_bytes(b"a")
        first = Project.create(self.folder / "p", "traces")
        first.add(Found(source, "a.h5", [str(key) for key in range(SAMPLES)], ["g"] * SAMPLES))
        self.windows = [first, Project.open(self.folder / "p")]
        self.model = Model()

    @rule(window=windows, row=st.integers(0, SAMPLES - 1), value=values, by=people)
    def label(self, window: int, row: int, value: str, by: str) -> None:
        self.windows[window].journal.label([row], value, by)
        self.model.act(by, [(row, "label", "")], [value])

    @rule(window=windows, chosen=rows, value=values, by=people)
    def label_many(self, window: int, chosen: list[int], value: str, by: str) -> None:
        self.windows[window].journal.label(chosen, value, by)
        self.model.act(by, [(row, "label", "") for row in chosen], [value] * len(chosen))

    @rule(window=windows, chosen=rows, data=st.data(), by=people)
    def label_each(self, window: int, chosen: list[int], data: st.DataObject, by: str) -> None:
        new = [data.draw(values) for _ in chosen]
        self.windows[window].journal.label_each(chosen, new, by)
        self.model.act(by, [(row, "label", "") for row in chosen], new)

    @rule(window=windows, chosen=rows, name=st.sampled_from(["bookmark", "exclude"]), on=st.booleans(), by=people)
    def flag(self, window: int, chosen: list[int], name: str, on: bool, by: str) -> None:
        self.windows[window].journal.flag(chosen, name, on, by)
        self.model.act(by, [(row, "flag", name) for row in chosen], ["on" if on else ""] * len(chosen))

    @rule(window=windows, row=st.integers(0, SAMPLES - 1), text=st.sampled_from(["", "odd", "ödd\n"]), by=people)
    def note(self, window: int, row: int, text: str, by: str) -> None:
        self.windows[window].journal.note(row, text, by)
        self.model.act(by, [(row, "note", "")], [text])

    @rule(window=windows, data=st.data(), value=values, by=people)
    def label_made(self, window: int, data: st.DataObject, value: str, by: str) -> None:
        row = data.draw(st.integers(0, self.model.rows - 1))
        self.windows[window].journal.label([row], value, by)
        self.model.act(by, [(row, "label", "")], [value])

    @rule(window=windows, kind=st.sampled_from(["merge", "split", "remove"]), data=st.data(), by=people)
    def restructure(self, window: int, kind: str, data: st.DataObject, by: str) -> None:
        least, most, made = {"merge": (2, 3, 1), "split": (1, 1, 2), "remove": (1, 2, 0)}[kind]
        if self.model.rows + made > MOST:
            return
        chosen = data.draw(
            st.lists(st.integers(0, self.model.rows - 1), min_size=least, max_size=most, unique=True), "rows"
        )
        new = [Made(str(self.model.rows + place), "g", tuple(chosen), {"_part": place}) for place in range(made)]
        step = Step(kind, tuple(chosen), tuple(new))
        if not all(map(self.model.live, chosen)):
            with pytest.raises(UserError, match="not there any more"):
                self.windows[window].restructure([step], by, kind)
            return
        edited = self.windows[window].restructure([step], by, kind)
        assert edited.made == tuple(range(self.model.rows, self.model.rows + made))
        keys = [(row, "structure", "retired") for row in chosen] + [(row, "structure", "made") for row in edited.made]
        self.model.act(by, keys, [kind] * len(chosen) + ["{}"] * made)
        self.model.rows += made

    @rule(window=windows, by=people, back=st.booleans())
    def turn(self, window: int, by: str, back: bool) -> None:
        journal = self.windows[window].journal
        turn = journal.undo if back else journal.redo
        if self.model.refuses(by, back):
            with pytest.raises(UserError, match="this cannot be"):
                turn(by)
            return
        assert (turn(by) is not None) == self.model.turn(by, back)

    @rule(window=windows, keep=st.booleans())
    def reopen(self, window: int, keep: bool) -> None:
        self.windows[window].close()
        if not keep:
            shutil.rmtree(self.folder / "p" / "cache")
        self.windows[window] = Project.open(self.folder / "p")

    @rule(window=windows)
    def look_back(self, window: int) -> None:
        journal = self.windows[window].journal
        journal.refresh()
        assert journal.at(journal.position).sha() == journal.fold.sha()

    @precondition(lambda self: bool(self.windows))
    @invariant()
    def agrees(self) -> None:
        for project in self.windows:
            project.refresh()
            project.journal.refresh()
            fold = project.journal.fold
            assert fold.position == self.model.number
            labels = fold.labels().tolist()
            assert len(project.samples) == self.model.rows
            for row in range(self.model.rows):
                assert fold.live[row] == self.model.live(row)
                wanted = self.model.latest(row, "label")
                assert labels[row] == (wanted if wanted not in ("", "?") else None)
                assert fold.note(row) == (self.model.latest(row, "note") or "")
                for name in ("bookmark", "exclude"):
                    assert fold.flagged(name)[row] == (self.model.latest(row, "flag", name) == "on")
                votes = {
                    by: own[row, "label", ""][0] for by, own in self.model.entries.items() if (row, "label", "") in own
                }
                assert fold.votes(row) == {by: value for by, value in votes.items() if value}

    def teardown(self) -> None:
        for project in self.windows:
            assert check(project) == []
            project.close()
        shutil.rmtree(self.folder, ignore_errors=True)


JournalMachine.TestCase.settings = settings(
    max_examples=25, stateful_step_count=25, deadline=None, suppress_health_check=list(HealthCheck)
)
TestJournalMachine = JournalMachine.TestCase
