"""What a person reads first of an answer in the terminal; ``--json`` and ``winnow runs`` tell the rest."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

_SCORES = ("balanced_accuracy", "accuracy", "macro_f1", "auc", "log_loss", "kl")


def recipe_lines(recipes: Sequence[Mapping[str, Any]]) -> Iterator[str]:
    """Each recipe with the names of its presets, and below it a line for each of its parameters."""
    for recipe in recipes:
        yield f"{recipe['name']}: {recipe['title']}"
        if recipe["presets"]:
            yield f"  --preset {', '.join(map(_quoted, recipe['presets']))}"
        yield from map(_parameter_line, recipe["params"])


def _parameter_line(param: Mapping[str, Any]) -> str:
    """A parameter as its flag with what it is without that, what it is for, and what it may be."""
    value = param["default"]
    if isinstance(value, bool):
        value = "yes" if value else "no"
    elif isinstance(value, list | tuple):
        value = ",".join(map(str, value))
    unit = f" {param['unit']}" if param["unit"] else ""
    choices = f" [{', '.join(map(str, param['choices']))}]" if param["choices"] else ""
    return f"  --{param['name'].replace('_', '-')} {'–' if value == '' else value}{unit}  {param['help']}{choices}"


def _quoted(name: str) -> str:
    return f'"{name}"' if " " in name else name


def training_told(run: dict[str, Any], project: str) -> dict[str, Any]:
    """What a person wants to know of a training at first; ``winnow runs`` and ``--json`` tell the rest."""
    from models.learn.words import lone_words, tell_beside
    from models.store.runs import JUDGES

    split, metrics = run["split"], run["metrics"]
    scored = [part for part in JUDGES if part and metrics.get(part)]
    shown = scored[:1] + [part for part in scored[1:] if part == "out_of_fold"]
    scores = [row for part in shown for row in _scores(part, metrics[part])]
    parts = {name: split[name] for name in ("train", "val", "test") if name in split}
    beside = tell_beside((metrics[scored[0]].get("votes") or {}).get("raters")) if scored else ""
    lone = lone_words(metrics[scored[0]]) if scored else ""
    notes = [note for note in run.get("notes") or () if not lone or not note.startswith(lone.partition(" of one ")[0])]
    return {
        "run": run["run"],
        "recipe": run["recipe"],
        "split": {"by": split.get("by"), **parts, "notes": split.get("notes", [])},
        "scores": scores,
        **({"sets": _sets(metrics["given"])} if metrics.get("given") else {}),
        **({"joined": metrics["given"]["words"]} if (metrics.get("given") or {}).get("words") else {}),
        **{name: run[name] for name in ("words", "weights", "tracked") if run.get(name)},
        **({"bounds": lone} if lone else {}),
        **({"notes": notes} if notes else {}),
        **({"raters": beside} if beside else {}),
        "seconds": run.get("seconds"),
        "folder": run["folder"],
        "more": f"winnow runs {project} {run['run']}, or card.md in the folder",
    }


def _sets(given: dict[str, Any]) -> list[dict[str, Any]]:
    """The AUC of each set over its patients: the mean of the folds where it is defined, and of all together."""
    sets = {**given["sets"], **({"all joined": given["fusion"]} if len(given["sets"]) > 1 else {})}
    return [
        {
            "set": name,
            "AUC": told["mean"]["group"]["auc"],
            "± sd": told["sd"]["group"]["auc"],
            "folds": f"{told['counted']['group']['auc']} of {len(told['folds'])}",
            "pooled": told["pooled"]["group"]["auc"],
            "interval": told["intervals"]["group"]["auc"],
        }
        for name, told in sets.items()
    ]


def evaluation_told(told: dict[str, Any]) -> dict[str, Any]:
    """What a person wants to know of an evaluation at first; ``--json`` tells the rest."""
    from models.learn.words import lone_words

    classes = [str(name) for name in told["classes"]]
    counts = [
        {"labelled": name, **{f"predicted {other}": count for other, count in zip(classes, row, strict=True)}}
        for name, row in zip(classes, told["confusion"], strict=True)
    ]
    head = {name: value for name, value in told.items() if name not in ("metrics", "confusion", "intervals", "classes")}
    more = "scores by class and column: the same call with --json"
    lone = lone_words(told["metrics"])
    bounds = {"bounds": lone} if lone else {}
    return {**head, "scores": _scores(told["part"], told["metrics"]), **bounds, "confusion": counts, "more": more}


def _scores(part: str, metrics: dict[str, Any]) -> list[dict[str, Any]]:
    """The first scores of a part, each with its interval and its chance line."""
    return [
        {
            "part": part,
            "n": metrics.get("n"),
            "score": name,
            "value": metrics[name],
            "interval": metrics.get("intervals", {}).get(name),
            "chance": metrics.get("chance", {}).get(name),
        }
        for name in _SCORES
        if metrics.get(name) is not None
    ]


def external_told(told: dict[str, Any]) -> dict[str, Any]:
    """The figures of an external validation as a person reads them."""
    from models.learn.words import interval, plural, share, signed

    def scored(one: dict[str, Any]) -> str:
        return f"{share(one['balanced_accuracy'], 3)} {interval((one['intervals'] or {}).get('balanced_accuracy'), 3)}"

    lines = {}
    for one in told["remedies"]:
        name = f"{one['name']} {plural(one['labels'], 'label')}" if one["labels"] else one["name"]
        done = one["state"] == "done"
        lines[name] = f"{scored(one)} {signed(one['difference'], 3)}" if done else f"not done: {one['why']}"
    test = told["test"]
    groups = plural(len(test["groups"]), "group")
    return {
        "run": told["run"],
        "on": told["on"],
        "balanced_accuracy": {"inside": scored(told["inside"]), "outside": scored(told["outside"])},
        "test": f"{plural(test['n'], 'sample')} of {groups}, locked; labels of {test['pool']} others",
        "shift": {one["title"]: share(one["auc"], 2) for one in told["shifts"]["traits"]},
        "remedies": lines or "none",
        "notes": told["notes"],
    }


def leak_line(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the leak meter as a line of a terminal bears it: two scores with interval and chance."""
    shown = {"trained": row["title"], "n": row["n"]}
    for score in ("auc", "balanced_accuracy"):
        interval, chance = row["intervals"].get(score), row["chance"].get(score)
        shown |= {score: row[score], f"{score} interval": interval, f"{score} chance": chance}
    return shown
