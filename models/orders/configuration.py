"""All settings of a whole job in one commented file: data, models, training, deployment, system; and the steps of it.

The settings are those that imports, recipes and the service declare themselves; each is said once. What several recipes
share stands in training (what is done to the data before, in data: preprocessing), what one recipe has alone in models.
"""

from __future__ import annotations

import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Annotated, Any

from models.domain import Domain
from models.domains import domain as find_domain
from models.errors import UserError
from models.orders.jobfile import compose, read_text, telling
from models.orders.naming import find_recipe
from models.orders.steps import Step, beside
from models.params import Note, Param, convert, describe, unknown

SECTIONS = ("data", "models", "training", "deployment", "system")
_PREPROCESSING = "preprocessing"
#: What a format's output is called; others are folders of their own name.
_FILES = {"csv": "labels.csv", "parquet": "labels.parquet", "report": "report.html", "submission": "submission.csv"}


@dataclass(frozen=True)
class Data:
    """What is learnt from."""

    domain: Annotated[str, Note("The kind of data")] = "eeg"
    project: Annotated[str, Note("Folder of the project; paths are meant from this file's folder")] = "study"
    sources: Annotated[tuple[str, ...], Note("Files and folders to import")] = ()
    labels: Annotated[str, Note("A CSV of labels: sample, label")] = ""
    generate: Annotated[int, Note("Without sources: so many samples are generated and imported", low=0)] = 0


@dataclass(frozen=True)
class Models:
    """What learns."""

    recipes: Annotated[tuple[str, ...], Note("Recipes that are trained, one after the other")] = ()
    preset: Annotated[str, Note("A preset of the recipes")] = ""


@dataclass(frozen=True)
class Training:
    """On what, and how it is judged."""

    where: Annotated[str, Note("Which samples, as in the filter bar")] = ""
    max_samples: Annotated[int, Note("At most so many labelled samples; 0 for all", low=0)] = 0
    split: Annotated[str, Note("A CSV that says what is trained on and tested: sample or group, subset, fold")] = ""
    split_by: Annotated[str, Note("What is kept together; empty for groups such as patients")] = ""
    split_seed: Annotated[int, Note("A separate split by this seed, the locked test set stays; -1: none", low=-1)] = -1
    test_size: Annotated[float, Note("Share of the test set", low=0, high=0.9)] = 0.2
    folds: Annotated[int, Note("Cross-validation with so many folds; 0 for none", low=0)] = 0
    baseline: Annotated[bool, Note("Also score what metadata alone and the plain baseline reach")] = True


@dataclass(frozen=True)
class Deployment:
    """What comes of it: figures, files, the service."""

    out: Annotated[str, Note("Folder of figures and exports")] = "results"
    figures: Annotated[bool, Note("Draw the figures of the best run")] = True
    exports: Annotated[tuple[str, ...], Note("Formats that are written")] = ("csv", "report")
    serve: Annotated[bool, Note("At the end start the prediction service; it answers until Ctrl+C")] = False
    run: Annotated[str, Note("The run that figures, exports and service are of")] = "best"
    host: Annotated[str, Note("Where the service listens; others than this machine need a token")] = "127.0.0.1"
    port: Annotated[int, Note("At which port", low=0, high=65535)] = 8000
    rate: Annotated[float, Note("Requests a second of a caller; 0 for no limit", low=0, high=1e6)] = 100.0
    body: Annotated[int, Note("Most of one request", unit="MiB", low=1, high=1024)] = 64
    seconds: Annotated[float, Note("For one request", unit="s", low=1, high=3600)] = 30.0
    keep: Annotated[bool, Note("Requests become samples to be reviewed")] = False
    cors: Annotated[tuple[str, ...], Note("Origins of pages that may ask")] = ()
    jwt_key: Annotated[str, Note("File with the key of signed tokens (JWT)")] = ""
    anonymous: Annotated[bool, Note("Let anybody in without a token, from elsewhere too")] = False


@dataclass(frozen=True)
class System:
    """With what."""

    device: Annotated[str, Note("Where it is computed", choices=("auto", "cpu", "cuda"))] = "auto"
    seed: Annotated[int, Note("Makes it repeatable", low=0)] = 0
    track: Annotated[str, Note("Runs are told to this MLflow tracking URI or folder; local: in the project")] = ""
    cluster: Annotated[str, Note("Folds are trained at this Dask cluster, such as local:4; empty: here")] = ""


_RECORDS = {"data": Data, "models": Models, "training": Training, "deployment": Deployment, "system": System}
#: What stands in the file without a # before it.
_OPEN = ("data.domain", "data.project", "data.sources", "models.recipes")
_SERVED = ("run", "host", "port", "rate", "body", "seconds", "keep", "cors", "jwt_key", "anonymous")


@dataclass(frozen=True)
class Given:
    """A value with the line that it stands in, 0 for one of the command line."""

    value: Any
    line: int


def settings(kind: Domain) -> dict[str, Param]:
    """All settings of a domain by their dotted names, in the order of the file."""
    shared = _shared(kind)
    found: dict[str, Param] = {}
    for section, record in _RECORDS.items():
        found |= {f"{section}.{param.name}": _settled(param, kind) for param in describe(record)}
        if section == "data":
            for name, key in kind.import_keys.items():
                note = Note(key.help, unit=key.unit, label=key.label)
                found[f"data.{name}"] = Param(name, "str", "", key.default, note)
            found |= {f"data.{_PREPROCESSING}.{param.name}": param for param in shared[_PREPROCESSING]}
        elif section == "models":
            for recipe in kind.recipes:
                own = describe(recipe.params)
                found |= {f"models.{recipe.name}.{param.name}": param for param in own}
        elif section == "training":
            found |= {f"training.{param.name}": param for param in shared["training"]}
    return found


def _settled(param: Param, kind: Domain) -> Param:
    """A setting whose default is the domain's."""
    defaults: dict[str, Any] = {"domain": kind.name, "recipes": (kind.baseline or kind.recipes[0].name,)}
    return replace(param, default=defaults[param.name]) if param.name in defaults else param


def _shared(kind: Domain) -> dict[str, list[Param]]:
    """Parameters of several recipes: those of preprocessing, and the others."""
    listed = [param for recipe in kind.recipes for param in describe(recipe.params)]
    often, own = Counter(param.name for param in listed), {param.name for param in describe(Training)}
    first = {param.name: param for param in reversed(listed) if often[param.name] > 1 and param.name not in own}
    names = [name for name in dict.fromkeys(param.name for param in listed) if name in first]
    before = [first[name] for name in names if first[name].note.section == "Preprocessing"]
    return {_PREPROCESSING: before, "training": [first[name] for name in names if first[name] not in before]}


# Reading


def is_configuration(root: Any) -> bool:
    """Whether a file's YAML node is of this form, not a list of steps."""
    return bool({str(key.value) for key, _ in root.value} & set(SECTIONS))


def configuration_for(kind: Domain, path: Path) -> Configuration:
    """The settings of a file, for a project of a domain. Raises UserError with the line."""
    root = compose(read_text(path), path)
    with telling(path):
        return read_configuration(root, path, {}, kind)


def training_for(kind: Domain, path: Path, recipe: str) -> dict[str, Any]:
    """What a file tells one training: settings of a whole job, or the parameters of a recipe by their names alone.

    Raises UserError with the line.
    """
    import yaml

    root = compose(read_text(path), path)
    with telling(path):
        if is_configuration(root) or not recipe:
            return read_configuration(root, path, {}, kind).training(recipe)
        known = describe(find_recipe(kind, recipe).params)
        if not any(param.name == key.value for param in known for key, _ in root.value):
            raise UserError(
                f"{path}, line {root.start_mark.line + 1}: here are neither sections ({', '.join(SECTIONS)}) nor"
                f" parameters of {recipe} ({', '.join(param.name for param in known)})."
            )
        values = {}
        for key, item in root.value:
            name, line = str(key.value), key.start_mark.line + 1
            with _at(path, name, line):
                param = next((param for param in known if param.name == name), None)
                if param is None:
                    raise UserError(unknown("parameter", name, [param.name for param in known]))
                if name in values:
                    raise UserError("this is said twice.")
                values[name] = _fit(param, yaml.SafeLoader("").construct_object(item, True))
        return {"set": values}


def read_configuration(
    root: Any, path: Path, overrides: Mapping[str, str], wanted: Domain | None = None
) -> Configuration:
    """The settings of a file's root. overrides: section.name → text. wanted: the domain that it has to be of, if any.

    Raises UserError with the line.
    """
    import yaml

    given = dict(_flat(root, yaml.SafeLoader(""), path, ""))
    given |= {name: Given(value, 0) for name, value in overrides.items()}
    named = given.get("data.domain", Given(wanted.name if wanted else Data.domain, 1))
    with _at(path, "data.domain", named.line):
        kind = find_domain(str(named.value))
        if wanted is not None and kind.name != wanted.name:
            raise UserError(f"this is for {kind.name}, and the project holds {wanted.name}.")
    known = settings(kind)
    values: dict[str, Any] = {}
    for name, one in given.items():
        with _at(path, name, one.line):
            if name not in known:
                raise UserError(unknown("setting", name, _beside(name, known)))
            values[name] = _fit(known[name], one.value)
    lines = {name: one.line for name, one in given.items()}
    return Configuration(kind, values, lines, path)


def _beside(name: str, known: Iterable[str]) -> list[str]:
    """The settings of the part that a name is of; all of them would fill a page."""
    names, parts = list(known), name.split(".")[:-1]
    while parts:
        before = ".".join(parts) + "."
        if found := [one for one in names if one.startswith(before)]:
            return found
        parts.pop()
    return list(SECTIONS)


def _fit(param: Param, value: Any) -> Any:
    """The value as the setting takes it; an import's own words stay words."""
    if param.kind == "str" and isinstance(value, bool):
        value = "yes" if value else "no"
    if value is None or isinstance(value, dict):
        raise UserError(f"{param.name} has no value that can be read. Give one, or leave the line out.")
    if param.kind == "str" and isinstance(value, list):
        raise UserError(f"{param.name} is one text, not a list.")
    found = convert(param, value)
    return list(found) if isinstance(found, tuple) else found


def _flat(node: Any, loader: Any, path: Path, before: str) -> Iterator[tuple[str, Given]]:
    """Each value with its dotted name and its line. UserError for what is said twice or is no section."""
    import yaml

    seen: set[str] = set()
    for key, item in node.value:
        name, line = f"{before}{key.value}", key.start_mark.line + 1
        with _at(path, name, line):
            if name in seen:
                raise UserError("this is said twice.")
            if not before and name not in SECTIONS:
                raise UserError(unknown("section", name, SECTIONS))
        seen.add(name)
        if isinstance(item, yaml.MappingNode):
            yield from _flat(item, loader, path, f"{name}.")
        elif before or not (isinstance(item, yaml.ScalarNode) and item.value in ("", "~", "null")):
            yield name, Given(loader.construct_object(item, True), line)


class _at:  # noqa: N801  (a context, named as it reads)
    """Errors within the block tell the setting and its line, or that it was given on the command line."""

    def __init__(self, path: Path, name: str, line: int) -> None:
        self._where = f"{path}, line {line}, {name}" if line else f"--set {name}"

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, error: BaseException | None, trace: Any) -> None:
        if isinstance(error, UserError):
            raise UserError(f"{self._where}: {error}") from None


class Configuration:
    """What the settings of a file come to: the steps of a whole job, or what one of its verbs is told."""

    def __init__(self, kind: Domain, values: Mapping[str, Any], lines: Mapping[str, int], path: Path) -> None:
        self._kind, self._values, self._lines, self._path = kind, values, lines, path
        self._known = settings(kind)

    def steps(self) -> tuple[list[Step], Path]:
        """All steps, and the project."""
        project = self._place("data.project")
        steps = [Step("new", {"domain": self._kind.name}, self._line("data"))]
        steps += [*self._importing(project), *self._trainings(), *self._outputs()]
        if self._value("deployment.serve"):
            steps.append(Step("serve", self.service(), self._line("deployment")))
        return steps, project

    def service(self) -> dict[str, Any]:
        """What the service is told."""
        told = {name: self._value(f"deployment.{name}") for name in _SERVED}
        told["jwt_key"] = str(self._place("deployment.jwt_key")) if told["jwt_key"] else ""
        return {**told, "device": self._value("system.device")}

    def training(self, recipe: str = "") -> dict[str, Any]:
        """What a training is told. recipe: another one than the file names, or one of several that it names."""
        named = self._value("models.recipes")
        with self._within("models.recipes"):
            if not recipe and len(named) != 1:
                raise UserError(f"there are {len(named)} recipes. Say which one with --recipe.")
        return self._training(recipe or named[0])

    def _value(self, name: str) -> Any:
        found = self._values.get(name, self._known[name].default)
        return list(found) if isinstance(found, tuple) else found

    def _line(self, name: str) -> int:
        """The line of a setting, or of the first one of its section."""
        if self._lines.get(name):
            return self._lines[name]
        section = name.partition(".")[0] + "."
        return min((line for one, line in self._lines.items() if one.startswith(section) and line), default=1)

    def _within(self, name: str) -> _at:
        return _at(self._path, name, self._line(name))

    def _place(self, name: str) -> Path:
        with self._within(name):
            return beside(self._path, str(self._value(name)))

    def _importing(self, project: Path) -> Iterator[Step]:
        sources = [str(beside(self._path, str(one))) for one in self._value("data.sources")]
        if not sources and (count := self._value("data.generate")):
            sources = [str(project.with_name(f"{project.name}-data"))]
            told = {"out": sources[0], "samples": count, "seed": self._value("system.seed"), "domain": self._kind.name}
            yield Step("fake", told, self._line("data.generate"))
        if sources:
            keys = {
                name: str(value) for name in self._kind.import_keys
                if (value := self._values.get(f"data.{name}")) is not None
            }  # fmt: skip
            labels = str(self._place("data.labels")) if self._value("data.labels") else ""
            told = {"sources": sources, **({"labels": labels} if labels else {}), **({"set": keys} if keys else {})}
            yield Step("import", told, self._line("data.sources"))

    def _trainings(self) -> Iterator[Step]:
        for name in self._value("models.recipes"):
            yield Step("train", self._training(name), self._line("models.recipes"))

    def _training(self, recipe: str) -> dict[str, Any]:
        """What the training of a recipe is told."""
        with self._within("models.recipes"):
            known = [one.name for one in self._kind.recipes]
            if recipe not in known:
                raise UserError(unknown("recipe", recipe, known))
        plain = {
            param.name: self._values[name] for param in describe(Training)
            if (name := f"training.{param.name}") in self._values
        }  # fmt: skip
        if plain.get("split_seed", -1) < 0:
            plain.pop("split_seed", None)
        if plain.get("split"):
            plain["split"] = str(self._place("training.split"))
        for name in ("seed", "device", "track", "cluster"):
            plain[name] = self._value(f"system.{name}")
        told = {"recipe": recipe, "set": self._parameters(recipe), "preset": self._value("models.preset"), **plain}
        return {key: value for key, value in told.items() if value not in ("", {})}

    def _parameters(self, recipe: str) -> dict[str, Any]:
        """What is said for a recipe itself, else what is said for all."""
        found: dict[str, Any] = {}
        own = next(one for one in self._kind.recipes if one.name == recipe)
        for param in describe(own.params):
            names = [f"{place}.{param.name}" for place in (f"models.{recipe}", "training", f"data.{_PREPROCESSING}")]
            if name := next((one for one in names if one in self._values), ""):
                with _at(self._path, f"{name} (for {recipe})", self._lines[name]):
                    value = convert(param, self._values[name])
                found[param.name] = list(value) if isinstance(value, tuple) else value
        return found

    def _outputs(self) -> Iterator[Step]:
        out, run = self._place("deployment.out"), self._value("deployment.run")
        if self._value("deployment.figures"):
            yield Step("figures", {"out": str(out / "figures"), "run": run}, self._line("deployment.figures"))
        for name in self._value("deployment.exports"):
            told = {"format": name, "out": str(out / _FILES.get(name, name)), "run": run}
            yield Step("export", told, self._line("deployment.exports"))


# The commented file


def template(name: str) -> str:
    """All settings of a domain with what they mean and their defaults, as a file to be changed."""
    kind = find_domain(name)
    lines = [
        f"# All settings of a whole job on {kind.title}: winnow pipeline FILE does it, and goes on where it stopped.",
        "# A setting behind a # has this value anyway: take the # away to change it. Where a recipe has another value,",
        "# that stands at the recipe. Paths are meant from this file's folder. A setting for one call:",
        "# winnow pipeline FILE --set training.folds=5",
    ]
    said: list[str] = []
    for full, param in _shown(kind).items():
        *above, _ = full.split(".")
        lines += _heads(above, said, kind)
        said = above
        depth, mark = "  " * (len(above) - 1), "" if full in _OPEN else "#"
        lines += [f"  #{depth} {line}" for line in textwrap.wrap(_words(param), 112)]
        lines.append(f"  {mark}{depth}{param.name}: {_yaml(param.default)}")
    return "\n".join(lines) + "\n"


def _shown(kind: Domain) -> dict[str, Param]:
    """The settings without those of a recipe that are as all recipes have them."""
    usual = {param.name: param.default for listed in _shared(kind).values() for param in listed}
    return {
        full: param for full, param in settings(kind).items()
        if full.count(".") < 2 or not full.startswith("models.") or usual.get(param.name) != param.default
    }  # fmt: skip


def _heads(above: list[str], said: list[str], kind: Domain) -> Iterator[str]:
    """The lines of the sections that begin here."""
    if above[:1] != said[:1]:
        yield from ("", f"{above[0]}:")
    if above[1:2] and above[:2] != said[:2]:
        title = next((recipe.title for recipe in kind.recipes if recipe.name == above[1]), "")
        yield from (f"  # {title or 'What is done to the data before anything learns of it'}", f"  #{above[1]}:")


def _words(param: Param) -> str:
    note = param.note
    limits = f"{note.low:g} to {note.high:g}" if note.low is not None and note.high is not None else ""
    more = ", ".join(word for word in (note.unit, limits, " | ".join(note.choices)) if word)
    return note.help.rstrip(".") + (f" ({more})" if more else "")


def _yaml(value: Any) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, tuple | list):
        return "[" + ", ".join(_yaml(item) for item in value) + "]"
    return json.dumps(value, ensure_ascii=False) if isinstance(value, str) else str(value)
