"""Data of a Kaggle competition, brought by the competition's own client as the person has set it up.

The client alone knows the person's token: nothing here looks for it, or keeps what the client says of it.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Generator
from pathlib import Path
from typing import IO

from models.errors import UserError
from models.job import Progress

CLIENT, ADDRESS = "kaggle", "https://www.kaggle.com/competitions"
#: Seconds between two looks at what has come; seconds that a client has to end when it is told to.
LOOK, GRACE = 0.5, 10.0
#: What is told of a client's own words, and what in them could be a token.
_WORDS, _SECRET = 200, re.compile(r"[A-Za-z0-9_\-]{24,}")
_TELLING = re.compile(r"\b(error|forbidden|unauthori[sz]ed|required|denied|not found|4\d\d|5\d\d)\b", re.I)


def download(name: str, folder: Path) -> Generator[Progress, None, Path]:
    """The archive of a competition, in a folder that stays for the next call where it is cut off. Raises UserError."""
    client = _client(name)
    with tempfile.TemporaryFile() as words:
        command = [client, "competitions", "download", "-c", name, "-p", str(folder)]
        process = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=words, stderr=subprocess.STDOUT,
            env={**os.environ, "PYTHONUNBUFFERED": "1"},
        )  # fmt: skip
        try:
            while process.poll() is None:
                yield Progress(text=f"Fetching {name}: {_size(folder) / 1e6:.0f} MB")
                _wait(process)
        finally:
            _end(process)
        if process.returncode:
            raise UserError(_failure(name, _reason(words)))
    archive = folder / f"{name}.zip"
    if not archive.is_file():
        raise UserError(f"the client {CLIENT} ended without {archive.name}. Update it and call again.")
    return archive


def _client(name: str) -> str:
    beside = str(Path(sys.executable).parent)
    if found := shutil.which(CLIENT) or shutil.which(CLIENT, path=beside):
        return found
    raise UserError(
        f"this data set comes through Kaggle's own client, which is not here. Install it (pip install {CLIENT}), set "
        f"it up with your token, accept the rules at {ADDRESS}/{name}, and call again; or download the archive there "
        "yourself, unpack it, and import the folder."
    )


def _failure(name: str, words: str) -> str:
    return (
        f"the client {CLIENT} could not bring {name}: {words or 'it does not say why'}. It needs the network, your "
        f"token, and the rules accepted at {ADDRESS}/{name}. What has come is kept for the next call."
    )


def _reason(words: IO[bytes]) -> str:
    """The line of the client's words that tells why, else the last; without what could be a token."""
    words.seek(0)
    lines = [" ".join(line.split()) for line in re.split(r"[\r\n]+", words.read().decode("utf-8", "replace"))]
    said = [line for line in lines if line]
    told = next((line for line in said if _TELLING.search(line)), said[-1] if said else "")
    return _SECRET.sub("…", told)[:_WORDS].rstrip(".")


def _size(folder: Path) -> int:
    return sum(file.stat().st_size for file in folder.rglob("*") if file.is_file())


def _wait(process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + LOOK
    while process.poll() is None and time.monotonic() < until:
        time.sleep(0.05)


def _end(process: subprocess.Popen[bytes]) -> None:
    """Let no client outlive its call."""
    if process.poll() is None:
        process.terminate()
        try:
            process.wait(GRACE)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
