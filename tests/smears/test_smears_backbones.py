"""Backbones, their weights files, the vectors that they give, and where they looked."""

from __future__ import annotations

import hashlib
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from models.domain import Setting
from models.domains.smears import embeddings, gradcam, pictures
from models.domains.smears.cures import Cure, with_cure
from models.domains.smears.embeddings import Spec
from models.domains.smears.recipes import resnet34, small_cnn
from models.errors import UserError
from models.job import finish
from models.learn import backbones, weights
from tests.smears.blood import drawn, slide, task

SMALL = Spec("resnet18", weights.RANDOM, 64)


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder of weights."""
    monkeypatch.setenv("TORCH_HOME", str(tmp_path / "torch"))
    weights.folder().mkdir(parents=True)
    return weights.folder()


def put(home: Path, data: bytes, name: str = "resnet18") -> Path:
    path = home / f"{name}-{hashlib.sha256(data).hexdigest()[:8]}.pth"
    path.write_bytes(data)
    return path


def saved(tmp_path: Path, value: Any) -> bytes:
    torch.save(value, tmp_path / "value.pth")
    return (tmp_path / "value.pth").read_bytes()


def named(monkeypatch: pytest.MonkeyPatch, path: Path) -> None:
    monkeypatch.setattr(weights, "file_names", lambda backbone: (path.name,))


def test_the_published_files_are_known_by_name() -> None:
    assert weights.file_names("resnet34") == ("resnet34-b627a593.pth",)
    assert "efficientnet_b0_rwightman-7f5810bc.pth" in weights.file_names("efficientnet_b0")


def test_without_a_file_it_is_told_where_to_put_which(home: Path) -> None:
    assert weights.find("resnet34") == weights.RANDOM
    told = weights.advice("resnet34")
    assert "resnet34-b627a593.pth" in told
    assert str(home) in told


def test_a_file_of_another_content_than_its_name_says_is_refused(home: Path) -> None:
    (home / "resnet34-b627a593.pth").write_bytes(b"something else")
    with pytest.raises(UserError, match="content is not what the name says"):
        weights.find("resnet34")


def test_weights_are_loaded_into_the_trunk(home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    import torchvision

    torch.manual_seed(5)
    state = torchvision.models.resnet18(weights=None).state_dict()
    path = put(home, saved(tmp_path, state))
    named(monkeypatch, path)
    assert weights.find("resnet18") == path.name
    net = backbones.trunk("resnet18", path.name)
    torch.testing.assert_close(net.state_dict()["conv1.weight"], state["conv1.weight"])
    with pytest.raises(UserError, match="of another network"):
        backbones.trunk("resnet34", path.name)


class Bomb:
    def __reduce__(self) -> Any:
        return (print, ("run",))


def test_nothing_in_a_weights_file_is_run(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    for data in (saved(tmp_path, {"a": Bomb()}), pickle.dumps(Bomb()), b"cut"):
        path = put(home, data)
        with pytest.raises(UserError, match="more than weights, or is damaged"):
            weights.load(path.name)
    path = put(home, saved(tmp_path, [1, 2]))
    with pytest.raises(UserError, match="no weights of a network"):
        weights.load(path.name)
    assert capsys.readouterr().out == ""


def test_a_name_that_leads_elsewhere_is_not_followed(home: Path, tmp_path: Path) -> None:
    outside = put(tmp_path, saved(tmp_path, {}))
    with pytest.raises(UserError, match="are not there"):
        weights.load(f"../../../{outside.name}")


def test_unknown_backbones_name_the_nearest() -> None:
    with pytest.raises(UserError, match="Did you mean resnet34"):
        backbones.trunk("resnet43")


def test_random_weights_are_the_same_every_time_and_leave_chance_alone() -> None:
    torch.manual_seed(1)
    first = torch.rand(1)
    torch.manual_seed(1)
    nets = [backbones.trunk(SMALL.backbone) for _ in range(2)]
    assert torch.rand(1) == first
    torch.testing.assert_close(nets[0].state_dict(), nets[1].state_dict())


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0", "mobilenet_v3_small"])
def test_a_quick_trunk_gives_nearly_the_same_vectors(name: str) -> None:
    spec = Spec(name, weights.RANDOM, 64)
    cells, _ = drawn(4)
    seer = spec.seer("cpu")
    found = seer.see(cells[:, 4:68, 4:68])
    net = backbones.trunk(spec.backbone)
    with torch.inference_mode():
        plain = net(seer.prepare(torch.from_numpy(cells[:, 4:68, 4:68].copy()))).numpy()
    assert found.shape == plain.shape == (4, seer.width)
    alike = (found * plain).sum(1) / np.linalg.norm(found, axis=1) / np.linalg.norm(plain, axis=1)
    assert (alike > 0.99).all()


@pytest.mark.parametrize("name", ["resnet18", "efficientnet_b0"])
def test_only_the_last_stages_learn(name: str) -> None:
    net = backbones.trunk(name)
    backbones.freeze(net, "layer4")
    learning = [key for key, value in net.named_parameters() if value.requires_grad]
    assert learning
    if name == "resnet18":
        assert all(key.startswith("layer4") for key in learning)
    before = {key: value.clone() for key, value in net.state_dict().items()}
    tuned = backbones.Tuned(net).train()
    tuned(torch.randn(4, 3, 64, 64)).sum().backward()
    changed = {key.rpartition(".")[0] for key, value in net.state_dict().items() if not torch.equal(value, before[key])}
    assert all(any(part.startswith(key.rpartition(".")[0]) for key in learning) for part in changed), (
        "batch norms of frozen stages keep what they know"
    )
    backbones.freeze(net, "all")


def test_vectors_are_computed_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, _ = slide(tmp_path)
    rows = np.arange(len(samples))
    first = finish(embeddings.embed(samples, rows, SMALL, tmp_path / "cache", "cpu"))
    assert first.shape == (len(samples), 512)
    assert np.isfinite(first[:-1]).all()
    assert np.isnan(first[-1]).all()
    other = Spec("resnet18", weights.RANDOM, 64, masked=True)
    masked = finish(embeddings.embed(samples, rows[:2], other, tmp_path / "cache", "cpu"))
    assert not np.allclose(masked, first[:2]), "another ground is another vector"
    monkeypatch.setattr(backbones, "trunk", None)
    np.testing.assert_array_equal(
        finish(embeddings.embed(samples, rows[:-1], SMALL, tmp_path / "cache", "cpu")), first[:-1]
    )


def test_pictures_are_standardised_and_vary_only_in_training() -> None:
    cells, _ = drawn(6)
    batch = torch.from_numpy(cells)
    prepare = pictures.preparer(augmented=True)
    plain = prepare(batch, False)
    assert plain.shape == (6, 3, 72, 72)
    torch.testing.assert_close(plain.mean((2, 3)), torch.zeros(6, 3), atol=1e-4, rtol=0)
    torch.testing.assert_close(plain.std((2, 3)), torch.ones(6, 3), atol=1e-3, rtol=0)
    torch.manual_seed(0)
    varied = prepare(batch, True)
    assert torch.isfinite(varied).all()
    assert all(not torch.allclose(one, other, atol=0.2) for one, other in zip(plain, varied, strict=True))
    torch.manual_seed(0)
    torch.testing.assert_close(prepare(batch, True), varied)
    torch.testing.assert_close(pictures.preparer(augmented=False)(batch, True), plain)
    assert not pictures.standardise(torch.ones(1, 3, 8, 8)).any()


def test_pictures_are_cut_out_once_and_few_arrays_stay(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, _ = slide(tmp_path)
    cache = tmp_path / "cache"
    for count in range(1, 8):
        staged = finish(pictures.stage(samples, np.arange(count), 32, False, cache))
    assert len(list((cache / "smears").iterdir())) == pictures.KEPT
    np.testing.assert_array_equal(staged, pictures.cut(samples, np.arange(7), 32, False))
    monkeypatch.setattr(pictures, "cut", None)
    again = finish(pictures.stage(samples, np.arange(7), 32, False, cache))
    part = pictures.Part(again, np.array([5, 0, 5]))
    assert part.shape == (3, 32, 32, 3)
    np.testing.assert_array_equal(part[:], staged[[5, 0, 5]])
    np.testing.assert_array_equal(part[np.array([1])], staged[[0]])


def test_the_ground_is_painted_over() -> None:
    cells, _ = drawn(2)
    painted = pictures.without_ground(cells)
    assert (painted[:, 0, 0].astype(int) - cells[:, 0, 0]).min() < -10
    np.testing.assert_array_equal(painted[:, 36, 36], cells[:, 36, 36])


def test_grad_cam_finds_the_spot_after_learning(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    samples, codes = slide(tmp_path, 96)
    values = {"epochs": 25, "image_size": 32, "filters": (8, 16), "batch_size": 16, "learning_rate": 0.01}
    lesson = task(samples, codes, tmp_path / "work", "small_cnn", **values, augment=False)
    model = finish(small_cnn.SMALL_CNN.fit(lesson))
    looked = small_cnn.look(model)
    assert gradcam.layers(looked) == ("stage1", "stage2")
    infected = samples.take(np.flatnonzero(codes == 1)[:10])
    cells, _ = pictures.cut_readable(infected, np.arange(10), 32, False)
    shown = gradcam.maps(looked, cells, classes=[1] * 10)
    assert shown.shape == (10, 32, 32)
    assert shown.min() >= 0
    dark = cells[..., 1] < 90
    inside = np.array([part[spot].mean() for part, spot in zip(shown, dark, strict=True)])
    outside = np.array([part[~spot].mean() for part, spot in zip(shown, dark, strict=True)])
    assert (inside > 1.5 * outside).all()
    with pytest.raises(UserError, match="Did you mean stage2"):
        gradcam.maps(looked, cells, "stage22")
    asked: list[list[int]] = []
    known = gradcam.maps

    def noting(*given: Any) -> Any:
        asked.append(given[3])
        return known(*given)

    monkeypatch.setattr(gradcam, "maps", noting)
    told = gradcam.check(looked, cells)
    assert asked == [[1] * 10] * 4, "random weights are asked about the same classes"
    assert set(told) == {"similarity", "passed"}
    assert all(np.isfinite(value) for value in told.values())


def test_the_layers_of_a_backbone_can_be_chosen(tmp_path: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    values = {"backbone": "resnet18", "image_size": 64, "epochs": 2}
    recipe = resnet34.RESNET34
    model = finish(recipe.fit(task(samples, codes, tmp_path / "work", "resnet34", **values)))
    assert recipe.layers is not None
    assert recipe.explain is not None
    assert recipe.layers(model)[-4:] == ("layer1", "layer2", "layer3", "layer4")
    found = {
        layer: recipe.explain(model, samples, Setting("cpu", tmp_path / "cache", layer))
        for layer in ("", "layer4", "layer2")
    }
    np.testing.assert_array_equal(found[""], found["layer4"])
    assert not np.array_equal(found[""], found["layer2"])
    assert found[""].shape == (len(samples), 64, 64)
    assert not found[""][-1].any(), "nothing is shown of a cell that cannot be read"


def test_a_moved_threshold_is_explained_by_the_class_that_it_decides(tmp_path: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    recipe, setting = small_cnn.SMALL_CNN, Setting("cpu", tmp_path / "cache")
    values = {"epochs": 1, "image_size": 32, "filters": (8, 16)}
    model = finish(recipe.fit(task(samples, codes, tmp_path / "work", "small_cnn", **values)))
    some = samples.take(np.arange(8))
    cells, _ = pictures.cut_readable(some, np.arange(8), 32, False)
    assert recipe.explain is not None
    for code, threshold in enumerate((80.0, -80.0)):
        moved = with_cure(model, Cure(threshold), 1, 1.0)
        assert (recipe.predict(moved, some, setting).argmax(1) == code).all()
        wanted = gradcam.maps(small_cnn.look(model), cells, classes=[code] * 8)
        np.testing.assert_allclose(recipe.explain(moved, some, setting), wanted, atol=1e-5)


@pytest.mark.parametrize("layers", ["layer4", "all"])
def test_stages_of_a_backbone_learn_too_and_come_back(layers: str, tmp_path: Path, home: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    values = {"backbone": "resnet18", "image_size": 32, "epochs": 2, "batch_size": 8, "train_layers": layers}
    recipe = resnet34.RESNET34
    model = finish(recipe.fit(task(samples, codes, tmp_path / "work", "resnet34", **values)))
    start = backbones.trunk("resnet18").state_dict()
    same = np.array_equal(model.arrays["net.body.net.conv1.weight"], start["conv1.weight"].numpy())
    assert same == (layers == "layer4")
    assert not np.array_equal(
        model.arrays["net.body.net.layer4.1.conv2.weight"], start["layer4.1.conv2.weight"].numpy()
    )
    setting = Setting("cpu", tmp_path / "cache")
    recipe.save(model, tmp_path / "model")
    again = recipe.load(tmp_path / "model")
    np.testing.assert_allclose(
        recipe.predict(again, samples, setting), recipe.predict(model, samples, setting), atol=1e-4
    )
    assert recipe.embed is not None
    assert recipe.embed(again, samples, setting).shape == (len(samples), 512)


def test_a_model_whose_weights_file_is_gone_says_so(tmp_path: Path, home: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    recipe = resnet34.RESNET34
    lesson = task(samples, codes, tmp_path / "work", "resnet34", backbone="resnet18", image_size=64, epochs=1)
    model = finish(recipe.fit(lesson))
    model.numbers["spec"]["weights"] = "resnet18-f37072fd.pth"
    with pytest.raises(UserError, match=r"resnet18-f37072fd\.pth: the weights that this model was trained with"):
        recipe.predict(model, samples, Setting("cpu", tmp_path / "cache"))


def test_training_without_weights_tells_where_to_put_them(tmp_path: Path, home: Path) -> None:
    samples, codes = slide(tmp_path, 24)
    steps = resnet34.RESNET34.fit(task(samples, codes, tmp_path / "work", "resnet34", image_size=32, epochs=1))
    assert "resnet34-b627a593.pth" in next(steps).log
    steps.close()
