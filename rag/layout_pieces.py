"""A text cut into lines, blocks and marks: spans with a kind. Pure; knows nothing of what the kinds mean."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

_WRAP_WIDTH = 120  # a text with longer lines is not wrapped by hand


@dataclass(frozen=True, slots=True)
class Piece:
    """``text[start:end]``, without outer white space; ``kind`` None is story, as far as is known."""

    start: int
    end: int
    kind: str | None = None

    def of(self, text: str) -> str:
        """The words of the piece."""
        return text[self.start : self.end]


Pieces = list[Piece]


def lines(text: str) -> Pieces:
    """Return the lines of a text that are not empty."""
    found = (trimmed(text, Piece(*match.span())) for match in re.finditer(r"[^\n]+", text))
    return [piece for piece in found if piece]


def trimmed(text: str, piece: Piece) -> Piece | None:
    """Return the piece without outer white space; None when nothing is left."""
    words = piece.of(text)
    start = piece.start + len(words) - len(words.lstrip())
    return replace(piece, start=start, end=start + len(words.strip())) if words.strip() else None


def breaks(text: str, one: Piece, other: Piece) -> int:
    """Return how many line breaks lie between two pieces."""
    return text.count("\n", one.end, other.start)


def open_places(pieces: Pieces) -> list[int]:
    """Return the places of the pieces that have no kind."""
    return [i for i, p in enumerate(pieces) if p.kind is None]


def marked(pieces: Pieces, places: Iterable[int], kind: str) -> Pieces:
    """Give a kind to those of the places that have none."""
    chosen = set(places)
    return [replace(p, kind=kind) if i in chosen and p.kind is None else p for i, p in enumerate(pieces)]


def cut(text: str, piece: Piece, marks: Iterable[Piece]) -> Iterator[Piece]:
    """Yield the marks in a piece and what they leave of it, in order."""
    place = piece.start
    parts: Pieces = []
    for mark in sorted(marks, key=lambda m: (m.start, m.end)):
        parts += [replace(piece, start=place, end=mark.start), mark]
        place = mark.end
    for part in [*parts, replace(piece, start=place)]:
        if part.start < part.end and (inner := trimmed(text, part)):
            yield inner


def unwrapped(text: str, pieces: Pieces) -> Pieces:
    """Join the lines of each paragraph where the text was wrapped by hand at some width.

    It was when no line is long and nearly every line break within a block was forced: the next word would not
    have fitted into the longest line. Pieces with a kind are never joined.
    """
    width = max((p.end - p.start for p in pieces), default=0)
    inner = [(a, b) for a, b in pairwise(pieces) if not (a.kind or b.kind) and breaks(text, a, b) == 1]
    forced = sum(_is_forced(text, a, b, width) for a, b in inner)
    if width > _WRAP_WIDTH or forced < 3 or forced < 0.8 * len(inner):
        return pieces
    joined: Pieces = []
    for piece in pieces:
        if joined and not (joined[-1].kind or piece.kind) and breaks(text, joined[-1], piece) == 1:
            joined[-1] = replace(joined[-1], end=piece.end)
        else:
            joined.append(piece)
    return joined


def _is_forced(text: str, one: Piece, other: Piece, width: int) -> bool:
    return one.end - one.start + 1 + len(other.of(text).split()[0]) > width
