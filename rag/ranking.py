"""Question to ranked passages, over explicit parts: vectors, BM25 and the passages themselves.

Knows nothing of files. Deterministic: every order breaks ties by row, and rows are in passage order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING

import numpy as np

from rag.errors import UsageError
from rag.fusion import ranks, reciprocal_rank
from rag.lexical import Lexical
from rag.text import fold, words
from rag.types import Article, Hit, Interval, Passage
from rag.vectors import Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 100  # a retriever; deeper adds time and, on the sets in eval/NOTES.md, nothing


@dataclass(frozen=True, slots=True)
class Parts:
    """What a search reads; row i of the vectors and of BM25 is passage i."""

    articles: Mapping[str, Article]
    passages: Sequence[Passage]
    vectors: Vectors
    lexical: Lexical


def embedding_text(passage: Passage, article: Article) -> str:
    """What is embedded and counted for a passage: its headline and date, then its words."""
    day = f" ({article.published:%B %Y})" if article.published else ""
    return f"{article.title}{day}. {passage.text}" if article.title else passage.text


def search(
    parts: Parts,
    question: str,
    query: NDArray[np.float32],
    k: int,
    keep: Callable[[Article], bool] | None = None,
) -> list[Hit]:
    """Return the best k passages: dense and BM25 candidates fused by rank, copies folded into the first.

    ``query`` is the question's unit vector. Only passages of articles for which ``keep`` holds are seen.
    """
    rows = None
    if keep is not None:
        kept = {id_ for id_, article in parts.articles.items() if keep(article)}
        rows = [i for i, p in enumerate(parts.passages) if p.article_id in kept]
    depth = max(CANDIDATES, 2 * k)
    dense = _rank_rows(dict(parts.vectors.top(query, depth, rows)))
    lexical = _rank_rows(_lexical_top(parts.lexical, question, depth, rows))
    fused = reciprocal_rank([dense, lexical])
    order = sorted(fused, key=lambda key: (-fused[key], key))
    return _hits(parts, order, fused, dense, lexical, k)


def _key(row: int) -> str:
    return f"{row:09d}"  # so that string order is row order


def _rank_rows(scores: Mapping[int, float]) -> dict[str, int]:
    return ranks({_key(row): score for row, score in scores.items()})


def _lexical_top(lexical: Lexical, question: str, k: int, rows: Sequence[int] | None) -> dict[int, float]:
    scores = lexical.scores(question)
    allowed = np.arange(len(scores)) if rows is None else np.asarray(rows, dtype=np.int64)
    found = allowed[scores[allowed] > 0]
    best = found[np.lexsort((found, -scores[found]))][:k]
    return {int(row): float(scores[row]) for row in best}


def _hits(
    parts: Parts,
    order: Sequence[str],
    fused: Mapping[str, float],
    dense: Mapping[str, int],
    lexical: Mapping[str, int],
    k: int,
) -> list[Hit]:
    first: dict[tuple[str, ...], str] = {}
    copies: dict[str, list[str]] = {}
    for key in order:
        passage = parts.passages[int(key)]
        original = first.setdefault(tuple(words(passage.text)), key)
        if original == key and len(copies) >= k:
            break
        copies.setdefault(original, [])
        if original != key:
            copies[original].append(passage.id)
    return [
        Hit(
            passage := parts.passages[int(key)],
            parts.articles[passage.article_id],
            fused[key],
            place,
            dense.get(key),
            lexical.get(key),
            tuple(copies[key]),
        )
        for place, key in enumerate(copies, start=1)
    ]


MAX_QUESTION = 2000  # characters; longer ones are pasted articles, which no encoder reads whole


def check_question(question: str) -> None:
    """Raise UsageError for a question that nothing could be searched with."""
    if not question.strip():
        raise UsageError("the question is empty: type a few words")
    if len(question) > MAX_QUESTION:
        raise UsageError(
            f"the question is {len(question):,} characters long: shorten it to {MAX_QUESTION:,} or fewer"
        )
    if not words(question):
        raise UsageError(
            f"the question {question.strip()[:40]!r} has no word or number in it: type a few words"
        )


def article_filter(
    articles: Mapping[str, Article],
    k: int,
    source: str | None,
    published_from: date | None,
    published_to: date | None,
) -> Callable[[Article], bool] | None:
    """Return which articles a search may see, None for all; UsageError when the filters cannot be used."""
    if k < 1:
        raise UsageError(f"k is {k}: ask for at least 1 passage")
    if published_from and published_to and published_to < published_from:
        raise UsageError(
            f"the interval {published_from} to {published_to} ends before it begins: swap the two dates"
        )
    wanted = fold(source) if source else None
    known = sorted({a.source for a in articles.values() if a.source})
    if wanted is not None and wanted not in map(fold, known):
        raise UsageError(
            f"no article has the source {source!r}: the index holds {', '.join(known) or 'none'}"
        )
    interval = Interval(published_from, published_to)
    if wanted is None and interval == Interval():
        return None

    def keep(article: Article) -> bool:
        if wanted is not None and fold(article.source or "") != wanted:
            return False
        return interval == Interval() or (article.published is not None and article.published in interval)

    return keep
