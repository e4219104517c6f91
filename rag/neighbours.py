"""Hits that follow one another in their article, as one hit. Pure.

Small passages are found best; what a reader needs often runs on into the next. Joined, they also leave a
place among the first few to another hit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from rag.types import Hit, Passage

JOINED = 10  # first hits among which neighbours are looked for: those behind are there by chance
LONGEST = 220  # words of a joined passage, about two of those that are found


def joined(hits: Sequence[Hit]) -> list[Hit]:
    """Return the hits with neighbours among the first ten made one, best first, ranks counted anew.

    A joined hit stands at the place of its best part and has that one's score; nothing that was set aside
    stands in it. What is joined does not depend on how many hits follow the tenth.
    """
    kept: list[Hit] = []
    for hit in hits[:JOINED]:
        found = next((i for i, other in enumerate(kept) if _fit(other, hit)), None)
        if found is None:
            kept.append(hit)
        else:
            kept[found] = _one(kept[found], hit)
    return [replace(hit, rank=rank) for rank, hit in enumerate([*kept, *hits[JOINED:]], start=1)]


def _fit(one: Hit, other: Hit) -> bool:
    """Whether two passages follow one another, with nothing between them, and are not too long together."""
    if one.article.id != other.article.id:
        return False
    first, second = sorted((one.passage, other.passage), key=lambda p: p.start)
    between = one.article.text[first.end : second.start]
    words = len(first.text.split()) + len(second.text.split())
    return _numbers(second)[0] == _numbers(first)[1] + 1 and not between.strip() and words <= LONGEST


def _one(best: Hit, other: Hit) -> Hit:
    first, second = sorted((best.passage, other.passage), key=lambda p: p.start)
    article = best.article
    passage = Passage(
        f"{article.id}#{_numbers(first)[0]}-{_numbers(second)[1]}",
        article.id,
        first.start,
        second.end,
        article.text[first.start : second.end],
        first.sentences + second.sentences,
    )
    return replace(
        best,
        passage=passage,
        dense_rank=_better(best.dense_rank, other.dense_rank),
        lexical_rank=_better(best.lexical_rank, other.lexical_rank),
        copies=best.copies + other.copies,
    )


def _numbers(passage: Passage) -> tuple[int, int]:
    """Return the first and the last place that a passage's id names, as in "ferry#3" or "ferry#3-4"."""
    first, _, last = passage.id.rpartition("#")[2].partition("-")
    return int(first), int(last or first)


def _better(one: int | None, other: int | None) -> int | None:
    return min((rank for rank in (one, other) if rank is not None), default=None)
