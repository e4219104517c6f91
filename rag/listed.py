"""A list in an article: its entries and the line that leads to them. Pure."""

from __future__ import annotations

from collections.abc import Sequence

from rag.excerpts import length
from rag.grounding import Candidate
from rag.passages import is_entry
from rag.wanted import asks_for_list


def list_of(candidate: Candidate, question: str, most: int) -> list[Candidate]:
    """Return the list that a sentence is of, in at most ``most`` words: the line that leads to it and its
    entries, as far as the passage has them. Empty where there is none, and for an entry where no list is
    asked for; the line that leads to a list says nothing without it.
    """
    hit = candidate.hit
    all_ = [Candidate(hit, a, b, hit.article.text[a:b]) for a, b in hit.passage.sentences]
    place = candidate.place
    leads = _leads(all_, place)
    if not leads and not (is_entry(candidate.text) and asks_for_list(question)):
        return []
    first = place if leads else _first(all_, place)
    last = first + 1 if leads or _leads(all_, first) else first
    while last < len(all_) and is_entry(all_[last].text):
        last += 1
    return _fitting(all_[first:last], candidate, most)


def _leads(all_: Sequence[Candidate], place: int) -> bool:
    """Whether a line ends in a colon and entries follow."""
    follows = place + 1 < len(all_) and is_entry(all_[place + 1].text)
    return follows and all_[place].text.rstrip().endswith(":") and not is_entry(all_[place].text)


def _first(all_: Sequence[Candidate], place: int) -> int:
    """Return where the list of an entry begins: with the line that leads to it, if its passage has that."""
    while place and is_entry(all_[place - 1].text):
        place -= 1
    return place - 1 if place and _leads(all_, place - 1) else place


def _fitting(listed: Sequence[Candidate], kept: Candidate, most: int) -> list[Candidate]:
    """Leave out the last entries of a list that is too long, but for the one that is ``kept``."""
    left = list(listed)
    while sum(length(c.text) for c in left) > most and left[-1] != kept:
        left.pop()
    return left
