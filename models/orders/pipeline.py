"""A whole job that a YAML file describes; done steps are left out when it is called again."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
from collections.abc import Callable, Generator, Iterator, Mapping
from pathlib import Path
from typing import Any

from models.errors import Cancelled, UserError
from models.job import Progress, Steps
from models.orders.configuration import is_configuration, read_configuration
from models.orders.jobfile import compose, read_text, telling
from models.orders.naming import needed_folder, place, plain, refuse
from models.orders.steps import Step, beside
from models.params import unknown
from models.store.atomic import write_text
from models.store.project import Project

#: Arguments that are no text: what they are.
_KINDS: tuple[tuple[tuple[str, ...], Callable[[Any], bool], str], ...] = (
    (
        ("seed", "split_seed", "max_samples", "folds", "samples", "port", "body"),
        lambda value: type(value) is int and 0 <= value < 1 << 31, "a whole number from 0 on",
    ),
    (("test_size",), lambda value: type(value) in (int, float) and 0 <= value <= 0.9, "a share from 0 to 0.9"),
    (("rate", "seconds"), lambda value: type(value) in (int, float) and value >= 0, "a number from 0 on"),
    (("set",), lambda value: isinstance(value, dict), "of the form name: value"),
    (("classes", "cors"), lambda value: isinstance(value, list), "a list"),
    (("baseline", "keep", "anonymous"), lambda value: isinstance(value, bool), "yes or no"),
)  # fmt: skip
#: The step that only stands at the end.
_LAST = "serve"
_VARIABLE = re.compile(r"\$\{?([A-Za-z_]\w*)\}?")


def pipeline(file: str, values: Mapping[str, str] | None = None, again: bool = False, overwrite: bool = False) -> Steps:
    """Run the steps of a file; {steps: [{step, line, done: now|before, result}]}, and serve where it ends with that.

    The file: ``project``, optional ``values`` ($name in texts), and ``steps``, a list of ``verb: {arguments}`` with
    new, fake, import, train, evaluate, figures, export, and at last serve, which who called starts; or the settings of
    a whole job by section, see `configuration`, whose values are section.name. A step that was done
    with the same arguments before is left out, one that was stopped is done again; errors name the
    file and line. What stands where a step that is to be done would write is refused before the
    first one begins, but for `overwrite`.
    """
    path = place(file)
    steps, project = read_file(path, dict(values or {}))
    serving = steps.pop().arguments if steps and steps[-1].verb == _LAST else None
    _refuse_empty(steps, project, path)
    state = _State(project, path, again)
    first = 0 if again else state.done(steps)
    _refuse_shared(steps, path, overwrite)
    for step in steps[first:]:
        with _at(path, step):
            if step.arguments.get("out"):
                refuse(Path(step.arguments["out"]), overwrite)
    told = []
    for number, step in enumerate(steps, 1):
        yield Progress(number - 1, len(steps), f"{step.verb} (line {step.line})")
        done = "before" if number <= first else "now"
        result = state.result(number, step)
        if done == "now":
            with _at(path, step):
                result = yield from _call(step, project, overwrite)
            state.keep(number, step, result)
        told.append({"step": step.verb, "line": step.line, "done": done, "result": result})
    return {"project": str(project), "steps": told, **({} if serving is None else {_LAST: dict(serving)})}


def _refuse_empty(steps: list[Step], project: Path, path: Path) -> None:
    """Raise UserError for a job that would make a project and train on it before anything was imported."""
    verbs = [step.verb for step in steps]
    if "train" not in verbs or "import" in verbs[: verbs.index("train")] or _is_project(project):
        return
    first = next((step for step in steps if step.verb == "new"), steps[0])
    with _at(path, first):
        raise UserError(
            f"nothing is imported into {project}, so nothing can be trained on. Name files and folders as sources, or"
            " have samples generated."
        )


def _refuse_shared(steps: list[Step], path: Path, overwrite: bool) -> None:
    """Raise UserError for a step that would write where an earlier one of this file has written.

    One place twice is never meant; a folder around an earlier output stands already by then.
    """
    earlier: list[tuple[Path, int]] = []
    for step in steps:
        out = step.arguments.get("out")
        if not out:
            continue
        real = Path(os.path.realpath(out))
        for other, line in earlier:
            if other == real or (real in other.parents and not overwrite):
                with _at(path, step):
                    raise UserError(f"{out} is where line {line} writes ({other}). Give each step an out of its own.")
        earlier.append((real, step.line))


@contextlib.contextmanager
def _at(path: Path, step: Step) -> Iterator[None]:
    """Errors of a step name its line."""
    try:
        yield
    except UserError as error:
        raise UserError(f"{path}, line {step.line}, {step.verb}: {error}") from None


def read_file(path: Path, values: dict[str, str]) -> tuple[list[Step], Path]:
    """The steps and the project of a file, checked; UserError with the line."""
    text = read_text(path)
    root = compose(text, path)
    with telling(path):
        if is_configuration(root):
            return read_configuration(root, path, values).steps()
        return _read(root, text, path, values)


def _read(root: Any, text: str, path: Path, values: dict[str, str]) -> tuple[list[Step], Path]:
    import yaml

    parts = {str(key.value): node for key, node in root.value}
    _known_keys(root, path)
    loader = yaml.SafeLoader("")
    given = loader.construct_object(parts["values"], True) if "values" in parts else {}
    if not isinstance(given, dict):
        raise UserError(f"{path}, line {parts['values'].start_mark.line + 1}: write the values as name: value.")
    known = {**given, **values}
    named = dict.fromkeys([*map(str, given), *_VARIABLE.findall(text)])
    wrong = sorted(set(values) - set(named))
    if wrong:
        raise UserError(f"{path}: {unknown('value', wrong[0], named)}")
    project = _fill(loader.construct_object(parts["project"], True), known, path, parts["project"].start_mark.line + 1)
    if not isinstance(parts["steps"], yaml.SequenceNode):
        raise UserError(f"{path}, line {parts['steps'].start_mark.line + 1}: steps is a list: - verb: {{…}}.")
    steps = [_step(node, loader, known, path) for node in parts["steps"].value]
    if early := [step for step in steps[:-1] if step.verb == _LAST]:
        raise UserError(f"{path}, line {early[0].line}: {_LAST} is the last step, for it answers until it is ended.")
    if not isinstance(project, str):
        raise UserError(f"{path}, line {parts['project'].start_mark.line + 1}: the project is a folder's name.")
    return steps, beside(path, project)


def _known_keys(root: Any, path: Path) -> None:
    """Raise UserError for a key that a file does not have, or one that is missing."""
    found = [str(key.value) for key, _ in root.value]
    for key, _ in root.value:
        if str(key.value) not in ("project", "values", "steps"):
            line = key.start_mark.line + 1
            raise UserError(f"{path}, line {line}: {unknown('key', str(key.value), ('project', 'values', 'steps'))}")
    for name in ("project", "steps"):
        if name not in found:
            raise UserError(f"{path}, line 1: there is no {name}.")


def _step(node: Any, loader: Any, known: Mapping[str, Any], path: Path) -> Step:
    line = node.start_mark.line + 1
    told = loader.construct_object(node, True)
    if isinstance(told, str):
        told = {told: {}}
    if not isinstance(told, dict) or len(told) != 1:
        raise UserError(f"{path}, line {line}: a step is one verb with its arguments.")
    verb, arguments = next(iter(told.items()))
    if verb not in _STEPS:
        raise UserError(f"{path}, line {line}: {unknown('step', str(verb), _STEPS)}")
    filled = _fill(arguments or {}, known, path, line)
    if not isinstance(filled, dict):
        raise UserError(f"{path}, line {line}: write the arguments of {verb} as name: value.")
    _, allowed, paths = _STEPS[verb]
    for name in filled:
        if name not in allowed:
            raise UserError(f"{path}, line {line}: {unknown(f'argument of {verb}', str(name), allowed)}")
        if wrong := _unfit(name, filled[name]):
            raise UserError(f"{path}, line {line}: {name} = {str(filled[name])[:80]!r} {wrong}.")
    return Step(str(verb), {name: _placed(name, value, paths, path) for name, value in filled.items()}, line)


def _unfit(name: str, value: Any) -> str:
    """Why an argument can't have this value, or ""."""
    for names, fits, words in _KINDS:
        if name in names:
            return "" if fits(value) else f"is not {words}"
    return "" if name == "sources" or isinstance(value, str) else "is not a text"


def _fill(value: Any, known: Mapping[str, Any], path: Path, line: int) -> Any:
    """Put values in the place of ``$name``."""
    if isinstance(value, dict):
        return {name: _fill(item, known, path, line) for name, item in value.items()}
    if isinstance(value, list):
        return [_fill(item, known, path, line) for item in value]
    if not isinstance(value, str):
        return value
    for name in _VARIABLE.findall(value):
        if name not in known:
            raise UserError(f"{path}, line {line}: {unknown('value', name, known)}")
    whole = _VARIABLE.fullmatch(value)
    return known[whole[1]] if whole else _VARIABLE.sub(lambda match: str(known[match[1]]), value)


def _placed(name: str, value: Any, paths: tuple[str, ...], file: Path) -> Any:
    """Paths are meant from the folder of the file."""
    if name not in paths or not value:
        return value
    return (
        [str(beside(file, str(item))) for item in value] if isinstance(value, list) else str(beside(file, str(value)))
    )


def _call(step: Step, project: Path, overwrite: bool) -> Generator[Progress, None, Any]:
    """What a step gives. Cancelled also where it kept what it had: a part of a step is no step that was done."""
    from models.orders.fitting import Seen, relay

    run, _, paths = _STEPS[step.verb]
    given = {**step.arguments, "overwrite": overwrite} if "out" in paths else dict(step.arguments)
    seen = Seen()
    result = yield from relay(run(str(project), given), seen)
    if seen.cancelled:
        raise Cancelled
    return plain(result)


def _new(project: str, given: dict[str, Any]) -> Steps:
    yield Progress(text="Making the project")
    from models.domains import domain

    if "domain" not in given:
        raise UserError("say which domain.")
    kind = domain(str(given["domain"]))
    if _is_project(Path(project)):
        with Project.open(Path(project)) as opened:
            if opened.domain != kind.name:
                raise UserError(f"{project} holds {opened.domain}, not {kind.name}.")
        return {"project": project, "domain": kind.name, "known": True}
    classes = [str(name) for name in given.get("classes", [])]
    with Project.create(Path(project), kind.name, classes, votes=kind.votes):
        return {"project": project, "domain": kind.name, "known": False}


def _is_project(path: Path) -> bool:
    from models.store.project import FILE_NAME

    return (path / FILE_NAME).is_file()


def _fake(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.faking import fake

    for name in ("domain", "out"):
        if name not in given:
            raise UserError(f"say which {name}.")
    return (yield from fake(given.pop("domain"), values=given.pop("set", None), **given))


def _serve(project: str, given: dict[str, Any]) -> Steps:
    """Served by who called: nothing here knows of the web."""
    yield Progress()
    return given


def _import(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.importing import import_samples

    sources = given.get("sources", [])
    settings = {name: str(value) for name, value in given.get("set", {}).items()}
    listed = sources if isinstance(sources, list) else [sources]
    return (yield from import_samples(project, [str(item) for item in listed], given.get("labels", ""), settings))


def _train(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.training import train

    if "recipe" not in given:
        raise UserError("say which recipe.")
    values = given.pop("set", {})
    return (yield from train(project, values=values, **given))


def _evaluate(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.evaluating import evaluate

    return (yield from evaluate(project, values=given.pop("set", {}), **given))


def _figures(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.figures import figures

    return (yield from figures(project, **given))


def _export(project: str, given: dict[str, Any]) -> Steps:
    from models.orders.exporting import export

    for name in ("format", "out"):
        if name not in given:
            raise UserError(f"say which {name}.")
    settings = {name: str(value) for name, value in given.pop("set", {}).items()}
    return (yield from export(project, settings=settings, **given))


_TRAIN = (
    "recipe", "set", "preset", "where", "max_samples", "split", "split_by", "split_seed", "test_size", "folds",
    "seed", "device", "baseline", "name", "track", "cluster",
)  # fmt: skip
_SERVE = (
    "run", "host", "port", "rate", "body", "seconds", "keep", "cors", "jwt_key", "anonymous", "device",
)  # fmt: skip
#: step → function, names of its arguments, those that are paths.
_STEPS: dict[str, tuple[Callable[[str, dict[str, Any]], Steps], tuple[str, ...], tuple[str, ...]]] = {
    "new": (_new, ("domain", "classes"), ()),
    "fake": (_fake, ("domain", "out", "samples", "seed", "set"), ("out",)),
    "import": (_import, ("sources", "labels", "set"), ("sources", "labels")),
    "train": (_train, _TRAIN, ("split",)),
    "evaluate": (_evaluate, ("run", "on", "where", "max_samples", "seed", "device", "set"), ("on",)),
    "figures": (_figures, ("run", "out", "on"), ("out", "on")),
    "export": (_export, ("format", "out", "where", "run", "set"), ("out",)),
    _LAST: (_serve, _SERVE, ("jwt_key",)),
}


class _State:
    """What was done, kept in the project: number of the step → its arguments' hash and result."""

    def __init__(self, project: Path, file: Path, again: bool) -> None:
        name = hashlib.sha256(str(file).encode()).hexdigest()[:12]
        self._file = project / "pipeline" / f"{name}.json"
        self._done = {} if again else self._read()

    def _read(self) -> dict[str, Any]:
        """What is kept of earlier calls; UserError where that can't be read."""
        if not self._file.is_file():
            return {}
        try:
            found = json.loads(self._file.read_text("utf-8"))
            if not all(number.isdigit() and isinstance(kept, dict) for number, kept in found.items()):
                raise ValueError("no steps")
        except (OSError, ValueError, AttributeError, RecursionError):
            raise UserError(f"{self._file} is damaged: what was done is not known. Say --again.") from None
        return dict(found)

    def done(self, steps: list[Step]) -> int:
        """How many steps from the first on need not be done again."""
        found = (number for number, step in enumerate(steps, 1) if self.result(number, step) is None)
        return next(found, len(steps) + 1) - 1

    def result(self, number: int, step: Step) -> Any:
        kept = self._done.get(str(number), {})
        return kept.get("result") if kept.get("key") == _key(step) else None

    def keep(self, number: int, step: Step, result: Any) -> None:
        later = {name: kept for name, kept in self._done.items() if int(name) < number}
        self._done = {**later, str(number): {"key": _key(step), "result": result}}
        needed_folder(self._file.parent)
        write_text(self._file, json.dumps(self._done))


def _key(step: Step) -> str:
    return hashlib.sha256(json.dumps([step.verb, step.arguments], sort_keys=True, default=str).encode()).hexdigest()
