"""What the window reads of a service: where it runs, its figures, and what they amount to."""

from __future__ import annotations

import json
import math
import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from app.service.figures import FILE, Figures, Running, announced, ask, find, quantile, rate, read
from app.service.metrics import Metrics
from models.errors import UserError
from models.service import Answer


def counted(times: list[float], refused: int = 0) -> Figures:
    metrics = Metrics(lambda: 3)
    for seconds in times:
        metrics.request("/predict", "POST", 200, seconds)
    for _ in range(refused):
        metrics.request("/predict", "POST", 429, 0.001)
    metrics.request("/health", "GET", 200, 9.0)
    metrics.answer(Answer({}, "seizure", 0.9, (), 1.5))
    return read(metrics.text().decode())


@contextmanager
def service(status: int, text: str = "", to: str = "", visits: list[str] | None = None) -> Iterator[int]:
    class Told(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if visits is not None:
                visits.append(self.path)
            self.send_response(status)
            if to:
                self.send_header("Location", to)
            self.end_headers()
            self.wfile.write(text.encode())

        def log_message(self, *given: object) -> None:
            """Nothing: what is logged fails a test."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Told)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        server.server_close()


def test_figures_are_those_of_predictions_alone() -> None:
    found = counted([0.02] * 10, refused=2)
    assert (found.requests, found.refused, found.waiting, found.drift) == (12, 2, 3, 1.5)
    assert max(found.buckets.values()) == 12


def test_times_and_pace_are_those_between_two_looks() -> None:
    before, now = counted([5.0] * 50), counted([5.0] * 50 + [0.02] * 100)
    # A hundred between 0.01 and 0.025 s, as if they lay evenly there.
    assert quantile(before, now, 0.5) == pytest.approx(0.0175)
    assert quantile(before, now, 0.95) == pytest.approx(0.02425)
    assert rate(before, now, 10) == 10
    assert math.isnan(quantile(now, now, 0.5))
    assert quantile(Figures(), counted([60.0]), 0.95) == 30, "beyond the last limit that one is told"


def test_a_service_is_found_while_it_runs(tmp_path: Path) -> None:
    assert find(tmp_path) is None
    with announced(tmp_path, 8123, "run-2"):
        assert find(tmp_path) == Running(8123, os.getpid(), "run-2")
    assert find(tmp_path) is None
    assert not (tmp_path / FILE).exists()


@pytest.mark.parametrize(
    "text", ["", "[]", "{}", '{"port": 0, "pid": 1, "run": ""}', '{"port": 80, "pid": 4000000, "run": ""}', "[" * 9999]
)
def test_what_a_service_left_behind_is_none(tmp_path: Path, text: str) -> None:
    (tmp_path / FILE).write_text(text, "utf-8")
    assert find(tmp_path) is None


def test_another_ones_word_is_not_taken_away(tmp_path: Path) -> None:
    other = json.dumps({"port": 1, "pid": os.getppid(), "run": "run-1"})
    with announced(tmp_path, 8123, "run-2"):
        (tmp_path / FILE).write_text(other, "utf-8")
    assert (tmp_path / FILE).read_text("utf-8") == other


def test_a_service_is_asked_and_what_keeps_it_from_answering_is_told() -> None:
    text = 'winnow_requests_total{route="/predict",status="200"} 4\nnonsense\nwinnow_waiting_windows x\n'
    with service(200, text) as port:
        assert ask(Running(port, 1, "run-1")).requests == 4
    with service(401) as port, pytest.raises(UserError, match="need a token"):
        ask(Running(port, 1, "run-1"))
    with pytest.raises(UserError, match="does not answer"):
        ask(Running(9, 1, "run-1"))


@pytest.mark.parametrize("status", [301, 302, 307])
def test_a_service_that_sends_elsewhere_is_not_followed(status: int, monkeypatch: pytest.MonkeyPatch) -> None:
    visits: list[str] = []
    with service(200, "", visits=visits) as other:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{other}")
        with (
            service(status, to=f"http://127.0.0.1:{other}/elsewhere") as port,
            pytest.raises(UserError, match="does not answer"),
        ):
            ask(Running(port, 1, "run-1"))
    assert not visits
