"""The same story from two wires: passages that share nearly all their words. Pure.

Containment of word shingles (Broder, On the resemblance and containment of documents, 1997). Two passages
that give other figures are never copies of each other: which of them is right is for the reader to see.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from dataclasses import dataclass

from rag.quantities import quantities
from rag.text import words

SHINGLE = 3  # words
SHARED = 0.7  # of the shingles of the shorter passage; a changed word breaks three


@dataclass(frozen=True, slots=True)
class Print:
    """What is compared of a passage."""

    text: str
    words: tuple[str, ...]
    shingles: frozenset[tuple[str, ...]]

    @classmethod
    def of(cls, text: str) -> Print:
        """Take the print of a text."""
        all_words = tuple(words(text))
        runs = (all_words[i : i + SHINGLE] for i in range(len(all_words) - SHINGLE + 1))
        return cls(text, all_words, frozenset(runs))

    @property
    def figures(self) -> frozenset[str]:
        """The figures of the text. Found when they are needed, which is only where words are shared."""
        return frozenset(q.term for q in quantities(self.text))

    def copies(self, other: Print) -> bool:
        """Whether one of the two repeats the other, word for word or nearly so."""
        if self.words == other.words:
            return True
        shorter = min(len(self.shingles), len(other.shingles))
        if not shorter or len(self.shingles & other.shingles) < SHARED * shorter:
            return False
        return self.figures <= other.figures or other.figures <= self.figures


class Originals:
    """Passages of which none repeats another, by row, in the order in which they came.

    To find the one that a further passage repeats takes as long as the runs of words that it shares with any,
    however many there are.
    """

    def __init__(self) -> None:
        self._prints: dict[int, Print] = {}
        self._places: dict[int, int] = {}
        self._with: defaultdict[tuple[str, ...], list[int]] = defaultdict(list)  # rows by shingle
        self._saying: dict[tuple[str, ...], int] = {}  # by all their words

    def add(self, row: int, own: Print) -> None:
        """Add a passage that repeats none of them."""
        self._places[row] = len(self._places)
        self._prints[row] = own
        self._saying.setdefault(own.words, row)
        for shingle in own.shingles:
            self._with[shingle].append(row)

    def repeated_by(self, own: Print) -> int | None:
        """Return the row of the first that a passage repeats, None for one that is new."""
        shared = Counter(row for shingle in own.shingles for row in self._with.get(shingle, ()))
        near = {row for row, count in shared.items() if count >= SHARED * self._shorter(row, own)}
        near |= {self._saying[own.words]} if own.words in self._saying else set()
        came = sorted(near, key=self._places.__getitem__)
        return next((row for row in came if own.copies(self._prints[row])), None)

    def _shorter(self, row: int, own: Print) -> int:
        return min(len(own.shingles), len(self._prints[row].shingles))
