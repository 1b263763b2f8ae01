"""The table of verbs: where each lives and what it does, so that help needs no other import."""

from __future__ import annotations

import importlib
from typing import Any

import click

#: verb → module, one line of help.
VERBS = {
    "gui": ("window", "Open the workstation, or play a tour in it."),
    "demo": ("window", "Make demo projects of generated data and open them."),
    "fake": ("projects", "Generate data in a domain's real layout."),
    "new": ("projects", "Make an empty project."),
    "import": ("projects", "Add samples and the labels found with them."),
    "locate": ("projects", "Point moved sources to their new place."),
    "summary": ("projects", "Tell what is in a project."),
    "samples": ("projects", "List samples."),
    "check": ("projects", "Check that all is well."),
    "purge": ("projects", "Take samples out for good."),
    "label": ("labels", "Label samples."),
    "flag": ("labels", "Flag samples."),
    "note": ("labels", "Write a note on a sample."),
    "edit": ("labels", "Change structure: merges, splits, removals, boxes, intervals."),
    "find": ("labels", "Find samples where there are none: cells in images."),
    "undo": ("labels", "Take back your last act."),
    "redo": ("labels", "Bring back what you took back last."),
    "history": ("labels", "Show the journal."),
    "agreement": ("opinions", "Tell how annotators agree."),
    "adjudicate": ("opinions", "Settle split votes."),
    "recipes": ("training", "List a domain's recipes with their parameters."),
    "train": ("training", "Train, evaluate, record a run."),
    "predict": ("training", "Predict samples with a run or a model folder."),
    "evaluate": ("training", "Score a run here or on another project."),
    "external": ("training", "Validate a run on another project, and what helps there."),
    "compare": ("training", "Compare two runs on the same test set."),
    "carry": ("opinions", "Carry labels over to a session that was sorted anew."),
    "calibrate": ("opinions", "Fit a run's confidence to labels of new samples."),
    "queue": ("training", "Tell what to look at next, and why."),
    "explain": ("training", "Explain predictions."),
    "figures": ("training", "Draw the figures and tables of a run."),
    "curve": ("training", "Learning curve: the score against the number of labels."),
    "leak": ("training", "What a split by group takes away from a run's score."),
    "matrix": ("training", "Train at each noise level, test at each."),
    "map": ("training", "Place samples in the plane by what a model sees."),
    "runs": ("training", "List runs; name, mark or delete one."),
    "export": ("outputs", "Write labelled data in the field's formats."),
    "fetch": ("projects", "Bring a public data set or weights file from the network."),
    "pipeline": ("outputs", "Do a whole job that a file describes."),
    "alerts": ("watching", "Tell, raise and acknowledge alerts on a run's predictions."),
    "serve": ("serving", "Answer requests for predictions over HTTP."),
}

#: verb → lines that can be typed; shown below its help and in docs/cli.md.
EXAMPLES = {
    "fake": ("winnow fake traces data --samples 24 --set noise=0.01,0.03",),
    "new": ("winnow new study --domain traces", "winnow new study --domain traces --classes early,late,none"),
    "import": (
        "winnow import study DATA --dry-run",
        "winnow import study DATA --set per_file=all",
        "winnow import study DATA --labels labels.csv",
    ),
    "samples": ("winnow samples study -n 5 --columns noise,confidence --where 'label == \"2\"'",),
    "label": (
        "winnow label study 'a.h5#1/0=2'",
        "winnow label study --where 'noise < 0.02 and unlabelled' --as 2",
        "winnow label study --from labels.csv",
        "winnow label study --spread -n 50",
        "winnow label study --accept --where 'proposed == \"2\"'",
    ),
    "edit": (
        "winnow edit study --from curation.json --dry-run",
        "winnow edit study --from edits.json",
        "",
        "edits.json:",
        '  {"merges": [["3", "5"]], "splits": [{"unit": "7", "isi": 1.5}], "removals": ["9"]}',
        "",
        "boxes.json:",
        '  {"boxes": [{"image": "a.png", "box": [10, 20, 60, 70], "class": "ring"}],',
        '   "moves": [{"sample": "list.json#a.png#3", "box": [12, 20, 60, 70]}], "removals": ["list.json#a.png#4"]}',
        "",
        "intervals.json, of recordings; the answer names what is new; a word of your own stands under text, not class:",
        '  {"intervals": [{"recording": "night.edf", "start": 12.5, "stop": 14, "class": "seizure"}],',
        '   "moves": [{"interval": "5b0c2f1e9a7d4c38", "stop": 15}], "removals": ["0a1b2c3d4e5f6071"]}',
    ),
    "find": (
        "winnow find study --dry-run",
        "winnow find study --set diameter=90 --set border=yes",
        "winnow find study --where 'image == \"slide7.tif\"'",
        "",
        "Settings of smears: diameter (of a red cell in px; 0 estimates it), strength, parting, margin, border.",
    ),
    "fetch": ("winnow fetch", "winnow fetch bbbc041 --out data/bbbc041", "winnow fetch resnet34"),
    "train": (
        "winnow train study --recipe forest --trees 500 --name first",
        "winnow train study --recipe cnn --where 'noise <= 0.03' --device cuda",
        "winnow train study --config config.yaml --epochs 30",
    ),
    "predict": ("winnow predict study --run last --out predictions.csv",),
    "external": (
        "winnow external bbbc --run best --on nih",
        "winnow external bbbc --on nih --remedy aligned --remedy refit --labels 20,50",
        "winnow external bbbc --on nih --apply refit --labels 50",
    ),
    "queue": (
        "winnow queue study --strategy label-issue -n 20",
        "winnow queue study --strategy medoids -n 50",
    ),
    "runs": ("winnow runs study", "winnow runs study run-2 --name baseline --best"),
    "figures": ("winnow figures study --out figures",),
    "export": (
        "winnow export study --format csv --out labels.csv",
        "winnow export study --format report --out report.html",
        "winnow export ward --format patient --where 'group == \"p31\"' --out p31.html",
        "winnow export ward --format patient --where 'group == \"p31\"' --set paper=letter --out p31.pdf",
        "winnow export nights --format edf --out annotated --set labels=no --set keep_identifiers=yes",
    ),
    "alerts": (
        "winnow alerts study --rule 'seizure >= .8 for 3 windows' --rule 'burden seizure > 5 %' --rule drift",
        "winnow alerts study --watch --run best",
        "winnow alerts study --acknowledge all --by ann",
    ),
    "serve": (
        "winnow serve study --run best",
        "winnow serve study --new-token ward --curator",
        "winnow serve study --host 0.0.0.0 --port 9000 --keep",
        "winnow serve study --config config.yaml --port 9000",
    ),
    "pipeline": (
        "winnow pipeline job.yaml --set noise=0.03",
        "winnow pipeline config.yaml --template eeg",
        "winnow pipeline config.yaml --set training.folds=5",
        "",
        "job.yaml:",
        "  project: study",
        "  values: {noise: 0.05}",
        "  steps:",
        "    - new: {domain: traces}",
        "    - import: {sources: DATA, set: {per_file: all}}",
        "    - train: {recipe: forest, where: noise <= $noise, set: {trees: 300}}",
        "    - figures: {out: figures}",
        "    - export: {format: csv, out: labels.csv}",
    ),
}


class Group(click.Group):
    """All verbs; a verb's module is loaded when the verb is called."""

    def list_commands(self, ctx: click.Context) -> list[str]:
        return list(VERBS)

    def get_command(self, ctx: click.Context, cmd_name: str) -> click.Command | None:
        if cmd_name not in VERBS:
            return None
        module = importlib.import_module(f"app.cli.{VERBS[cmd_name][0]}")
        found: click.Command = module.COMMANDS[cmd_name]
        if lines := EXAMPLES.get(cmd_name):
            found.epilog = "\n".join(("\b", "Examples:", *(f"  {line}".rstrip() or " " for line in lines)))
        return found

    def resolve_command(
        self, ctx: click.Context, args: list[str]
    ) -> tuple[str | None, click.Command | None, list[str]]:
        name = args[0] if args else ""
        if name and name not in VERBS and not name.startswith("-"):
            import difflib

            near = difflib.get_close_matches(name, VERBS, n=1)
            hint = f" Did you mean {near[0]}?" if near else ""
            raise click.UsageError(f"there is no verb {name!r}.{hint}")
        return super().resolve_command(ctx, args)

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """The list of verbs without loading their modules."""
        with formatter.section("Verbs"):
            formatter.write_dl([(name, text) for name, (_, text) in VERBS.items()])


def shared(function: Any) -> Any:
    """The flags of every verb."""
    function = click.option("--verbose", is_flag=True, help="Show the traceback of an error.")(function)
    return click.option("--json", "as_json", is_flag=True, help="One JSON document on standard output.")(function)


project_argument = click.argument("project")
set_option = click.option("--set", "sets", multiple=True, metavar="NAME=VALUE", help="A setting; may be repeated.")
where_option = click.option("--where", default="", metavar="EXPR", help="Which samples.")
by_option = click.option("--by", default="", metavar="NAME", help="The curator (default: the project's, then yours).")
overwrite_option = click.option("--overwrite", is_flag=True, help="Write over what is there.")
device_option = click.option("--device", default="auto", help="auto, cpu or cuda.")
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


def curator(project: Any, given: str) -> str:
    """Who acts: the name given, the project's setting, or the login name; UserError for that of a source."""
    from models.store.fold import person

    return person(given.strip() or str(project.setting("curator", "") or "") or _login())


def _login() -> str:
    import getpass

    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "curator"
