"""Starting the service: the run is loaded, the door is opened, and it answers until it is told to end."""

from __future__ import annotations

import asyncio
import gc
import logging
import os
import signal
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import uvicorn
from uvicorn.protocols.http.auto import AutoHTTPProtocol

from app.service.door import protocol
from app.service.figures import announced
from app.service.limits import Room
from app.service.messages import messages
from app.service.options import Options
from app.service.routes import make_app
from app.service.tokens import Tokens, read_key, tokens_of
from models.errors import UserError
from models.orders.serving import Served

LOG = logging.getLogger("winnow")
#: Bytes that the system takes of each body before it is read here: a thousand at once fill neither memory nor cores.
_AHEAD = 128 << 10
#: A token of the environment, or the file that it stands in, for a container that is given one from outside.
ENVIRONMENT, ENVIRONMENT_FILE = "WINNOW_SERVE_TOKEN", "WINNOW_SERVE_TOKEN_FILE"


def serve(
    project: str, run: str, device: str, options: Options, key: str, anonymous: bool, told: Callable[[str, str], None]
) -> None:
    """Answer requests until a signal ends it. told: the address and the run, once it listens. Raises UserError."""
    with Served(project, run, device) as served, _listening(options) as door:
        tokens = tokens_of(served.project, read_key(key), given_token())
        check_door(options, tokens, anonymous)
        _recover(served)
        served.warm()
        room = Room(options.room)
        config = uvicorn.Config(
            make_app(served, options, tokens, room), log_config=None, access_log=False, server_header=False,
            # What is packed would be larger than it looks.
            ws_max_size=options.body, ws_per_message_deflate=False, ws=messages(room, options.seconds),
            backlog=2048, timeout_graceful_shutdown=10, lifespan="on",
            http=protocol(AutoHTTPProtocol, options.seconds),
        )  # fmt: skip
        host, port = door.getsockname()[:2]
        told(f"http://{f'[{host}]' if ':' in host else host}:{port}", served.run)
        # What is loaded by now stays for good: to look through it all for garbage would hold up every answer by 0.3 s.
        gc.collect()
        gc.freeze()
        try:
            with announced(served.project.cache, port, served.run), _ending():
                asyncio.run(uvicorn.Server(config).serve([door]))
        finally:
            # What stays frozen is never freed, and torch's compiled parts would complain of that at length.
            gc.unfreeze()


def _recover(served: Served) -> None:
    """What a service that was killed had kept becomes samples; where that fails, this one answers all the same."""
    try:
        if added := served.kept.recover():
            LOG.info("%d requests that an earlier service kept are samples now", added)
    except (UserError, OSError) as error:
        LOG.error("requests that an earlier service kept could not be made samples: %s", error)


@contextmanager
def _ending() -> Iterator[None]:
    """A signal that ended the service is no failure: the server raises it again when it has closed."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, _pass) for number in (signal.SIGINT, signal.SIGTERM)}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


def _pass(number: int, frame: FrameType | None) -> None:
    LOG.info("the service ended by signal %d", number)


def given_token() -> str:
    """The token of the environment, "" for none. Raises UserError for a file that can't be read or is empty."""
    path = os.environ.get(ENVIRONMENT_FILE, "")
    if not path:
        return os.environ.get(ENVIRONMENT, "")
    try:
        token = Path(path).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise UserError(f"{path}, which {ENVIRONMENT_FILE} names, can't be read ({error}).") from None
    if not token:
        raise UserError(f"{path}, which {ENVIRONMENT_FILE} names, is empty: write a token into it.")
    return token


def check_door(options: Options, tokens: Tokens, anonymous: bool) -> None:
    """Raise UserError where anybody could come in from elsewhere."""
    if not options.local and not tokens.any and not anonymous:
        raise UserError(
            f"{options.host} can be reached from elsewhere, and there is no token: make one with --new-token NAME, "
            "or say --anonymous."
        )


def _listening(options: Options) -> socket.socket:
    try:
        family, kind, proto, _, address = socket.getaddrinfo(
            options.host, options.port, type=socket.SOCK_STREAM, flags=socket.AI_PASSIVE
        )[0]
        door = socket.socket(family, kind, proto)
    except OSError as error:
        raise UserError(f"{options.host}: this host can't be listened on ({error.strerror}).") from None
    try:
        door.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        door.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, _AHEAD)
        door.bind(address)
        door.listen(2048)
    except OSError as error:
        door.close()
        raise UserError(f"{options.host}:{options.port} can't be listened on ({error.strerror}).") from None
    return door
