"""Exact inner-product search over unit vectors with FAISS. The only module that imports it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray


class Vectors:
    """One unit vector a row. Flat and exact: 10,000 rows take a few milliseconds, and a news folder has to be
    very large before an approximate index would be worth its misses.
    """

    def __init__(self, rows: NDArray[np.float32]) -> None:
        import faiss

        self._index: Any = faiss.IndexFlatIP(int(rows.shape[1]))
        if len(rows):
            self._index.add(np.ascontiguousarray(rows, dtype=np.float32))

    @classmethod
    def load(cls, path: Path) -> Vectors:
        """Read an index file; RuntimeError (FAISS's own) when it is not one."""
        import faiss

        self = cls.__new__(cls)
        self._index = faiss.read_index(str(path))
        return self

    def save(self, path: Path) -> None:
        """Write the index file."""
        import faiss

        faiss.write_index(self._index, str(path))

    def __len__(self) -> int:
        return int(self._index.ntotal)

    @property
    def dimension(self) -> int:
        """Length of a vector."""
        return int(self._index.d)

    def rows(self) -> NDArray[np.float32]:
        """Return all vectors, shape (n, dimension)."""
        rows: NDArray[np.float32] = self._index.reconstruct_n(0, len(self))
        return rows

    def row(self, number: int) -> NDArray[np.float32]:
        """Return one vector, shape (dimension,)."""
        row: NDArray[np.float32] = self._index.reconstruct(number)
        return row

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of the query and every row, in row order, shape (n,)."""
        scores = np.zeros(len(self), dtype=np.float32)
        if len(self):
            found, rows = self._index.search(query.reshape(1, -1), len(self))
            scores[rows[0]] = found[0]
        return scores
