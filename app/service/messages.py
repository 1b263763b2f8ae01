"""Messages of a socket before they are whole: they have room as bodies of requests have, and as long to come."""

from __future__ import annotations

import asyncio
from typing import Any

from uvicorn.protocols.websockets.websockets_sansio_impl import WebSocketsSansIOProtocol

from app.service.limits import Room

#: So many bytes of each socket need no room, so that no sign of life is ever turned away.
_FREE = 64 << 10
#: As RFC 6455 and its registry number the reasons of an end: against a rule, and to be tried again later.
_AGAINST, _LATER = 1008, 1013


class Messages(WebSocketsSansIOProtocol):
    """A connection; it ends where there is no room for what it sends, or where a message does not end in time."""

    room: Room
    seconds: float
    _came = _taken = 0
    _late: asyncio.TimerHandle | None = None

    def data_received(self, data: bytes) -> None:
        self._late = self._late or self.loop.call_later(self.seconds, self._end)
        self._came += len(data)
        more = max(self._came - _FREE, 0) - self._taken
        if not self.room.take(more):
            self._part(_LATER, "too much is being read at this moment")
            return
        self._taken += more
        super().data_received(data)
        # A message that is whole keeps its room until it is received.
        if not self.read_paused and not self.frames and not self.conn.reader.buffer:
            self._give()

    async def receive(self) -> Any:
        message = await super().receive()
        if message["type"] == "websocket.receive":
            self._give()
        return message

    def connection_lost(self, exc: Exception | None) -> None:
        self._give()
        super().connection_lost(exc)

    def _give(self) -> None:
        self.room.give(self._taken)
        self._came = self._taken = 0
        if self._late is not None:
            self._late.cancel()
            self._late = None

    def _end(self) -> None:
        # Who waits for the answer to another message is not late.
        if not self.read_paused:
            self._part(_AGAINST, "this message took too long")

    def _part(self, code: int, words: str) -> None:
        if self.handshake_complete and not self.close_sent:
            self.conn.fail(code, words)
            self.transport.write(b"".join(self.conn.data_to_send()))
            self.close_sent = True
        self.transport.close()


def messages(room: Room, seconds: float) -> type[Messages]:
    """The protocol of sockets that take their room of this one; a message has so many s from its first byte on."""
    return type("Roomed", (Messages,), {"room": room, "seconds": seconds})
