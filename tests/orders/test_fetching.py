"""Fetching from a server on this machine: cut off, resumed, redirected, changed, wrong, and archives that mean harm."""

from __future__ import annotations

import ast
import hashlib
import io
import stat
import threading
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from models.errors import Cancelled, UserError
from models.job import Job
from models.orders import downloads, fetching
from models.orders.archives import unpack
from models.orders.fetching import THINGS, Thing
from workers.inline import run

ROOT = Path(__file__).resolve().parents[2]
DATA = bytes(range(256)) * 4000
DIGITS = hashlib.sha256(DATA).hexdigest()[:8]


@dataclass
class Behaviour:
    """What the server does. cuts: after how many bytes it hangs up, call by call; asked: ranges that were asked for.

    length: what it claims instead of the right one.
    """

    files: dict[str, bytes] = field(default_factory=dict)
    cuts: list[int] = field(default_factory=list)
    mark: str = '"one"'
    resumes: bool = True
    lead: str = ""
    status: list[int] = field(default_factory=list)
    asked: list[str] = field(default_factory=list)
    length: str = ""


@pytest.fixture
def server(monkeypatch: pytest.MonkeyPatch) -> Iterator[tuple[str, Behaviour]]:
    """An address on this machine, and what it does."""
    behaviour = Behaviour()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            answer(self, behaviour)

        def log_message(self, *_given: Any) -> None:
            pass

    served = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=served.serve_forever, args=(0.01,))
    thread.start()
    monkeypatch.setattr(downloads, "PAUSES", (0.0, 0.0, 0.0))
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.delenv(name, raising=False)
    yield f"http://127.0.0.1:{served.server_port}", behaviour
    served.shutdown()
    thread.join()
    served.server_close()


def answer(self: BaseHTTPRequestHandler, behaviour: Behaviour) -> None:
    told = self.headers.get("Range", "")
    behaviour.asked.append(told)
    if behaviour.lead and self.path.startswith("/old"):
        self.send_response(302)
        self.send_header("Location", behaviour.lead)
        self.end_headers()
        return
    status = behaviour.status.pop(0) if behaviour.status else 0
    data = behaviour.files.get(self.path)
    if status or data is None:
        self.send_error(status or 404)
        return
    start = 0
    if told and behaviour.resumes and self.headers.get("If-Range") == behaviour.mark:
        start = int(told.removeprefix("bytes=").rstrip("-"))
    if start >= len(data):
        self.send_error(416)
        return
    self.send_response(206 if start else 200)
    if start:
        self.send_header("Content-Range", f"bytes {start}-{len(data) - 1}/{len(data)}")
    if behaviour.mark:
        self.send_header("ETag", behaviour.mark)
    self.send_header("Content-Length", behaviour.length or str(len(data) - start))
    self.end_headers()
    rest = data[start:]
    self.wfile.write(rest[: behaviour.cuts.pop(0)] if behaviour.cuts else rest)


def fetch(name: str, out: Path, **given: Any) -> Any:
    return run(Job("fetch", {"name": name, "out": str(out)}, "fetch"), **given)


@pytest.fixture
def weights(server: tuple[str, Behaviour], monkeypatch: pytest.MonkeyPatch) -> Behaviour:
    """A weights file of the right content, under the name ``net``."""
    address, behaviour = server
    thing = Thing("weights", f"{address}/net-{DIGITS}.pth")
    monkeypatch.setitem(THINGS, "net", thing)
    behaviour.files[f"/net-{DIGITS}.pth"] = DATA
    return behaviour


def zipped(**files: bytes | str) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return stream.getvalue()


@pytest.fixture
def archive(server: tuple[str, Behaviour], monkeypatch: pytest.MonkeyPatch) -> Behaviour:
    """An archive under the name ``cells`` that is expected to hold two images; a test says what it holds."""
    address, behaviour = server
    monkeypatch.setitem(THINGS, "cells", Thing("cells", f"{address}/cells.zip", counts={(".png",): 2}))
    return behaviour


def left(folder: Path) -> list[str]:
    return sorted(file.name for file in folder.iterdir()) if folder.exists() else []


def test_a_file_comes_whole_and_checked(weights: Behaviour, tmp_path: Path) -> None:
    told = fetch("net", tmp_path / "w")
    (file,) = told["files"]
    assert Path(file).read_bytes() == DATA
    assert left(tmp_path / "w") == [f"net-{DIGITS}.pth"]
    assert DIGITS in told["checked"][0]
    assert "there already" in fetch("net", tmp_path / "w")["notes"][0]
    assert len(weights.asked) == 1


def test_a_cut_connection_is_taken_up_where_it_ended(weights: Behaviour, tmp_path: Path) -> None:
    weights.cuts = [300_000, 1000]
    fetch("net", tmp_path)
    assert weights.asked == ["", "bytes=300000-", "bytes=301000-"]
    assert (tmp_path / f"net-{DIGITS}.pth").read_bytes() == DATA


def test_what_was_received_is_kept_for_the_next_call(weights: Behaviour, tmp_path: Path) -> None:
    weights.cuts = [300_000, 0, 0, 0]
    with pytest.raises(UserError, match=r"300,000 bytes are kept: call again"):
        fetch("net", tmp_path)
    assert not (tmp_path / f"net-{DIGITS}.pth").exists()
    fetch("net", tmp_path)
    assert weights.asked[-1] == "bytes=300000-"
    assert left(tmp_path) == [f"net-{DIGITS}.pth"]


def test_what_was_received_before_a_cancel_is_kept(weights: Behaviour, tmp_path: Path) -> None:
    seen: list[int] = []
    with pytest.raises(Cancelled):
        fetch("net", tmp_path, on_progress=lambda step: seen.append(step.done), cancelled=lambda: len(seen) > 1)
    fetch("net", tmp_path)
    assert weights.asked[-1] == f"bytes={seen[-1]}-"


@pytest.mark.parametrize("change", ["mark", "resumes", "none"])
def test_a_file_that_changed_meanwhile_comes_anew(weights: Behaviour, tmp_path: Path, change: str) -> None:
    if change == "none":
        weights.mark = ""
    weights.cuts = [300_000, 0, 0, 0]
    with pytest.raises(UserError):
        fetch("net", tmp_path)
    if change == "mark":
        weights.mark = '"two"'
    weights.resumes = change != "resumes"
    fetch("net", tmp_path)
    assert (tmp_path / f"net-{DIGITS}.pth").read_bytes() == DATA


def test_a_wrong_hash_is_told_and_nothing_stays(weights: Behaviour, tmp_path: Path) -> None:
    weights.files[f"/net-{DIGITS}.pth"] = DATA[:-1] + b"x"
    with pytest.raises(UserError, match=f"not {DIGITS}: it is damaged or another file"):
        fetch("net", tmp_path)
    assert left(tmp_path) == []
    (tmp_path / f"net-{DIGITS}.pth").write_bytes(b"mine")
    with pytest.raises(UserError, match="with another content"):
        fetch("net", tmp_path)
    assert (tmp_path / f"net-{DIGITS}.pth").read_bytes() == b"mine"


def test_a_redirect_is_followed_on_the_web_alone(
    server: tuple[str, Behaviour], weights: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    address, behaviour = server
    monkeypatch.setitem(THINGS, "net", Thing("weights", f"{address}/old/net-{DIGITS}.pth"))
    behaviour.lead = f"{address}/net-{DIGITS}.pth"
    fetch("net", tmp_path / "one")
    for lead in (f"file://{ROOT}/README.md", "ftp://127.0.0.1/x"):
        behaviour.lead = lead
        with pytest.raises(UserError, match=r"is not allowed|which is not followed"):
            fetch("net", tmp_path / "two")
    assert left(tmp_path / "two") == []


def test_a_safe_address_never_leads_to_one_that_is_not() -> None:
    request = downloads.urllib.request.Request("https://example.org/x")
    with pytest.raises(UserError, match="is not followed"):
        downloads._Redirects().redirect_request(request, None, 302, "", {}, "http://example.org/x")


def test_a_refusal_is_told_and_a_tired_server_is_asked_again(weights: Behaviour, tmp_path: Path) -> None:
    weights.status = [503, 500]
    fetch("net", tmp_path)
    assert len(weights.asked) == 3
    weights.files.clear()
    with pytest.raises(UserError, match="the server says 404"):
        fetch("net", tmp_path / "other")
    assert len(weights.asked) == 4


def test_a_full_disk_is_told_before_anything_comes(
    weights: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    usage = type("Usage", (), {"free": 1000})
    monkeypatch.setattr(downloads.shutil, "disk_usage", lambda _path: usage)
    with pytest.raises(UserError, match="1,000 bytes free"):
        fetch("net", tmp_path)


def test_an_archive_is_unpacked_whole(archive: Behaviour, tmp_path: Path) -> None:
    files = {"m/a.png": "1", "m/b.PNG": "2", "__MACOSX/m/._a.png": "", "m/.DS_Store": "", "m/x.json": "{}"}
    archive.files["/cells.zip"] = zipped(**files)
    archive.cuts = [100]
    told = fetch("cells", tmp_path / "cells")
    found = sorted(file.relative_to(tmp_path).as_posix() for file in (tmp_path / "cells").rglob("*") if file.is_file())
    assert found == ["cells/m/a.png", "cells/m/b.PNG", "cells/m/x.json"]
    assert told["count"] == 3
    assert "cannot be told" in told["notes"][0]
    assert left(tmp_path) == ["cells"]
    with pytest.raises(UserError, match="exists already"):
        fetch("cells", tmp_path / "cells")


def test_an_archive_that_lacks_files_or_is_damaged_leaves_nothing(archive: Behaviour, tmp_path: Path) -> None:
    archive.files["/cells.zip"] = zipped(**{"a.png": "1"})
    with pytest.raises(UserError, match=r"it holds 1 files of \.png where 2 are expected"):
        fetch("cells", tmp_path / "cells")
    whole = bytearray(zipped(**{"a.png": DATA, "b.png": "2"}))
    whole[60] ^= 255
    for data in (bytes(whole), bytes(whole[:200]), b"no archive"):
        archive.files["/cells.zip"] = data
        with pytest.raises(UserError, match="the archive is damaged"):
            fetch("cells", tmp_path / "cells")
    assert left(tmp_path) == []


@pytest.mark.parametrize(
    "name", ["../out.png", "/tmp/out.png", "a/../../out.png", "..\\out.png", "C:/out.png", "a/b:stream"]
)
def test_no_path_leaves_the_folder(archive: Behaviour, tmp_path: Path, name: str) -> None:
    archive.files["/cells.zip"] = zipped(**{"a.png": "1", "b.png": "2", name: "harm"})
    with pytest.raises(UserError, match="leaves its folder"):
        fetch("cells", tmp_path / "in" / "cells")
    assert left(tmp_path / "in") == []
    assert left(tmp_path) == ["in"]


def test_no_link_and_nothing_huge_is_unpacked(tmp_path: Path) -> None:
    place = tmp_path / "x.zip"
    link = zipfile.ZipInfo("way.png")
    link.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(place, "w") as opened:
        opened.writestr(link, "/etc")
    with pytest.raises(UserError, match="a link"):
        list(unpack(place, tmp_path))
    place.write_bytes(zipped(**{"bomb.png": bytes(10_000_000)}))
    with pytest.raises(UserError, match="claims 1 files of 10,000,000 bytes"):
        list(unpack(place, tmp_path, 1_000_000))
    place.write_bytes(zipped(**{"a.png": "1", "A.png": "2"}))
    with pytest.raises(UserError, match="two files of one name"):
        list(unpack(place, tmp_path))


def test_without_a_name_all_are_listed_and_nothing_is_asked(server: tuple[str, Behaviour]) -> None:
    told = run(Job("fetch", {}, "fetch"))
    names = "bbbc041 nih hms resnet34 efficientnet_b0 inception_v3"
    assert [one["name"] for one in told["names"]] == names.split()
    assert all(one["address"].startswith("https://") and one["where"] for one in told["names"])
    assert server[1].asked == []
    with pytest.raises(UserError, match="Did you mean resnet34"):
        run(Job("fetch", {"name": "resnet3"}, "fetch"))


def test_the_weights_are_those_that_the_recipes_look_for() -> None:
    from models.learn.weights import file_names

    for name in ("resnet34", "efficientnet_b0", "inception_v3"):
        assert THINGS[name].file in file_names(name)
        assert fetching._wanted(THINGS[name])


def test_nothing_else_uses_the_network() -> None:
    network = {"urllib.request", "http.client", "requests", "httpx", "ftplib", "aiohttp", "mlflow"}
    users = set()
    for folder in ("models", "app", "widgets", "workers"):
        for file in (ROOT / folder).rglob("*.py"):
            for node in ast.walk(ast.parse(file.read_text("utf-8"))):
                names = [one.name for one in node.names] if isinstance(node, ast.Import) else []
                names += [str(node.module)] if isinstance(node, ast.ImportFrom) else []
                users |= {file.relative_to(ROOT).as_posix() for name in names if name in network}
                if isinstance(node, ast.ImportFrom) and node.module == "models.orders.downloads":
                    users.add(file.relative_to(ROOT).as_posix())
    ours = {f"models/orders/{name}.py" for name in ("downloads", "fetching")}
    # Each of these only where a person has named the address.
    named = {"models/orders/tracking.py", "models/orders/webhook.py", "app/service/figures.py"}
    assert users == ours | named


@pytest.mark.parametrize("length", ["many", "-5", "1.5", "1e3"])
def test_a_length_that_is_none_is_not_believed(length: str, weights: Behaviour, tmp_path: Path) -> None:
    weights.length = length
    (place,) = fetch("net", tmp_path)["files"]
    assert Path(place).read_bytes() == DATA


def test_an_address_that_leads_to_itself_is_told_in_one_line(
    server: tuple[str, Behaviour], monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    address, behaviour = server
    behaviour.lead = f"{address}/old-{DIGITS}.pth"
    monkeypatch.setitem(THINGS, "net", Thing("weights", behaviour.lead))
    with pytest.raises(UserError, match="infinite loop") as raised:
        fetch("net", tmp_path)
    assert "\n" not in str(raised.value)


def test_a_full_disk_is_not_kept_full_by_what_nobody_can_go_on_from(
    weights: Behaviour, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_given: Any) -> None:
        raise UserError("no space")

    monkeypatch.setattr(downloads, "_append", full)
    for mark, left in (("", 0), ('"one"', 2)):
        weights.mark = mark
        with pytest.raises(UserError, match="no space"):
            fetch("net", tmp_path)
        assert len(list(tmp_path.iterdir())) == left
