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
        return self._rows.copy()

    def row(self, number: int) -> NDArray[np.float32]:
        """Return one vector, shape (dimension,)."""
        row: NDArray[np.float32] = self._index.reconstruct(number)
        return row

    def scores(self, query: NDArray[np.float32]) -> NDArray[np.float32]:
        """Return the cosine of the query and every row, in row order, shape (n,)."""
        return np.asarray(self._rows @ query, dtype=np.float32)

    @property
    def _rows(self) -> NDArray[np.float32]:
        """The vectors where the index holds them, not a copy: a search through FAISS sorts all that it is
        asked for, and here every row's score is wanted, not the best few.
        """
        import faiss

        if not len(self):
            return np.zeros((0, self.dimension), dtype=np.float32)
        held = faiss.rev_swig_ptr(self._index.get_xb(), len(self) * self.dimension)
        return np.asarray(held, dtype=np.float32).reshape(len(self), self.dimension)
