"""The prediction service under a closed loop of clients: answers a second, how long they take, whether it lives."""

from __future__ import annotations

import http.client
import json
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import numpy as np

from models.job import Job
from models.store.project import Project
from workers.inline import run as run_order

Row = dict[str, Any]
#: /health answers within so many s, whatever comes in beside it.
_HEALTH = 1.0


def run(quick: bool) -> list[Row]:
    """Clients that each ask again as soon as they are answered."""
    clients, seconds = (8, 3.0) if quick else (200, 60.0)
    with tempfile.TemporaryDirectory(prefix="winnow-service-") as folder:
        project = _trained(Path(folder), 48 if quick else 240)
        url, process = _served(project)
        try:
            seen = _load(url, clients, seconds)
        finally:
            process.terminate()
            process.wait()
    return seen.rows(f"{clients} clients, {seconds:g} s, features, 20 × 10,000 values", seconds)


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

    def rows(self, case: str, seconds: float) -> list[Row]:
        good = self.statuses[200]
        bad = sum(count for status, count in self.statuses.items() if status not in (200, 429, 503))
        later = self.statuses[429] + self.statuses[503]
        middle, late = (float(np.quantile(self.times, part)) * 1000 if self.times else None for part in (0.5, 0.95))
        slowest = max(self.health, default=0.0)
        return [
            _row(case, "answers", good / seconds, "1/s", None),
            _row(case, "median answer", middle, "ms", None),
            _row(case, "95th percentile of answers", late, "ms", None),
            _row(case, "told to come again", later / seconds, "1/s", None),
            _row(case, "other errors", bad, "", 0),
            _row(case, "slowest /health", slowest, "s", _HEALTH),
        ]


def _load(url: str, clients: int, seconds: float) -> _Seen:
    values = np.random.default_rng(0).normal(0, 20, (20, 10_000)).round(2).tolist()
    body = json.dumps({"eeg_data": values}).encode()
    place, seen, until = urlsplit(url).netloc, _Seen(), time.monotonic() + seconds

    def predict() -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            status, again = _asked(place, "POST", "/predict", body)
            seen.statuses[status] += 1
            if status == 200:
                seen.times.append(time.perf_counter() - began)
            time.sleep(min(again, max(until - time.monotonic(), 0)))

    def watch() -> None:
        while time.monotonic() < until:
            began = time.perf_counter()
            status, _ = _asked(place, "GET", "/health", None)
            seen.statuses[status] += status != 200
            seen.health.append(time.perf_counter() - began)
            time.sleep(0.1)

    threads = [threading.Thread(target=predict) for _ in range(clients)] + [threading.Thread(target=watch)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return seen


def _asked(place: str, method: str, path: str, body: bytes | None) -> tuple[int, float]:
    """The status, and after how many s to come again; 0 for a connection that broke."""
    link = http.client.HTTPConnection(place, timeout=120)
    try:
        link.request(method, path, body, {"content-type": "application/json"})
        answer = link.getresponse()
        answer.read()
        return answer.status, float(answer.headers.get("retry-after", 0))
    except OSError:
        return 0, 0.0
    finally:
        link.close()


def _row(case: str, what: str, value: float | None, unit: str, goal: float | None) -> Row:
    return {
        "name": f"service: {what}",
        "ours": value,
        "peer": None,
        "ratio": None,
        "unit": unit,
        "goal": goal,
        "note": case,
    }
