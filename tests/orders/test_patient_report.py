"""The report of a patient: pictures, episodes, votes, provenance, in one file that says what it is not for."""

from __future__ import annotations

import base64
import html
import re
from pathlib import Path

import numpy as np
import pytest
from PIL import Image
from PySide6.QtPdf import QPdfDocument
from PySide6.QtWidgets import QApplication

from models.course import Episode
from models.errors import UserError
from models.event import FILE, LABEL, TALLY, Entry
from models.job import Job
from models.orders import patient_report
from models.orders.alerting import acknowledge, alerts_of, set_episode_rule, set_rules
from models.orders.patient_pictures import traces
from models.payload import Recording
from models.store.project import Project
from models.tally import write_tally
from tests.eeg.watched import add_run, make_watched
from workers.inline import run


@pytest.fixture(scope="module")
def ward(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = make_watched(tmp_path_factory.mktemp("ward"))
    with Project.open(path) as opened:
        set_rules(opened, "seizure >= .8 for 3 windows")
    run(Job("watch", {"project": str(path)}, ""))
    with Project.open(path) as opened:
        acknowledge(opened, [alerts_of(opened)[0].name], "ann <b>")
        opened.journal.label(opened.rows_of(["one.edf#80.000", "one.edf#90.000"]), "seizure", "ann")
        opened.journal.label(opened.rows_of(["one.edf#300.000"]), "lpd", "bob")
    return path


def report(path: Path, out: Path, **given: object) -> str:
    told = run(Job("export", {"project": str(path), "format": "patient", "out": str(out), **given}, ""))
    assert told["files"] == [str(out)]
    return out.read_text("utf-8")


def cells(text: str, title: str) -> list[list[str]]:
    """The rows of the table below a title."""
    table = text[text.index(f"{title}</h") :]
    table = table[: table.index("</table>")]
    return [re.findall(r"<td>(.*?)</td>", row) for row in re.findall(r"<tr>(.*?)</tr>", table)][1:]


def test_a_report_holds_pictures_episodes_votes_and_where_it_comes_from(ward: Path, tmp_path: Path) -> None:
    text = report(ward, tmp_path / "one.html", where='group == "one"')
    assert text.count("Research use, no diagnosis.") == 2
    assert "one.edf" in text
    assert "two.edf" not in text
    assert cells(text, "Seizure episodes") == [
        ["1", "0:01:40", "0:02:20", "40 s", ".90", "Seizure 2"],
        ["2", "0:10:00", "0:10:50", "50 s", ".70", "none"],
    ]
    assert cells(text, "Burden by the hour (minutes of episodes)") == [
        ["0:00:00", "14.3", "1.5", "0.0", "0.0", "0.0", "0.0"]
    ]
    assert cells(text, "Votes and agreement")[:2] == [["Seizure", "2", "2"], ["LPD", "1", "1"]]
    assert "agrees with the labels on .67 of 3 windows that it did not learn from" in text
    assert "run-1, features" in text
    assert "Seizure from p ≥ .50 on" in text
    assert "ann &lt;b&gt;, " in text, "what people are called is no part of the page"
    pictures = [base64.b64decode(one) for one in re.findall(r"base64,([^\"]+)", text)]
    assert len(pictures) == 3, "the recording, and the traces of two episodes"
    for place, data in enumerate(pictures):
        file = tmp_path / f"{place}.png"
        file.write_bytes(data)
        with Image.open(file) as picture:
            assert picture.width > 900
    assert "http" not in re.sub(r"base64,[^\"]+", "", text), "it needs no other file and no network"


def test_a_window_is_labelled_as_most_say_not_as_the_last_one(tmp_path: Path) -> None:
    path = make_watched(tmp_path)
    with Project.open(path) as opened:
        rows = opened.rows_of(["one.edf#300.000"])
        for by, name in (("ann", "gpd"), ("bob", "gpd"), ("eve", "lpd")):
            opened.journal.label(rows, name, by)
    told = cells(report(path, tmp_path / "one.html"), "Votes and agreement")
    assert told[1:3] == [["LPD", "0", "1"], ["GPD", "1", "2"]]


def test_votes_told_as_shares_stand_there_as_shares(tmp_path: Path) -> None:
    path = make_watched(tmp_path)
    with Project.open(path) as opened:
        (row,) = opened.rows_of(["one.edf#80.000"]).tolist()
        told = write_tally({"seizure": 0.75, "lpd": 0.25})
        opened.journal.act([Entry(row, LABEL, TALLY, told)], FILE, "Import")
    text = report(path, tmp_path / "one.html", where='group == "one"')
    assert cells(text, "Seizure episodes")[0][5] == "Seizure .75 of the votes, LPD .25 of the votes"
    assert cells(text, "Votes and agreement")[:2] == [["Seizure", "1", "0", ".75"], ["LPD", "0", "0", ".25"]]


def test_the_report_follows_the_rule_and_the_run(ward: Path, tmp_path: Path) -> None:
    name = add_run(ward, {"two.edf": [(300, 400, 0.9)]}, part="train")
    text = report(ward, tmp_path / "both.html", run=name)
    assert "100 % of the windows: what the run says of these is no test of it" in text
    assert f"No labelled window is one that {name} did not learn from." in text
    with Project.open(ward) as opened:
        set_episode_rule(opened, {"least": 200})
    assert "Seizure episodes</h3><p>None.</p>" in report(ward, tmp_path / "none.html", run=name)
    with Project.open(ward) as opened:
        set_episode_rule(opened, {"least": 10})
        opened.runs.delete(name, "ann")


def test_of_many_episodes_the_surest_are_drawn(ward: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(patient_report, "DRAWN", 1)
    text = report(ward, tmp_path / "one.html", where='group == "one"')
    assert "Episode 1, onset 0:01:40" in text
    assert "Episode 2, onset" not in text
    assert "Drawn are the 1 of 2 with the greatest p." in text


def test_a_missing_recording_is_told_where_its_traces_would_stand(tmp_path: Path) -> None:
    path = make_watched(tmp_path)
    (tmp_path / "data" / "one.edf").unlink()
    assert "Episode 1 cannot be drawn" in report(path, tmp_path / "r.html", where='group == "one"')


def test_without_recordings_or_a_run_there_is_no_report(ward: Path, tmp_path: Path) -> None:
    Project.create(tmp_path / "p", "traces").close()
    with pytest.raises(UserError, match="there is no format 'patient'"):
        report(tmp_path / "p", tmp_path / "r.html")
    with pytest.raises(UserError, match="no run"):
        report(ward, tmp_path / "r.html", run="run-9")
    assert not (tmp_path / "r.html").exists()


def pages(path: Path, out: Path, **given: object) -> list[str]:
    """The words of each page of a report that is printed."""
    run(Job("export", {"project": str(path), "format": "patient", "out": str(out), **given}, ""))
    document = QPdfDocument()
    assert document.load(str(out)) == QPdfDocument.Error.None_
    found = [document.getAllText(place).text() for place in range(document.pageCount())]
    document.close()
    return found


def test_the_pages_hold_what_the_page_of_html_holds(qapp: QApplication, ward: Path, tmp_path: Path) -> None:
    text = report(ward, tmp_path / "one.html", where='group == "one"')
    printed = pages(ward, tmp_path / "one.pdf", where='group == "one"')
    for place, page in enumerate(printed):
        assert page.count("Research use, no diagnosis.") == (2 if place == 0 else 1)
        assert f"Page {place + 1} of {len(printed)}" in page
    bare = html.unescape(
        re.sub(r"<[^>]+>", " ", re.sub(r"<style>.*?</style>|<title>.*?</title>", "", text, flags=re.S))
    )
    told = " ".join("".join(printed).split())
    assert [word for word in bare.split() if word not in told] == []
    data = (tmp_path / "one.pdf").read_bytes()
    assert data.count(b"/Subtype /Image") >= 3, "the recording, and the traces of two episodes"


def test_of_two_recordings_the_second_begins_a_page(qapp: QApplication, ward: Path, tmp_path: Path) -> None:
    printed = pages(ward, tmp_path / "both.pdf", settings={"paper": "letter"})
    (begin,) = [page for page in printed if "two.edf" in page.partition("\n")[0]]
    assert printed.index(begin) > 0


def test_paper_is_for_a_pdf_and_one_that_is_known(ward: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="pages of a4 are a PDF"):
        report(ward, tmp_path / "r.html", settings={"paper": "a4"})
    with pytest.raises(UserError, match="there is no paper 'a5'"):
        report(ward, tmp_path / "r.pdf", settings={"paper": "a5"})
    with pytest.raises(UserError, match="setting of patient"):
        report(ward, tmp_path / "r.pdf", settings={"papier": "a4"})
    assert list(tmp_path.glob("*r.*")) == []


class Held:
    channels, length = 2, 3200

    def __init__(self) -> None:
        self.values = np.zeros((2, 3200), np.float32)
        self.values[0, 1600:1616] = -100  # 250 ms of Fp1, below zero

    def read(self, first: int, last: int) -> np.ndarray:
        return self.values[:, first:last]


def test_what_is_negative_stands_above_its_row() -> None:
    recording = Recording(Held(), ("Fp1", "F7"), 64.0)
    figure = traces(recording, Episode(20.0, 30.0, 0.9, 0, 1, 0))
    assert figure is not None
    (axes,) = figure.axes
    (line,) = [one for one in axes.lines if len(one.get_xdata()) > 2]
    low, high = axes.get_ylim()
    assert low > high, "the axis points down"
    values = np.asarray(line.get_ydata())
    assert values.min() < -50, "Fp1 below F7 goes up"
    at = float(np.asarray(line.get_xdata())[values.argmin()])
    assert 4.9 < at < 5.4
    assert traces(Recording(Held(), ("X1", "X2"), 64.0), Episode(20.0, 30.0, 0.9, 0, 1, 0)) is None
