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


_NOTHING = "; null where nothing of the window could be judged, which the warning unreadable tells"


class Prediction(BaseModel):
    """What the run says of one window, or that it can say nothing."""

    probabilities: dict[str, float] | None = Field(description=f"Each class with its share{_NOTHING}.")
    prediction: str | None = Field(description=f"The class of the largest share{_NOTHING}.")
    confidence: float | None = Field(description=f"That share{_NOTHING}.")
    run: str
    warnings: list[Warned]
    milliseconds: float
    distance: float | None = Field(None, description="From what the run learnt from, 1 is usual; null: not known.")
    id: str | None = None
    kept: bool = Field(False, description="Whether it is on disk as a sample to be reviewed.")


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
