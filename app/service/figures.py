"""The figures of a project's service as the window reads them: where it runs, and what they amount to.

A service writes down its port while it runs. Only this machine is asked, and only while that process lives.
"""

from __future__ import annotations

import http.client
import json
import math
import os
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import psutil

from models.errors import UserError
from models.store.atomic import write_text

#: The file in a project's cache, and what is waited for an answer.
FILE, SECONDS = "service.json", 1.0
#: No more of an answer is read.
_MOST = 4 * 2**20
_LINE = re.compile(r"^(\w+)(?:\{(.*)\})? (\S+)$")
_LABEL = re.compile(r'(\w+)="((?:[^"\\]|\\.)*)"')
#: Routes whose times are those of predictions, and answers that refuse for want of room.
ROUTES, REFUSED = ("/predict", "/predict_batch"), ("429", "503")


@dataclass(frozen=True)
class Running:
    """A service that runs on this machine."""

    port: int
    pid: int
    run: str


@dataclass(frozen=True)
class Figures:
    """What a service counted since it began. buckets: upper limit in s → answers up to it."""

    requests: float = 0.0
    refused: float = 0.0
    waiting: float = 0.0
    drift: float = math.nan
    buckets: Mapping[float, float] = field(default_factory=dict)


@contextmanager
def announced(cache: Path, port: int, run: str) -> Iterator[None]:
    """Tell the windows of this project where its service is, as long as it runs."""
    file = cache / FILE
    with suppress(OSError, UserError):
        cache.mkdir(exist_ok=True)
        write_text(file, json.dumps({"port": port, "pid": os.getpid(), "run": run}))
    try:
        yield
    finally:
        known = find(cache)
        if known is not None and known.pid == os.getpid():
            with suppress(OSError):
                file.unlink()


def find(cache: Path) -> Running | None:
    """The service of a project that runs on this machine; None without, and for one that is gone."""
    try:
        told = json.loads((cache / FILE).read_text("utf-8"))
        found = Running(int(told["port"]), int(told["pid"]), str(told["run"]))
        alive = 0 < found.port < 65536 and psutil.Process(found.pid).is_running()
    except (OSError, ValueError, KeyError, TypeError, RecursionError, psutil.Error):
        return None
    return found if alive else None


def ask(running: Running) -> Figures:
    """The figures of now. Raises UserError where it does not answer, and where it asks for a token."""
    link = http.client.HTTPConnection("127.0.0.1", running.port, timeout=SECONDS)  # goes nowhere else, whoever says so
    words = "it does not answer"
    try:
        link.request("GET", "/metrics")
        answer = link.getresponse()
        if answer.status == 200:
            return read(answer.read(_MOST).decode("utf-8", "replace"))
        if answer.status in (401, 403):
            words = "its figures need a token"
    except (OSError, http.client.HTTPException):
        pass
    finally:
        link.close()
    raise UserError(f"The service runs on port {running.port}; {words}.")


def read(text: str) -> Figures:
    """The figures in the text that Prometheus is told."""
    requests = refused = waiting = 0.0
    drift, buckets = math.nan, dict[float, float]()
    for name, labels, value in _lines(text):
        if name == "winnow_requests_total" and labels.get("route") in ROUTES:
            requests += value
            refused += value if labels.get("status") in REFUSED else 0.0
        elif name == "winnow_request_seconds_bucket" and labels.get("route") in ROUTES:
            limit = float(labels.get("le", "inf"))
            buckets[limit] = buckets.get(limit, 0.0) + value
        elif name == "winnow_waiting_windows":
            waiting = value
        elif name == "winnow_input_drift_ratio":
            drift = value
    return Figures(requests, refused, waiting, drift, buckets)


def _lines(text: str) -> Iterator[tuple[str, dict[str, str], float]]:
    for line in text.splitlines():
        match = _LINE.match(line)
        if match is None or line.startswith("#"):
            continue
        with suppress(ValueError):
            yield match[1], dict(_LABEL.findall(match[2] or "")), float(match[3])


def quantile(before: Figures, now: Figures, share: float) -> float:
    """The time in s that this share of the answers between two looks took at most; NaN where there was none."""
    limits = sorted(now.buckets)
    counts = [now.buckets[limit] - before.buckets.get(limit, 0.0) for limit in limits]
    if not counts or counts[-1] <= 0:
        return math.nan
    wanted, low, below = share * counts[-1], 0.0, 0.0
    for limit, count in zip(limits, counts, strict=True):
        if count >= wanted:
            if math.isinf(limit):
                return low
            return low + (limit - low) * (wanted - below) / max(count - below, 1e-9)
        low, below = limit, count
    return low


def rate(before: Figures, now: Figures, seconds: float) -> float:
    """Requests a second between two looks."""
    return max(now.requests - before.requests, 0.0) / seconds if seconds > 0 else 0.0
