"""Runs told to MLflow, on a server or in a folder: parameters, curves, scores, files. Nothing else knows of it.

A run is told when it is finished and whole, so that nothing here can make a training fail; its times are the true ones.
"""

from __future__ import annotations

import logging
import math
import os
import re
import time
import warnings
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from datetime import datetime
from importlib.util import find_spec
from pathlib import Path
from typing import Any

from models.errors import UserError, lacking
from models.job import Progress, Steps
from models.orders.naming import needed_folder, place
from models.store.project import Project

#: What stands for the project's own folder, and the name of that folder.
LOCAL, FOLDER = "local", "mlflow"
#: Files of a run that are told. Predictions are not: they name samples, and with them perhaps patients.
FILES, MODEL = ("card.md", "log.txt", "run.json"), "model"
#: So long and so often a server that does not answer is waited for; and nothing is told to anybody else.
_QUIET = {
    "MLFLOW_DISABLE_TELEMETRY": "true",
    "MLFLOW_SUPPRESS_PRINTING_URL_TO_STDOUT": "true",
    "MLFLOW_HTTP_REQUEST_TIMEOUT": "20",
    "MLFLOW_HTTP_REQUEST_MAX_RETRIES": "2",
    "GIT_PYTHON_REFRESH": "quiet",
}
_LONGEST, _TOGETHER = 5000, 90
_ODD = re.compile(r"[^\w\-./ ]")
LOG = logging.getLogger("winnow")


def track(project: str, run: str, to: str) -> Steps:
    """Tell a run of a project: {run, tracked: {uri, id}}. Raises UserError where that fails."""
    check_tracking(to)
    with Project.open(place(project)) as opened:
        record = opened.runs.get(run)
        told = yield from tell({**record.record, "id": record.id}, record.path, opened.path, to)
    if "why" in told:
        raise UserError(f"{record.id} could not be told to {told['uri']}: {told['why']}")
    return {"run": record.id, "tracked": told}


def check_tracking(to: str) -> None:
    """Raise UserError where runs are to be told and MLflow is missing."""
    if to and find_spec("mlflow") is None:
        raise lacking("telling runs to MLflow needs", "mlflow")


def tell(record: Mapping[str, Any], folder: Path, project: Path, to: str) -> Steps:
    """Tell a finished run: {uri, id}, or {uri, why} where that fails; never raises for what a server does."""
    name = record["id"]
    yield Progress(text=f"Telling {name} to {shown(to)}")
    try:
        uri, artifacts = address(to, project)
        with _quiet():
            return {"uri": shown(uri), "id": _told(record, folder, project.name, uri, artifacts)}
    except Exception as error:  # noqa: BLE001  (whatever a server does: the run is kept already)
        why = " ".join(str(error).split()).replace(to, shown(to))[:300] or type(error).__name__
        LOG.warning("%s was not told to %s: %s", name, shown(to), why)
        return {"uri": shown(to), "why": why}


def address(to: str, project: Path) -> tuple[str, str]:
    """The tracking URI, and where files go: a folder becomes a database with the files beside; a server has its own."""
    if "://" in to and not to.startswith("file:"):
        return to, ""
    folder = project / FOLDER if to == LOCAL else place(to.removeprefix("file://").removeprefix("file:"))
    needed_folder(folder)
    return f"sqlite:///{folder / 'mlflow.db'}", (folder / "files").as_uri()


def shown(uri: str) -> str:
    """A URI without the user and the password in it."""
    kind, there, rest = uri.partition("://")
    if not there:
        return uri
    host, slash, path = rest.partition("/")
    return f"{kind}://{host.rpartition('@')[2]}{slash}{path}"


@contextmanager
def _quiet() -> Iterator[None]:
    """MLflow without its telemetry, its long waits and what it says of other libraries."""
    for name, value in _QUIET.items():
        os.environ.setdefault(name, value)
    logging.getLogger("mlflow").setLevel(logging.WARNING)
    logging.getLogger("alembic").setLevel(logging.WARNING)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        yield


def _told(record: Mapping[str, Any], folder: Path, experiment: str, uri: str, artifacts: str) -> str:
    from mlflow import MlflowClient
    from mlflow.entities import Metric, Param

    client = MlflowClient(tracking_uri=uri)
    found = client.get_experiment_by_name(experiment)
    number = found.experiment_id if found else client.create_experiment(experiment, artifacts or None)
    began = _milliseconds(str(record.get("started", "")))
    ended = began + int(1000 * float(record.get("seconds") or 0))
    made = client.create_run(number, start_time=began, tags=_tags(record), run_name=str(record["id"])).info.run_id
    figures = [Metric(name, value, ended, step) for name, value, step in [*curves(record), *scores(record)]]
    words = [Param(name, value) for name, value in params(record)]
    for start in range(0, max(len(figures), len(words)), _TOGETHER):
        end = start + _TOGETHER
        client.log_batch(made, metrics=figures[start:end], params=words[start:end])
    for name in FILES:
        if (folder / name).is_file():
            client.log_artifact(made, str(folder / name))
    if (folder / MODEL).is_dir():
        client.log_artifacts(made, str(folder / MODEL), MODEL)
    client.set_terminated(made, "KILLED" if record.get("stopped_early") else "FINISHED", ended)
    return str(made)


def _milliseconds(started: str) -> int:
    try:
        return int(1000 * datetime.fromisoformat(started).timestamp())
    except ValueError:
        return int(1000 * time.time())


def _tags(record: Mapping[str, Any]) -> dict[str, str]:
    words = {name: str(record.get(name, "")) for name in ("domain", "recipe", "device", "preset", "words")}
    notes = "\n".join(str(note) for note in record.get("notes") or [])
    return {**{f"winnow.{name}": text for name, text in words.items() if text}, "mlflow.note.content": notes[:_LONGEST]}


def params(record: Mapping[str, Any]) -> list[tuple[str, str]]:
    """What the run was made with, as words."""
    split, snapshot = record.get("split") or {}, record.get("snapshot") or {}
    told = {
        "recipe": record.get("recipe"), "seed": record.get("seed"), **dict(record.get("params") or {}),
        "labels": snapshot.get("labels"), "labels_sha": snapshot.get("sha"), "split_by": split.get("by"),
    }  # fmt: skip
    return [(_name(name), str(value)[:_LONGEST]) for name, value in told.items() if value is not None]


def curves(record: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Each number of each epoch: name, value, step."""
    for point in record.get("curves") or []:
        step = int(point["epoch"])
        for name, value in point.items():
            if name != "epoch" and _is_number(value):
                yield _name(name), float(value), step


def scores(record: Mapping[str, Any]) -> Iterator[tuple[str, float, int]]:
    """Each single score as part.name; lists and what is not known are left out."""
    for name, value in _flat(record.get("metrics") or {}, ""):
        yield name, value, 0


def _flat(value: Any, name: str) -> Iterator[tuple[str, float]]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _flat(item, f"{name}.{_name(str(key))}" if name else _name(str(key)))
    elif _is_number(value):
        yield name, float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool) and math.isfinite(value)


def _name(text: str) -> str:
    """A name as MLflow allows it."""
    return _ODD.sub("_", text)[:200]
