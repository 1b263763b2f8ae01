"""Verbs on recipes, runs, predictions and the review queue."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from app.cli.configured import config_option, filled, is_said
from app.cli.flags import FreeFlags
from app.cli.projects import opened
from app.cli.run import answer, order, settings
from app.cli.verbs import (
    SEEDS,
    by_option,
    cluster_option,
    curator,
    device_option,
    overwrite_option,
    project_argument,
    run_option,
    seed_option,
    set_option,
    shared,
    track_option,
    where_option,
)
from app.cli.words import evaluation_told, external_told, leak_line, recipe_lines, training_told
from models.params import listed

if TYPE_CHECKING:
    from models.domain import Domain
    from models.store.runs import Runs


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
    for line in recipe_lines(listed):
        click.echo(line)


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
            raise _no_flag(ctx, name, known, _recipes_with(kind, name), recipe)
    values = {name.replace("-", "_"): value for name, value in flags.items()}
    said = told.pop("set", {})
    if is_said(ctx, "preset"):
        said = {name: value for name, value in said.items() if name not in chosen.presets.get(given["preset"], {})}
    given["values"] = {**said, **settings(given.pop("sets")), **values}
    run = order("train", {"project": project, "recipe": recipe, **filled(ctx, given, told)}, as_json)
    answer(run if as_json else training_told(run, project), as_json)


def _recipes_with(kind: Domain, flag: str) -> list[str]:
    """The recipes of a domain that have a parameter of this name."""
    from models.params import describe

    name = flag.replace("-", "_")
    return [recipe.name for recipe in kind.recipes if any(param.name == name for param in describe(recipe.params))]


def _no_flag(
    ctx: click.Context, name: str, known: Sequence[str], others: Sequence[str], recipe: str
) -> click.UsageError:
    """The error of a flag that neither the verb nor the recipe has: whose it is, or which one is nearest."""
    own = [flag for param in ctx.command.params for flag in param.opts if flag.startswith("--")]
    near = [*(f"--{one.replace('_', '-')}" for one in known), *own]
    words = f"{recipe} has no --{name}, which belongs to {', '.join(others)}." if others else None
    return click.NoSuchOption(f"--{name}", words, near)


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
    arguments = {"project": project, "trust": listed(trust), "values": settings(sets), **given}
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
    answer(told if as_json else evaluation_told(told), as_json)


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
    answer(told if as_json else external_told(told), as_json)


def _applied(given: dict[str, Any], counts: list[int]) -> dict[str, Any]:
    """What applying a remedy takes of the flags; several numbers of labels, as they are tried, are none."""
    return {
        **{name: value for name, value in given.items() if name != "draws"},
        "labels": counts[0] if len(counts) == 1 else 0,
    }


def _counts(text: str) -> list[int]:
    from models.errors import UserError

    parts = listed(text)
    if not all(part.isdigit() for part in parts):
        raise UserError(f"labels is {text!r}: give whole numbers with commas, such as 10,50.")
    return [int(part) for part in parts]


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
    told = order("leak", {"project": project, "match": tuple(listed(match)), **given}, as_json)
    answer(told if as_json else {**told, "rows": [leak_line(row) for row in told["rows"]]}, as_json)


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
def runs(project: str, run: str | None, track: str, by: str, as_json: bool, verbose: bool, **given: Any) -> None:
    from models.orders.records import full, short, worse_than_best

    acts = {what: value for what, value in given.items() if value not in (None, False)}
    if run is None and (acts or track):
        raise click.UsageError("name the run: winnow runs PROJECT RUN.")
    with opened(project) as found:
        if run is None:
            answer({"runs": [short(record) for record in found.runs.list()]}, as_json)
            return
        chosen, who = found.runs.get(run).id, curator(found, by)
        warning = worse_than_best(found, chosen) if "best" in acts else ""
        _mark(found.runs, chosen, acts, who)
        result = full(found.runs.get(chosen))
        if track:
            result["tracked"] = order("track", {"project": project, "run": chosen, "to": track}, as_json)["tracked"]
        if "delete" in acts:
            found.runs.delete(chosen, who)
            result = {"run": chosen, "deleted": True}
        if warning:
            click.echo(f"winnow: warning: {warning}", err=True)
            result = {**result, "warning": warning}
        answer(result, as_json)


def _mark(kept: Runs, run: str, acts: Mapping[str, Any], who: str) -> None:
    """What is said of a run: its name, a note, that it is the best."""
    if "name" in acts:
        kept.rename(run, acts["name"], who)
    if "note" in acts:
        kept.note(run, acts["note"], who)
    if "best" in acts:
        kept.mark_best(run, who)


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
