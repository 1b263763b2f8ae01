"""The prediction service under load: a closed loop of clients, all at once, a body too large, a killed process."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

import numpy as np

from benchmarks.table import Row, row
from models.job import Job
from models.store.project import Project
from workers.inline import run as run_order

#: /health answers within so many s, whatever comes in beside it.
_HEALTH = 1.0


def run(quick: bool) -> list[Row]:
    """Clients that ask again as soon as they are answered, then all at once, a body too large, a kill and a start."""
    clients, seconds, burst = (8, 3.0, 40) if quick else (200, 60.0, 1000)
    with tempfile.TemporaryDirectory(prefix="winnow-service-") as folder:
        project = _trained(Path(folder), 48 if quick else 240)
        url, process = _served(project)
        try:
            seen = _load(url, clients, seconds)
            rows = seen.rows(f"{clients} clients, {seconds:g} s, features, 20 × 10,000 values", seconds)
            rows += _burst(url, burst)
            rows += [_large(url)]
        finally:
            process.kill()
            process.wait()
        return [*rows, _again(project)]


def _burst(url: str, count: int) -> list[Row]:
    """So many requests at the same moment, each once."""
    place, body, seen, start = urlsplit(url).netloc, _body(), _Seen(), threading.Barrier(count + 1)

    def predict() -> None:
        start.wait()
        began = time.perf_counter()
        status, _ = _asked(place, "POST", "/predict", body)
        seen.count(status, time.perf_counter() - began)

    threads = [threading.Thread(target=predict) for _ in range(count)]
    for thread in threads:
        thread.start()
    with _watched(place, seen):
        start.wait()
        for thread in threads:
            thread.join()
    case = f"{count} requests at once: {seen.statuses[200]} answered, {seen.later} told to come again"
    return [
        row("service: at once: other errors", seen.bad, goal=0, note=case, unit=""),
        row("service: at once: slowest /health", max(seen.health), goal=_HEALTH, note=case, unit="s"),
    ]


def _large(url: str) -> Row:
    """A body of 200 MB: after how many s it is refused, when its length is told before it is sent."""
    link = http.client.HTTPConnection(urlsplit(url).netloc, timeout=60)
    began = time.perf_counter()
    link.putrequest("POST", "/predict")
    for name, value in (("content-type", "application/json"), ("content-length", str(200_000_000))):
        link.putheader(name, value)
    link.putheader("expect", "100-continue")
    link.endheaders()
    answer = link.getresponse()
    seconds = time.perf_counter() - began
    answer.read()
    link.close()
    if answer.status != 413:
        raise RuntimeError(f"200 MB were answered with {answer.status}")
    return row("service: 200 MB refused after", seconds * 1000, note="413, no byte of it was read")


def _again(project: Path) -> Row:
    """The service was killed: it starts again on the same project and answers."""
    began = time.perf_counter()
    url, process = _served(project)
    try:
        status, _ = _asked(urlsplit(url).netloc, "POST", "/predict", _body())
        seconds = time.perf_counter() - began
    finally:
        process.terminate()
        process.wait()
    whole = run_order(Job("check", {"project": str(project)}, "check"))["ok"]
    if status != 200 or not whole:
        raise RuntimeError(f"after a kill the service answered {status}, and the project is whole: {whole}")
    return row(
        "service: killed: answers again after",
        seconds,
        note="SIGKILL under load, then anew on the same project",
        unit="s",
    )


def _trained(folder: Path, samples: int) -> Path:
    data, project = str(folder / "data"), folder / "study"
    run_order(Job("fake", {"domain_name": "eeg", "out": data, "samples": samples}, "fake"))
    Project.create(project, "eeg", votes=True).close()
    run_order(Job("import_samples", {"project": str(project), "sources": [data]}, "import"))
    values = {"project": str(project), "recipe": "features", "baseline": False}
    run_order(Job("train", values, "train"))
    return project


def _served(project: Path) -> tuple[str, subprocess.Popen[str]]:
    command = [sys.executable, "-m", "app.cli", "serve", str(project), "--run", "last", "--port", "0", "--rate", "0"]
    process = subprocess.Popen([*command, "--json"], stdout=subprocess.PIPE, text=True)
    assert process.stdout is not None
    text = ""
    while not text.endswith("}\n"):
        line = process.stdout.readline()
        if not line:
            raise RuntimeError("the service did not start")
        text += line
    return str(json.loads(text)["url"]), process


@dataclass
class _Seen:
    """What the clients saw."""

    times: list[float] = field(default_factory=list)
    health: list[float] = field(default_factory=list)
    statuses: Counter[int] = field(default_factory=Counter)
    unwell: int = 0

    def count(self, status: int, seconds: float) -> None:
        """One answer."""
        self.statuses[status] += 1
        if status == 200:
            self.times.append(seconds)

    @property
    def later(self) -> int:
        """How many were told when to come again."""
        return self.statuses[429] + self.statuses[503]

    @property
    def bad(self) -> int:
        """How many were neither answered nor told to come again, /health among them."""
        return sum(self.statuses.values()) - self.statuses[200] - self.later + self.unwell

    def rows(self, case: str, seconds: float) -> list[Row]:
        middle, late = (float(np.quantile(self.times, part)) * 1000 if self.times else None for part in (0.5, 0.95))
        return [
            row("service: answers", self.statuses[200] / seconds, note=case, unit="1/s"),
            row("service: median answer", middle, note=case, unit="ms"),
            row("service: 95th percentile of answers", late, note=case, unit="ms"),
            row("service: told to come again", self.later / seconds, note=case, unit="1/s"),
            row("service: other errors", self.bad, goal=0, note=case, unit=""),
            row("service: slowest /health", max(self.health), goal=_HEALTH, note=case, unit="s"),
        ]


def _body() -> bytes:
    values = np.random.default_rng(0).normal(0, 20, (20, 10_000)).round(2).tolist()
    return json.dumps({"eeg_data": values}).encode()


def _load(url: str, clients: int, seconds: float) -> _Seen:
    place, body, seen, until = urlsplit(url).netloc, _body(), _Seen(), time.monotonic() + seconds

    def predict() -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            status, again = _asked(place, "POST", "/predict", body)
            seen.count(status, time.perf_counter() - began)
            time.sleep(min(again, max(until - time.monotonic(), 0)))

    threads = [threading.Thread(target=predict) for _ in range(clients)]
    with _watched(place, seen):
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    return seen


@contextmanager
def _watched(place: str, seen: _Seen) -> Iterator[None]:
    """Within the block /health is asked ten times a second, by a process that the clients do not hold up."""
    code = f"from benchmarks.service import look; look({place!r})"
    with subprocess.Popen(
        [sys.executable, "-c", code], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True
    ) as one:
        assert one.stdout is not None
        one.stdout.readline()
        yield
        told, _ = one.communicate("")
    for line in told.splitlines():
        status, seconds = line.split()
        seen.unwell += status != "200"
        seen.health.append(float(seconds))


def look(place: str) -> None:
    """Ask for /health until there is no more to read, and print the status and how long each answer took."""
    ended = threading.Event()

    def read_on() -> None:
        sys.stdin.read()
        ended.set()

    threading.Thread(target=read_on, daemon=True).start()
    print("ready", flush=True)
    while not ended.wait(0.1):
        began = time.perf_counter()
        status, _ = _asked(place, "GET", "/health", None)
        print(status, time.perf_counter() - began)


def _asked(place: str, method: str, path: str, body: bytes | None) -> tuple[int, float]:
    """The status, and after how many s to come again; 0 for a connection that broke, 1 for 503 without that time."""
    link = http.client.HTTPConnection(place, timeout=120)
    try:
        link.request(method, path, body, {"content-type": "application/json"})
        answer = link.getresponse()
        answer.read()
        again = answer.headers.get("retry-after")
        missing = answer.status in (429, 503) and again is None
        return (1 if missing else answer.status), float(again or 0)
    except OSError:
        return 0, 0.0
    finally:
        link.close()
