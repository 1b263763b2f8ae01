"""`await run(host, job)` on the qasync loop."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any

import pytest
import qasync
from PySide6.QtWidgets import QApplication

from models.job import Done, Failed, Stopped
from tests.workers.toys import job
from workers.host import Host, run


def on_loop(qapp: QApplication, work: Coroutine[Any, Any, None]) -> None:
    qapp.setQuitOnLastWindowClosed(False)
    loop = qasync.QEventLoop(qapp, already_running=False)
    try:
        loop.run_until_complete(work)
    finally:
        loop.close()


def test_await_the_end(qapp: QApplication) -> None:
    async def work() -> None:
        host = Host("cpu")
        seen: list[int] = []
        try:
            ending = await run(host, job("count", to=3, pause=0.05), lambda step: seen.append(step.done))
            assert isinstance(ending, Done)
            assert seen == [1, 2, 3]
            assert isinstance(await run(host, job("wrong_file")), Failed)
        finally:
            host.close()

    on_loop(qapp, work())


def test_a_cancelled_task_cancels_its_job(qapp: QApplication) -> None:
    async def work() -> None:
        host = Host("cpu")
        try:
            task = asyncio.ensure_future(run(host, job("count", to=10_000, pause=0.01)))
            other = asyncio.ensure_future(run(host, job("count", to=1)))
            while host.running is None or host.running.last.done < 2:
                await asyncio.sleep(0.01)
            ticket = host.running
            task.cancel()
            with pytest.raises(asyncio.CancelledError):
                await task
            assert isinstance(await other, Done)
            assert ticket.ending == Stopped(None)
        finally:
            host.close()

    on_loop(qapp, work())
