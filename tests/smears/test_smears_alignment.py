"""A model carried to another source: what is usual there, where scores part, and what few labels change."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
import pytest

from models.domains.smears import alignment

Floats = npt.NDArray[np.float32]
Index = npt.NDArray[np.int64]


def made(count: int, share: float, seed: int, gain: float = 1.0, offset: float = 0.0) -> tuple[Floats, Index]:
    """Cells of a laboratory: eight features of which three rise in class 1, all seen with this gain and offset."""
    rng = np.random.default_rng(seed)
    codes = (rng.random(count) < share).astype(np.int64)
    x = rng.normal(0, 1, (count, 8))
    x[:, :3] += codes[:, None] * rng.normal(4, 1.5, (count, 3))
    return (x * gain + offset).astype(np.float32), codes


def balanced(truth: Index, found: Index) -> float:
    return float(np.mean([(found[truth == code] == code).mean() for code in (0, 1)]))


def test_the_mode_is_where_most_values_lie() -> None:
    rng = np.random.default_rng(1)
    values = np.sort(np.concatenate([rng.normal(2, 0.3, 700), rng.uniform(3, 30, 300)]))
    assert alignment.mode(values) == pytest.approx(2, abs=0.2)


def test_aligned_features_do_not_know_gain_offset_or_how_many_are_stained() -> None:
    few, codes = made(2000, 0.05, 2)
    many, others = made(2000, 0.4, 3, gain=7.0, offset=-20.0)
    first, second = alignment.align(few), alignment.align(many)
    for place in (0, 5):
        assert np.median(first[codes == 0, place]) == pytest.approx(0, abs=0.5)
        assert np.median(second[others == 0, place]) == pytest.approx(0, abs=0.5)
    assert first.min() >= alignment.LOW
    assert second.max() <= alignment.HIGH


def test_a_constant_feature_or_a_single_cell_aligns_to_numbers() -> None:
    assert np.isfinite(alignment.align(np.ones((50, 3), np.float32))).all()
    assert np.isfinite(alignment.align(np.ones((1, 3), np.float32))).all()


@pytest.mark.parametrize("share", [0.05, 0.2, 0.5])
def test_without_any_label_another_laboratory_is_parted_as_well_as_the_first(share: float) -> None:
    source, codes = made(1500, 0.05, 4)
    target, truth = made(1000, share, 5, gain=5.0, offset=30.0)
    raw = alignment.raw(source, codes, target)
    carried = alignment.carry(alignment.teach(alignment.align(source), codes), alignment.align(target))
    assert balanced(truth, raw.decided) < 0.7
    assert balanced(truth, carried.decided) > 0.93


@pytest.mark.parametrize("blind", ["features", "answer"])
def test_of_features_and_the_answer_of_the_network_the_one_that_tells_cells_apart_decides(blind: str) -> None:
    source, codes = made(1500, 0.3, 4)
    target, truth = made(1000, 0.3, 5, gain=5.0, offset=30.0)
    answer = np.random.default_rng(6).normal(2, 1, 1000)
    if blind == "features":
        target, _ = made(1000, 0, 5)
        answer += 12 * truth
    there = alignment.align(target)
    model = alignment.teach(alignment.align(source), codes)
    both = np.hstack([there, alignment.align(answer[:, None].astype(np.float32))])
    blended = alignment.carry(alignment.blend(model, there), both)
    own = alignment.blend(model, there).scores(both)[:, 1] - alignment.OWN * both[:, -1]
    assert np.corrcoef(own, alignment.decisions(model, there))[0, 1] == pytest.approx(1), "features count as before"
    assert alignment.mode(np.sort(own.astype(np.float64))) == pytest.approx(0, abs=0.01), "0 is the usual cell"
    alone = alignment.carry(model, there) if blind == "features" else alignment.Carried(answer, alignment.part(answer))
    assert balanced(truth, alone.decided) < 0.6
    assert balanced(truth, blended.decided) > 0.85


def test_probabilities_are_one_half_at_the_threshold() -> None:
    carried = alignment.Carried(np.array([-3.0, 1.0, 5.0, 1e6]), 1.0)
    assert carried.probabilities.tolist() == pytest.approx([0.018, 0.5, 0.982, 1.0], abs=1e-3)
    assert carried.decided.tolist() == [0, 0, 1, 1]


def test_scores_that_are_all_alike_or_none_part_somewhere() -> None:
    assert alignment.part(np.full(10, 2.5)) == 2.5
    assert alignment.part(np.zeros(0)) == 0.0


def test_labels_are_asked_of_few_groups_half_of_them_from_the_highest_scores() -> None:
    rng = np.random.default_rng(6)
    scores, groups = rng.normal(size=1000), rng.integers(0, 40, 1000)
    rows = alignment.ask(scores, groups, 50, seed=1)
    assert len(set(rows.tolist())) == 50
    assert len(np.unique(groups[rows])) <= alignment.GROUPS
    pool = np.isin(groups, groups[rows])
    assert (scores[rows] >= np.quantile(scores[pool], 1 - alignment.HIGHEST) - 1e-9).sum() >= 20
    np.testing.assert_array_equal(rows, alignment.ask(scores, groups, 50, seed=1))
    assert not np.array_equal(rows, alignment.ask(scores, groups, 50, seed=2))
    assert len(alignment.ask(scores[:20], groups[:20], 50, seed=1)) <= 20


def test_labels_of_the_target_mend_what_the_source_never_showed() -> None:
    source, codes = made(1500, 0.05, 7)
    target, truth = made(1000, 0.4, 8)
    target[:, :3] -= (truth[:, None] * 3).astype(np.float32)
    target[:, 6] += (truth * 5).astype(np.float32)
    aligned, others = alignment.align(source), alignment.align(target)
    before = alignment.carry(alignment.teach(aligned, codes), others)
    rows = np.random.default_rng(0).choice(1000, 50, replace=False)
    after = alignment.refit(aligned, codes, others, rows, truth[rows])
    assert balanced(truth, after.decided) > balanced(truth, before.decided) + 0.05


def test_labels_of_one_class_only_are_taken_too() -> None:
    source, codes = made(300, 0.3, 9)
    aligned = alignment.align(source)
    after = alignment.refit(aligned, codes, aligned, np.arange(3), np.zeros(3, np.int64))
    assert np.isfinite(after.scores).all()
