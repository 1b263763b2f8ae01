"""What the command palette finds: commands, filters, samples, runs."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from pathlib import PurePath
from typing import TYPE_CHECKING, Any

from app.commands import Command
from app.flaws import flaws_in
from app.names import find_samples, short_names
from models.errors import UserError
from models.sample import Samples
from widgets import numbers, tokens
from widgets.palette import Entry, Section, matches
from workers.reading import Reader

if TYPE_CHECKING:
    from app.window import Window

SHOWN = 8
SAMPLES = 5
#: Short names of more samples than this are made beside the window's thread.
SMALL = 5_000
MODES = "> commands   @ samples   # filters"
FILTERS = ("unlabelled", "conflict", "wrong", "flagged", "human", "excluded", 'part == "test"', "confidence < 0.6")


class PaletteSource:
    """Searches as the person types. ``>`` commands only, ``#`` filters, ``@`` samples."""

    def __init__(self, window: Window) -> None:
        self.desk = window
        self.reader = Reader(1, parent=window)
        self.reader.arrived.connect(self._named)
        self._shorts: tuple[Samples | None, Any] = (None, None)
        self._asked = 0

    def __call__(self, text: str) -> Sequence[Section]:
        kind, wanted = (text[0], text[1:].strip()) if text[:1] in (">", "#", "@") else ("", text.strip())
        sections = []
        if kind in ("", ">"):
            sections.append(self._commands(wanted))
        if kind in ("", "#"):
            sections.append(self._filters(wanted))
        if kind in ("", "@") and wanted:
            sections.append(self._samples(wanted))
        return [section for section in sections if section.entries]

    def context(self) -> str:
        """What a command would act on."""
        session = self.desk.session
        if session.project is None:
            return "no project"
        if len(session.selected) > 1:
            return f"on {numbers.count(len(session.selected))} samples"
        return f"on 1 sample, {session.short(session.current)}" if session.current >= 0 else ""

    def run(self, entry: Entry) -> None:
        """Do what an entry says."""
        kind, value = entry.value
        if kind == "command":
            self.desk.run_command(value)
        elif kind == "filter":
            self.desk.show_page("curate")
            self.desk.session.filter(value)
        elif kind == "sample":
            self.desk.show_page("curate")
            self.desk.session.go_to(value)

    def _commands(self, wanted: str) -> Section:
        known = self.desk.commands.all()
        usable = [item for item in known if not item.hidden and item.enabled()]
        page = self.desk.page_name()
        usable = [item for item in usable if not item.pages or page in item.pages]
        scored = [(rank(item.words(), wanted), item) for item in usable]
        fit = [item for score, item in sorted(scored, key=lambda pair: -pair[0]) if score > 0]
        entries = [self._entry(item) for item in fit[: SHOWN if wanted else 12]]
        return Section("Commands", entries, len(fit))

    def _entry(self, command: Command) -> Entry:
        key = self.desk.commands.key_words(command.id)
        value = ("command", command.id)
        if command.look.startswith("class:"):
            place = int(command.look.removeprefix("class:"))
            letter = tokens.propose_letters(self.desk.session.classes)[place]
            return Entry(command.words(), command.hint_words(), chip=(letter, place), key=key, value=value)
        return Entry(command.words(), command.hint_words(), command.look, key=key, value=value)

    def _filters(self, wanted: str) -> Section:
        session = self.desk.session
        if session.project is None:
            return Section("Filters", ())
        known = [*FILTERS, *(flaw.where for flaw, _count in flaws_in(session))]
        offered = [text for text in known if rank(text, wanted) > 0] if wanted else known[:3]
        entries = []
        for text in dict.fromkeys([*offered, *([wanted] if wanted else [])]):
            try:
                count = int(session.view.mask(text).sum())
            except UserError:
                continue
            entries.append(Entry(text, f"{numbers.count(count)} samples", "filter", value=("filter", text), mono=True))
        return Section("Filters", entries[:5], len(entries))

    def _samples(self, wanted: str) -> Section:
        session = self.desk.session
        if session.project is None:
            return Section("Samples", ())
        samples = session.open_project.samples
        live = session.open_project.journal.fold.live
        rows, total = find_samples(samples, self._names(samples), wanted, SAMPLES, live)
        return Section("Samples", [self._sample(row) for row in rows], total)

    def _sample(self, row: int) -> Entry:
        session = self.desk.session
        samples = session.open_project.samples
        source = PurePath(samples.sources[samples.table.column("source")[row].as_py()]).name
        hint = f"shown now, {source}" if row == session.current else source
        return Entry(session.short(row), hint, "trace", value=("sample", row), mono=True)

    def _names(self, samples: Samples) -> Any:
        """Short names of all samples; None while those of many are still made."""
        if self._shorts[0] is samples:
            return self._shorts[1]
        make = partial(short_names, self.desk.session.open_domain, samples)
        if len(samples) <= SMALL:
            self._shorts = (samples, make())
        else:
            self._shorts = (samples, None)
            self._asked += 1
            self.reader.ask(("names", self._asked), make, "names")
        return self._shorts[1]

    def _named(self, key: Any, names: Any) -> None:
        if key == ("names", self._asked):
            self._shorts = (self._shorts[0], names)
            self.desk.palette_box.search_again()


def rank(text: str, wanted: str) -> float:
    """How well a text fits what was typed: 0 not at all; words at beginnings count more."""
    if not wanted:
        return 1.0
    words = wanted.lower().split()
    if len(matches(text, wanted)) < len(words):
        return 0.0
    low = text.lower()
    return sum(2.0 if low.startswith(word) else 1.5 if f" {word}" in low else 1.0 for word in words) / (
        1 + len(low) / 200
    )
