"""The generated documents are as the program would write them now; every control can be named."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from app import documents
from app.cli.verbs import VERBS
from app.documents import Control
from app.pages import PAGES
from tests.app.clashes import clashes

ROOT = Path(__file__).parents[2]
CONTRACT = ROOT.parent / "shared" / "design" / "CLI.md"


@dataclass(frozen=True)
class Shown:
    """What the window was asked while it stood."""

    controls: list[Control]
    pages: dict[str, str]
    clashes: list[tuple[str, str, str]]
    titles: dict[str, str]
    process: int | None


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shown]:
    folder = tmp_path_factory.mktemp("demo")
    with documents.demo_window(folder) as window:
        controls = documents.controls_of(window)
        commands = window.commands.all()
        clashing, titles = clashes(commands), {item.id: item.words() for item in commands}
        pages = documents.window_pages(window, controls, folder)
        yield Shown(controls, pages, clashing, titles, window.session.jobs.host.pid)


@pytest.mark.parametrize("name", ["controls.md", "keys.md"])
def test_the_documents_of_the_window_are_up_to_date(shown: Shown, name: str) -> None:
    text = (documents.DOCS / name).read_text("utf-8")
    assert text.splitlines() == shown.pages[name].splitlines(), "run python -m app.documents"


def test_no_other_process_is_waited_for(shown: Shown) -> None:
    assert shown.process is None, "to begin one takes longer than all pages where much else runs"


def test_the_document_of_the_verbs_is_up_to_date() -> None:
    assert (documents.DOCS / "cli.md").read_text("utf-8") == documents.cli_page(), "run python -m app.documents"


def test_the_verbs_in_the_readme_are_up_to_date() -> None:
    assert documents.README.read_text("utf-8") == documents.readme(), "run python -m app.documents"


def test_every_control_has_a_name_and_an_accessible_name(shown: Shown) -> None:
    assert len(shown.controls) > 60
    assert not [item for item in shown.controls if not item.name or not item.accessible]


def test_pages_of_single_domains_are_told_with_all_their_faces(shown: Shown) -> None:
    by_page = {item.page: {one.name for one in shown.controls if one.page == item.page} for item in shown.controls}
    assert {entry.title for entry in PAGES} <= by_page.keys()
    assert {"dashboard.tabs", "dashboard.rule_text", "dashboard.episodes", "empty_train"} <= by_page["Dashboard"]
    assert {"rapid.accept", "rapid.show_map"} <= by_page["Rapid"]
    assert "external.run" in by_page["External"]


def test_every_command_has_a_title_and_a_key_of_its_own(shown: Shown) -> None:
    assert not [name for name, title in shown.titles.items() if not title.strip()]
    assert not shown.clashes


@pytest.mark.skipif(not CONTRACT.is_file(), reason="the contract of the command line is not here")
def test_every_verb_of_the_contract_is_documented() -> None:
    later = {"serve", "agreement", "adjudicate"}
    told = set()
    for line in CONTRACT.read_text("utf-8").splitlines():
        if line.startswith("| `"):
            told |= set(re.findall(r"`([a-z]+) (?:PROJECT|DOMAIN|FILE|NAME|\[|…)", line.split("|")[1]))
    assert len(told) > 20
    text = (documents.DOCS / "cli.md").read_text("utf-8")
    assert not [verb for verb in told - later if f"## {verb}\n" not in text]


@pytest.mark.parametrize("verb", VERBS)
def test_every_flag_says_what_it_does(verb: str) -> None:
    section = documents.cli_page().split(f"\n## {verb}\n", 1)[1].split("\n## ", 1)[0]
    rows = [line for line in section.splitlines() if line.startswith("| `-")]
    assert not [row for row in rows if row.rstrip(" |").endswith("`")]


def test_pages_and_pictures_that_the_documents_link_to_exist() -> None:
    for place in [ROOT / "README.md", *sorted((ROOT / "docs").glob("*.md"))]:
        for target in re.findall(r"\]\(([^)#]+)[^)]*\)", place.read_text("utf-8")):
            assert target.startswith("https://") or (place.parent / target).exists(), f"{place.name}: {target}"
