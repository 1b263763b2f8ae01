"""The verb in a process of its own: it listens on the loopback, answers many at once, and ends when it is told."""

from __future__ import annotations

import concurrent.futures
import gc
import json
import os
import signal
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest
import uvicorn

from app.service.options import Options
from app.service.start import serve as start
from tests.service.conftest import noise

ROOT = Path(__file__).parents[2]


@contextmanager
def served(project: Path, *flags: str) -> Iterator[tuple[str, subprocess.Popen[str]]]:
    """The address of a service of its own."""
    command = [sys.executable, "-m", "app.cli", "serve", str(project), "--run", "last", "--port", "0", "--json", *flags]
    environment = {**os.environ, "PYTHONPATH": str(ROOT)}
    process = subprocess.Popen(
        command, cwd=ROOT, env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
    )
    assert process.stdout is not None
    try:
        text = ""
        for line in process.stdout:
            text += line
            if line.startswith("}"):
                break
        assert text, process.stderr.read() if process.stderr else ""
        yield json.loads(text)["url"], process
    finally:
        process.kill()
        process.communicate()


def ask(url: str, body: bytes | None = None, seconds: float = 60) -> tuple[int, dict[str, str], bytes]:
    told = {"content-type": "application/json"} if body is not None else {}
    request = urllib.request.Request(url, body, told)
    try:
        with urllib.request.urlopen(request, timeout=seconds) as answer:
            return answer.status, dict(answer.headers), answer.read()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read()


@pytest.mark.skipif(sys.platform == "win32", reason="signals")
def test_many_at_once_are_answered_or_told_to_come_again(study: Path) -> None:
    body = json.dumps({"eeg_data": [[round(value) for value in row] for row in noise()]}).encode()
    with served(study, "--rate", "2") as (url, process), concurrent.futures.ThreadPoolExecutor(60) as pool:
        assert url.startswith("http://127.0.0.1:")
        large, _, words = ask(f"{url}/predict", b" " * (200 << 20))
        assert (large, b"64 MiB" in words) == (413, True)
        asked = [pool.submit(ask, f"{url}/predict", body) for _ in range(150)]
        assert ask(f"{url}/health")[0] == 200
        answers = [one.result() for one in asked]
        assert {status for status, _, _ in answers} <= {200, 429, 503}
        assert sum(status == 200 for status, _, _ in answers) >= 3
        late = [{name.lower() for name in heads} for status, heads, _ in answers if status != 200]
        assert late
        assert all("retry-after" in heads for heads in late)
        assert ask(f"{url}/health")[0] == 200
        process.send_signal(signal.SIGTERM)
        _, errors = process.communicate(timeout=60)
        assert process.returncode == 0, errors
        assert "Traceback" not in errors


def test_what_the_service_froze_is_freed_when_it_ends(study: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    frozen: list[int] = []

    async def serve(_: uvicorn.Server, sockets: object) -> None:
        assert sockets
        frozen.append(gc.get_freeze_count())

    monkeypatch.setattr(uvicorn.Server, "serve", serve)
    before = gc.get_freeze_count()
    start(str(study), "last", "cpu", Options(port=0), "", False, lambda url, run: None)
    assert frozen[0] > before
    assert gc.get_freeze_count() == 0
