"""The model card (Mitchell et al. 2019) of a run, as Markdown from its record."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from models.learn.words import interval, lone_words, share, signed, tell_beside

_TITLES = {
    "accuracy": "Accuracy",
    "balanced_accuracy": "Balanced accuracy",
    "macro_f1": "Macro F1",
    "auc": "AUC (one against the rest)",
    "log_loss": "Log loss (nats)",
    "kl": "KL from the votes (nats)",
    "calibration_error": "Calibration error",
    "mae": "Mean absolute error (classes)",
    "within_one": "Within one class",
    "quadratic_kappa": "Quadratic kappa",
}
_AGAINST = ("against", "against_by_fold")
_PARTS = {"test": "Test set", "out_of_fold": "Out of fold", "val": "Validation set (chose the model: flatters)"}


def write_card(record: Mapping[str, Any]) -> str:
    """The card of a run record (``run.json``); parts that the record lacks are left out.

    Says what it was trained on, how it was split and whether that is independent, each score with
    interval and chance, per class, what is not known, and how to repeat it.
    """
    parts = [
        f"# Model card: {_clean(record.get('id', 'run'))}",
        _about(record),
        _data(record),
        *_scores(record),
        _fusion(record),
        _limits(record),
        _repeat(record),
    ]
    return "\n\n".join(part for part in parts if part) + "\n"


def _clean(value: Any) -> str:
    """Text that cannot break a Markdown table or heading."""
    return str(value).replace("|", "\\|").replace("\n", " ").strip()


def _lines(pairs: Sequence[tuple[str, Any]]) -> str:
    return "\n".join(f"- {name}: {_clean(value)}" for name, value in pairs if value not in (None, "", [], {}))


def _table(head: Sequence[str], rows: Sequence[Sequence[str]]) -> str:
    lines = [head, ["---"] * len(head), *rows]
    return "\n".join("| " + " | ".join(_clean(cell) for cell in line) + " |" for line in lines)


def _about(record: Mapping[str, Any]) -> str:
    seconds = record.get("seconds")
    return _lines(
        [
            ("Recipe", record.get("recipe")),
            ("Domain", record.get("domain")),
            ("Project", record.get("project")),
            ("Classes", ", ".join(map(str, record.get("classes") or ()))),
            ("Trained", record.get("started")),
            ("Duration", f"{seconds:.1f} s on {record.get('device') or 'cpu'}" if seconds is not None else None),
            ("Continues", record.get("parent")),
        ]
    )


def _data(record: Mapping[str, Any]) -> str:
    split, snapshot = record.get("split") or {}, record.get("snapshot") or {}
    if not split and not snapshot:
        return ""
    independent = split.get("independent")
    lines = [
        ("Labels", f"{snapshot.get('labels')} at event {snapshot.get('position')}" if snapshot else None),
        ("Label snapshot", snapshot.get("sha")),
        ("Split by", split.get("by")),
        *((f"{name.capitalize()} samples", split.get(name)) for name in ("train", "val", "test")),
        ("Groups", ", ".join(f"{name} {number}" for name, number in (split.get("groups") or {}).items())),
        ("Folds", len(split["folds"]) if isinstance(split.get("folds"), list) else split.get("folds")),
        ("Test set version", record.get("test_version")),
        ("Balance", _balance(record.get("balance"))),
    ]
    text = "## Data\n\n" + _lines(lines)
    notes = [f"- {_clean(note)}" for note in split.get("notes") or ()]
    warning = (
        "" if independent in (True, None) else "\n\n**Not independent:** a group stands on both sides of the split."
    )
    return text + ("\n" + "\n".join(notes) if notes else "") + warning


def _balance(balance: Any) -> str | None:
    if isinstance(balance, Mapping):
        return ", ".join(f"{name} {value}" for name, value in balance.items())
    return None if balance is None else str(balance)


def _scores(record: Mapping[str, Any]) -> list[str]:
    metrics = record.get("metrics") or {}
    return [_score(title, metrics[name]) for name, title in _PARTS.items() if metrics.get(name)]


def _fusion(record: Mapping[str, Any]) -> str:
    """How the joined answers of several sets stand beside the best of these, by rule."""
    given = (record.get("metrics") or {}).get("given") or {}
    beside = given.get("beside")
    if not beside:
        return ""
    rows = [
        [rule, share(one["auc"]), interval(one["interval"]), *(_gap(beside[name][rule]) for name in _AGAINST)]
        for rule, one in beside["rules"].items()
    ]
    singles = [
        [beside["best"], share(beside["single"]), interval(beside["single_interval"]), "", ""],
        ["the best of each fold", share(beside["by_fold"]["auc"]), interval(beside["by_fold"]["interval"]), "", ""],
    ]
    head = ["Joined by", "AUC", "95 % interval", f"less {beside['best']}", "less the best of each fold"]
    words = "A single set is chosen on validation alone, and differences are paired over groups."
    return f"## Late fusion\n\n{_table(head, [*rows, *singles])}\n\n{words} {_clean(given.get('words', ''))}"


def _gap(told: Mapping[str, Any]) -> str:
    return f"{signed(told['difference'])} {interval(told['interval'])}".strip()


def _score(title: str, metrics: Mapping[str, Any]) -> str:
    intervals, chance = metrics.get("intervals") or {}, metrics.get("chance") or {}
    rows = [
        [name, share(metrics[key]), interval(intervals.get(key)), share(chance.get(key))]
        for key, name in _TITLES.items()
        if metrics.get(key) is not None
    ]
    by = f", by {metrics['interval_by']}" if metrics.get("interval_by") else ""
    text = f"## {title}: {metrics.get('n', 0)} samples\n\n"
    text += _table(["Metric", "Value", f"95 % interval{by}", "Chance"], rows) if rows else "Nothing could be scored."
    told = (lone_words(metrics), tell_beside((metrics.get("votes") or {}).get("raters")))
    text += "".join(f"\n\n{words}" for words in told if words)
    classes = metrics.get("per_class") or {}
    lines = [
        [
            name,
            str(one.get("n", "")),
            share(one.get("precision")),
            share(one.get("recall")),
            interval(one.get("interval")),
            share(one.get("f1")),
            share(one.get("auc")),
        ]
        for name, one in classes.items()
    ]
    head = ["Class", "n", "Precision", "Recall", "95 % interval", "F1", "AUC"]
    return f"{text}\n\n{_table(head, lines)}" if lines else text


def _limits(record: Mapping[str, Any]) -> str:
    """What the figures do not say."""
    split, metrics = record.get("split") or {}, record.get("metrics") or {}
    lines = ["The intervals are of the drawn samples; they leave out the luck of training."]
    if split.get("independent") is False:
        lines.append("Training and test share groups, so new groups will be harder than these scores.")
    if not metrics.get("test"):
        lines.append("There is no test set: what chose the model also scores it.")
    held_out = metrics.get("test") or metrics.get("out_of_fold") or {}
    for name, one in (held_out.get("per_class") or {}).items():
        if one.get("n", 0) < 20:
            lines.append(f"Class {name} is scored on {one.get('n', 0)} samples only.")
    lines += [str(note) for note in record.get("notes") or () if note not in (split.get("notes") or ())]
    return "## Limits\n\n" + "\n".join(f"- {_clean(line)}" for line in lines)


def _repeat(record: Mapping[str, Any]) -> str:
    params, versions = record.get("params") or {}, record.get("versions") or {}
    text = "## To repeat it\n\n" + _lines([("Seed", record.get("seed"))])
    rows = [[name, str(value)] for name, value in params.items()]
    text += "\n\n" + _table(["Parameter", "Value"], rows) if rows else ""
    return text + (
        "\n\n" + _table(["Package", "Version"], [[n, str(v)] for n, v in versions.items()]) if versions else ""
    )
