"""Random convolutions: against a plain computation, ragged rows, size, device."""

from __future__ import annotations

import numpy as np
import pytest

from models.domains.traces import rocket
from models.domains.traces.staging import Staged
from models.job import finish


def staged(count: int = 20, length: int = 90, seed: int = 0) -> Staged:
    x = np.random.default_rng(seed).normal(0, 1, (count, length)).astype(np.float32)
    return Staged(x, np.full(count, length), np.zeros(count, np.int64))


def test_as_a_plain_convolution_says() -> None:
    given = staged()
    biases = rocket.draw_biases(given.values, given.lengths, 0)
    found = finish(rocket.transform(given, biases)).reshape(20, *biases.shape)
    steps = rocket.dilations(90)
    for i, k in ((0, 0), (2, 40), (len(steps) - 1, 83)):
        kernel = np.full(9, -1.0)
        kernel[rocket.TRIPLES[k]] = 2
        wide = np.zeros(8 * steps[i] + 1)
        wide[:: steps[i]] = kernel
        for row in range(20):
            output = np.convolve(np.pad(given.values[row], 4 * steps[i]), wide[::-1], "valid")
            for q in range(5):
                close = np.abs(output - biases[i, k, q]) < 1e-4
                share = (output > biases[i, k, q]).mean()
                assert abs(found[row, i, k, q] - share) <= close.mean() + 1e-6


def test_sizes() -> None:
    assert len(rocket.TRIPLES) == 84
    assert len(rocket.dilations(1001)) * rocket.BIASES * 84 == 4620
    assert rocket.dilations(1001)[[0, -1]].tolist() == [1, 125]
    assert rocket.dilations(5).tolist() == [1]
    for length in (1, 8, 9, 2100):
        given = staged(3, length)
        biases = rocket.draw_biases(given.values, given.lengths, 0)
        found = finish(rocket.transform(given, biases))
        assert found.shape == (3, len(rocket.dilations(length)) * rocket.BIASES * 84)
        assert found.min() >= 0
        assert found.max() <= 1


def test_padding_does_not_count() -> None:
    given = staged(6, 120)
    padded = Staged(np.pad(given.values, ((0, 0), (0, 60))), given.lengths, given.groups)
    biases = np.zeros((len(rocket.dilations(180)), 84, 5), np.float32)
    biases += np.linspace(-1, 1, 5, dtype=np.float32)
    found = finish(rocket.transform(padded, biases)).reshape(6, *biases.shape)
    first = finish(rocket.transform(given, biases[: len(rocket.dilations(120))])).reshape(6, -1, 84, 5)
    assert np.allclose(found[:, 0], first[:, 0], atol=1e-6)


def test_biases_follow_the_seed_and_the_training_traces() -> None:
    given = staged()
    a = rocket.draw_biases(given.values, given.lengths, 1)
    assert np.array_equal(a, rocket.draw_biases(given.values, given.lengths, 1))
    assert not np.array_equal(a, rocket.draw_biases(given.values, given.lengths, 2))
    assert np.allclose(rocket.draw_biases(10 * given.values, given.lengths, 1), 10 * a, rtol=1e-3, atol=1e-4)


def test_counting_flags() -> None:
    rng = np.random.default_rng(0)
    flags = np.zeros((5, 4096), np.bool_)
    flags[:, :4090] = rng.random((5, 4090)) > 0.3
    flags[0] = True
    assert rocket._count(flags).tolist() == flags.sum(1).tolist()


def test_the_gpu_path_gives_the_same_numbers() -> None:
    pytest.importorskip("torch")
    given = staged(70)
    given = Staged(given.values, np.where(np.arange(70) % 2, 90, 60), given.groups)
    given.values[~given.mask()] = 0
    biases = rocket.draw_biases(given.values, given.lengths, 0)
    plain = finish(rocket.transform(given, biases))
    torch_path = finish(rocket._transform_torch(given, biases, "cpu"))
    assert np.abs(plain - torch_path).max() < 2.01 / 60
    assert np.abs(plain - torch_path).mean() < 1e-4
