"""What groups and samples of the open project are called: simulations of cells, cells of recordings."""

from __future__ import annotations

from app.pages import PageEntry
from app.session import Session


def group_noun(session: Session) -> str:
    """The word for a group of the open project's samples, in the singular."""
    return session.open_domain.words(session.open_project.samples)[0]


def group_word(session: Session) -> str:
    """The same in titles of the page of groups; the plain word where no project is open that has that page."""
    return group_noun(session) if _has_groups(session) else "group"


def groups_title(session: Session) -> str:
    """What the page of groups is called in the open project: Patients, where what stands there is images of patients;
    before there is anything by the domain's word for it, Groups where no project is open that has the page."""
    if not _has_groups(session):
        return "Groups"
    if not len(session.open_project.samples):
        return session.open_domain.together
    return f"{group_noun(session).capitalize()}s"


def _has_groups(session: Session) -> bool:
    return session.project is not None and bool(session.open_domain.together)


def title_of(entry: PageEntry, session: Session) -> str:
    """What a page is called: in a domain by its own word, that of groups by the word for those of the open project."""
    if entry.offer == "together" and session.project is not None and entry.fits(session.domain):
        return groups_title(session)
    return entry.title_in(session.domain)


def sample_noun(session: Session) -> str:
    """The word for one sample of the open project."""
    return session.open_domain.words(session.open_project.samples)[1]
