"""What is too much, too fast, too large or from elsewhere is refused in time, and nothing else suffers from it."""

from __future__ import annotations

import asyncio
import importlib.util
import json
import threading
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import jwt
import pytest
from prometheus_client.parser import text_string_to_metric_families

from app.service import extra
from app.service.batches import Batches, Full
from app.service.gate import Gate
from app.service.limits import Pace, Room
from app.service.metrics import Metrics
from app.service.options import Options
from app.service.start import check_door
from app.service.tokens import AUDIENCE, Key, Tokens, drop_token, make_token, read_key, tokens_of
from models.errors import UserError
from models.orders.serving import Served
from models.service import Answer, Asked
from models.store.project import Project
from tests.service.conftest import Asking, noise, serving

SECRET = "s" * 40


def test_a_caller_has_a_pace_of_its_own() -> None:
    now = [0.0]
    pace = Pace(2, lambda: now[0])
    assert [pace.wait("a") for _ in range(4)] == [0, 0, 0, 0]
    assert pace.wait("a") == pytest.approx(0.5)
    assert pace.wait("b") == 0
    now[0] = 0.5
    assert pace.wait("a") == 0
    assert pace.wait("a") > 0
    now[0] = 1000
    assert [pace.wait("a") > 0 for _ in range(6)] == [False] * 4 + [True] * 2, "who was away for long saves no more"
    assert all(Pace(0).wait("a") == 0 for _ in range(100))


def test_room_comes_back() -> None:
    room = Room(10)
    assert room.take(8)
    assert not room.take(3)
    room.give(8)
    assert room.take(10)


def test_requests_that_come_together_are_judged_together_and_one_that_breaks_stops_no_other() -> None:
    go, sizes = threading.Event(), []

    def judge(asked: Any) -> list[Answer]:
        go.wait()
        sizes.append(len(asked))
        if any(one.signals == "bad" for one in asked):
            raise ValueError("bad")
        return [Answer({"a": 1.0}, "a", 1.0, ()) for _ in asked]

    async def ask() -> list[Any]:
        batches = Batches(judge, 8, 0.01, 6, lambda _, __: None)
        some = [
            asyncio.ensure_future(batches.answers([Asked(name, (), {})])) for name in ("x", "y", "bad", "z", "u", "v")
        ]
        await asyncio.sleep(0)
        with pytest.raises(Full) as full:
            await batches.answers([Asked("w", (), {})])
        assert full.value.seconds >= 1
        go.set()
        found = await asyncio.gather(*some, return_exceptions=True)
        await asyncio.to_thread(batches.close)
        assert batches.waiting == 0
        return found

    found = asyncio.run(ask())
    assert [isinstance(one, ValueError) for one in found] == [False, False, True, False, False, False]
    assert max(sizes) > 1


def test_a_large_body_is_refused_before_it_is_read(study: Path) -> None:
    with serving(study, body=1 << 20) as asking:
        read: list[int] = []
        asking.served.read = lambda body: read.append(1)  # type: ignore[method-assign,assignment,return-value]
        told = {"content-type": "application/json"}
        large = asking.client.post("/predict", content=b" " * (2 << 20), headers=told)
        assert (large.status_code, large.json()["detail"]) == (413, "a request has 1 MiB at most: send less at once")

        def parts() -> Any:
            yield from [b" " * (1 << 18)] * 8

        assert asking.client.post("/predict", content=parts(), headers=told).status_code == 413
        assert not read


def test_bodies_that_tell_no_length_take_room_as_they_come() -> None:
    sent: list[Any] = []
    held: list[bool] = []
    parts = [b" " * 60] * 3

    async def app(scope: Any, receive: Any, send: Any) -> None:
        raise AssertionError("it has no room")

    async def receive() -> dict[str, Any]:
        if not parts:
            return {"type": "http.request", "body": b"", "more_body": False}
        held.append(gate.room.take(41))
        if held[-1]:
            gate.room.give(41)
        return {"type": "http.request", "body": parts.pop(), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(app, Options(), Tokens({}), Metrics(lambda: 0), frozenset(), Room(100))
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"host", b"localhost")], "client": None}
    asyncio.run(gate(scope, receive, send))
    assert sent[0]["status"] == 503
    assert held[:2] == [True, False], "the first part takes its room before the second one is read"
    assert gate.room.take(100), "and all of it comes back"


@pytest.mark.parametrize("last", [b"[" * 200_001, b"x" * 999_999])
def test_a_body_that_is_refused_once_it_is_there_whole_is_answered_without_a_wait_for_more(last: bytes) -> None:
    sent: list[Any] = []
    parts = [b"[", last]

    async def receive() -> dict[str, Any]:
        return {"type": "http.request", "body": parts.pop(0), "more_body": bool(parts)}

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(_never, Options(body=900_000), Tokens({}), Metrics(lambda: 0), frozenset(), Room(1 << 20))
    scope = {"type": "http", "method": "POST", "path": "/x", "headers": [(b"host", b"localhost")], "client": None}
    asyncio.run(gate(scope, receive, send))
    assert sent[0]["status"] == 413
    assert [message.get("more_body") for message in sent] == [None, True, False], "nothing was left to be read"


def test_too_fast_and_too_much_say_when_to_come_again(study: Path) -> None:
    with serving(study, rate=1) as asking:
        statuses = [asking.client.get("/model").status_code for _ in range(3)]
        again = asking.client.get("/model")
        assert (statuses[0], again.status_code) == (200, 429)
        assert int(again.headers["retry-after"]) >= 1
        assert asking.client.get("/health").status_code == 200
    with serving(study, windows=1) as asking:
        two = {"samples": [{"eeg_data": noise()}, {"eeg_data": noise()}]}
        busy = asking.client.post("/predict_batch", json=two)
        assert busy.status_code == 503
        assert int(busy.headers["retry-after"]) >= 1
        assert asking.predict(eeg_data=noise()).status_code == 200
    with serving(study, room=1000) as asking:
        assert asking.predict(eeg_data=noise()).status_code == 503


def test_a_request_that_takes_too_long_ends() -> None:
    sent: list[Any] = []

    async def never(scope: Any, receive: Any, send: Any) -> None:
        await asyncio.sleep(60)

    async def nothing() -> dict[str, Any]:
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        sent.append(message)

    gate = Gate(never, Options(seconds=0.05), Tokens({}), Metrics(lambda: 0), frozenset(), Room(0))
    scope = {"type": "http", "method": "GET", "path": "/x", "headers": [(b"host", b"localhost")], "client": None}
    asyncio.run(gate(scope, nothing, send))
    assert sent[0]["status"] == 503
    assert (b"retry-after", b"1") in sent[0]["headers"]


def test_without_tokens_only_this_machine_is_answered(asking: Asking) -> None:
    for host in ("evil.example", "[", "[::1", "]"):
        assert asking.client.get("/model", headers={"host": host}).status_code == 403
    assert asking.client.get("/model", headers={"host": "localhost:8000"}).status_code == 200
    assert asking.client.get("/model", headers={"authorization": "Bearer x"}).status_code == 401
    assert "access-control-allow-origin" not in asking.client.get("/model", headers={"origin": "http://a.b"}).headers
    for host in ("127.0.0.1", "localhost", "::1"):
        check_door(Options(host), Tokens({}), anonymous=False)
    with pytest.raises(UserError, match="--new-token"):
        check_door(Options("0.0.0.0"), Tokens({}), anonymous=False)
    check_door(Options("0.0.0.0"), Tokens({"a": {"sha256": "x"}}), anonymous=False)


def test_pages_of_named_origins_may_ask(study: Path) -> None:
    with serving(study, cors=("http://ward.example",)) as asking:
        asked = {"origin": "http://ward.example", "access-control-request-method": "POST"}
        assert asking.client.options("/predict", headers=asked).status_code == 200
        allowed = asking.client.get("/model", headers={"origin": "http://ward.example"}).headers
        assert allowed["access-control-allow-origin"] == "http://ward.example"


def test_a_token_is_kept_as_its_digest_and_can_be_dropped(own: Path) -> None:
    with Project.open(own) as project:
        token = make_token(project, "ada", curator=True)
        assert token not in json.dumps(project.setting("service_tokens"))
        found = tokens_of(project, None).caller(token)
        assert found is not None
        assert (found.name, found.curator) == ("ada", True)
        with pytest.raises(UserError, match="already"):
            make_token(project, "ada", curator=False)
        drop_token(project, "ada")
        assert not tokens_of(project, None).any
        with pytest.raises(UserError, match="no token"):
            drop_token(project, "ada")
        with pytest.raises(UserError, match="too short"):
            tokens_of(project, None, "short")


def test_signed_tokens_are_checked(tmp_path: Path) -> None:
    tokens = Tokens({}, Key(SECRET, ("HS256",)))

    def signed(secret: str = SECRET, **claims: Any) -> str:
        told = {"sub": "ada", "exp": 4_000_000_000, "aud": AUDIENCE, **claims}
        return jwt.encode({name: value for name, value in told.items() if value}, secret, "HS256")

    found = tokens.caller(signed(role="curator"))
    assert found is not None
    assert (found.name, found.curator) == ("ada", True)
    assert not getattr(tokens.caller(signed()), "curator", True)
    for bad in (signed("t" * 40), signed(exp=1), signed(exp=None), signed(aud="other"), signed(sub="file"), "x.y.z"):
        assert tokens.caller(bad) is None
    (tmp_path / "key").write_text("short")
    with pytest.raises(UserError, match="32 bytes"):
        read_key(str(tmp_path / "key"))
    (tmp_path / "key").write_text("-----BEGIN PRIVATE KEY-----")
    with pytest.raises(UserError, match="private key"):
        read_key(str(tmp_path / "key"))


@pytest.mark.parametrize(
    "text",
    ['{"kty": "RSA", "n": "' + "q" * 60 + '"}', "ssh-ed25519 " + "A" * 60, "-----BEGIN CERTIFICATE-----" + "A" * 60],
)
def test_what_is_public_in_another_form_is_no_secret(tmp_path: Path, text: str) -> None:
    (tmp_path / "key").write_text(text)
    with pytest.raises(UserError, match="a form that is not read"):
        read_key(str(tmp_path / "key"))


def test_figures_are_told_as_prometheus_reads_them(asking: Asking) -> None:
    asking.predict(eeg_data=noise())
    asking.client.get("/nothing/here")
    families = {one.name: one for one in text_string_to_metric_families(asking.client.get("/metrics").text)}
    routes = {sample.labels["route"] for sample in families["winnow_requests"].samples}
    assert "/predict" in routes
    assert "other" in routes
    assert "/nothing/here" not in routes
    assert sum(sample.value for sample in families["winnow_predictions"].samples if sample.name.endswith("total")) >= 1
    assert {"winnow_request_seconds", "winnow_batch_windows", "winnow_input_drift_ratio"} <= set(families)
    assert {"process_cpu_seconds", "process_resident_memory_bytes"} <= set(families)
    assert all(one.documentation for one in families.values())


def test_other_domains_have_no_service(tmp_path: Path) -> None:
    Project.create(tmp_path / "cells", "traces").close()
    with pytest.raises(UserError, match="runs of EEG"):
        Served(str(tmp_path / "cells"))


def test_without_the_extra_it_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    extra.check_extra()
    found = importlib.util.find_spec
    monkeypatch.setattr(extra, "find_spec", lambda name: None if name == "fastapi" else found(name))
    with pytest.raises(UserError, match=r"\.\[serve\]"):
        extra.check_extra()


def test_bodies_are_read_in_turns_and_a_slow_sender_holds_up_nobody() -> None:
    order: list[str] = []

    def sender(name: str, parts: int, stuck: asyncio.Event | None = None) -> Any:
        left = [parts]

        async def receive() -> dict[str, Any]:
            if stuck is not None:
                await stuck.wait()
            order.append(name)
            left[0] -= 1
            return {"type": "http.request", "body": b"x", "more_body": left[0] > 0}

        return receive

    async def all_at_once() -> None:
        gate = Gate(_never, Options(), Tokens({}), Metrics(lambda: 0), frozenset(), Room(0))
        stuck = asyncio.Event()
        slow = asyncio.create_task(gate._read(sender("slow", 1, stuck), 9, ExitStack(), 9))
        bodies = await asyncio.gather(*(gate._read(sender(name, 3), 9, ExitStack(), 9) for name in "ab"))
        assert bodies == [b"xxx", b"xxx"]
        assert order == ["a", "b", "a", "b", "a", "b"]
        stuck.set()
        assert await slow == b"x"

    asyncio.run(all_at_once())


def test_a_body_of_nothing_but_signs_is_refused_before_it_is_made_something_of(study: Path) -> None:
    """17 million lists in 50 MB held up /health for ten seconds."""
    told = {"content-type": "application/json"}
    with serving(study) as asking:
        for part in ("[],", "{},", '"",'):
            body = '{"eeg_data":[' + part * 200_001 + "0]}"
            refused = asking.client.post("/predict", content=body, headers=told)
            assert (refused.status_code, "200,000 lists" in refused.json()["detail"]) == (413, True)
        with asking.client.websocket_connect("ws://127.0.0.1/stream") as socket:
            socket.send_text(body)
            assert socket.receive_json()["status"] == 413
        large = asking.client.post("/labels", content=b" " * (5 << 20), headers=told)
        assert (large.status_code, large.json()["detail"]) == (413, "a request has 4 MiB at most: send less at once")
        most = {"samples": [{"eeg_data": [[0]] * 256, "names": ["Fp1"] * 256, "options": {"id": "x"}}] * 64}
        assert asking.client.post("/predict_batch", json=most).status_code == 422, "the most that can be is looked at"


def test_who_tries_tokens_is_held_to_the_pace_of_one_caller(own: Path) -> None:
    with serving(own, tokens=True, rate=1) as asking:
        tried = [asking.client.get("/model", headers={"authorization": f"Bearer {number}"}) for number in range(4)]
        assert [one.status_code for one in tried] == [401, 401, 429, 429]
        assert int(tried[-1].headers["retry-after"]) >= 1
        known = {"authorization": f"Bearer {asking.reader}"}
        assert asking.client.get("/model", headers=known).status_code == 200, "who has one is not held up"


async def _never(*_given: Any) -> None:
    raise AssertionError("nothing is passed on")
