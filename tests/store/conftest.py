"""Projects to try things on, and a PostgreSQL server of our own."""

from __future__ import annotations

import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import Any

import pytest

from models.domain import Found
from models.store.project import Project

Add = Callable[..., Found]


@pytest.fixture
def found(tmp_path: Path) -> Add:
    """A source with n samples: its file, labels and columns as wanted."""

    def make(
        n: int, labels: Sequence[str | None] = (), name: str = "a.h5", content: str = "", **columns: Sequence[Any]
    ) -> Found:
        path = tmp_path / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        if not path.exists() or content:
            path.write_text(content or f"content of {name}", "utf-8")
        keys = [str(key) for key in range(n)]
        return Found(path, name, keys, [f"g{key % 3}" for key in range(n)], labels, columns=columns)

    return make


@pytest.fixture
def project(tmp_path: Path, found: Add) -> Iterator[Project]:
    """An open project of 12 samples, the first four labelled by the file."""
    with Project.create(tmp_path / "project", "traces", ["0", "1"]) as made:
        made.add(found(12, ["0", "0", "1", "1"] + [None] * 8, noise=[0.1] * 12))
        assert len(made.samples) == 12
        yield made


def server_folder() -> Path | None:
    """Where Debian keeps the server's programs."""
    found = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    on_path = shutil.which("initdb")
    return found[-1].parent if found else Path(on_path).parent if on_path else None


class Server:
    """A PostgreSQL server in a folder of its own, run by an unprivileged user."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs = programs
        self.folder = folder
        self.user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
        self.databases = 0

    def call(self, program: str, *arguments: str) -> None:
        command = [*self.user, str(self.programs / program), *arguments]
        result = subprocess.run(command, cwd="/", capture_output=True, text=True, timeout=60, check=False)
        if result.returncode:
            raise RuntimeError(f"{program}: {result.stderr}")

    def begin(self) -> None:
        data = str(self.folder / "data")
        self.call("initdb", "-D", data, "-U", "winnow", "-A", "trust", "-E", "UTF8", "--locale=C.UTF-8", "--no-sync")

    def start(self) -> None:
        options = (
            f"-c listen_addresses='' -k {self.folder} -c fsync=off -c synchronous_commit=off -c full_page_writes=off"
        )
        # The server keeps its parent's output open, so it must not be a pipe.
        command = [*self.user, str(self.programs / "pg_ctl"), "-D", str(self.folder / "data"), "-w", "-t", "30"]
        log = ["-l", str(self.folder / "log"), "-o", options, "start"]
        subprocess.run([*command, *log], cwd="/", check=True, stdout=subprocess.DEVNULL, timeout=60)

    def stop(self) -> None:
        self.call("pg_ctl", "-D", str(self.folder / "data"), "-m", "fast", "-w", "stop")

    def database(self) -> str:
        """The URL of a new, empty database."""
        self.databases += 1
        name = f"winnow{self.databases}"
        self.call("createdb", "-h", str(self.folder), "-U", "winnow", name)
        return f"postgresql://winnow:secret-word@/{name}?host={self.folder}"


@pytest.fixture(scope="session")
def server() -> Iterator[Server]:
    programs = server_folder()
    if programs is None:
        pytest.skip("PostgreSQL is not installed (Debian: apt install postgresql)")
    pytest.importorskip("psycopg", reason="the extra `postgres` is not installed")
    folder = Path(tempfile.mkdtemp(prefix="winnow-pg-"))
    if os.geteuid() == 0:
        shutil.chown(folder, "postgres", "postgres")
    one = Server(programs, folder)
    try:
        one.begin()
        one.start()
        yield one
        one.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
