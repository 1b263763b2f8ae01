"""What the service tells Prometheus: requests, times, batches, classes, how far inputs are from what is known."""

from __future__ import annotations

import math
from collections import deque
from collections.abc import Callable

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, generate_latest

from app.service.machine import Machine
from models.service import Answer

#: The drift is that of so many windows.
RECENT = 500
_TIMES = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30)


class Metrics:
    """The figures of one service, in a registry of its own."""

    def __init__(self, waiting: Callable[[], int]) -> None:
        self.registry = registry = CollectorRegistry()
        registry.register(Machine())
        of = ("route", "method", "status")
        self._requests = Counter("winnow_requests_total", "Requests by route and status.", of, registry=registry)
        self._times = Histogram(
            "winnow_request_seconds", "From a request's first byte to its answer's last.", ("route",),
            buckets=_TIMES, registry=registry,
        )  # fmt: skip
        self._model = Histogram(
            "winnow_model_seconds", "What the model takes for a batch.", buckets=_TIMES, registry=registry
        )
        self._batch = Histogram(
            "winnow_batch_windows", "Windows that are judged together.", buckets=(1, 2, 4, 8, 16, 32, 64),
            registry=registry,
        )  # fmt: skip
        self._classes = Counter("winnow_predictions_total", "Answers by class.", ("class",), registry=registry)
        self._without = Counter(
            "winnow_unreadable_total", "Answers without a class: nothing could be judged.", registry=registry
        )
        self._warned = Counter("winnow_warnings_total", "Warnings by kind.", ("kind",), registry=registry)
        self._distance = Histogram(
            "winnow_input_distance_ratio", "How far inputs are from what the run learnt from; 1 is usual.",
            buckets=(0.5, 0.75, 0.9, 1.1, 1.25, 1.5, 2, 3, 5), registry=registry,
        )  # fmt: skip
        self._drift = Gauge(
            "winnow_input_drift_ratio", f"The mean distance of the last {RECENT} inputs; 1 is no drift.",
            registry=registry,
        )  # fmt: skip
        self._drift.set(math.nan)  # nothing is known before the first input
        self._kept = Counter("winnow_kept_total", "Requests that are kept as samples.", registry=registry)
        Gauge("winnow_waiting_windows", "Windows that wait for the model.", registry=registry).set_function(waiting)
        self._recent: deque[float] = deque(maxlen=RECENT)

    def text(self) -> bytes:
        """All figures as Prometheus reads them."""
        return generate_latest(self.registry)

    def request(self, route: str, method: str, status: int, seconds: float) -> None:
        """Count a request that has been answered."""
        self._requests.labels(route, method, str(status)).inc()
        self._times.labels(route).observe(seconds)

    def batch(self, windows: int, seconds: float) -> None:
        """Count a batch that was judged."""
        self._batch.observe(windows)
        self._model.observe(seconds)

    def answer(self, answer: Answer) -> None:
        """Count an answer with its warnings and its distance; one without a class is counted apart."""
        for warned in answer.warnings:
            self._warned.labels(warned.kind).inc()
        if answer.prediction is None:
            self._without.inc()
            return
        self._classes.labels(answer.prediction).inc()
        if answer.distance is not None:
            self._distance.observe(answer.distance)
            self._recent.append(answer.distance)
            self._drift.set(sum(self._recent) / len(self._recent))

    def kept(self) -> None:
        """Count a request that is kept."""
        self._kept.inc()
