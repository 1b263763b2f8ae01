"""What the routes answer and are sent, as their document tells it."""

from __future__ import annotations

from typing import Any

from pydantic import BaseModel, ConfigDict, Field


class Problem(BaseModel):
    """Why there is no answer."""

    detail: str


class Place(BaseModel):
    """What is wrong, and where: names and numbers from the outside in."""

    loc: list[str | int]
    msg: str
    type: str


class Wrong(BaseModel):
    """All that is wrong with a request."""

    detail: list[Place]


class Warned(BaseModel):
    """What is odd about an input."""

    kind: str
    text: str


class Prediction(BaseModel):
    """What the run says of one window. distance: from what it learnt from, 1 is usual."""

    probabilities: dict[str, float]
    prediction: str
    confidence: float
    run: str
    warnings: list[Warned]
    milliseconds: float
    distance: float | None = None
    id: str | None = None
    kept: bool = False


class Predictions(BaseModel):
    """The same of several, in their order."""

    predictions: list[Prediction]
    run: str
    milliseconds: float


class Health(BaseModel):
    """That the service lives."""

    status: str
    run: str
    waiting: int
    seconds: float


class Runs(BaseModel):
    """The project's runs, newest first."""

    runs: list[dict[str, Any]]


class Rows(BaseModel):
    """Samples of the project."""

    model_config = ConfigDict(extra="allow")
    rows: list[dict[str, Any]]


class Label(BaseModel):
    """One label; an empty one takes the curator's label away."""

    model_config = ConfigDict(extra="forbid")
    sample: str = Field(min_length=1, max_length=4000)
    label: str = Field(max_length=200)


class Labels(BaseModel):
    """Labels that are given as one act."""

    model_config = ConfigDict(extra="forbid")
    labels: list[Label] = Field(min_length=1, max_length=10_000)


class Labelled(BaseModel):
    """The act that they became."""

    changed: int
    event: int
    title: str
