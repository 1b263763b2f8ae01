"""The head of the page of groups: how many there are, and what the run is worth, with its leaking split beside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from app.chrome.statusline import USE
from app.nouns import group_noun, sample_noun
from app.pages.fold_data import given_of
from app.session import Session
from models.learn.gathered import Gathered
from models.learn.words import plural
from models.store.runs import RunRecord
from widgets import numbers
from widgets.parts.head import PageHead

FIGURES = {
    "auc": ("AUC", 0),
    "fusion": ("Late fusion", 0),
    "leak": ("Leaking split", 0),
    "wrong": ("Wrong", 0),
}


class GroupFigures(PageHead):
    """Groups and samples counted at the left; AUC, late fusion, leaking split and wrong groups at the right."""

    def __init__(self, session: Session) -> None:
        super().__init__("groups", FIGURES)
        self.session = session

    def show_groups(self, found: Gathered) -> None:
        """Count them; of the shown run its figures."""
        self._show_words(found)
        record = self.session.record()
        self._show_score(record)
        self._show_fusion(given_of(record) or {})
        self.show_leak((record.added("leak") if record is not None else None) or {})
        judged = int(found.judged.sum())
        words = f"of {plural(judged, group_noun(self.session))}" if judged else "nothing judged yet"
        self.figures["wrong"].set_figure(numbers.count(int(found.differs.sum())) if judged else numbers.NONE, words)

    def _show_words(self, found: Gathered) -> None:
        group, sample = group_noun(self.session), sample_noun(self.session)
        count = int(found.counts.sum())
        told = f"{plural(len(found), group)}, {plural(count, sample)}"
        if len(found) == count and count > 1:
            told += f"; each {sample} counts as a {group} of its own"
        self.show_words(f"{group.capitalize()}s", f"{told}. {USE}")

    def _show_score(self, record: RunRecord | None) -> None:
        """Of single samples, on the part that the run is judged by: what is counted wrong beside it is of groups."""
        part, metrics = record.judged() if record is not None else ("", {})
        auc, reach = metrics.get("auc"), (metrics.get("intervals") or {}).get("auc")
        of = f"{part.replace('_', ' ')}, by {sample_noun(self.session)}" if auc is not None else ""
        told = (numbers.bounds(*reach) if reach else "", of)
        self.figures["auc"].set_figure(numbers.share(auc), " ".join(words for words in told if words))

    def _show_fusion(self, given: Mapping[str, Any]) -> None:
        """Late fusion by the run's rule; nothing where no sets were joined."""
        best = ((given.get("beside") or {}).get("rules") or {}).get(given.get("rule")) or {}
        block = self.figures["fusion"]
        block.setVisible(bool(best))
        if best:
            reach = best.get("interval")
            words = f"{numbers.bounds(*reach)} " if reach else ""
            block.set_figure(numbers.share(best.get("auc")), f"{words}by {group_noun(self.session)}")

    def show_leak(self, leak: Mapping[str, Any]) -> None:
        """What a leaking split gives, beside what the same trainings give without the leak: the score of the run
        itself is of another split."""
        rows = {row["name"]: row for row in leak.get("rows", ())}
        block, leaking, honest = self.figures["leak"], rows.get("sample"), rows.get("group")
        block.setVisible(leaking is not None)
        if leaking is None:
            return
        low = (leak.get("interval") or [None])[0]
        flatters = low is not None and low > 0
        against = f"{numbers.share(honest['auc'])} by {group_noun(self.session)}" if honest is not None else ""
        reach = (leaking.get("intervals") or {}).get("auc")
        told = (numbers.bounds(*reach) if reach else "", "leaks" if flatters else "", against)
        words = ", ".join(part for part in told if part)
        block.set_figure(numbers.share(leaking["auc"]), words, "error" if flatters else "")
