"""What the host's thread does: keep the child, carry commands to it and its reports back."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from multiprocessing import Pipe
from multiprocessing.connection import wait
from threading import Event

from models.job import Failed, Stopped
from workers.messages import Cancel, Command, Ended, Leave, Prime, Report, Run, Started, Stepped
from workers.process import Process, death_words


@dataclass(frozen=True)
class Born:
    """To the host: there is a new child, or (0) none any more."""

    pid: int


News = Report | Born


class Courier:
    """Runs in a thread of its own until told to Leave; `tell` is called there.

    grace: seconds that a cancelled job has to notice before its process is killed; patience: those
    between two steps of one that says that it keeps what it made.
    """

    def __init__(self, device: str, tell: Callable[[News], None]) -> None:
        self.device = device
        self.grace = 5.0
        self.patience = 300.0
        self._tell = tell
        self._inbox: deque[Command] = deque()
        self._knocked = Event()
        self._door, self._bell = Pipe(duplex=False)
        self._child: Process | None = None
        self._run: Run | None = None
        self._tries = 0
        self._deadline: float | None = None
        self._keeping = False
        self._warm = False
        self._leaving = False

    def put(self, command: Command) -> None:
        """From any thread: a command for the child."""
        self._inbox.append(command)
        if not self._knocked.is_set():
            self._knocked.set()
            self._bell.send_bytes(b"!")

    def work(self) -> None:
        """Carry until the end; waits without polling."""
        while not self._leaving:
            self._wait()
            self._carry()
            self._listen()
            if self._deadline is not None and time.monotonic() >= self._deadline:
                self._kill()
        self._end_child()
        self._door.close()
        self._bell.close()

    def _wait(self) -> None:
        things: list[object] = [self._door]
        if self._child is not None:
            things += [self._child.pipe, self._child.death]
        left = None if self._deadline is None else max(0.0, self._deadline - time.monotonic())
        wait(things, left)  # type: ignore[arg-type]

    def _carry(self) -> None:
        """Take the commands out of the inbox."""
        if not self._door.poll():
            return
        self._door.recv_bytes()
        self._knocked.clear()
        while self._inbox:
            command = self._inbox.popleft()
            match command:
                case Run():
                    self._begin(command)
                case Cancel():
                    self._cancel(command)
                case Prime():
                    self._warm = True
                    self._send(command)
                case Leave():
                    self._leave()
                    return

    def _begin(self, run: Run) -> None:
        self._run, self._deadline, self._keeping, self._tries = run, None, False, 1
        self._send(run)

    def _cancel(self, command: Cancel) -> None:
        if self._run is None or self._run.number != command.number:
            return
        if self._deadline is None:
            self._deadline = time.monotonic() + (self.patience if self._keeping else self.grace)
        self._send(command)

    def _leave(self) -> None:
        self._leaving = True
        if self._child is None:
            return
        if self._run is not None:
            self._child.send(Cancel(self._run.number))
        self._child.send(Leave())

    def _send(self, command: Command) -> None:
        """To the child, which is started when there is none."""
        if self._child is None:
            try:
                self._child = Process(self.device)
            except OSError as error:
                self._finish(Failed(f"The worker process could not be started: {error}. The labels are safe."))
                return
            self._tell(Born(self._child.pid))
        self._child.send(command)

    def _listen(self) -> None:
        """Pass the child's reports on; notice its death."""
        if self._child is None:
            return
        dead = self._child.death in wait([self._child.death], 0)
        for report in self._child.reports():  # after the look at its death, so that no last word is lost
            if isinstance(report, Started):
                self._tries = 2
            elif isinstance(report, Stepped):
                self._step(report)
            elif isinstance(report, Ended):
                self._run = self._deadline = None
                dead = dead or report.leaving
            self._tell(report)
        if dead:
            self._bury()

    def _step(self, report: Stepped) -> None:
        """A job that keeps what it made is not deaf."""
        self._keeping = report.steps[-1].keeping
        if self._deadline is not None and self._keeping:
            self._deadline = time.monotonic() + self.patience

    def _bury(self) -> None:
        """The child has ended by itself."""
        assert self._child is not None
        child, run, cancelled = self._child, self._run, self._deadline is not None
        self._child = None
        status = child.end(2.0)
        words = child.last_words()
        self._tell(Born(0))
        if run is None:
            return
        if self._tries == 1 and not cancelled and not self._leaving:  # died idle, before this job began
            self._tries = 2
            self._send(run)
            return
        self._finish(Stopped() if cancelled else _crash(status, words))
        self._rewarm()

    def _kill(self) -> None:
        """The cancelled job is deaf."""
        self._drop(0.0)
        self._finish(Stopped())
        self._rewarm()

    def _rewarm(self) -> None:
        """A job has cost the standby: make a new one."""
        if self._warm and not self._leaving:
            self._send(Prime())

    def _finish(self, ending: Failed | Stopped) -> None:
        run, self._run, self._deadline = self._run, None, None
        if run is not None:
            self._tell(Ended(run.number, ending))

    def _end_child(self) -> None:
        if self._child is not None:
            self._drop(min(self.grace, 2.0))
        self._finish(Stopped())

    def _drop(self, patience: float) -> None:
        assert self._child is not None
        child, self._child = self._child, None
        self._last_reports(child, patience)
        child.end(0.0)
        child.last_words()
        self._tell(Born(0))

    def _last_reports(self, child: Process, patience: float) -> None:
        """Hear a leaving child out, so that what a stopped job kept is known."""
        until = time.monotonic() + patience
        while True:
            gone = bool(wait([child.death], 0))
            for report in child.reports():
                if isinstance(report, Ended):
                    self._run = None
                self._tell(report)
            left = until - time.monotonic()
            if gone or left <= 0:
                return
            wait([child.pipe, child.death], left)


def _crash(status: int, words: str) -> Failed:
    text = (
        f"The worker process ended by itself ({death_words(status)}). "
        "This job is lost; the labels are safe and the next job gets a new process."
    )
    if status == -9:
        text += " The system may have run out of memory."
    return Failed(text, words)
