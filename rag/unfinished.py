"""Vectors that a build has made and not yet put into an index: one that is stopped goes on from there.

A file of fixed records behind a line that names the encoder; a record that was cut off while it was written
is dropped.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag.types import Encoder

KEY = 16  # bytes of a text's digest
TOLERANCE = 1e-2  # of a vector's length: what a crash has left unwritten is not of unit length


class Unfinished:
    """The vectors of one encoder in a file, which need not be there yet; nothing is written until ``add``."""

    def __init__(self, path: Path, encoder: Encoder) -> None:
        self._path = path
        self._head = f"{encoder.name} {encoder.dimension}\n".encode()
        self._record = np.dtype([("key", f"V{KEY}"), ("vector", "<f4", (encoder.dimension,))])

    def known(self, texts: Iterable[str]) -> dict[str, NDArray[np.float32]]:
        """Return the vectors that the file holds of these texts, each of shape (dimension,)."""
        rows = self._rows()
        whole = np.abs(np.linalg.norm(rows["vector"], axis=1) - 1) < TOLERANCE
        held = {bytes(row["key"]): row["vector"] for row in rows[whole]}
        return {text: held[key] for text in texts if (key := _key(text)) in held}

    def add(self, texts: Sequence[str], vectors: NDArray[np.float32]) -> None:
        """Append the vectors of texts, shape (len(texts), dimension)."""
        rows = np.zeros(len(texts), self._record)
        rows["key"] = [np.void(_key(text)) for text in texts]
        rows["vector"] = vectors
        end = len(self._head) + len(self._rows()) * self._record.itemsize if self._is_ours() else 0
        self._path.parent.mkdir(parents=True, exist_ok=True)
        with self._path.open("r+b" if end else "wb") as handle:
            handle.truncate(end)
            handle.seek(end)
            handle.write((b"" if end else self._head) + rows.tobytes())

    def remove(self) -> None:
        """Delete the file: what it held is in an index, or is not wanted."""
        self._path.unlink(missing_ok=True)

    def _is_ours(self) -> bool:
        if not self._path.is_file():
            return False
        with self._path.open("rb") as handle:
            return handle.read(len(self._head)) == self._head

    def _rows(self) -> NDArray[np.void]:
        """The whole records of the file, mapped rather than read."""
        if not self._is_ours():
            return np.zeros(0, self._record)
        count = (self._path.stat().st_size - len(self._head)) // self._record.itemsize
        if not count:
            return np.zeros(0, self._record)
        return np.memmap(self._path, self._record, mode="r", offset=len(self._head), shape=(count,))


def _key(text: str) -> bytes:
    return hashlib.blake2b(text.encode(), digest_size=KEY).digest()
