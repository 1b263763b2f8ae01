"""What groups and samples of the open project are called: simulations of cells, cells of recordings."""

from __future__ import annotations

from app.session import Session


def group_noun(session: Session) -> str:
    """The word for a group of the open project's samples, in the singular."""
    return session.open_domain.words(session.open_project.samples)[0]


def sample_noun(session: Session) -> str:
    """The word for one sample of the open project."""
    return session.open_domain.words(session.open_project.samples)[1]
