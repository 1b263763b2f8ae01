"""Networks on windows: what they see and vary, that they learn from votes, go on, and tell where they looked."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.domain import Recipe, Setting, Task
from models.domains.eeg import nets, pictures, staging, variation
from models.domains.eeg.choices import Steps
from models.domains.eeg.constants import CHANNELS, CLASSES, RATE, WINDOW
from models.domains.eeg.recipes import RECIPES
from models.domains.eeg.signals import no_signals, read_signals
from models.job import Job, finish
from models.learn.fitted import Model
from models.learn.kept import marks_of
from models.orders.fitting import Seen, relay
from models.params import build
from models.store.project import Project
from workers.inline import run

NETWORKS = [recipe for recipe in RECIPES if recipe.name != "features"]
#: Sizes that make each network a matter of seconds.
SMALL: dict[str, Any] = {
    "epochs": 2, "batch_size": 8, "patience": 0, "calibrate": False,
    "filters": "8,8", "units": 8, "image_size": 64, "backbone": "resnet18", "joined_epochs": 2,
}  # fmt: skip
#: And fewer samples a second for those that see the signal.
SLOW: dict[str, Any] = {"rate": 40, "low_pass": 18.0}


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A project of 24 generated windows of 6 patients."""
    from models.domains.eeg.fake import fake

    home = tmp_path_factory.mktemp("networks")
    finish(fake(home / "data", samples=24, seed=2, patients=6))
    Project.create(home / "project", "eeg", votes=True).close()
    run(Job("import_samples", {"project": str(home / "project"), "sources": [str(home / "data")]}, "import"))
    return home / "project"


def params_of(recipe: Recipe, **values: Any) -> Any:
    sees_signal = hasattr(recipe.params(), "rate")
    small = SMALL | (SLOW if sees_signal else {}) | values
    known = {name: value for name, value in small.items() if hasattr(recipe.params(), name)}
    return build(recipe.params, known)


def lesson(opened: Project, recipe: Recipe, work: Path, **values: Any) -> Task:
    fold = opened.journal.fold
    votes = np.asarray(fold.vote_counts(), np.float64)[:, [fold.classes.index(name) for name in CLASSES]]
    shares = (votes / votes.sum(1, keepdims=True)).astype(np.float32)
    groups = opened.samples.group_codes()[0]
    work.mkdir(exist_ok=True)
    return Task(
        opened.samples, CLASSES, shares, np.flatnonzero(groups < 4), np.flatnonzero(groups >= 4),
        np.ones(len(shares), np.float32), None, params_of(recipe, **values), 1, "cpu", opened.cache, work,
        votes=votes.sum(1),
    )  # fmt: skip


@pytest.fixture(scope="module", params=NETWORKS, ids=lambda recipe: recipe.name)
def learnt(
    request: pytest.FixtureRequest, project: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[tuple[Recipe, Task, Model]]:
    """A network after its lesson, for the tests that ask it."""
    with Project.open(project) as opened:
        task = lesson(opened, request.param, tmp_path_factory.mktemp("learnt"))
        yield request.param, task, finish(request.param.fit(task))


def test_naming_the_recipes_loads_no_library_of_learning() -> None:
    code = "import sys; from models.domains.eeg.recipes import RECIPES; print({'torch', 'sklearn'} & {*sys.modules})"
    told = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert told.stdout.strip() == "set()"


def test_a_network_learns_and_judges_samples_as_it_does_requests(learnt: tuple[Recipe, Task, Model]) -> None:
    recipe, task, model = learnt
    some, setting = task.samples.take(task.val), Setting("cpu", task.cache)
    p = recipe.predict(model, some, setting)
    judged = recipe.judge(model, read_signals(some, np.arange(len(some)), recipe.takes), setting)
    np.testing.assert_allclose(judged.probabilities, p, atol=2e-2)
    assert recipe.embed is not None
    vectors = recipe.embed(model, some, setting)
    assert vectors.shape == judged.vectors.shape
    assert np.isfinite(vectors).all()
    assert recipe.judge(model, no_signals(0), setting).vectors.shape == (0, vectors.shape[1])
    bare = recipe.judge(model, no_signals(2), setting)
    assert np.isnan(bare.probabilities).all(), "of nothing no class is said, and nothing is refused"


def test_a_network_tells_where_it_looked_by_each_of_its_ways(learnt: tuple[Recipe, Task, Model]) -> None:
    recipe, task, model = learnt
    few, setting = task.samples.take(task.val[:2]), Setting("cpu", task.cache)
    assert recipe.overlay is not None
    assert recipe.layers is not None
    for layer in ("", *recipe.layers(model)):
        told = recipe.overlay(model, few, replace(setting, layer=layer))
        assert len(told.values) == len(few)
        assert np.isfinite(told.values).all()
        assert told.signed or 0 <= told.values.min() <= told.values.max() <= 1 + 1e-5


def test_random_weights_are_asked_about_the_class_that_the_model_gave(
    learnt: tuple[Recipe, Task, Model], monkeypatch: pytest.MonkeyPatch
) -> None:
    from models.domains.eeg import relevance

    recipe, task, model = learnt
    shown: list[tuple[str, ...]] = []
    told = (relevance.of_signal, relevance.of_pictures)

    def noting(of: Any) -> Any:
        def note(*given: Any, **others: Any) -> Any:
            found = of(*given, **others)
            shown.append(found.classes)
            return found

        return note

    for of in told:
        monkeypatch.setattr(relevance, of.__name__, noting(of))
    assert recipe.sanity is not None
    alike = recipe.sanity(model, task.samples.take(task.val[:3]), Setting("cpu", task.cache))["similarity"]
    assert np.isnan(alike) or -1 <= alike <= 1  # a map of so short a training may show nothing
    assert len(shown) > 2
    assert len({*shown}) == 1


@pytest.mark.parametrize("recipe", NETWORKS[:1], ids=lambda recipe: recipe.name)
def test_a_stopped_training_goes_on_to_the_same_network(recipe: Recipe, project: Path, tmp_path: Path) -> None:
    with Project.open(project) as opened:
        values = {"stages": 2, "second_votes": 3, "channel_drop": 0.2, "mix": "mixup"}
        straight = finish(recipe.fit(lesson(opened, recipe, tmp_path / "straight", **values)))
        task = lesson(opened, recipe, tmp_path / "stopped", **values)
        steps = recipe.fit(task)
        while next(steps).values.get("epoch") != 3:
            pass
        steps.close()
        again = finish(recipe.fit(replace(task, resume=True)))
        assert again.facts["epochs"] == straight.facts["epochs"] == 4, "the second stage goes on with the curve"
        for name, values_ in straight.arrays.items():
            np.testing.assert_allclose(again.arrays[name], values_, atol=1e-5, err_msg=name)


def test_a_second_stage_without_windows_is_told_and_left_out(project: Path, tmp_path: Path) -> None:
    recipe = NETWORKS[0]
    with Project.open(project) as opened:
        seen = Seen()
        task = lesson(opened, recipe, tmp_path / "work", stages=2, second_votes=900)
        model: Any = finish(relay(recipe.fit(task), seen))
        assert model.facts["epochs"] == 2
    (note,) = seen.notes
    assert note.startswith(f"There was no second stage: none of {len(task.train)} windows has 900 votes or more.")
    assert note in seen.log


def test_the_answer_and_the_card_tell_of_a_stage_that_was_left_out(project: Path) -> None:
    recipe = NETWORKS[0]
    values = {"stages": 2, "second_votes": 900}
    values |= {name: value for name, value in (SMALL | SLOW).items() if hasattr(recipe.params(), name)}
    given = {"project": str(project), "recipe": recipe.name, "values": values, "baseline": False}
    told: Any = run(Job("train", given, ""))
    (note,) = [note for note in told["notes"] if "second stage" in note]
    assert note in (Path(str(told["folder"])) / "card.md").read_text("utf-8")


def kl(p: np.ndarray, q: np.ndarray) -> float:
    return float((p * (np.log(np.clip(p, 1e-15, 1)) - np.log(np.clip(q, 1e-15, 1)))).sum(1).mean())


@pytest.mark.parametrize("name", ["small_1d", "resnet1d_gru"])
def test_a_network_tells_a_wave_from_silence_and_nothing_from_chance(name: str) -> None:
    """On votes that follow a wave it comes near them; on permuted votes it does not beat their mean."""
    rng = np.random.default_rng(0)
    count, rate, length = 48, 40, 400
    given = rng.normal(0, 0.2, (count, len(CHANNELS), length)).astype(np.float32)
    waves = np.arange(count) % 2 == 0
    given[waves, ::3] += 2 * np.sin(np.arange(length) * 2 * np.pi * 2 / rate).astype(np.float32)
    shares = np.where(waves[:, None], [0.8, 0.2], [0.2, 0.8]).astype(np.float32)
    for targets, learns in ((shares, True), (shares[rng.permutation(count)], False)):
        net = (
            nets.symmetric(2, 0.0, first=8, second=8, side=8, joined=8)
            if name == "small_1d"
            else nets.resnet_gru(2, (8, 8), units=8, dropout=0.0)
        )
        torch.manual_seed(0)
        optimiser = torch.optim.AdamW(net.parameters(), lr=3e-3)
        x, y = torch.from_numpy(given[:32]), torch.from_numpy(targets[:32])
        for _ in range(40):
            optimiser.zero_grad()
            torch.nn.functional.cross_entropy(net(x), y).backward()
            optimiser.step()
        net.eval()
        with torch.inference_mode():
            q = torch.softmax(net(torch.from_numpy(given[32:])), 1).numpy()
        reached, mean = kl(targets[32:], q), kl(targets[32:], np.full((16, 2), 0.5))
        assert (reached < 0.7 * mean) if learns else (reached > 0.9 * mean), reached / mean


def test_the_small_network_tells_no_side_from_the_other() -> None:
    net = nets.symmetric(6).eval()
    assert 0.8e6 < sum(part.numel() for part in net.parameters()) < 0.9e6
    x = torch.randn(3, len(CHANNELS), WINDOW * 40)
    with torch.inference_mode():
        torch.testing.assert_close(net(x), net(x[:, variation.ELECTRODES]), atol=1e-4, rtol=1e-4)
        torch.testing.assert_close(net.body.attention(x).sum(1), torch.ones(3))


def test_a_pair_full_of_artifacts_is_believed_less() -> None:
    judge = nets.Quality()
    with torch.no_grad():
        judge.judge[2].weight.fill_(-1.0)
        judge.judge[0].weight.copy_(torch.eye(4).repeat(4, 1))
        judge.judge[0].bias.zero_()
    pairs = torch.randn(1, 18, 400) * 0.5
    pairs[:, 3] *= 50
    sure = judge(pairs)
    assert sure[0, 3] < sure[0, 4]


# How windows are varied


def test_a_flip_changes_sides_and_nothing_else() -> None:
    params = build(NETWORKS[0].params, {"shift": 0.0})
    x = torch.arange(20.0)[None, :, None].repeat(40, 1, 5)
    out = variation.windows(params)(x, True)
    flipped = out[:, 0, 0] != 0
    assert 5 < int(flipped.sum()) < 35
    assert out[flipped][0, CHANNELS.index("Fp1"), 0] == CHANNELS.index("Fp2")
    assert (out[:, CHANNELS.index("Cz")] == CHANNELS.index("Cz")).all()
    assert variation.windows(params)(x, False) is x


def test_windows_move_within_their_limit_and_pictures_lose_whole_regions() -> None:
    params = build(NETWORKS[0].params, {"shift": 0.1, "flip": False, "rate": 40, "channel_drop": 0.5})
    x = torch.zeros(30, 20, 100)
    x[..., 50] = 1
    places = variation.windows(params)(x, True)[:, 0].argmax(1)
    assert places.min() >= 46
    assert places.max() <= 54
    assert len(places.unique()) > 2
    drawn = variation.pictures(params)(torch.ones(20, 3, 8, 8, dtype=torch.uint8), True)
    assert drawn.dtype == torch.uint8
    rows = drawn.reshape(20, 3, 4, 2, 8)
    assert ((rows == 1).all((1, 3, 4)) | (rows == 0).all((1, 3, 4))).all()
    assert 0 < rows.float().mean() < 1


@pytest.mark.parametrize("rule", ["mixup", "cutmix"])
def test_windows_are_mixed_inside_their_class_alone(rule: str) -> None:
    torch.manual_seed(0)
    y = torch.eye(3)[torch.arange(30) % 3] * 0.8 + 0.2 / 3
    y[:, 0] += torch.linspace(0, 0.01, 30)
    x = (torch.arange(30) % 3).float()[:, None, None].repeat(1, 2, 50)
    mix = variation.mixing(rule, often=1.0)
    assert mix is not None
    mixed, shares = mix(x, y)
    torch.testing.assert_close(mixed, x)
    assert (shares.argmax(1) == y.argmax(1)).all()
    assert not torch.equal(shares, y)
    assert variation.mixing("none") is None


# What is kept on disk


def test_what_was_computed_is_kept_through_a_stop(tmp_path: Path) -> None:
    form = staging.Form("things", "a", (2, 3), np.float16)
    asked = marks_of(str(number) for number in range(40))
    made: list[int] = []

    def make(places: np.ndarray) -> np.ndarray:
        made.extend(places.tolist())
        return np.broadcast_to(places[:, None, None], (len(places), 2, 3))

    steps = staging.stage(form, asked, tmp_path, make, "Making")
    for _ in range(3):
        next(steps)
    steps.close()
    assert len(made) == 16
    found = finish(staging.stage(form, asked, tmp_path, make, "Making"))
    assert sorted(made) == list(range(40)), "nothing is made twice"
    assert found[np.array([39, 3, 20])][:, 0, 0].tolist() == [39, 3, 20]
    assert found.take(np.array([5, 4]))[:][:, 1, 2].tolist() == [5, 4]
    (next(form.folder(tmp_path).glob("*.marks.npy"))).write_bytes(b"broken")
    finish(staging.stage(form, asked, tmp_path, make, "Making"))
    assert len(made) > 40, "a broken part is made anew"
    other = replace(form, of="b")
    assert other.folder(tmp_path) != form.folder(tmp_path)


def test_pictures_show_region_and_frequency_and_do_without_either_signal() -> None:
    signals = no_signals(3)
    time = np.arange(WINDOW * RATE) / RATE
    signals.eeg[0] = np.random.default_rng(0).normal(0, 1, signals.eeg[0].shape)
    signals.eeg[0, CHANNELS.index("T4")] += 60 * np.sin(2 * np.pi * 10 * time).astype(np.float32)
    signals.regions[1] = 1.0
    signals.regions[1, 2, 50:60] = 1000.0
    steps = Steps(scale="none")
    drawn = pictures.draw(signals, steps, 64)
    assert drawn.dtype == np.uint8
    bright = drawn[0, 1].reshape(4, 16, 64)
    assert bright.mean((1, 2)).argmax() == 1, "T4 lies on the right side"
    assert abs(bright[1].mean(1).argmax() - 16 * 10 / 20) <= 1.5
    assert drawn[0, 0].any(), "regions are computed of the EEG where there are none"
    other = drawn[1, 0].reshape(4, 16, 64)
    assert other[2].mean(1).argmax() in (8, 9)
    assert not drawn[1, 1:].any()
    assert not drawn[2].any()
    assert pictures.draw(no_signals(0), steps, 64).shape == (0, 3, 64, 64)


def test_presets_are_quick_and_staged() -> None:
    for recipe in NETWORKS:
        values: Mapping[str, Any] = recipe.presets["quick"]
        assert build(recipe.params, values).epochs <= 15
        assert build(recipe.params, recipe.presets["two stages"]).stages == 2
