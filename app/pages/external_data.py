"""What the external page shows of an outcome: rows of its table, lines of its curve, its groups. No Qt."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.external import External
from widgets import numbers
from widgets.charts.chart import Reference, Series
from widgets.charts.group_rows import GroupRow
from widgets.charts.shift_rows import Shift

Told = Mapping[str, Any]
TRAINED = "trained"
ACCURACY, SHARE = "accuracy", "share"
SCORE = "balanced_accuracy"
_TONES = (("text2", "dash"), ("accent", "solid"))


def remedy_rows(told: Told, known: External) -> list[dict[str, Any]]:
    """As trained, then each remedy, also those that were not run."""
    rows = [
        {"id": TRAINED, "name": "As trained", "needs": "no labels", "score": _scored(told["outside"]),
         "auc": told["outside"]["auc"], "change": None, "tip": "The run as it was trained"}
    ]  # fmt: skip
    for one in known.remedies:
        entries = [entry for entry in told["remedies"] if entry["name"] == one.name]
        rows += [_row(entry) for entry in entries]
        if not entries:
            needs = "some labels" if one.labels else "no labels"
            rows.append({"id": one.name, "name": one.title, "needs": f"{needs}, not run", "tip": "Not run yet"})
    return rows


def _row(entry: Told) -> dict[str, Any]:
    needs = (
        numbers.plural(entry["labels"], "label") if entry["labels"] else "some labels" if entry["asks"] else "no labels"
    )
    head = {"id": f"{entry['name']}:{entry['labels']}", "name": entry["title"], "needs": needs}
    if entry["state"] != "done":
        return {**head, "needs": "cannot", "tip": f"Not for this run: {entry['why']}."}
    helps = "helps" if entry["helps"] else "harms" if entry["harms"] else "no difference shown"
    low, high = entry["difference_interval"] or (None, None)
    tip = f"{helps}: {numbers.difference(entry['difference'], low, high)}"
    return {**head, "score": _scored(entry), "auc": entry["auc"], "change": entry["difference"], "tip": tip}


def _scored(one: Told) -> tuple[float | None, float | None, float | None]:
    low, high = (one.get("intervals") or {}).get(SCORE) or (None, None)
    return one.get(SCORE), low, high


def best_of(told: Told) -> Told | None:
    """The remedy that helps most, None where none does."""
    helping = [entry for entry in told["remedies"] if entry["state"] == "done" and entry["helps"]]
    return max(helping, key=lambda entry: float(entry[SCORE]), default=None)


def entry_of(told: Told, name: str) -> Told | None:
    """The entry of a row of the table."""
    return next((entry for entry in told["remedies"] if f"{entry['name']}:{entry['labels']}" == name), None)


def curve_of(told: Told) -> tuple[list[Series], list[Reference], list[tuple[float, str]]]:
    """Balanced accuracy against the number of labels, each number as far from the next; ticks."""
    counts = [0, *told["basis"]["labels"]]
    series: list[Series] = []
    for name in dict.fromkeys(entry["name"] for entry in told["remedies"] if entry["labels"]):
        done = [entry for entry in told["remedies"] if entry["name"] == name and entry["state"] == "done"]
        if not done:
            continue
        start = float(told["outside"][SCORE])
        x = [0.0, *(float(counts.index(entry["labels"])) for entry in done)]
        y = [start, *(float(entry[SCORE]) for entry in done)]
        bands = [entry["band"] or [entry[SCORE]] * 2 for entry in done]
        tone, style = _TONES[min(len(series), 1)]
        low, high = [start, *(band[0] for band in bands)], [start, *(band[1] for band in bands)]
        title = str(done[0]["title"]).lower()
        series.append(Series(title, x, y, low, high, tone=tone, style=style, marker="●", named=True))
    references = [Reference(0.5, "chance")]
    if told["inside"].get(SCORE) is not None:
        value = float(told["inside"][SCORE])
        references.append(Reference(value, f"inside {numbers.share(value, 3)}"))
    return series, references, [(float(at), str(count)) for at, count in enumerate(counts)]


def group_rows(told: Told, chosen: Told | None, what: str) -> list[GroupRow]:
    """Each group of the locked test, the worst first: how much is right, or the share that is looked for."""
    before = {one["group"]: one for one in told["outside"]["groups"]}
    after = {one["group"]: one for one in (chosen or {}).get("groups", ())}
    rows = []
    for name, one in before.items():
        other = after.get(name)
        if what == ACCURACY:
            now = other["accuracy"] if other else None
            rows.append(GroupRow(name, one["n"], one["accuracy"], now))
        else:
            said = other or one
            low, high = said["share_interval"] or (None, None)
            rows.append(GroupRow(name, one["n"], one["labelled_share"], said["share"], low, high))
    if what == SHARE:
        return sorted(rows, key=lambda row: -abs((row.after or 0) - (row.before or 0)))
    return sorted(rows, key=lambda row: row.after if row.after is not None else row.before or 0)


def share_rows(told: Told, chosen: Told | None) -> list[dict[str, Any]]:
    """What was found of each class of the source's own, and of each patient, slide or group with its share."""
    one = chosen or told["outside"]
    rows = [
        {"id": f"class:{stage['class']}", "name": stage["class"], "n": stage["n"],
         "found": _ranged(stage["found"], stage["interval"])}
        for stage in one.get("stages", ()) if stage["n"]
    ]  # fmt: skip
    others = one.get("by", ())
    rows += [_share_row(f"{other['title']} {part['group']}", part) for other in others for part in other["parts"]]
    title = f"{told.get('group', 'Group')} " if others else ""
    return rows + [_share_row(f"{title}{part['group']}", part) for part in one["groups"]]


def _share_row(name: str, part: Told) -> dict[str, Any]:
    return {
        "id": f"part:{name}",
        "name": name,
        "n": part["n"],
        "found": _ranged(part["sensitivity"], part.get("sensitivity_interval")),
        "share": _ranged(part["share"], part["share_interval"]),
        "labelled": part["labelled_share"],
    }


def _ranged(value: float | None, limits: Sequence[float] | None) -> str:
    return numbers.NONE if value is None else numbers.interval(value, *_pair(limits), digits=2)


def stage_words(one: Told) -> str:
    """How much of each class of the source's own was found."""
    parts = [
        f"{stage['class']} {numbers.interval(stage['found'], *_pair(stage['interval']), digits=2)}"
        for stage in one.get("stages", ())
        if stage["n"]
    ]
    return f"Found of each class: {'; '.join(parts)}." if parts else ""


def note_words(told: Told, chosen: Told | None) -> str:
    """What the lines and intervals mean, and what is known of the chosen row."""
    if chosen is not None and chosen["state"] != "done":
        return f"{chosen['title']} is nothing for this run: {chosen['why']}."
    test, inside = told["test"], numbers.share(told["inside"].get(SCORE), 3)
    places = numbers.plural(len(test["groups"]), "locked group")
    words = (
        f"Lines: chance .50 and inside {inside}. Intervals: 95 % by group, with labels over "
        f"{told['basis']['draws']} draws. All on the same {places}; labels come from the others."
    )
    return f"{words} {stage_words(chosen if chosen is not None else told['outside'])}"


def notes_of(told: Told) -> Sequence[str]:
    """What else a person should know."""
    return [str(note) for note in told.get("notes", ())]


def _pair(limits: Sequence[float] | None) -> tuple[float | None, float | None]:
    return (None, None) if limits is None else (limits[0], limits[1])


def shift_rows(told: Told) -> list[Shift]:
    """What differs there, largest first."""
    return [
        Shift(one["title"], one["unit"], one["inside"], one["outside"], one["auc"]) for one in told["shifts"]["traits"]
    ]


#: What the figures and the colours of what shifts are.
SHIFT_TIP = (
    "Two-sample AUC of each and of all together: .50 where inside and outside are alike; grey inside, indigo outside"
)


def shift_words(told: Told) -> str:
    """How far all that differs tells the sources apart."""
    if not told["shifts"]["traits"]:
        return "not looked for yet"
    whole = told["shifts"]["together"]
    apart = ".99+" if whole is not None and whole > 0.995 else numbers.share(whole, 2)
    return f"AUC, all: {apart}"
