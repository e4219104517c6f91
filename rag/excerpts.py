"""The part of a long sentence that matters for an answer. Pure."""

from __future__ import annotations

from collections.abc import Callable, Sequence

from rag.text import content_words, words
from rag.types import Span

CUT = "…"
_CLAUSE_ENDS = (",", ";", ":", "—", "–", ".", "!", "?")


def one_line(text: str) -> str:
    """Return a text without its line breaks and other runs of white space."""
    return " ".join(text.split())


def length(text: str) -> int:
    """Return how many words a text has, marks of what was cut aside."""
    return sum(word != CUT for word in text.split())


def excerpt(text: str, about: str, most: int, worth: Callable[[str], float] | None = None) -> str:
    """Return a text on one line or, where it has more than ``most`` words, the part of at most so many that
    is worth most: of these the beginning, since it says who speaks of what or, where no part is worth
    anything, the one that has most of the words of ``about``. A cut end is marked, and a clause, name or
    figure that it would break off gives way where it adds nothing.
    """
    pieces, wanted = text.split(), set(content_words(about))
    if len(pieces) <= most:
        return " ".join(pieces)
    found = [not wanted.isdisjoint(words(piece)) for piece in pieces]

    def value(part: Span) -> tuple[float, int]:
        a, b = part
        return worth(" ".join(pieces[a:b])) if worth else 0.0, sum(found[a:b])

    def ranked(part: Span) -> tuple[float, bool, int]:
        worth_it, hits = value(part)
        return worth_it, worth_it > 0 and part[0] == 0, hits

    starts = range(len(pieces) - most + 1)
    first = max(starts, key=lambda start: (*ranked((start, start + most)), -start))
    a, b = _whole_names(pieces, _whole_clauses(pieces, (first, first + most), value), value)
    return f"{CUT} " * (a > 0) + " ".join(pieces[a:b]) + f" {CUT}" * (b < len(pieces))


def _whole_clauses(pieces: Sequence[str], part: Span, value: Callable[[Span], tuple[float, int]]) -> Span:
    """Return a part without the clauses that it breaks off at its ends, where nothing is lost by that and
    half of it is left.
    """
    first, last = part
    breaks = {
        i for i in range(first, last + 1) if i in (0, len(pieces)) or pieces[i - 1].endswith(_CLAUSE_ENDS)
    }
    wholes = [(a, b) for a in {*breaks, first} for b in {*breaks, last} if 2 * (b - a) >= last - first]
    kept = [whole for whole in wholes if value(whole) == value(part)]
    return max(kept, key=lambda whole: (len(breaks.intersection(whole)), whole[1] - whole[0], -whole[0]))


def _whole_names(pieces: Sequence[str], part: Span, value: Callable[[Span], tuple[float, int]]) -> Span:
    """Return a part without the names and figures that it breaks off at its ends, where nothing is lost."""
    a, b = part
    while a < b and _together(pieces, a):
        a += 1
    while a < b and _together(pieces, b):
        b -= 1
    shorter = [(a, b), (a, part[1]), (part[0], b)]
    return next((each for each in shorter if each[0] < each[1] and value(each) == value(part)), part)


def _together(pieces: Sequence[str], at: int) -> bool:
    """Whether the words before and after a place are of one name, or are a figure and what it counts."""
    if not 0 < at < len(pieces) or pieces[at - 1].endswith(_CLAUSE_ENDS):
        return False
    before, after = pieces[at - 1], pieces[at]
    named = before[0].isupper() and (after[0].isupper() or after[0].isdigit())  # Da Nang, May 26
    return named or any(letter.isdigit() for letter in before)


def allowances(lengths: Sequence[int], most: int) -> list[int]:
    """Return how many words each of some texts may have, given their lengths, for all to have ``most``
    together at most: the longest gives way first, of two as long the later one.
    """
    allowed = list(lengths)
    while sum(allowed) > most:
        longest = max(range(len(allowed)), key=lambda i: (allowed[i], i))
        allowed[longest] -= 1
    return allowed
