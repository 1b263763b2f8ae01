"""What a merge or a split would make, before it is made."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from math import isnan
from typing import Any

from models.domain import Compared, Preview
from models.domains.units.load import load, load_made
from models.domains.units.metrics import BY_NAME
from models.domains.units.pieces import SPIKES
from models.domains.units.structure import make_steps
from models.payload import Payload
from models.sample import Sample, Samples
from models.structure import Edit, Made

#: Measures that are compared, where they are known.
COMPARED = (
    "num_spikes",
    "firing_rate",
    "isi_violations_ratio",
    "isi_violations_count",
    "presence_ratio",
    "amplitude_cv",
)


def preview(samples: Samples, edit: Edit) -> Preview:
    """The units as they are and as they would be, and what is measured on their spikes.

    Raises UserError for what cannot be.
    """

    (step,) = make_steps(samples, [edit], lambda row, key: False)
    before = tuple(payload for row in step.retired for payload in load(samples, row))
    parents = [samples.sample(row) for row in step.retired]
    after: list[Payload] = []
    for made in step.made:
        sample = _sample(parents[0], made)
        if sample.source.is_dir():
            after.append(load_made(sample, f"{made.key}, as it would be"))
    return Preview(before, tuple(after), _compared([parent.meta for parent in parents], step.made))


def _sample(parent: Sample, made: Made) -> Sample:
    name = parent.id.removesuffix(parent.key) + made.key
    return Sample(name, parent.source, made.key, made.group, {**made.columns, SPIKES: made.columns[SPIKES]})


def _compared(parents: Sequence[Mapping[str, Any]], made: Sequence[Made]) -> tuple[Compared, ...]:
    found = []
    for name in COMPARED:
        before = tuple(_number(meta.get(name)) for meta in parents)
        after = tuple(_number(one.columns.get(name)) for one in made)
        if not all(isnan(value) for value in (*before, *after)):
            told = BY_NAME[name]
            found.append(Compared(name, told.title, before, after, told.unit, told.decimals))
    return tuple(found)


def _number(value: Any) -> float:
    return float(value) if isinstance(value, int | float) else float("nan")
