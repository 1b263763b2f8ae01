"""What raters who err say together, and how each of them errs: the estimate of Dawid & Skene."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from scipy import sparse

from models.learn.agreement import Numbers
from models.learn.raters import Ballots

#: Votes that every cell of a rater's matrix is given beforehand, so that one who never erred may still err.
PRIOR = 0.1


@dataclass(frozen=True, eq=False)
class Truth:
    """What is likely of samples and raters.

    shares: (k,) how frequent each class is. posterior: (n, k), NaN without a vote. errors: (raters, k, k), what a
    rater says (columns) of samples whose class is that of the row; counts: the same in votes. bias: (raters, k), the
    share of a rater's votes for a class less the share that it has among the samples rated. steps: how often it went
    round.
    """

    shares: Numbers
    posterior: Numbers
    errors: Numbers
    counts: Numbers
    bias: Numbers
    steps: int

    def likely(self) -> npt.NDArray[np.int64]:
        """(n,) the likeliest class, −1 without a vote."""
        voted = np.isfinite(self.posterior[:, 0])
        return np.where(voted, np.nan_to_num(self.posterior).argmax(axis=1), -1)

    def accuracies(self) -> Numbers:
        """(raters,) how often each is right, were classes as frequent as they are here."""
        return np.asarray(np.einsum("rcc,c->r", self.errors, self.shares))


def estimate(ballots: Ballots, most: int = 200, tolerance: float = 1e-4) -> Truth:
    """Dawid & Skene's estimate by expectation and maximisation (Applied Statistics 28:20–28, 1979).

    Each rater has a matrix of errors; the classes are unknown. From the majority on, the matrices are those of the
    present guess of the classes, and the guess is what votes and matrices say, until it moves less than `tolerance`.
    Votes without a name are those of one further rater, who may vote several times; its matrix is not told.
    """
    counts, k = ballots.counts, ballots.k
    named = ballots.table()
    unnamed = np.clip(counts - _sums(named, ballots.people, k), 0, None)
    table = sparse.hstack([named, sparse.csr_matrix(unnamed)], format="csr")
    total = counts.sum(axis=1, keepdims=True)
    voted = total[:, 0] > 0
    guess = counts[voted] / total[voted]
    table, steps, moved = table[voted], 0, np.inf
    while steps < most and moved >= tolerance:
        steps += 1
        shares, errors = _maximise(table, guess, k)
        before, guess = guess, _expect(table, shares, errors)
        moved = float(np.abs(guess - before).max(initial=0.0))
    shares, errors = _maximise(table, guess, k)
    said = _said(table, guess, k)[:-1]
    posterior = np.full(counts.shape, np.nan)
    posterior[voted] = guess
    return Truth(shares, posterior, errors[:-1], said, _bias(ballots, posterior), steps)


def _sums(named: sparse.csr_matrix, people: int, k: int) -> Numbers:
    """(n, k) how many named votes each class has."""
    return np.asarray(named @ np.tile(np.eye(k), (people, 1))) if people else np.zeros((named.shape[0], k))


def _said(table: sparse.csr_matrix, guess: Numbers, k: int) -> Numbers:
    """(raters, k, k) votes by the class that a sample is guessed to have, and the class that is named."""
    return np.asarray(table.T @ guess).reshape(-1, k, k).transpose(0, 2, 1)


def _maximise(table: sparse.csr_matrix, guess: Numbers, k: int) -> tuple[Numbers, Numbers]:
    """How frequent classes are and how raters err, where the classes are as guessed."""
    said = _said(table, guess, k) + PRIOR
    return guess.mean(axis=0), said / said.sum(axis=2, keepdims=True)


def _expect(table: sparse.csr_matrix, shares: Numbers, errors: Numbers) -> Numbers:
    """The classes as votes tell them, where raters err so."""
    told = np.log(errors).transpose(0, 2, 1).reshape(-1, errors.shape[1])
    score = np.asarray(table @ told) + np.log(np.maximum(shares, 1e-300))
    score -= score.max(axis=1, keepdims=True)
    found = np.exp(score)
    return np.asarray(found / found.sum(axis=1, keepdims=True))


def _bias(ballots: Ballots, posterior: Numbers) -> Numbers:
    """What each rater says more or less often than it is there, of the samples that this one rated."""
    people, k = ballots.people, ballots.k
    number = np.bincount(ballots.raters, minlength=people).astype(float)[:, None]
    own = np.bincount(ballots.raters * k + ballots.said, minlength=people * k).reshape(people, k)
    there = np.stack(
        [np.bincount(ballots.raters, posterior[ballots.rows, code], minlength=people) for code in range(k)], axis=1
    )
    return np.asarray((own - there) / np.maximum(number, 1))
