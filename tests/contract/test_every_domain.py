"""What every domain keeps: a whole record, recipes that learn and come back, exports that can be imported again."""

from __future__ import annotations

import inspect
import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from pathlib import Path
from typing import Any, get_args, get_origin, get_type_hints

import numpy as np
import pytest

import models.domain
from app.demo import TOURS
from app.pages.train_asked import OWN
from app.tour import read_tour
from models.domain import Domain, Export, Recipe, Setting, Task
from models.domains import NAMES, domain
from models.errors import UserError
from models.job import Job, Progress
from models.lazy import Lazy, LazyRow
from models.orders.exporting import COMMON, formats
from models.params import build, describe, to_plain
from models.payload import Payload
from models.region import Region
from models.sample import Samples
from models.store.project import Project
from workers.inline import run

RECIPES = [(name, recipe) for name in NAMES for recipe in domain(name).recipes]
EXPORTS = [(name, export) for name in NAMES for export in domain(name).exports]
#: Whatever a recipe names so is made small here, so that the contract is a matter of seconds.
SMALL = {"epochs": 2, "trees": 10, "rounds": 5, "kernels": None, "batch_size": 32}
PAYLOADS = ("Traces", "Tissue", "Recording", "Spectrogram", "Picture", "Unit", "Sound")


def finish(steps: Any) -> tuple[list[Progress], Any]:
    """All progress of a generator, and its value."""
    seen = []
    while True:
        try:
            seen.append(next(steps))
        except StopIteration as end:
            return seen, end.value


def small(recipe: Recipe) -> Any:
    names = {param.name: param for param in describe(recipe.params)}
    values = {name: SMALL[name] for name in names if SMALL.get(name) is not None and names[name].kind == "int"}
    return build(recipe.params, values)


#: Samples of a lesson: what is asked of a recipe here does not depend on how much it learnt.
ENOUGH = 32


def lesson(project: Project, recipe: Recipe, work: Path) -> Task:
    labels = project.journal.fold.labels()
    classes = tuple(name for name in project.classes if (labels == name).any())
    codes = np.array([classes.index(label) if label in classes else -1 for label in labels])
    rows = np.flatnonzero(codes >= 0)
    targets = np.zeros((len(codes), len(classes)), np.float32)
    targets[rows, codes[rows]] = 1
    rng = np.random.default_rng(0)
    mixed = rng.permutation(rows)[:ENOUGH]
    cut = len(mixed) * 3 // 4
    work.mkdir(exist_ok=True)
    return Task(
        samples=project.samples,
        classes=classes,
        targets=targets,
        train=np.sort(mixed[:cut]).astype(np.int64),
        val=np.sort(mixed[cut:]).astype(np.int64),
        weights=np.ones(len(codes), np.float32),
        draw=None,
        params=small(recipe),
        seed=1,
        device="cpu",
        cache=project.cache,
        work=work,
    )


@pytest.mark.parametrize("name", NAMES)
def test_the_record_is_whole(name: str) -> None:
    kind = domain(name)
    assert kind.name == name
    assert kind.title
    assert kind.group
    assert kind.sample
    assert kind.recipes
    assert kind.suffixes
    assert all(suffix.startswith(".") for suffix in kind.suffixes)
    assert not kind.baseline or kind.baseline in [recipe.name for recipe in kind.recipes]
    assert all(column.title for column in kind.columns)
    assert len({column.name for column in kind.columns}) == len(kind.columns)
    assert set(kind.by_columns) <= {column.name for column in kind.columns}
    assert all(words for words in (*kind.fake_keys.values(), *kind.class_titles.values()))
    told = [*kind.import_keys.items(), *(one for form in kind.exports for one in form.keys.items())]
    for key, item in told:
        assert item.label not in ("", key)
        assert item.help.endswith(".")
        assert item.limits


@pytest.mark.parametrize("name", NAMES)
def test_its_demo_has_a_tour(name: str) -> None:
    steps = read_tour(TOURS / f"{name}.yaml")
    assert {"click": f"start.project.{domain(name).demo_name}"} in steps
    shots = [step["shot"] for step in steps if "shot" in step]
    assert len(shots) == len(set(shots)) >= 10


@pytest.mark.parametrize("name", NAMES)
def test_names_of_recipes_and_formats_are_unlike(name: str) -> None:
    kind = domain(name)
    for names in ([recipe.name for recipe in kind.recipes], [*formats(kind)]):
        assert len(set(names)) == len(names)
        assert all(item == item.lower() and item for item in names)
    assert set(COMMON) <= set(formats(kind))


@pytest.mark.parametrize(("name", "recipe"), RECIPES, ids=lambda item: getattr(item, "name", item))
def test_a_recipe_takes_no_name_that_every_training_has(name: str, recipe: Recipe) -> None:
    # The form of the train page and the command line ask for both side by side.
    assert not {param.name for param in describe(recipe.params)} & {*OWN}


@pytest.mark.parametrize(("name", "recipe"), RECIPES, ids=lambda item: getattr(item, "name", item))
def test_every_parameter_has_help_limits_and_a_default_inside_them(name: str, recipe: Recipe) -> None:
    params = describe(recipe.params)
    assert {"balance", "val_size"} <= {param.name for param in params}
    for param in params:
        assert len(param.note.help) > 3, param.name
        if param.kind in ("int", "float"):
            assert param.note.low is not None, f"{param.name} has no lower limit"
    defaults = to_plain(recipe.params())
    assert build(recipe.params, {key: value for key, value in defaults.items() if value != []}) == recipe.params()


@pytest.mark.parametrize(("name", "recipe"), RECIPES, ids=lambda item: getattr(item, "name", item))
def test_presets_and_wrong_values_are_told(name: str, recipe: Recipe) -> None:
    for values in recipe.presets.values():
        build(recipe.params, values)
    first = describe(recipe.params)[0].name
    with pytest.raises(UserError, match=f"Did you mean {first}"):
        build(recipe.params, {first[:-1]: 1})


@pytest.mark.parametrize(("name", "recipe"), RECIPES, ids=lambda item: getattr(item, "name", item))
def test_a_recipe_learns_predicts_and_comes_back(
    name: str, recipe: Recipe, all_made: Mapping[str, Any], tmp_path: Path
) -> None:
    with Project.open(all_made[name].project) as project:
        task = lesson(project, recipe, tmp_path / "work")
        seen, model = finish(recipe.fit(task))
        setting = Setting("cpu", project.cache)
        some = project.samples.take(task.val)
        p = recipe.predict(model, some, setting)
        assert seen
        assert all(isinstance(step, Progress) for step in seen)
        assert p.shape == (len(task.val), len(task.classes))
        np.testing.assert_allclose(p.sum(axis=1), 1, atol=1e-4)
        assert (p >= 0).all()
        (tmp_path / "model").mkdir()
        recipe.save(model, tmp_path / "model")
        assert not [file for file in (tmp_path / "model").rglob("*") if file.suffix in (".pkl", ".pickle", ".pt")]
        again = recipe.load(tmp_path / "model")
        np.testing.assert_allclose(recipe.predict(again, some, setting), p, atol=1e-5)
        none = recipe.predict(again, project.samples.take([]), setting)
        assert none.shape == (0, len(task.classes))
        if recipe.embed is not None:
            vectors = recipe.embed(again, some, setting)
            assert vectors.shape[0] == len(some)
            assert np.isfinite(vectors).all()


def test_what_a_domain_generates_is_found_again(made: Any) -> None:
    assert 0 < made.fake.ceiling < 1
    assert all(Path(file).is_file() for file in made.fake.files)
    with Project.open(made.project) as project:
        assert len(project.samples) >= made.fake.samples > 0 or len(project.samples) > 0
        assert (project.journal.fold.codes >= 0).any()
        assert len(project.samples.group_codes()[1]) > 1


def test_a_second_import_adds_nothing(made: Any) -> None:
    sources = [str(made.data)]
    told = run(Job("import_samples", {"project": str(made.project), "sources": sources}, "again"))
    assert told["added"] == 0
    assert told["known"] == told["samples"]


def test_samples_can_be_shown_small_and_large(made: Any) -> None:
    with Project.open(made.project) as project:
        rows = np.array([0, len(project.samples) - 1])
        small_lines = made.kind.sketch(project.samples, rows, 30)
        assert small_lines.shape == (2, 30)
        for row in rows.tolist():
            payloads = made.kind.load(project.samples, row)
            assert payloads
            assert all(type(item).__name__ in PAYLOADS for item in payloads)
            assert made.kind.short is None or made.kind.short(project.samples, row)


def test_nothing_in_a_folder_of_other_things_is_a_mistake_with_words(made: Any, tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("nothing to import", "utf-8")
    arguments = {"project": str(made.project), "sources": [str(tmp_path)], "dry_run": True}
    with pytest.raises(UserError, match=f"nothing could be imported|{made.kind.title} is read from"):
        run(Job("import_samples", arguments, "import"))
    (tmp_path / "letter.txt").rename(tmp_path / "film.mpeg")
    with pytest.raises(UserError, match=rf"{made.kind.title} is read from \({re.escape(made.kind.suffixes[0])}"):
        run(Job("import_samples", arguments, "import"))
    (tmp_path / "empty").mkdir()
    with pytest.raises(UserError, match=f"{made.kind.title} is read from .*{made.kind.suffixes[0]}"):
        run(Job("import_samples", {**arguments, "sources": [str(tmp_path / "empty")]}, "import"))


@pytest.mark.parametrize(("name", "form"), [(name, form) for name in NAMES for form in formats(domain(name))])
@pytest.mark.parametrize("where", ["row < 0", ""])
def test_nothing_to_write_is_said_in_every_format(
    name: str, form: str, where: str, all_made: Mapping[str, Any], tmp_path: Path
) -> None:
    project = all_made[name].project
    if not where:
        project = tmp_path / "bare"
        Project.create(project, name).close()
    out = tmp_path / "out" / f"exported{'.h5' if form == 'hdf5' else ''}"
    words = "no sample fits 'row < 0'" if where else "holds no samples"
    with pytest.raises(UserError, match=words):
        run(Job("export", {"project": str(project), "format": form, "out": str(out), "where": where}, "export"))
    assert not out.parent.exists()


@pytest.mark.parametrize(("name", "export"), EXPORTS, ids=lambda item: getattr(item, "name", item))
def test_an_export_that_import_reads_comes_back_with_the_labels(
    name: str, export: Export, all_made: Mapping[str, Any], tmp_path: Path
) -> None:
    if not export.ready:
        pytest.skip(f"{export.needs} is not installed")
    made = all_made[name]
    out = tmp_path / "out" / f"exported{export.suffix}"
    if export.of_run:
        with pytest.raises(UserError, match="model of a run"):
            run(Job("export", {"project": str(made.project), "format": export.name, "out": str(out)}, "export"))
        assert not list(out.parent.iterdir())
        return
    told = run(Job("export", {"project": str(made.project), "format": export.name, "out": str(out)}, "export"))
    assert told["written"] > 0
    assert all(Path(file).exists() for file in told["files"])
    if export.one_way or export.suffix not in made.kind.suffixes:
        return
    Project.create(tmp_path / "p", name).close()
    settings = {"per_file": "all"} if "per_file" in made.kind.import_keys else {}
    arguments = {"project": str(tmp_path / "p"), "sources": [str(out)], "settings": settings}
    back = run(Job("import_samples", arguments, "import"))
    assert not back["skipped"]
    assert back["classes"] == classes_of(made.kind, made.project)


@pytest.mark.parametrize("form", ["csv", "parquet"])
def test_tables_hold_every_sample(made: Any, form: str, tmp_path: Path) -> None:
    out = tmp_path / f"table.{form}"
    told = run(Job("export", {"project": str(made.project), "format": form, "out": str(out)}, "export"))
    with Project.open(made.project) as project:
        assert told["written"] == len(project.samples)


def test_the_table_of_labels_comes_back(made: Any, tmp_path: Path) -> None:
    out = tmp_path / "labels.csv"
    run(Job("export", {"project": str(made.project), "format": "csv", "out": str(out)}, "export"))
    with Project.open(made.project) as project:
        before = project.journal.fold.labels().tolist()
        project.journal.label(np.arange(3), "", "ada", "Labels taken away")
    try:
        run(Job("label_file", {"project": str(made.project), "path": str(out), "by": "ada"}, "labels"))
        with Project.open(made.project) as project:
            assert project.journal.fold.labels().tolist() == before
    finally:
        with Project.open(made.project) as project:
            while project.journal.undo("ada") is not None:
                pass


def classes_of(kind: Domain, project: Path) -> dict[str, int]:
    with Project.open(project) as opened:
        labels = [label for label in opened.journal.fold.labels().tolist() if label]
    return {name: labels.count(name) for name in dict.fromkeys(sorted(labels))}


#: Names that the fields of `Domain` are declared with; its module loads them for type checkers alone.
NOUNS = {
    **{name: getattr(models.domain, name) for name in models.domain.__all__},
    **{"Payload": Payload, "Progress": Progress, "Region": Region, "Samples": Samples},
}


def lazies(record: Any, hint: Any = None) -> Iterator[tuple[Lazy, int | None]]:
    """Every lazy function of a record with how many arguments its field says that it is given."""
    if isinstance(record, Lazy):
        told = [arm for arm in (hint, *get_args(hint)) if get_origin(arm) is Callable]
        given = get_args(told[0])[0] if told else ...
        yield record, None if given is ... else len(given)
    elif is_dataclass(record) and not isinstance(record, type | LazyRow):
        hints = get_type_hints(type(record), localns=NOUNS)
        for field in fields(record):
            yield from lazies(getattr(record, field.name), hints[field.name])
    elif isinstance(record, tuple | list | LazyRow):
        for one in record:
            yield from lazies(one)


@pytest.mark.parametrize("name", NAMES)
def test_what_is_loaded_when_it_is_called_is_there_and_takes_what_it_is_given(name: str) -> None:
    found = [*lazies(domain(name))]
    assert found
    for one, count in found:
        signature = inspect.signature(one.found())
        if count is not None:
            signature.bind(*[None] * count)
