"""Is a difference real? Percentile bootstrap and McNemar's exact test, seeded and pure.

Every statistic takes two arrays of one shape, numerators and denominators, and reduces their last axis, so
that one index matrix resamples them all. A mean over some of the rows is a ratio of sums in which the other
rows are 0/0.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from math import comb
from typing import Literal

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]
Kind = Literal["mean", "median", "p95", "area"]

RESAMPLES = 2000
LEVEL = 0.95
SEED = 20231127  # any fixed number: the same rows give the same interval on every machine


@dataclass(frozen=True, slots=True)
class Estimate:
    """A statistic with its bootstrap interval; ``n`` is the number of rows behind it."""

    value: float
    low: float
    high: float
    n: int


@dataclass(frozen=True, slots=True)
class McNemar:
    """Rows that only the new run has right, rows that only the old one has, and the exact two-sided p."""

    gained: int
    lost: int
    p: float


def _ratio(top: Array, bottom: Array) -> Array:
    sums = bottom.sum(axis=-1)
    ratios = np.full(np.shape(sums), np.nan)
    np.divide(top.sum(axis=-1), sums, out=ratios, where=sums != 0)
    return ratios


def _median(top: Array, _: Array) -> Array:
    return np.asarray(np.median(top, axis=-1))


def _p95(top: Array, _: Array) -> Array:
    return np.asarray(np.quantile(top, 0.95, axis=-1))


def _area(top: Array, bottom: Array) -> Array:
    """Mean of the running risk when rows (top: 1 is wrong) are taken by falling confidence (bottom)."""
    order = np.argsort(-bottom, axis=-1, kind="stable")
    wrong = np.take_along_axis(top, order, axis=-1).cumsum(axis=-1)
    return np.asarray((wrong / np.arange(1, top.shape[-1] + 1)).mean(axis=-1))


STATISTICS: dict[Kind, Callable[[Array, Array], Array]] = {
    "mean": _ratio,
    "median": _median,
    "p95": _p95,
    "area": _area,
}


def bootstrap(
    top: Array, bottom: Array, kind: Kind = "mean", resamples: int = RESAMPLES, seed: int = SEED
) -> Estimate:
    """Return the statistic of n rows and its 95% percentile interval (Efron 1979).

    ``top`` and ``bottom`` have shape (n,), n at least 1. Resamples whose denominators sum to nothing are
    left out of the percentiles.
    """
    statistic = STATISTICS[kind]
    rows = _resampled(len(top), resamples, seed)
    low, high = _bounds(statistic(top[rows], bottom[rows]))
    return Estimate(float(statistic(top, bottom)), low, high, len(top))


def paired_bootstrap(
    new: tuple[Array, Array],
    old: tuple[Array, Array],
    kind: Kind = "mean",
    resamples: int = RESAMPLES,
    seed: int = SEED,
) -> Estimate:
    """Return new minus old over the same n rows, with the interval of that difference.

    Each resample draws the same rows from both runs, so what makes a question hard cancels out.
    """
    statistic = STATISTICS[kind]
    rows = _resampled(len(new[0]), resamples, seed)
    spread = statistic(new[0][rows], new[1][rows]) - statistic(old[0][rows], old[1][rows])
    low, high = _bounds(spread)
    return Estimate(float(statistic(*new) - statistic(*old)), low, high, len(new[0]))


def mcnemar(new: list[bool], old: list[bool]) -> McNemar:
    """Compare paired right/wrong rows by McNemar's exact test: a two-sided binomial test of the rows on
    which the two runs differ (McNemar 1947; exact form as in R's exact2x2). No such row gives p = 1.
    """
    gained = sum(a and not b for a, b in zip(new, old, strict=True))
    lost = sum(b and not a for a, b in zip(new, old, strict=True))
    differing = gained + lost
    tail = sum(comb(differing, i) for i in range(min(gained, lost) + 1)) / 2**differing
    return McNemar(gained, lost, min(1.0, 2 * tail))


def _resampled(n: int, resamples: int, seed: int) -> NDArray[np.int64]:
    return np.random.default_rng(seed).integers(0, n, size=(resamples, n))


def _bounds(values: Array) -> tuple[float, float]:
    kept = values[~np.isnan(values)]
    if not kept.size:
        return float("nan"), float("nan")
    edge = (1 - LEVEL) / 2
    low, high = np.quantile(kept, [edge, 1 - edge])
    return round(float(low), 12), round(float(high), 12)  # sums in another order differ in the last digit
