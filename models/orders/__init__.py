"""The acts of the loop: generators of Progress with JSON-able results, found by name."""

from __future__ import annotations

import importlib
from collections.abc import Iterator, Mapping
from typing import cast

from models.job import Order

_PLACES = {
    "import_samples": "importing",
    "label_file": "importing",
    "edit": "editing",
    "measure": "editing",
    "propose": "editing",
    "find": "finding",
    "complete": "completing",
    "train": "training",
    "track": "tracking",
    "predict": "predicting",
    "evaluate": "evaluating",
    "rescore": "evaluating",
    "compare": "comparing",
    "queue": "queueing",
    "explain": "explaining",
    "explain_samples": "explaining",
    "figures": "figures",
    "study": "studying",
    "export": "exporting",
    "fetch": "fetching",
    "fake": "faking",
    "make_demo": "faking",
    "check": "upkeep",
    "purge": "upkeep",
    "locate": "upkeep",
    "project_map": "mapping",
    "stage": "staging",
    "similar": "likeness",
    "cluster": "rapid",
    "spread_labels": "rapid",
    "external": "external",
    "apply_remedy": "applying",
    "learning_curve": "learning",
    "leak": "leaking",
    "matrix": "matrix",
    "pipeline": "pipeline",
    "metadata_alone": "metadata",
    "agreement": "agreeing",
    "examine_model": "doctoring",
    "carry_run": "carrying",
    "carry_labels": "matching",
    "calibrate": "carrying",
    "adopt_model": "doctoring",
    "watch": "alerting",
}


class _Orders(Mapping[str, Order]):
    """The orders by name; a module is loaded when one of its orders is asked for."""

    def __getitem__(self, name: str) -> Order:
        module = importlib.import_module(f"{__name__}.{_PLACES[name]}")
        return cast(Order, getattr(module, name))

    def __iter__(self) -> Iterator[str]:
        return iter(_PLACES)

    def __len__(self) -> int:
        return len(_PLACES)


ORDERS: Mapping[str, Order] = _Orders()
