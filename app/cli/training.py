"""Verbs on recipes, runs, predictions and the review queue."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import click

from app.cli.configured import config_option, filled, is_said
from app.cli.flags import FreeFlags
from app.cli.projects import opened
from app.cli.run import answer, order, settings
from app.cli.verbs import (
    by_option,
    curator,
    device_option,
    overwrite_option,
    project_argument,
    set_option,
    shared,
    where_option,
)

run_option = click.option("--run", default="last", metavar="RUN", help="A run's id or name, best or last.")
#: Seeds are whole numbers that every library takes.
SEEDS = click.IntRange(0, 2**31 - 1)
track_option = click.option(
    "--track", default="", metavar="URI", help="Tell it to this MLflow tracking URI or folder; local: in the project."
)
cluster_option = click.option(
    "--cluster",
    default="",
    metavar="ADDRESS",
    help="Compute on a Dask cluster: local:4 for processes here, tcp://host:8786, or a scheduler file.",
)
seed_option = click.option("--seed", type=SEEDS, default=0, help="Makes it repeatable.")


@click.command("recipes", help="A domain's recipes with their parameters.")
@click.argument("domain")
@shared
def recipes(domain: str, as_json: bool, verbose: bool) -> None:
    from models.domains import domain as find
    from models.params import describe

    listed: list[dict[str, Any]] = []
    for recipe in find(domain).recipes:
        params = [param.plain() for param in describe(recipe.params)]
        presets = {name: dict(values) for name, values in recipe.presets.items()}
        listed.append({"name": recipe.name, "title": recipe.title, "params": params, "presets": presets})
    if as_json:
        answer({"recipes": listed}, True)
        return
    for found in listed:
        click.echo(f"{found['name']}: {found['title']}")
        if found["presets"]:
            click.echo(f"  --preset {', '.join(map(_quoted, found['presets']))}")
        for param in found["params"]:
            click.echo(_line_of(param))


def _line_of(param: Mapping[str, Any]) -> str:
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


@click.command("train", cls=FreeFlags, help="Train, evaluate, record a run. A recipe's parameters are flags too.")
@project_argument
@click.option("--recipe", default="", metavar="R", help="See winnow recipes DOMAIN; needed but for --config.")
@click.option("--preset", default="", help="A preset of the recipe.")
@config_option
@click.option("--split", default="", metavar="FILE", help="A CSV: sample or group, subset, fold.")
@click.option("--split-by", default="", metavar="COLUMN", help="Keep this column together; sample for none.")
@click.option("--test-size", type=click.FloatRange(0, 0.9), default=None, help="Share of the test set.")
@click.option("--split-seed", type=SEEDS, default=None, help="A separate split; the locked test set stays.")
@click.option("--redraw-test", is_flag=True, help="First draw a locked test set anew that parts groups.")
@click.option("--folds", type=click.IntRange(min=0), default=0, help="Cross-validation with so many folds.")
@where_option
@click.option("--max-samples", type=click.IntRange(min=0), default=0, help="At most so many labelled samples.")
@seed_option
@device_option
@cluster_option
@click.option("--resume", is_flag=True, help="Go on with the last interrupted training of this recipe.")
@click.option(
    "--baseline/--no-baseline", default=True, help="Also train the two yardsticks: metadata alone, and the baseline."
)
@click.option("--name", default="", help="A name for the run.")
@click.option("--out", default="", metavar="DIR", help="A copy of the run's folder.")
@track_option
@overwrite_option
@by_option
@set_option
@shared
@click.pass_context
def train(ctx: click.Context, /, project: str, recipe: str, **given: Any) -> None:
    from models.orders.configuration import training_for
    from models.orders.naming import find_domain, find_recipe, place
    from models.params import describe

    as_json, file = given.pop("as_json"), given.pop("config")
    given.pop("verbose")
    with opened(project) as found:
        kind = find_domain(found)
        told = training_for(kind, place(file), recipe) if file else {}
        if not (recipe := recipe or told.pop("recipe", "")):
            raise click.MissingParameter(ctx=ctx, param_type="option", param_hint="--recipe")
        chosen = find_recipe(kind, recipe)
        given["by"] = curator(found, given["by"])
    flags = ctx.meta.get("free flags", {})
    known = [param.name for param in describe(chosen.params)]
    for name in flags:
        if name.replace("-", "_") not in known:
            raise click.NoSuchOption(f"--{name}", possibilities=[f"--{param}" for param in known])
    values = {name.replace("-", "_"): value for name, value in flags.items()}
    said = told.pop("set", {})
    if is_said(ctx, "preset"):
        said = {name: value for name, value in said.items() if name not in chosen.presets.get(given["preset"], {})}
    given["values"] = {**said, **settings(given.pop("sets")), **values}
    run = order("train", {"project": project, "recipe": recipe, **filled(ctx, given, told)}, as_json)
    answer(run if as_json else _told(run, project), as_json)


_SCORES = ("balanced_accuracy", "accuracy", "macro_f1", "auc", "log_loss", "kl")


def _told(run: dict[str, Any], project: str) -> dict[str, Any]:
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


def _judged(told: dict[str, Any]) -> dict[str, Any]:
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


@click.command("predict", help="Predictions with probabilities.")
@project_argument
@click.option("--run", default="", metavar="RUN", help="A run's id or name, best or last.")
@click.option("--model", default="", metavar="FOLDER", help="A run's folder of another project.")
@click.option("--trust", default="", metavar="TYPE,…", help="Types of a model file that you trust.")
@where_option
@click.option("--out", default="", metavar="FILE.csv", help="Where to write the table.")
@device_option
@cluster_option
@overwrite_option
@set_option
@shared
def predict(project: str, trust: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    trusted = [part.strip() for part in trust.split(",") if part.strip()]
    arguments = {"project": project, "trust": trusted, "values": settings(sets), **given}
    answer(order("predict", arguments, as_json), as_json)


@click.command("evaluate", help="Metrics of a run here, or on another project.")
@project_argument
@run_option
@click.option("--on", default="", metavar="OTHER", help="Another project, for external validation.")
@click.option("--keep", is_flag=True, help="Keep it with the run as its newest score.")
@where_option
@click.option("--max-samples", type=click.IntRange(min=0), default=0, help="At most so many samples.")
@seed_option
@device_option
@set_option
@shared
def evaluate(project: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    told = order("evaluate", {"project": project, "values": settings(sets), **given}, as_json)
    answer(told if as_json else _judged(told), as_json)


@click.command("external", help="A run inside and on another project: what shifts, and what helps on one locked test.")
@project_argument
@run_option
@click.option("--on", required=True, metavar="OTHER", help="The other project.")
@click.option("--remedy", "remedies", multiple=True, metavar="NAME", help="Only this one; may be repeated. none: none.")
@click.option("--labels", default="0,10,20,50,100", metavar="N,…", help="How many labels of the other are tried.")
@click.option("--apply", "apply", default="", metavar="NAME", help="Keep this remedy as a run of the other project.")
@click.option("--draws", type=click.IntRange(1, 100), default=5, help="How often such labels are drawn.")
@seed_option
@device_option
@shared
def external(project: str, remedies: tuple[str, ...], labels: str, as_json: bool, verbose: bool, **given: Any) -> None:
    chosen = given.pop("apply")
    if chosen:
        counts = _counts(labels)
        told = order("apply_remedy", {"project": project, "remedy": chosen, **_applied(given, counts)}, as_json)
        answer(told, as_json)
        return
    wanted = None if not remedies else [name for name in remedies if name != "none"]
    arguments = {"project": project, "remedies": wanted, "labels": _counts(labels), **given}
    told = order("external", arguments, as_json)
    answer(told if as_json else _outside(told), as_json)


def _applied(given: dict[str, Any], counts: list[int]) -> dict[str, Any]:
    """What applying a remedy takes of the flags; several numbers of labels, as they are tried, are none."""
    return {
        **{name: value for name, value in given.items() if name != "draws"},
        "labels": counts[0] if len(counts) == 1 else 0,
    }


def _counts(text: str) -> list[int]:
    from models.errors import UserError

    parts = [part.strip() for part in text.split(",") if part.strip()]
    if not all(part.isdigit() for part in parts):
        raise UserError(f"labels is {text!r}: give whole numbers with commas, such as 10,50.")
    return [int(part) for part in parts]


def _outside(told: dict[str, Any]) -> dict[str, Any]:
    """The figures of an external validation as a person reads them."""
    from models.learn.words import interval, share, signed

    def scored(one: dict[str, Any]) -> str:
        return f"{share(one['balanced_accuracy'], 3)} {interval((one['intervals'] or {}).get('balanced_accuracy'), 3)}"

    lines = {}
    for one in told["remedies"]:
        name = f"{one['name']} {one['labels']} labels" if one["labels"] else one["name"]
        done = one["state"] == "done"
        lines[name] = f"{scored(one)} {signed(one['difference'], 3)}" if done else f"not done: {one['why']}"
    test = told["test"]
    return {
        "run": told["run"],
        "on": told["on"],
        "balanced_accuracy": {"inside": scored(told["inside"]), "outside": scored(told["outside"])},
        "test": f"{test['n']} samples of {len(test['groups'])} groups, locked; labels of {test['pool']} others",
        "shift": {one["title"]: share(one["auc"], 2) for one in told["shifts"]["traits"]},
        "remedies": lines or "none",
        "notes": told["notes"],
    }


@click.command("compare", help="Paired bootstrap of two runs on the same test set, and what flipped.")
@project_argument
@click.argument("first", metavar="RUN")
@click.argument("second", metavar="RUN")
@shared
def compare(project: str, first: str, second: str, as_json: bool, verbose: bool) -> None:
    answer(order("compare", {"project": project, "first": first, "second": second}, as_json), as_json)


@click.command("queue", help="What to look at next, and why.")
@project_argument
@run_option
@click.option(
    "--strategy",
    default="blend",
    help="blend (a mixture), uncertainty, label-issue, diversity, disagreement, spread, medoids, boundary, audit.",
)
@click.option("-n", "n", type=click.IntRange(min=0), default=50, help="How many.")
@seed_option
@device_option
@by_option
@shared
def queue(project: str, as_json: bool, verbose: bool, by: str, **given: Any) -> None:
    with opened(project) as found:
        who = curator(found, by)
    answer(order("queue", {"project": project, "by": who, **given}, as_json), as_json)


@click.command("explain", help="Explanations of predictions.")
@project_argument
@run_option
@where_option
@click.option("--out", required=True, metavar="DIR", help="Where to write them.")
@click.option("--layer", default="", metavar="NAME", help="Layer of a network to look into; default the last.")
@device_option
@overwrite_option
@shared
def explain(project: str, as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("explain", {"project": project, **given}, as_json), as_json)


@click.command("figures", help="Report figures (PNG and SVG) and tables of a run.")
@project_argument
@run_option
@click.option("--out", required=True, metavar="DIR", help="Where to write them.")
@click.option("--on", default="", metavar="OTHER", help="Another project, for external validation.")
@click.option(
    "--study", "studies", multiple=True, metavar="NAME", help="Also this study, which trains anew; all: every one."
)
@device_option
@overwrite_option
@shared
def figures(project: str, as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("figures", {"project": project, **given}, as_json), as_json)


@click.command("curve", help="Learning curve of a run's recipe: the score against the number of labels; kept with it.")
@project_argument
@run_option
@click.option("--repeats", type=click.IntRange(min=1), default=3)
@seed_option
@device_option
@shared
def curve(project: str, as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("learning_curve", {"project": project, **given}, as_json), as_json)


@click.command(
    "leak", help="What a split by group takes away from a run's score: by sample, permuted, confounders alone; kept."
)
@project_argument
@run_option
@click.option("--folds", type=click.IntRange(min=2), default=5, show_default=True)
@click.option("--match", default="", metavar="A,B", help="Also on pairs of groups that are alike in these columns.")
@click.option(
    "--draws", type=click.IntRange(1, 1000), default=10, show_default=True, help="Deals of permuted labels, averaged."
)
@seed_option
@device_option
@shared
def leak(project: str, match: str, as_json: bool, verbose: bool, **given: Any) -> None:
    columns = tuple(name.strip() for name in match.split(",") if name.strip())
    told = order("leak", {"project": project, "match": columns, **given}, as_json)
    answer(told if as_json else {**told, "rows": [_in_reach(row) for row in told["rows"]]}, as_json)


def _in_reach(row: Mapping[str, Any]) -> dict[str, Any]:
    """A row of the leak meter as a line of a terminal bears it: two scores with interval and chance."""
    shown = {"trained": row["title"], "n": row["n"]}
    for score in ("auc", "balanced_accuracy"):
        interval, chance = row["intervals"].get(score), row["chance"].get(score)
        shown |= {score: row[score], f"{score} interval": interval, f"{score} chance": chance}
    return shown


@click.command("matrix", help="Train at each value of a column and test at each.")
@project_argument
@click.option("--run", default="", metavar="RUN", help="With the recipe of this run, kept with it; default the last.")
@click.option("--recipe", default="", metavar="R", help="With this recipe instead; kept with no run.")
@click.option("--column", default="", help="Default: the domain's own, such as noise.")
@seed_option
@device_option
@set_option
@shared
def matrix(project: str, sets: tuple[str, ...], as_json: bool, verbose: bool, **given: Any) -> None:
    given["run"] = given["run"] or ("" if given["recipe"] else "last")
    answer(order("matrix", {"project": project, "values": settings(sets), **given}, as_json), as_json)


@click.command("map", help="Place samples in the plane by what a model sees in them.")
@project_argument
@click.option("--run", default="", metavar="RUN", help="Whose embedding; without it the samples' own shape.")
@click.option("--method", default="pca", help="pca, umap or tsne.")
@seed_option
@device_option
@cluster_option
@shared
def map_(project: str, as_json: bool, verbose: bool, **given: Any) -> None:
    answer(order("project_map", {"project": project, **given}, as_json), as_json)


@click.command("runs", help="Runs, newest first; one in full; named, marked, deleted (undoable).")
@project_argument
@click.argument("run", required=False)
@click.option("--name", default=None, help="Give the run a name.")
@click.option("--note", default=None, help="Write a note on it.")
@click.option("--best", is_flag=True, help="Mark it as the best one.")
@click.option("--delete", is_flag=True, help="Delete it; undo brings it back.")
@track_option
@by_option
@shared
def runs(
    project: str,
    run: str | None,
    name: str | None,
    note: str | None,
    best: bool,
    delete: bool,
    track: str,
    by: str,
    as_json: bool,
    verbose: bool,
) -> None:
    from models.orders.records import full, short, worse_than_best

    acts = name is not None or note is not None or best or delete or track
    if run is None and acts:
        raise click.UsageError("name the run: winnow runs PROJECT RUN.")
    with opened(project) as found:
        if run is None:
            answer({"runs": [short(record) for record in found.runs.list()]}, as_json)
            return
        chosen, who = found.runs.get(run).id, curator(found, by)
        warning = worse_than_best(found, chosen) if best else ""
        if name is not None:
            found.runs.rename(chosen, name, who)
        if note is not None:
            found.runs.note(chosen, note, who)
        if best:
            found.runs.mark_best(chosen, who)
        result = full(found.runs.get(chosen))
        if track:
            result["tracked"] = order("track", {"project": project, "run": chosen, "to": track}, as_json)["tracked"]
        if delete:
            found.runs.delete(chosen, who)
            result = {"run": chosen, "deleted": True}
        if warning:
            click.echo(f"winnow: warning: {warning}", err=True)
            result = {**result, "warning": warning}
        answer(result, as_json)


COMMANDS = {
    "recipes": recipes,
    "train": train,
    "predict": predict,
    "evaluate": evaluate,
    "external": external,
    "compare": compare,
    "queue": queue,
    "explain": explain,
    "figures": figures,
    "curve": curve,
    "leak": leak,
    "matrix": matrix,
    "map": map_,
    "runs": runs,
}
