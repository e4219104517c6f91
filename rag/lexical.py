"""BM25 over folded, stemmed terms with bm25s. The only module that imports bm25s and the Snowball stemmer.

bm25s rather than SQLite FTS5: it scores every passage in one sparse sum, so that filters and other signals
can be applied to exact scores, and its terms are ours - FTS5's tokenizers know neither đ nor "20bn".
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from rag.quantities import quantities
from rag.text import content_words, fold

if TYPE_CHECKING:
    from numpy.typing import NDArray

K1, B = 1.2, 0.75  # Robertson and Zaragoza, 2009; Lucene's values
_CAPITALISED_PAIR = re.compile(r"\b([A-ZĐ][^\W\d_]{1,5}) (?=([A-ZĐ][^\W\d_]{1,5})\b)")
_SHORT = re.compile(r"[^\W\d_]{2,6}")


@lru_cache(maxsize=1)
def _stemmer() -> Any:
    import Stemmer

    return Stemmer.Stemmer("english")


def terms(text: str, *, query: bool = False) -> list[str]:
    """Return the terms that BM25 counts: folded stems, one term a figure whatever its spelling, and names of
    short syllables joined ("Hà Nội" also counts as "hanoi"). In a query any two short words are joined,
    since readers type names in lower case.
    """
    stems: list[str] = _stemmer().stemWords(content_words(text))
    return stems + [q.term for q in quantities(text)] + _joined_names(text, query)


def _joined_names(text: str, query: bool) -> list[str]:
    if query:
        short = pairwise(fold(text).split())
        pairs = [(a, b) for a, b in short if _SHORT.fullmatch(a) and _SHORT.fullmatch(b)]
    else:
        pairs = [(m[1], m[2]) for m in _CAPITALISED_PAIR.finditer(text)]
    joined: list[str] = _stemmer().stemWords([fold(a + b) for a, b in pairs])
    return joined


class Lexical:
    """BM25 scores of passages; row i is passage i."""

    def __init__(self, texts: Sequence[str]) -> None:
        import bm25s

        self._count = len(texts)
        self._bm25: Any = bm25s.BM25(method="lucene", k1=K1, b=B)
        # An empty vocabulary cannot be indexed, so an index without words holds one that no text has.
        self._bm25.index([terms(t) or ["#none"] for t in texts] or [["#none"]], show_progress=False)

    @classmethod
    def load(cls, folder: Path, count: int) -> Lexical:
        """Read what ``save`` wrote; ValueError or OSError when it is damaged."""
        import bm25s

        self = cls.__new__(cls)
        self._count = count
        self._bm25 = bm25s.BM25.load(str(folder), allow_pickle=False, show_progress=False)
        return self

    def save(self, folder: Path) -> None:
        """Write plain arrays and JSON into the folder; nothing is pickled."""
        self._bm25.save(str(folder), show_progress=False)

    def __len__(self) -> int:
        return self._count

    def scores(self, question: str) -> NDArray[np.float32]:
        """Return the BM25 score of each passage, shape (n,); 0 where no term is shared."""
        wanted = list(dict.fromkeys(terms(question, query=True)))
        if not wanted or not self._count:
            return np.zeros(self._count, dtype=np.float32)
        return np.asarray(self._bm25.get_scores(wanted), dtype=np.float32)[: self._count]
