"""The commands of the rapid page: spreading, accepting and refusing, all or in one stretch; what is seen."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from app.commands import Command

if TYPE_CHECKING:
    from app.pages.rapid import RapidPage

#: The section of those that label, and of those that look.
LABEL, VIEW = "Label", "View"


def rapid_commands(page: RapidPage) -> list[Command]:
    """What a person can do on the page."""
    session, on = page.session, (page.name,)

    def some() -> bool:
        return session.project is not None and bool((session.proposed_places() >= 0).any())

    def here() -> bool:
        return some() and bool((session.proposed_places()[page.bundle()] >= 0).any())

    def has() -> bool:
        return page.bundles is not None

    def accept(whole: bool) -> None:
        session.accept_spread(page.chosen() if whole else page.bundle())

    def refuse(whole: bool) -> None:
        session.refuse_spread(page.chosen() if whole else page.bundle())

    def lasso() -> None:
        page.map.field.set_tool("lasso")

    def fold() -> None:
        page.show_map(page.map.isHidden())

    return [
        Command("rapid.spread", "Spread labels to their stretches", page.spread_all, ("S",), LABEL, has, on),
        Command("rapid.accept", "Accept what is proposed", partial(accept, True), ("Shift+A",), LABEL, some, on,
                "accept"),
        Command("rapid.refuse", "Refuse what is proposed", partial(refuse, True), ("Shift+R",), LABEL, some, on),
        Command("rapid.accept_here", "Accept in this stretch", partial(accept, False), ("Y",), LABEL, here, on,
                "accept"),
        Command("rapid.refuse_here", "Refuse in this stretch", partial(refuse, False), ("N",), LABEL, here, on),
        Command("rapid.only", page.only_words, page.toggle_only, ("O",), LABEL, has, on),
        Command("rapid.select", "Select this stretch", page.select_bundle, ("Shift+S",), LABEL, has, on),
        Command("rapid.map", page.map_words, fold, ("M",), VIEW, pages=on),
        Command("rapid.lasso", "Lasso", lasso, ("L",), VIEW, pages=on, look="lasso"),
    ]  # fmt: skip
