"""Pieces on a Dask cluster: processes of this machine, or workers anywhere. Nothing else imports Dask.

A worker that dies costs the pieces that it was doing, which others take over. What a piece comes to is the same as
here: its seeds and the threads that it computes with travel with it. Where workers see the folder of the run, arrays
go through files in it, else through the network.
"""

from __future__ import annotations

import hashlib
import logging
import os
import pickle
import re
import secrets
import socket
import tempfile
import time
import warnings
from collections.abc import Callable, Generator, Iterator
from contextlib import ExitStack, contextmanager, suppress
from dataclasses import dataclass, field
from importlib.util import find_spec
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from models.errors import UserError, lacking
from models.job import Progress
from models.learn import hands, machine
from models.learn.pieces import Batch, Here, Outcome, Piece, Place, read_outcome
from models.learn.words import listing, plural
from models.store.atomic import write_whole

#: Seconds that an address, its first worker, and one that comes back are waited for.
ANSWER, FIRST, AGAIN = 10.0, 30.0, 120.0
#: Seconds between two signs of life, and until a file that a worker wrote must be seen here.
PULSE, SEEN = 0.25, 60.0
#: So often a piece that got lost on its way is sent again.
TRIES = 3
#: Other versions of these may not even understand each other.
_TALK = ("python", "dask", "distributed")
_LOCAL = re.compile(r"local(?::(\d+))?")
_REMOTE = re.compile(r"(?:tcp|tls|ucx|wss?)://[^\s/:]+:\d{1,5}/?|(?:tcp|tls)://\[[0-9a-fA-F:]+\]:\d{1,5}")
_PLAIN = re.compile(r"tcp://([^\s/:]+):(\d{1,5})/?")
LOG = logging.getLogger("winnow")


class ClusterLost(UserError):
    """The cluster is gone or of no use; what was finished is kept, and not done again."""


def check_address(address: str) -> None:
    """Raise UserError for an address that says nothing, and where Dask is missing."""
    local = _LOCAL.fullmatch(address)
    if local and local[1] is not None and not 1 <= int(local[1]) <= 1024:
        raise UserError(f"{address} names {local[1]} processes. Give 1 to 1024, such as local:4.")
    if not local and not _REMOTE.fullmatch(address) and not address.endswith(".json"):
        raise UserError(
            f"{address!r} is no address of a cluster. Give local:4 for four processes of this machine, the address of "
            "a scheduler such as tcp://host:8786, or its scheduler file (.json)."
        )
    if find_spec("distributed") is None or find_spec("dask") is None:
        raise lacking("a cluster needs", "cluster")


@contextmanager
def workplace(address: str) -> Iterator[Place]:
    """Where pieces are done: this process for "", else the cluster at the address. UserError where it can't be had."""
    if not address:
        yield Here()
        return
    check_address(address)
    with ExitStack() as stack:
        client = stack.enter_context(_local(address) if _LOCAL.fullmatch(address) else _remote(address))
        yield Cluster(client, address)


@contextmanager
def _local(address: str) -> Iterator[Any]:
    """A client of as many processes of this machine, which end with this one."""
    from distributed import Client, LocalCluster

    found = _LOCAL.fullmatch(address)
    count = int(found[1]) if found and found[1] else os.cpu_count() or 1
    with tempfile.TemporaryDirectory(prefix="winnow-cluster-") as folder, _quiet():
        cluster = LocalCluster(
            n_workers=count,
            threads_per_worker=1,
            processes=True,
            host="127.0.0.1",
            dashboard_address=None,
            memory_limit=0,
            local_directory=folder,
            silence_logs=logging.CRITICAL,
            env={"OMP_WAIT_POLICY": "PASSIVE"},
        )
        try:
            client = Client(cluster, set_as_default=False, timeout=ANSWER)
            try:
                yield client
            finally:
                client.close(ANSWER)
        finally:
            cluster.close(ANSWER)


@contextmanager
def _remote(address: str) -> Iterator[Any]:
    """A client of a scheduler that somebody started. UserError where it does not answer, or speaks otherwise."""
    from distributed import Client

    file = address if address.endswith(".json") else ""
    if file and not Path(file).is_file():
        raise UserError(f"{file} is not there. Start the scheduler with --scheduler-file {file} first.")
    if _is_mute(address):
        raise UserError(
            f"what listens at {address} says nothing within {ANSWER:.0f} s, so it is no scheduler. Start one with: "
            "dask scheduler, and give the address that it prints."
        )
    where: dict[str, Any] = {"scheduler_file": file} if file else {"address": address.rstrip("/")}
    with _quiet():
        try:
            client = Client(**where, set_as_default=False, timeout=ANSWER, name="winnow")
        except (OSError, ValueError, TypeError, KeyError) as error:
            raise UserError(
                f"no scheduler answers at {address} within {ANSWER:.0f} s ({_reason(error)}). Start one with: "
                "dask scheduler, and give the address that it prints."
            ) from None
        try:
            _check_talk(client, address)
            _await_worker(client, address)
            yield client
        finally:
            client.close(ANSWER)


def _is_mute(address: str) -> bool:
    """Whether something listens at a plain address and says nothing: Dask's client would wait for it for ever.

    A scheduler speaks first. An address where nothing listens is not mute.
    """
    found = _PLAIN.fullmatch(address)
    if found is None:
        return False
    try:
        with socket.create_connection((found[1], int(found[2])), ANSWER) as line:
            line.recv(1)
    except TimeoutError:
        return True
    except (OSError, OverflowError):
        return False
    return False


@contextmanager
def _quiet() -> Iterator[None]:
    """Dask says what it has to say to our log at most: what goes wrong is told in our own words."""
    kept = {
        name: logging.getLogger(name).level for name in ("distributed", "distributed.scheduler", "distributed.nanny")
    }
    kept |= {name: logging.getLogger(name).level for name in ("distributed.client", "distributed.core", "bokeh")}
    for name in kept:
        logging.getLogger(name).setLevel(logging.CRITICAL + 1)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", module="distributed")
            yield
    finally:
        for name, level in kept.items():
            logging.getLogger(name).setLevel(level)


def _reason(error: BaseException) -> str:
    words = " ".join(str(error).split())
    return words[:160] or type(error).__name__


def _check_talk(client: Any, address: str) -> None:
    """Raise UserError where scheduler or workers have another Python or Dask."""
    try:
        told = client.get_versions(check=False)
    except (OSError, ValueError, TypeError, KeyError) as error:
        raise UserError(f"{address} does not tell its versions ({_reason(error)}). Is it a Dask scheduler?") from None
    mine = told["client"]["packages"]
    others = {"the scheduler": told["scheduler"]} | {f"the worker {name}": one for name, one in told["workers"].items()}
    for name, one in others.items():
        theirs = (one or {}).get("packages", {})
        wrong = [part for part in _TALK if _short(part, theirs) != _short(part, mine)]
        if wrong:
            words = ", ".join(f"{part} {_short(part, theirs)} there and {_short(part, mine)} here" for part in wrong)
            raise UserError(f"{name} at {address} has other versions: {words}. Install the same ones there.")


def _short(name: str, packages: Any) -> str:
    """A version; of Python the first two numbers."""
    words = str(packages.get(name) or "none")
    return ".".join(words.split(".")[:2]) if name == "python" else words


def _await_worker(client: Any, address: str) -> None:
    """Wait for the first worker. UserError where none comes."""
    until = time.monotonic() + FIRST
    while not _workers(client):
        if time.monotonic() > until:
            raise UserError(
                f"the scheduler at {address} has no worker after {FIRST:.0f} s. Start some with: dask worker {address}."
            )
        time.sleep(PULSE)


def _workers(client: Any) -> dict[str, dict[str, Any]]:
    """What the scheduler knows of its workers, by address; {} where it does not answer."""
    with suppress(OSError, ValueError, KeyError, TypeError):
        return dict(client.scheduler_info(n_workers=-1)["workers"])
    return {}


class Cluster:
    """The place of a Dask cluster."""

    def __init__(self, client: Any, address: str) -> None:
        self.client, self.address = client, address
        self._log: list[dict[str, Any]] = []
        self._most = len(_workers(client))

    def plain(self) -> dict[str, Any]:
        """Address, workers, hosts, and where each piece was done, how long it took."""
        hosts = sorted({one["on"].partition(",")[0] for one in self._log})
        return {"address": self.address, "workers": self._most, "hosts": hosts, "pieces": list(self._log)}

    def steps(self, batch: Batch) -> Generator[Progress, None, None]:
        round_ = _Round(self.client, self.address, batch, self._log)
        try:
            round_.prepare()
            yield from round_.steps()
        finally:
            self._most = max(self._most, len(_workers(self.client)))
            round_.end()


@dataclass
class _Sent:
    """A piece on its way: its future, how often it was sent, what it last told."""

    piece: Piece
    future: Any
    tries: int = 1
    text: str = ""


@dataclass
class _Round:
    """One batch on a cluster, from sending to the last outcome."""

    client: Any
    address: str
    batch: Batch
    log: list[dict[str, Any]]
    token: str = field(default_factory=lambda: f"winnow-{secrets.token_hex(6)}")
    news: SimpleQueue[tuple[str, Any]] = field(default_factory=SimpleQueue)
    sent: dict[str, _Sent] = field(default_factory=dict)

    def prepare(self) -> None:
        """Ask all workers whether they are fit, and bring them what the pieces share."""
        batch = self.batch
        devices = {piece.device for piece in batch.pieces}
        self.needs = hands.needs_of(batch.paths, batch.folder, "cuda" if "cuda" in devices else "cpu")
        self.threads = machine.here()
        shared = self._examine()
        data = pickle.dumps(batch.ground, 5)
        self.digest = hashlib.sha256(data).hexdigest()
        self.data = b"" if shared else data
        self.file = str(batch.folder / f"ground-{self.digest[:16]}") if shared else ""
        if shared:
            write_whole(Path(self.file), lambda file: file.write(data), sync=False)
        self.client.subscribe_topic(self.token, self._hear)

    def _examine(self) -> bool:
        """Whether all workers see the run's folder. UserError for one that is not fit."""
        reports = self._ask(hands.examine, self.needs)
        for name, report in reports.items():
            if isinstance(report, BaseException):
                raise UserError(
                    f"the worker {name} cannot run Winnow ({_reason(report)}). Install the same version there, in the "
                    "environment that the worker is started from."
                )
            if report.troubles:
                raise UserError(f"the worker {name} on {report.who}: {'; '.join(report.troubles)}.")
        return bool(reports) and all(report.shared for report in reports.values())

    def _ask(self, function: Callable[..., Any], *given: Any, workers: list[str] | None = None) -> dict[str, Any]:
        """What each worker answers; what it fails with is its answer. One that is gone meanwhile has none."""
        try:
            found = self.client.run(function, *given, workers=workers, on_error="return")
        except (OSError, ValueError, RuntimeError) as error:
            raise self._lost(_reason(error)) from None
        return {name: one for name, one in found.items() if not isinstance(one, OSError)}

    def _hear(self, event: tuple[float, Any]) -> None:
        self.news.put(("told", event[1]))

    def _send(self, piece: Piece, tries: int = 1) -> None:
        """Send a piece; where GPUs are offered, to one that is free."""
        order = hands.Order(
            piece, self.digest, self.file, str(self.batch.folder) if self.file else "", self.needs, self.threads
        )
        offered = any((one.get("resources") or {}).get("GPU") for one in _workers(self.client).values())
        wanted = {"GPU": 1} if piece.device == "cuda" and offered else None
        place = self.batch.number(piece)
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", message="Sending large graph")
            future = self.client.submit(
                work, order, self.token, key=f"{self.token}-{place}-{tries}", pure=False, resources=wanted,
                priority=-place,
            )  # fmt: skip
        self.sent[piece.name] = _Sent(piece, future, tries)
        future.add_done_callback(lambda ended: self.news.put(("ended", (piece.name, ended))))

    def steps(self) -> Generator[Progress, None, None]:
        """Send all, and take what comes back until nothing is missing."""
        total, alone = len(self.batch.pieces), 0.0
        for piece in self.batch.missing():
            self._send(piece)
        yield self._progress(f"{plural(total, 'piece')} on {self.address}")
        while self.sent:
            try:
                kind, what = self.news.get(timeout=PULSE)
            except Empty:
                alone = self._watch(alone)
                yield self._progress()
                continue
            if kind == "told":
                yield from self._take_word(*what)
            else:
                yield from self._take(*what)

    def _progress(self, log: str = "") -> Progress:
        done, total = len(self.batch.done), len(self.batch.pieces)
        at_work = [one for one in self.sent.values() if one.text]
        more = f": {listing([one.text for one in at_work], 3)}" if at_work else ""
        return Progress(done, total, f"{done} of {total} done{more}", log=log)

    def _take_word(self, name: str, where: str, text: str) -> Generator[Progress, None, None]:
        """Note what a piece tells of itself; where it begins, that is a line of the log."""
        sent = self.sent.get(name)
        if sent is None:
            return
        begun = not sent.text
        sent.text = f"{sent.piece.title}, {text[:1].lower()}{text[1:]}" if text else sent.piece.title
        if begun:
            done, total = len(self.batch.done), len(self.batch.pieces)
            yield Progress(done, total, sent.text, sent.piece.values, f"{sent.piece.title} begun on {where}")

    def _take(self, name: str, future: Any) -> Generator[Progress, None, None]:
        """Take what became of a piece: keep its outcome, send it again, or raise why not."""
        sent = self.sent.get(name)
        if sent is None or sent.future is not future:
            return
        if future.status != "finished":
            self._again(sent, self._failed(sent))
            return
        reply = future.result(timeout=ANSWER)
        outcome = reply.outcome
        if reply.kind == "written":
            outcome = yield from self._read(sent, reply)
        if outcome is None:
            self._refused(sent, reply)
            return
        del self.sent[name]
        self.batch.keep(sent.piece, outcome)
        self.log.append({"piece": sent.piece.title, "on": reply.who, "seconds": reply.seconds, "sent": sent.tries})
        yield self._progress(f"{sent.piece.title} done on {reply.who}")

    def _read(self, sent: _Sent, reply: hands.Reply) -> Generator[Progress, None, Outcome]:
        """The outcome that a worker wrote; a disk in the network may show it late."""
        until = time.monotonic() + SEEN
        file = self.batch.file(sent.piece)
        while (found := read_outcome(file, sent.piece.key)) is None:
            if time.monotonic() > until:
                raise ClusterLost(
                    f"{file}, which the worker on {reply.who} wrote, is not seen here. Is the disk shared?"
                )
            time.sleep(PULSE)
            yield self._progress()
        return found

    def _refused(self, sent: _Sent, reply: hands.Reply) -> None:
        """Bring a worker what it lacks and send the piece again, or raise why it was not done."""
        if reply.kind == "lacking":
            for name, one in self._ask(hands.take, self.digest, self.data).items():
                if isinstance(one, BaseException):
                    raise ClusterLost(f"the worker {name} does not take what the pieces share ({_reason(one)}).")
            self._again(sent, "the workers do not keep what the pieces share")
        elif reply.kind == "fault":
            error = RuntimeError(f"{sent.piece.title} on {reply.who}: {reply.text}")
            error.add_note(reply.trace)
            raise error
        elif reply.kind == "stopped":
            self._again(sent, "it was stopped there")
        else:
            raise UserError(f"{sent.piece.title}: {reply.text}")

    def _failed(self, sent: _Sent) -> str:
        """Why a piece did not come back; raises where it never will."""
        if self.client.status != "running":
            raise self._lost("the connection broke")
        if sent.future.status != "error":
            return "it was lost on its way"
        error = sent.future.exception(timeout=ANSWER)
        if type(error).__name__ == "KilledWorker":
            raise ClusterLost(
                f"{sent.piece.title} ended each worker that took it. Is the memory there too small? Start fewer "
                "workers on a machine; what was finished is not done again."
            )
        return _reason(error)

    def _again(self, sent: _Sent, why: str) -> None:
        if sent.tries >= TRIES:
            raise ClusterLost(f"{sent.piece.title} was sent {sent.tries} times and did not come back: {why}.")
        LOG.info("%s is sent again: %s", sent.piece.title, why)
        self._send(sent.piece, sent.tries + 1)

    def _watch(self, alone: float) -> float:
        """Raise when the scheduler is gone, or all workers for long; since when there is none, 0.0 while there are."""
        if self.client.status not in ("running", "connecting"):
            raise self._lost("the connection broke")
        if self.client.status == "running" and _workers(self.client):
            return 0.0
        alone = alone or time.monotonic()
        if time.monotonic() - alone > AGAIN:
            raise ClusterLost(
                f"the cluster at {self.address} has had no worker for {AGAIN:.0f} s. Start some; what was finished is "
                "not done again."
            )
        return alone

    def _lost(self, why: str) -> ClusterLost:
        return ClusterLost(
            f"the scheduler at {self.address} is gone ({why}). Start it again; what was finished is not done again."
        )

    def end(self) -> None:
        """Stop what is still on its way, and take away what only workers needed."""
        futures = [one.future for one in self.sent.values()]
        self.sent.clear()
        with suppress(Exception):  # a cluster that is gone has nothing to stop
            if futures:
                self.client.cancel(futures, force=True)
            self.client.unsubscribe_topic(self.token)
        for file in (getattr(self, "file", ""), getattr(self, "needs", None) and self.needs.mark[0]):
            if file:
                Path(file).unlink(missing_ok=True)


def work(order: hands.Order, topic: str) -> hands.Reply:
    """Do a piece in a worker of the cluster, and tell how far it is under this topic."""
    from distributed import get_worker

    worker = get_worker()
    key = worker.get_current_task()

    def tell(step: Progress) -> None:
        worker.log_event(topic, [order.piece.name, hands.who(), step.text])

    def wanted() -> bool:
        """False once nobody waits for it any more: cancelled, or who asked is gone."""
        task = worker.state.tasks.get(key)
        return task is not None and task.state in ("executing", "long-running")

    tell(Progress())
    return hands.do(order, Path(worker.local_directory), tell, wanted)
