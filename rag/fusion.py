"""Several scores of the same rows to one ranking. Pure; ties break by row, which is passage order."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def standardised(scores: NDArray[np.float32]) -> NDArray[np.float64]:
    """Return (score - mean) / standard deviation; zeros where all scores are the same."""
    spread = float(scores.std(dtype=np.float64)) if len(scores) else 0.0
    if spread < 1e-9:
        return np.zeros(len(scores), dtype=np.float64)
    return np.asarray((scores - scores.mean(dtype=np.float64)) / spread, dtype=np.float64)


def standardised_sum(scores: Sequence[NDArray[np.float32]], weights: Sequence[float]) -> NDArray[np.float64]:
    """Add standardised scores by weight (Fox and Shaw's CombSUM over z-scores, TREC-2, 1994).

    Unlike rank fusion this keeps how far the best row stands out, which is most of what each retriever knows.
    """
    total = np.zeros(len(scores[0]), dtype=np.float64)
    for weight, one in zip(weights, scores, strict=True):
        total += weight * standardised(one)
    return total


def best_first(scores: NDArray[np.floating]) -> NDArray[np.int64]:
    """Return row numbers, best score first, ties in row order."""
    return np.lexsort((np.arange(len(scores)), -scores))
