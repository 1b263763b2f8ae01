"""What Prometheus and Grafana are set up with names figures that the service has, and the real ones read it."""

from __future__ import annotations

import http.client
import json
import re
import shutil
import subprocess
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import pytest
import yaml
from prometheus_client.parser import text_string_to_metric_families

from tests.service.conftest import Asking, noise
from tests.service.test_service_real import served

FOLDER = Path(__file__).parents[2] / "resources" / "monitoring"
PROMETHEUS, PROMTOOL = shutil.which("prometheus"), shutil.which("promtool")
_NAME = re.compile(r"\b(?:winnow|process)_[a-z_]+")
#: Labels that a query groups by or asks for.
_LABELS = re.compile(r"(?:by|ignoring) \(([a-z, ]+)\)|[{,] ?([a-z]+)(?:=|!)")


def panels() -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = json.loads((FOLDER / "grafana" / "winnow.json").read_text("utf-8"))["panels"]
    return found


def rules() -> list[dict[str, Any]]:
    groups = yaml.safe_load((FOLDER / "alerts.yml").read_text("utf-8"))["groups"]
    return [rule for group in groups for rule in group["rules"]]


def queries() -> list[str]:
    """All expressions of the dashboard and of the alerts."""
    return [target["expr"] for panel in panels() for target in panel["targets"]] + [rule["expr"] for rule in rules()]


@pytest.fixture(scope="module")
def figures(asking: Asking) -> dict[str, set[str]]:
    """Each name that the service tells, with its labels."""
    asking.predict(eeg_data=noise())
    found: dict[str, set[str]] = {}
    for family in text_string_to_metric_families(asking.client.get("/metrics").text):
        found[family.name] = set()
        for sample in family.samples:
            found.setdefault(sample.name, set()).update(sample.labels)
    return found


def test_every_query_names_figures_that_there_are(figures: dict[str, set[str]]) -> None:
    asked = queries()
    assert len(asked) > 25
    for query in asked:
        names = _NAME.findall(query)
        assert names or query.startswith("up{"), query
        assert not [name for name in names if name not in figures], query
        known = {"job", *(label for name in names for label in figures[name])}
        labels = [label for found in _LABELS.findall(query) for label in re.split(", *", found[0] or found[1])]
        assert not set(labels) - known, query


def test_every_figure_is_looked_at_somewhere(figures: dict[str, set[str]]) -> None:
    text = " ".join(queries())
    families = {re.sub(r"_(bucket|sum|count|total|created)$", "", name) for name in figures}
    assert not [name for name in families if name not in text]


def test_the_dashboard_is_whole() -> None:
    found = panels()
    assert len({panel["id"] for panel in found}) == len(found)
    places = [panel["gridPos"] for panel in found]
    assert all(place["x"] + place["w"] <= 24 for place in places)
    cells = [(x, y) for p in places for x in range(p["x"], p["x"] + p["w"]) for y in range(p["y"], p["y"] + p["h"])]
    assert len(set(cells)) == len(cells), "no panel lies on another"
    assert all(panel["title"] and panel["description"].endswith(".") for panel in found)
    sources = yaml.safe_load((FOLDER / "grafana" / "datasources.yml").read_text("utf-8"))["datasources"]
    assert {panel["datasource"]["uid"] for panel in found} == {sources[0]["uid"]}


def test_every_alert_tells_what_to_do() -> None:
    for rule in rules():
        assert rule["labels"]["severity"] in ("warning", "critical")
        assert rule["annotations"]["summary"].endswith(".")
        assert len(rule["annotations"]["description"]) > 20
        assert rule["for"]


def settle(folder: Path, target: str) -> Path:
    """The configuration with a token of its own and another target; its place."""
    shutil.copy(FOLDER / "alerts.yml", folder)
    (folder / "winnow_token").write_text("t" * 43)
    text = (FOLDER / "prometheus.yml").read_text("utf-8")
    text = text.replace("/run/secrets/winnow_token", str(folder / "winnow_token")).replace("winnow:8000", target)
    (folder / "prometheus.yml").write_text(text.replace("15s", "1s").replace("10s", "1s"))
    return folder / "prometheus.yml"


@pytest.mark.skipif(PROMTOOL is None, reason="promtool is not here")
def test_promtool_accepts_configuration_and_rules(tmp_path: Path) -> None:
    file = settle(tmp_path, "localhost:8000")
    for what, place in (("config", file), ("rules", FOLDER / "alerts.yml")):
        command = [str(PROMTOOL), "check", what, str(place)]
        done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=60)
        assert done.returncode == 0, done.stdout + done.stderr
        assert f"{len(rules())} rules found" in done.stdout


@contextmanager
def prometheus(file: Path, folder: Path) -> Iterator[int]:
    """The real one with a configuration, on the loopback; its port."""
    port = _free_port()
    command = [
        str(PROMETHEUS), f"--config.file={file}", f"--storage.tsdb.path={folder}",
        f"--web.listen-address=127.0.0.1:{port}", "--log.level=error",
    ]  # fmt: skip
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    try:
        yield port
    finally:
        process.terminate()
        process.wait(30)


def _free_port() -> int:
    import socket

    with socket.socket() as door:
        door.bind(("127.0.0.1", 0))
        return int(door.getsockname()[1])


def told(port: int, path: str) -> Any:
    """What Prometheus answers, None while it does not."""
    link = http.client.HTTPConnection("127.0.0.1", port, timeout=10)
    try:
        link.request("GET", path)
        answer = link.getresponse()
        text = answer.read()
        return json.loads(text)["data"] if answer.status == 200 else None
    except (OSError, ValueError):
        return None
    finally:
        link.close()


@pytest.mark.skipif(PROMETHEUS is None, reason="prometheus is not here")
def test_the_real_prometheus_reads_the_service(study: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("WINNOW_SERVE_TOKEN", "t" * 43)
    with served(study) as (url, _):
        file = settle(tmp_path, urllib.parse.urlsplit(url).netloc)
        with prometheus(file, tmp_path / "data") as port:
            target = _scraped(port)
            assert (target["health"], target["lastError"]) == ("up", "")
            assert target["labels"]["job"] == "winnow"
            for query in queries():
                answer = told(port, "/api/v1/query?" + urllib.parse.urlencode({"query": query}))
                assert answer is not None, query
            memory = told(port, "/api/v1/query?query=process_resident_memory_bytes")
            assert float(memory["result"][0]["value"][1]) > 1e7


def _scraped(port: int) -> dict[str, Any]:
    """The target, once it has been looked at; after a minute as it is."""
    found: dict[str, Any] = {"health": "never looked at", "lastError": "", "labels": {}}
    until = time.monotonic() + 60
    while time.monotonic() < until and found["health"] != "up":
        time.sleep(0.2)
        if targets := (told(port, "/api/v1/targets") or {}).get("activeTargets"):
            found = targets[0]
    return found
