"""The part of a long sentence that matters for an answer. Pure."""

from __future__ import annotations

from rag.text import content_words, words

CUT = "…"


def excerpt(text: str, about: str, most: int) -> str:
    """Return a text on one line or, where it has more than ``most`` words, the run of so many that has most
    of the words of ``about``; a cut end is marked, and of equal runs the first is taken.
    """
    pieces, wanted = text.split(), set(content_words(about))
    if len(pieces) <= most:
        return " ".join(pieces)
    found = [not wanted.isdisjoint(words(piece)) for piece in pieces]
    starts = range(len(pieces) - most + 1)
    first = max(starts, key=lambda start: (sum(found[start : start + most]), -start))
    run = " ".join(pieces[first : first + most])
    return f"{CUT} " * (first > 0) + run + f" {CUT}" * (first < starts[-1])
