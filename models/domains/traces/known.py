"""Mappings that a project keeps of its sources, and which of them reads a further file."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from models.domains.traces.container import Broken
from models.domains.traces.guess import guess
from models.domains.traces.mapping import Mapping, attribute, beside, expand, read_mapping
from models.mapping_text import kept_of


@dataclass(frozen=True)
class Known:
    """A mapping that the project keeps: of which source, and whether a person gave it."""

    source: str
    mapping: Mapping
    given: bool


def read_known(words: str) -> tuple[Known, ...]:
    """The mappings among a project's kept settings (JSON: source → settings); one that is broken is left out."""
    found = kept_of(words, "mapping", read_mapping)
    return tuple(Known(source, mapping, bool(settings.get("given"))) for source, settings, mapping in found)


def known_mapping(h5: Any, name: str, known: Sequence[Known]) -> Known | None:
    """The mapping to read this file by again: its own, else of a file of the same layout; None for none.

    One that was guessed for another file must find what a new guess would find here.
    """
    fitting = [one for one in known if _fits(h5, one.mapping)]
    own = next((one for one in fitting if one.source == name), None)
    chosen = own or next((one for one in fitting if one.given), None)
    if chosen is not None or not fitting:
        return chosen
    try:
        fresh = guess(h5)
    except Broken:
        return fitting[0]
    return next((one for one in fitting if _covers(h5, one.mapping, fresh)), None)


def _fits(h5: Any, mapping: Mapping) -> bool:
    """Whether the mapping finds traces here, and all that it names beside the first of them."""
    found = next(expand(h5, mapping.traces), None)
    if found is None:
        return False
    path = found[0]
    rules = [rule for rule in (mapping.time, mapping.rate, mapping.label, mapping.ids) if rule]
    return all(
        attribute(h5, path, rule[1:]) is not None
        if rule.startswith("@")
        else rule.replace(".", "", 1).isdigit() or beside(path, rule) in h5
        for rule in rules
    )


def _covers(h5: Any, mapping: Mapping, fresh: Mapping) -> bool:
    """Whether a mapping reads the same traces along the same axis, and leaves nothing out that a guess finds."""
    first = [next(expand(h5, one.traces), None) for one in (mapping, fresh)]
    parts = ("time", "rate", "label", "ids", "group")
    same = first[0] is not None and first[1] is not None and first[0][0] == first[1][0] and mapping.axis == fresh.axis
    return same and all(getattr(mapping, part) or not getattr(fresh, part) for part in parts)
