"""What stands behind the routes: requests are read beside the event loop, judged together, counted and kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from typing import Any

import anyio
import anyio.to_thread
from pydantic_core import from_json

from app.service.batches import Batches
from app.service.keeping import Keeper
from app.service.metrics import Metrics
from app.service.options import Options
from app.service.schemas import Prediction, Warned
from models.orders.serving import Served
from models.service import Asked, BadBody

#: So many bodies are read at a time: reading holds the interpreter, and /health must not wait for it.
_READERS = 1


class BadRequest(Exception):
    """All that is wrong with a request."""

    def __init__(self, found: Sequence[BadBody]) -> None:
        super().__init__("; ".join(one.words for one in found))
        self.found = tuple(found)


class Desk:
    """One served run with its queue."""

    def __init__(self, served: Served, options: Options) -> None:
        self.served, self.options = served, options
        self.began = time.monotonic()
        self.metrics = Metrics(lambda: self.batches.waiting)
        self.batches = Batches(served.answer, options.together, options.pause, options.windows, self.metrics.batch)
        self.keeper = Keeper(served.kept) if options.keep else None
        self._readers = anyio.CapacityLimiter(_READERS)

    def close(self) -> None:
        """Answer what waits, write what is kept."""
        self.batches.close()
        if self.keeper is not None:
            self.keeper.close()

    async def one(self, data: bytes | str) -> Prediction:
        """The answer to one body. Raises BadRequest and Full."""
        began = time.perf_counter()
        asked = await anyio.to_thread.run_sync(self._read_one, data, limiter=self._readers)
        return (await self._answered([asked], began))[0]

    async def many(self, data: bytes) -> list[Prediction]:
        """The answers to a batch. Raises BadRequest and Full."""
        began = time.perf_counter()
        asked = await anyio.to_thread.run_sync(self._read_many, data, limiter=self._readers)
        return await self._answered(asked, began)

    def _read_one(self, data: bytes | str) -> Asked:
        try:
            return self.served.read(_value(data))
        except BadBody as error:
            raise BadRequest([error]) from None

    def _read_many(self, data: bytes) -> list[Asked]:
        try:
            body = _value(data)
            samples = _samples(body, self.options.samples)
        except BadBody as error:
            raise BadRequest([error]) from None
        asked, wrong = [], []
        for number, sample in enumerate(samples):
            try:
                asked.append(self.served.read(sample))
            except BadBody as error:
                wrong.append(BadBody(error.words, "samples", number, *error.place))
        if wrong:
            raise BadRequest(wrong)
        return asked

    async def _answered(self, asked: Sequence[Asked], began: float) -> list[Prediction]:
        answers = await self.batches.answers(asked)
        kept = await asyncio.gather(*map(self._kept, asked))
        out = []
        for one, answer, safe in zip(asked, answers, kept, strict=True):
            self.metrics.answer(answer)
            out.append(
                Prediction(
                    probabilities=None if answer.probabilities is None else dict(answer.probabilities),
                    prediction=answer.prediction, confidence=answer.confidence, run=self.served.run,
                    warnings=[Warned(kind=warned.kind, text=warned.text) for warned in answer.warnings],
                    milliseconds=round(1000 * (time.perf_counter() - began), 2), distance=answer.distance,
                    id=one.options.get("id"), kept=safe,
                )
            )  # fmt: skip
        return out

    async def _kept(self, asked: Asked) -> bool:
        """Keep a request, where it is to be; True once it is on disk."""
        if self.keeper is None or not asked.options.get("keep", True) or not await self.keeper.take(asked):
            return False
        self.metrics.kept()
        return True


def _value(data: bytes | str) -> Any:
    """A JSON value; NaN and Infinity are numbers. Raises BadBody."""
    try:
        return from_json(data, allow_inf_nan=True)
    except ValueError as error:
        raise BadBody(f"this is not JSON: {error}") from None


def _samples(body: Any, most: int) -> list[Any]:
    if not isinstance(body, dict) or not isinstance(body.get("samples"), list):
        raise BadBody('a batch is {"samples": [request, …]}', "samples")
    if extra := [name for name in body if name != "samples"]:
        raise BadBody("this is not known; there is samples", str(extra[0])[:80])
    samples: list[Any] = body["samples"]
    if not 1 <= len(samples) <= most:
        raise BadBody(f"1 to {most} requests are expected, there are {len(samples)}", "samples")
    return samples
