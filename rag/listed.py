"""A list in an article: its entries and the line that leads to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.excerpts import length
from rag.grounding import Candidate
from rag.passages import is_entry
from rag.wanted import asks_for_list


def list_of(candidate: Candidate, question: str, most: int) -> list[Candidate]:
    """Return the list that a sentence is of, in at most ``most`` words: the line that leads to it and its
    entries, as far as the passage has them. Empty where there is none, for an entry that would not be among
    so many words, and for one where no list is asked for; the line that leads to a list says nothing
    without it.
    """
    hit = candidate.hit
    around = [Candidate(hit, a, b, hit.article.text[a:b]) for a, b in hit.passage.sentences]
    first = candidate.place
    if not _leads(around, first):
        if not (is_entry(candidate.text) and asks_for_list(question)):
            return []
        while first and is_entry(around[first - 1].text):
            first -= 1
        if first and _leads(around, first - 1):
            first -= 1
    last = first + 1
    while last < len(around) and is_entry(around[last].text):
        last += 1
    return _fitting(around[first:last], candidate, most)


def _leads(around: Sequence[Candidate], place: int) -> bool:
    """Whether a line ends in a colon and the entries of a list follow."""
    line, after = around[place].text, around[place + 1 : place + 2]
    return line.endswith(":") and not is_entry(line) and any(is_entry(c.text) for c in after)


def _fitting(listed: Sequence[Candidate], kept: Candidate, most: int) -> list[Candidate]:
    """Leave out the last entries of a list that is too long; all where the one to be ``kept`` is of them."""
    left = list(listed)
    while sum(length(c.text) for c in left) > most:
        if left.pop() == kept:
            return []
    return left
