"""How alike two texts are: the cosine of their vectors, each text embedded once."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

import numpy as np
from numpy.typing import NDArray

KEPT = 20_000  # vectors, 30 MB


class Likeness:
    """Compares texts by the unit vectors that ``encode`` makes of them, and keeps these: sentences come up
    again.
    """

    def __init__(self, encode: Callable[[Sequence[str]], NDArray[np.float32]]) -> None:
        self._encode = encode
        self._vectors: dict[str, NDArray[np.float32]] = {}

    def know(self, vectors: Mapping[str, NDArray[np.float32]]) -> None:
        """Take over the unit vectors of texts, by text."""
        self._vectors |= vectors

    def __call__(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the cosine of a text and each of the others."""
        if len(self._vectors) > KEPT:
            self._vectors = {}
        known = self._vectors  # another thread may replace the dictionary, not this one's view of it
        new = [t for t in dict.fromkeys([text, *others]) if t not in known]
        known.update(zip(new, self._encode(new), strict=True))
        return [float(known[other] @ known[text]) for other in others]
