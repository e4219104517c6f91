"""The same story from two wires: passages that share nearly all their words. Pure.

Containment of word shingles (Broder, On the resemblance and containment of documents, 1997). Two passages
that give other figures are never copies of each other: which of them is right is for the reader to see.
"""

from __future__ import annotations

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
