"""Which units may be one: spikeinterface's own search where its analyzer is there, else templates and intervals."""

from __future__ import annotations

import warnings
from collections.abc import Generator, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import numpy.typing as npt

from models.domains.units import analyzer, extensions, similar
from models.domains.units.analyzer import Analyzer
from models.domains.units.load import opened
from models.domains.units.phy import Phy
from models.domains.units.pieces import SPIKES
from models.job import Progress
from models.sample import Samples
from models.structure import MERGE, Edit, Proposal

Index = npt.NDArray[np.int64]
#: Two units of this cosine and this dip at most may be one; with fewer spikes nothing is told of the dip.
ALIKE, DIP, FEWEST = 0.85, 0.35, 50
#: How far two units may be apart in µm.
FAR = 60.0
#: spikeinterface's ways of looking, and what each says of a pair.
_PRESETS = {
    "similarity_correlograms": "they fire alike and avoid each other's spikes",
    "temporal_splits": "one falls silent where the other begins",
}


def propose(samples: Samples, rows: Index) -> Generator[Progress, None, list[Proposal]]:
    """Pairs of these rows that may be one unit, the surest first, each with its reason in words."""
    by_place: dict[tuple[Path, str], list[int]] = {}
    for row in rows.tolist():
        sample = samples.sample(row)
        # Made units stand in no sorting yet; they are looked at once they are written there.
        if sample.source.is_dir() and not sample.meta.get(SPIKES):
            by_place.setdefault((sample.source, sample.group), []).append(row)
    found: list[Proposal] = []
    for (place, group), members in by_place.items():
        yield Progress(text=f"Comparing the units of {group}")
        one = opened(place, samples.sample(members[0]).meta.get("_rate"))
        if one is None:
            continue
        keys = {str(samples.table.column("key")[row].as_py()): row for row in members}
        theirs = _of_spikeinterface(place, keys) if analyzer.is_analyzer(place) else []
        own = yield from _own(one, keys)
        told = {frozenset(proposal.edit.rows) for proposal in theirs}
        found += theirs + [proposal for proposal in own if frozenset(proposal.edit.rows) not in told]
    return sorted(found, key=lambda proposal: -proposal.score)


def _of_spikeinterface(place: Path, keys: dict[str, int]) -> list[Proposal]:
    """What spikeinterface's auto-merge proposes; nothing where it lacks what it needs."""
    from spikeinterface.curation import compute_merge_unit_groups

    found: dict[tuple[int, int], Proposal] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        one = extensions.load_whole(place)
        for preset, words in _PRESETS.items():
            try:
                pairs, told = compute_merge_unit_groups(
                    one, preset=preset, resolve_graph=False, extra_outputs=True, compute_needed_extensions=False
                )
            except Exception:  # noqa: BLE001 - its ways need one extension or another: our own way needs none
                continue
            for pair in pairs:
                proposal = _proposal(one, pair, told, words, keys)
                if proposal is not None:
                    found.setdefault((proposal.edit.rows[0], proposal.edit.rows[1]), proposal)
    return list(found.values())


def _proposal(one: Any, pair: Sequence[Any], told: Any, words: str, keys: dict[str, int]) -> Proposal | None:
    rows = sorted(keys[str(unit)] for unit in pair if str(unit) in keys)
    if len(rows) != 2:
        return None
    first, second = (list(one.unit_ids).index(unit) for unit in pair)
    difference = float(told["templates_diff"][first, second]) if "templates_diff" in told else float("nan")
    apart = float(told["unit_distances"][first, second]) if "unit_distances" in told else float("nan")
    parts = [f"templates differ by {difference:.2f}" if np.isfinite(difference) else ""]
    parts.append(f"{apart:.0f} µm apart" if np.isfinite(apart) else "")
    reason = f"{words}, as spikeinterface finds; {', '.join(part for part in parts if part)}"
    return Proposal(Edit(MERGE, tuple(rows)), 1.0 - (difference if np.isfinite(difference) else 0.5) / 2, reason)


def _own(one: Phy | Analyzer, keys: dict[str, int]) -> Generator[Progress, None, list[Proposal]]:
    """Alike in template, near each other, and with a dip in the cross-correlogram where one neuron has its pause."""
    found: dict[tuple[int, int], Proposal] = {}
    for place, (key, row) in enumerate(keys.items()):
        if place % 20 == 0:
            yield Progress(place, len(keys), f"Comparing the units of {one.folder.name}")
        train = one.train(key)
        for likeness in similar.likenesses(one, key):
            other = keys.get(likeness.key)
            fits = likeness.cosine >= ALIKE and not likeness.distance > FAR and likeness.dip <= DIP
            enough = train is not None and min(train.count, likeness.count) >= FEWEST
            if other is None or not fits or not enough:
                continue
            rows = (min(row, other), max(row, other))
            apart = f", {likeness.distance:.0f} µm apart" if np.isfinite(likeness.distance) else ""
            reason = (
                f"templates alike {likeness.cosine:.2f}{apart}; within 1.5 ms of each other they fire "
                f"{likeness.dip:.2f} times as often as they use to"
            )
            found.setdefault(rows, Proposal(Edit(MERGE, rows), likeness.cosine * (1 - likeness.dip / 2), reason))
    return list(found.values())
