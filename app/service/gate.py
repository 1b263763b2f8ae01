"""The gate before all routes: who may come in, how much at a time, and how long it may take. Plain ASGI."""

from __future__ import annotations

import asyncio
import json
import math
import time
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import SplitResult, urlsplit

from app.service.limits import Pace, Room
from app.service.metrics import Metrics
from app.service.options import Options, is_local
from app.service.tokens import Caller, Tokens

Scope = MutableMapping[str, Any]
Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Scope, Receive, Send], Awaitable[None]]

#: What is answered to anybody, and what does not count against a caller's pace.
_OPEN, _FREE = ("/health", "/docs", "/openapi.json"), ("/health", "/metrics")
#: More lists, objects and texts are no request: to make them all of "[],[],…" would hold up everybody for seconds.
_PARTS = 200_000
#: Bodies that are read on the event loop are no longer than this.
_LONGEST = {"/labels": 4 << 20}
#: Of a body that is refused so many bytes are read off, so that whoever sends it reads the answer.
_DRAINED, _DRAIN_SECONDS = 1 << 30, 20.0


class Turns:
    """One part of one body is read in each round of the event loop, so that a thousand bodies hold up nobody else.

    The server reads no further from a caller before the part it has is taken, so who waits here is not read at all;
    who sends slowly waits outside.
    """

    def __init__(self) -> None:
        self._lock = asyncio.Lock()

    async def take(self) -> None:
        """Wait for the turn to read a part."""
        async with self._lock:
            await asyncio.sleep(0)


class Refusal(Exception):
    """Why a request is not let in."""

    def __init__(self, status: int, words: str, headers: tuple[tuple[str, str], ...] = ()) -> None:
        super().__init__(words)
        self.status, self.words, self.headers = status, words, headers


def busy(words: str, seconds: float, status: int = 503) -> Refusal:
    """A refusal that says when to come again."""
    return Refusal(status, words, (("retry-after", str(max(math.ceil(seconds), 1))),))


def check_parts(count: int) -> None:
    """Raise Refusal for more signs of lists, objects and texts than a request can have."""
    if count > _PARTS:
        raise Refusal(413, f"a request holds {_PARTS:,} lists, objects and texts at most")


def _too_large(most: int) -> Refusal:
    return Refusal(413, f"a request has {most / (1 << 20):g} MiB at most: send less at once")


@dataclass
class _Coming:
    """What of a request has come in; to wait for more of a body that is there whole would hold up its answer."""

    receive: Receive
    whole: bool = False

    async def __call__(self) -> Message:
        message = await self.receive()
        self.whole = message["type"] == "http.disconnect" or not message.get("more_body", False)
        return message


@dataclass
class Share:
    """What one request has of the room: a count, for a body may come in a hundred thousand parts."""

    room: Room
    count: int = 0

    def take(self, count: int) -> None:
        """Take so many bytes more. Raises Refusal."""
        if not self.room.take(count):
            raise busy("too much is being read at this moment", 1)
        self.count += count


@dataclass
class _Sent:
    """What of an answer has gone out."""

    send: Send
    status: int = 0
    headers: list[tuple[bytes, bytes]] = field(default_factory=list)

    async def __call__(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = int(message["status"])
        await self.send(message)


class Gate:
    """Lets requests through to an app, whole."""

    def __init__(
        self, app: App, options: Options, tokens: Tokens, metrics: Metrics, routes: frozenset[str], room: Room
    ) -> None:
        self._app, self._options, self._tokens, self._metrics, self._routes = app, options, tokens, metrics, routes
        self._pace, self.room, self._turns = Pace(options.rate), room, Turns()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] == "http":
            await self._request(scope, receive, send)
        elif scope["type"] == "websocket":
            await self._socket(scope, receive, send)
        else:
            await self._app(scope, receive, send)

    def wait(self, caller: Caller, host: str) -> float:
        """Take a permit of a caller: 0, or after how many s there will be one."""
        return self._pace.wait(caller.name or host)

    @contextmanager
    def taking(self, count: int) -> Iterator[Share]:
        """Room for so many bytes within the block, and for more as they come. Raises Refusal."""
        share = Share(self.room)
        try:
            share.take(count)
            yield share
        finally:
            self.room.give(share.count)

    async def _request(self, scope: Scope, receive: Receive, send: Send) -> None:
        began, coming, sent = time.perf_counter(), _Coming(receive), _Sent(send)
        try:
            async with asyncio.timeout(self._options.seconds):
                self._admit(scope)
                if scope["method"] in ("GET", "HEAD"):
                    await self._app(scope, coming, sent)
                else:
                    await self._whole(scope, coming, sent)
        except Refusal as refusal:
            await self._refuse(refusal, scope, coming, sent)
        except TimeoutError:
            if not sent.status:
                await self._refuse(busy("this took too long", self._options.seconds), scope, coming, sent)
        finally:
            route = scope["path"] if scope["path"] in self._routes else "other"
            method = scope["method"] if scope["method"] in ("GET", "HEAD", "POST", "OPTIONS") else "other"
            self._metrics.request(route, method, sent.status, time.perf_counter() - began)

    def _admit(self, scope: Scope) -> None:
        """Raise Refusal for whoever may not come in now; else the scope knows the caller."""
        try:
            caller = self._caller(scope)
        except Refusal as refusal:
            # Who tries tokens has the pace of somebody without one.
            if refusal.status == 401 and (seconds := self.wait(Caller(""), _host_of(scope))):
                raise self._too_fast(seconds) from None
            raise
        scope["caller"] = caller
        if scope["path"] not in _FREE and (seconds := self.wait(caller, _host_of(scope))):
            raise self._too_fast(seconds)

    def _too_fast(self, seconds: float) -> Refusal:
        return busy(f"more than {self._options.rate:g} requests a second", seconds, 429)

    def _caller(self, scope: Scope) -> Caller:
        if (
            not self._tokens.any
            and self._options.local
            and not is_local(_parts(f"//{_head(scope, 'host')}").hostname or "")
        ):
            # A page of the web may have its own name lead to this machine.
            raise Refusal(403, "without tokens this service answers to this machine's own names alone")
        kind, _, token = _head(scope, "authorization").partition(" ")
        if token:
            caller = self._tokens.caller(token.strip()) if kind.lower() == "bearer" else None
        else:
            caller = Caller("") if scope["path"] in _OPEN or not self._tokens.any else None
        if caller is None:
            raise Refusal(401, "a bearer token is needed that this service knows", (("www-authenticate", "Bearer"),))
        return caller

    async def _whole(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Read the body within the limits and pass it on."""
        told = _head(scope, "content-length")
        length = int(told) if told.isdigit() else 0
        most = min(_LONGEST.get(scope["path"], self._options.body), self._options.body)
        if length > most:
            raise _too_large(most)
        with self.taking(length) as share:
            body = await self._read(receive, length, share, most)
            check_parts(body.count(b"[") + body.count(b"{") + body.count(b'"'))
            await self._app(scope, _replay(body, receive), send)

    async def _read(self, receive: Receive, told: int, share: Share, most: int) -> bytes:
        """The body; for what comes beyond the length that was told room is taken as it comes."""
        parts, count = [], 0
        while True:
            await self._turns.take()
            message = await receive()
            if message["type"] == "http.disconnect":
                raise Refusal(400, "the request ended before its end")
            part = message.get("body", b"")
            more = max(count + len(part) - max(told, count), 0)
            count += len(part)
            if count > most:
                raise _too_large(most)
            if more:
                share.take(more)
            parts.append(part)
            if not message.get("more_body", False):
                return b"".join(parts)

    async def _socket(self, scope: Scope, receive: Receive, send: Send) -> None:
        origin = _head(scope, "origin")
        try:
            self._admit(scope)
            if origin and origin not in self._options.cors and _parts(origin).netloc != _head(scope, "host"):
                raise Refusal(403, "pages of other origins may not ask")
        except Refusal:
            await receive()
            await send({"type": "websocket.close", "code": 1008})
            return
        await self._app(scope, receive, send)

    async def _refuse(self, refusal: Refusal, scope: Scope, coming: _Coming, send: Send) -> None:
        """Answer with the reason; what is still on its way is read off and let go."""
        text = json.dumps({"detail": refusal.words}).encode()
        heads = [(b"content-type", b"application/json"), (b"content-length", str(len(text)).encode())]
        heads += [(name.encode(), value.encode()) for name, value in refusal.headers]
        await send({"type": "http.response.start", "status": refusal.status, "headers": heads})
        await send({"type": "http.response.body", "body": text, "more_body": True})
        # Who waits to be told to go on sends nothing more.
        if scope["method"] not in ("GET", "HEAD") and not _head(scope, "expect"):
            await self._drain(coming)
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _drain(self, coming: _Coming) -> None:
        count = 0
        try:
            async with asyncio.timeout(_DRAIN_SECONDS):
                while count < _DRAINED and not coming.whole:
                    await self._turns.take()
                    count += len((await coming()).get("body", b""))
        except TimeoutError:
            return


def _head(scope: Scope, name: str) -> str:
    wanted = name.encode()
    return next((value.decode("latin-1") for key, value in scope["headers"] if key == wanted), "")


def _parts(address: str) -> SplitResult:
    """The parts of an address; none of what is no address."""
    try:
        return urlsplit(address)
    except ValueError:
        return urlsplit("")


def _host_of(scope: Scope) -> str:
    client = scope.get("client")
    return str(client[0]) if client else ""


def _replay(body: bytes, receive: Receive) -> Receive:
    left = [body]

    async def again() -> Message:
        if left:
            return {"type": "http.request", "body": left.pop(), "more_body": False}
        return await receive()

    return again
