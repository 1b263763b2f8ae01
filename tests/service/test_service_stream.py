"""The WebSocket lets in and turns away as the other routes do, and a message that is too much is told so."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from starlette.websockets import WebSocketDisconnect

from tests.service.conftest import Asking, noise, serving

URL = "ws://127.0.0.1/stream"


def opens(asking: Asking, **heads: str) -> bool:
    try:
        with asking.client.websocket_connect(URL, headers=heads):
            return True
    except WebSocketDisconnect as refused:
        return refused.code != 1008


def said(asking: Asking, text: str) -> Any:
    with asking.client.websocket_connect(URL) as socket:
        socket.send_text(text)
        return socket.receive_json()


def test_who_has_no_token_is_not_let_in(own: Path) -> None:
    with serving(own, tokens=True) as asking:
        assert not opens(asking)
        assert not opens(asking, authorization="Bearer " + "x" * 43)
        assert opens(asking, authorization=f"Bearer {asking.reader}")


@pytest.mark.parametrize(
    ("origin", "host", "lets"),
    [
        ("http://evil.example", "127.0.0.1", False),
        ("http://127.0.0.1:81", "127.0.0.1", False),
        ("http://127.0.0.1", "127.0.0.1", True),
        ("http://ward.example", "127.0.0.1", True),
        ("http://evil.example", "evil.example", False),
    ],
)
def test_pages_of_other_origins_are_not_let_in(study: Path, origin: str, host: str, lets: bool) -> None:
    with serving(study, cors=("http://ward.example",)) as asking:
        assert opens(asking, origin=origin, host=host) is lets


def test_too_much_is_told_with_when_to_come_again(study: Path) -> None:
    small = json.dumps({"eeg_data": noise()})
    with serving(study, body=len(small)) as asking:
        assert said(asking, small + " ") == {"status": 413, "detail": "the message is too large"}
        assert "prediction" in said(asking, small)
    with serving(study, room=len(small) - 1) as asking:
        answer = said(asking, small)
        assert (answer["status"], answer["retry_after"] >= 1) == (503, True)
    with serving(study, windows=0) as asking:
        answer = said(asking, small)
        assert (answer["status"], answer["retry_after"] >= 1) == (503, True)
    with serving(study, rate=1) as asking, asking.client.websocket_connect(URL) as socket:
        statuses = []
        for _ in range(3):
            socket.send_text("nonsense")
            statuses.append(socket.receive_json())
        assert (statuses[-1]["status"], statuses[-1]["retry_after"]) == (429, 1)
