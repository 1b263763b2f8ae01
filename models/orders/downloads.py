"""A file from the network: resumed where it was cut off, and told honestly where it could not be had.

What was received stands under a hidden name beside the file's place, with a note of what it is a part of. The server
sends the rest when it still has the same file; else all of it comes anew.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import shutil
import time
import urllib.error
import urllib.request
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from models.errors import UserError
from models.job import Progress

CHUNK = 1 << 18
#: Seconds without an answer; seconds to wait before the next try, each time more.
PATIENCE, PAUSES = 30.0, (1.0, 3.0, 9.0, 20.0)
#: What a broken connection can raise.
_BROKEN = (OSError, http.client.HTTPException)
_RANGE = re.compile(r"bytes (\d+)-(\d+)/(\d+|\*)")


class _Redirects(urllib.request.HTTPRedirectHandler):
    """Follows to the web alone, and from a safe address to a safe one alone."""

    def redirect_request(self, req: Any, fp: Any, code: int, msg: str, headers: Any, newurl: str) -> Any:
        kind, before = newurl.partition(":")[0].lower(), req.full_url.partition(":")[0].lower()
        if kind not in ("http", "https") or (before == "https" and kind != "https"):
            raise UserError(f"{req.full_url} leads on to {newurl}, which is not followed. Nothing was fetched.")
        return super().redirect_request(req, fp, code, msg, headers, newurl)


@dataclass
class Part:
    """What was received so far of an address; at last all of it.

    mark: by which the server knows the file again, "" for none; total: bytes in all, 0 where that is unknown.
    """

    path: Path
    url: str
    mark: str = ""
    total: int = 0

    @property
    def size(self) -> int:
        """Bytes that are here."""
        return self.path.stat().st_size if self.path.is_file() else 0

    @property
    def note(self) -> Path:
        """The file that tells what this is a part of."""
        return self.path.with_name(f"{self.path.name}.json")

    def keep(self) -> None:
        """Tell the next call what this is."""
        self.note.write_text(json.dumps({"url": self.url, "mark": self.mark, "total": self.total}), "utf-8")

    def drop(self) -> None:
        """Take it away."""
        for file in (self.path, self.note):
            file.unlink(missing_ok=True)


def _left_by_earlier(place: Path, url: str) -> Part:
    """What an earlier call left of the same file; what is of another one is taken away."""
    part = Part(place.with_name(f".{place.name}.part"), url)
    with contextlib.suppress(OSError, ValueError, AttributeError, TypeError):
        told = json.loads(part.note.read_text("utf-8"))
        if told.get("url") == url and told.get("mark"):
            part.mark, part.total = str(told["mark"]), int(told.get("total") or 0)
            return part
    part.drop()
    return part


def download(url: str, place: Path) -> Generator[Progress, None, Part]:
    """The file of an address, whole, under a hidden name beside its place: who called checks it, uses it and drops it.

    UserError where it could not be had; what was received stays for the next call, if the server knows it again.
    """
    part = _left_by_earlier(place, url)
    for pause in (*PAUSES, None):
        try:
            yield from _receive(part)
            return part
        except urllib.error.HTTPError as error:
            error.close()
            if error.code < 500:
                part.drop()
                raise UserError(f"{url} was not given: the server says {error.code} {_line(error.reason)}.") from error
            reason: object = f"the server says {error.code} {_line(error.reason)}"
        except urllib.error.URLError as error:
            reason = error.reason
        except _BROKEN as error:
            reason = _line(error) or type(error).__name__
        except UserError:
            if not part.mark:
                # Nobody could go on from it, and it may be what has filled the disk.
                part.drop()
            raise
        if pause is None:
            break
        yield Progress(part.size, part.total, f"Waiting: {reason}", log=f"{url}: {reason}")
        until = time.monotonic() + pause
        while time.monotonic() < until:
            time.sleep(min(pause, 0.2))
            yield Progress(part.size, part.total, f"Waiting: {reason}")
    kept = f" {part.size:,} bytes are kept: call again to go on from there." if part.size and part.mark else ""
    raise UserError(f"{url} could not be fetched: {reason}.{kept}")


def _line(words: object) -> str:
    """What a server or a library says, as one line."""
    return " ".join(str(words).split())


def _receive(part: Part) -> Generator[Progress, None, None]:
    """All that is still to come. Raises an OSError where the connection ends too soon."""
    headers = {"User-Agent": "winnow", "Accept-Encoding": "identity"}
    if part.size and part.total and part.size == part.total:
        return
    if part.size and part.mark:
        headers |= {"Range": f"bytes={part.size}-", "If-Range": part.mark}
    request = urllib.request.Request(part.url, headers=headers)
    try:
        answer = urllib.request.build_opener(_Redirects).open(request, timeout=PATIENCE)
    except urllib.error.HTTPError as error:
        if error.code != 416:
            raise
        error.close()
        part.drop()
        raise ConnectionError("what was kept is of another file; it comes anew") from error
    with answer:
        start = _start(part, answer)
        yield from _write(part, answer, start)


def _start(part: Part, answer: Any) -> int:
    """From where on the answer tells: where the kept bytes end, or the beginning."""
    kept = part.size
    told = _RANGE.fullmatch(answer.headers.get("Content-Range", "")) if answer.status == 206 else None
    if answer.status == 206 and (told is None or int(told[1]) != kept):
        part.drop()
        raise ConnectionError("the server sent another part than was asked for")
    told_length = answer.headers.get("Content-Length") or ""
    length = int(told_length) if told_length.isdecimal() else 0
    start = kept if told is not None else 0
    part.total = start + length if length else 0
    mark = answer.headers.get("ETag", "")
    # A weak mark is no promise of the same bytes.
    part.mark = mark if mark and not mark.startswith("W/") else answer.headers.get("Last-Modified", "")
    part.keep()
    return start


def _write(part: Part, answer: Any, start: int) -> Generator[Progress, None, None]:
    name = part.url.rpartition("/")[2]
    free = shutil.disk_usage(part.path.parent).free
    if part.total - start > free:
        raise UserError(f"{part.path.parent} has {free:,} bytes free; {name} needs {part.total - start:,} more.")
    with _open(part.path, "r+b" if start else "wb") as file:
        file.seek(start)
        while block := answer.read(CHUNK):
            _append(file, block, part.path)
            yield Progress(file.tell(), part.total, f"Fetching {name}: {_megabytes(file.tell(), part.total)}")
    if part.total and part.size != part.total:
        raise ConnectionError(f"the connection ended after {part.size:,} of {part.total:,} bytes")


def _open(path: Path, mode: str) -> BinaryIO:
    try:
        return cast(BinaryIO, path.open(mode))
    except OSError as error:
        raise UserError(f"{path.parent} cannot be written to: {error.strerror}. Choose another folder.") from error


def _append(file: BinaryIO, block: bytes, path: Path) -> None:
    """A full disk is no broken connection: nothing is tried again."""
    try:
        file.write(block)
        file.flush()
    except OSError as error:
        raise UserError(f"{path.parent} cannot be written to: {error.strerror}. Nothing more was fetched.") from error


def _megabytes(done: int, total: int) -> str:
    return f"{done / 1e6:.1f} of {total / 1e6:.1f} MB" if total else f"{done / 1e6:.1f} MB"
