"""Before a worse run takes the best one's place: the paired comparison, and the person's word."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import TYPE_CHECKING, Any

from app.commands import Command
from models.learn.words import listing
from models.store.runs import HELD_OUT, RunRecord
from widgets import numbers
from widgets.charts.interval_rows import IntervalRow, IntervalRows
from widgets.parts.notice import Note

if TYPE_CHECKING:
    from app.window import Window

Answer = Callable[[dict[str, Any]], None]
#: Where the question stands at once; elsewhere it would cover what a person works with, and waits aside.
PAGES = ("train", "results")


def compare(window: Window, first: str, second: str, done: Answer, failed: Callable[[str], None] | None = None) -> None:
    """Ask the worker how the second run does against the first on the same samples."""
    arguments = {"first": first, "second": second}
    window.session.start_here("compare", arguments, f"Compare {first} and {second}", done, failed=failed)


def guard_best(window: Window, run: RunRecord) -> bool:
    """Mark the first run as best and return True; a new run that is worse than the best one is told."""
    session = window.session
    runs = session.open_project.runs
    best = runs.best()
    if best is None and len(runs.list()) == 1:
        runs.mark_best(run.id, session.curator)
        session.runs_changed()
        return True
    if best is not None and best.id != run.id and _share_part(best, run):
        compare(window, best.id, run.id, partial(_tell, window, best, run, False), lambda _text: None)
    return False


def mark_best(window: Window, run: RunRecord) -> None:
    """Mark a run as best; when it is worse than the present one, ask first."""
    best = window.session.open_project.runs.best()
    if best is None or best.id == run.id or not _share_part(best, run):
        mark(window, run.id)
        return
    compare(
        window,
        best.id,
        run.id,
        partial(_tell, window, best, run, True),
        lambda _text: mark(window, run.id),
    )


def _share_part(one: RunRecord, other: RunRecord) -> bool:
    """Whether both may hold out the same samples, so that they can be compared."""
    parts = [set(run.record.get("metrics") or {}) & set(HELD_OUT) for run in (one, other)]
    return bool(parts[0] & parts[1])


def mark(window: Window, run: str) -> None:
    """Mark it, whatever its score; undo takes the mark away."""
    session = window.session

    def act() -> bool:
        name = session.open_project.runs.get(run).title
        session.open_project.runs.mark_best(run, session.curator)
        session.runs_changed()
        window.notify(Note(f"{name} is marked as best", actions=(("edit.undo", "Undo"),)))
        return True

    window.guarded(act)  # the run may have been deleted since it was asked about


def _tell(window: Window, best: RunRecord, run: RunRecord, wanted: bool, result: dict[str, Any]) -> None:
    if window.session.project is None:
        return
    if not result.get("worse"):
        if wanted:
            mark(window, run.id)
        return
    old, new = best.title, run.title
    window.notices.drop_where(lambda note: note.state == "worse")  # its buttons would answer this question
    window.commands.add(_answers(window, old, new, run.id))
    actions = (("run.keep", f"Keep {old}"), ("run.mark", f"Mark {new} anyway"))
    headline, here = _headline(window, new, result), wanted or window.page_name() in PAGES
    window.notices.say(Note(_difference(result), "worse", headline, actions), _rows(best, run), aside=not here)
    if not here:
        window.notify(Note(headline, "warn", actions=(("notices.show", "Look"),)))


def _answers(window: Window, old: str, new: str, run: str) -> list[Command]:
    return [
        Command("run.keep", f"Keep {old} as best", lambda: None, (), "Train", look="best", hidden=True),
        Command(
            "run.mark", f"Mark {new} as best anyway", partial(mark, window, run), (), "Train", look="best", hidden=True
        ),
    ]


def where_worse(window: Window, result: Mapping[str, Any]) -> str:
    """The classes and values of columns on which the second run is worse, in words; "" for none."""
    classes = [window.session.class_title(item) for item in result.get("worse_classes") or []]
    return listing([*classes, *(result.get("worse_sites") or [])], 3)


def _headline(window: Window, name: str, result: Mapping[str, Any]) -> str:
    told, low = where_worse(window, result), (result.get("interval") or (None,))[0]
    better = low is not None and low > 0
    return f"{name} is {'better, but ' if better else ''}worse{f' on {told}' if told else ''}"


def _difference(result: Mapping[str, Any]) -> str:
    gaps = [gap for gap in result.get("per_class") or [] if gap.get("interval") and gap["interval"][1] < 0]
    words = [
        f"{gap['name']}: {numbers.share(gap['second'], 2)} against {numbers.share(gap['first'], 2)}, "
        f"difference {numbers.difference(gap['difference'], gap['interval'][0], gap['interval'][1], 2)}."
        for gap in gaps[:3]
    ]
    low, high = result.get("interval") or (None, None)
    words.append(f"Overall {numbers.difference(result.get('difference'), low, high, 2)} on the same groups.")
    return " ".join(words)


def _rows(best: RunRecord, run: RunRecord) -> IntervalRows:
    rows = []
    for item, tone in ((best, "text2"), (run, "warn")):
        _part, figures = item.judged()
        low, high = (figures.get("intervals") or {}).get("balanced_accuracy") or (None, None)
        rows.append(IntervalRow(item.title, figures.get("balanced_accuracy"), low, high, tone))
    return IntervalRows(rows)
