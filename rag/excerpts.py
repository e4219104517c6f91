"""The parts of sentences that are shown where there is no room for the whole. Pure.

Any run of a sentence's words could be shown. It is worth the more, the more likely answers and words of the
question it has and the more of the sentence it is, and the less, the worse it begins or ends: after a comma
is well, within a name is not.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from rag.agreement import Given
from rag.grounding import negated
from rag.text import STOPWORDS, content_words, words
from rag.types import Span

CUT = "…"
ANSWER = 3.0  # what the answers in a part are worth, by their shares, beside the share of the words kept
FOUND = 1.0  # and the share of the words of the question that the sentence has
RAGGED = 0.75  # less, for each end that breaks something off
WELL, WITHIN, WAITING = 0.2, 2.0, 1.5  # of that: at a clause, in a name or figure, and after "the" or "of"
LISTED = 0.6  # of that: between the things of a list, and beside an aside of a few words, "he said,"
ITEM_WORDS, ASIDE_WORDS = 6, 3  # of a thing of a list and of an aside, at most
TURNED = 5.0  # of that, where what was left out says "not" or "if": the rest would say something else
FIRST = 2.0  # weight of the first of several sentences, which most often has the answer
_OPEN = re.compile(
    r"\b(?:if|unless|whether|den(?:y|ies|ied|ying)|false(?:ly)?|untrue|wrongly|hardly)\b", re.I
)
_SENTENCE_ENDS = (".", "!", "?", ";")
_DAY = re.compile(r"\d{1,2},")
_CLAUSE_ENDS = (",", ";", ":", "—", "–", ".", "!", "?")


def one_line(text: str) -> str:
    """Return a text without its line breaks and other runs of white space."""
    return " ".join(text.split())


def length(text: str) -> int:
    """Return how many words a text has, marks of what was cut aside."""
    return sum(word != CUT for word in text.split())


@dataclass(frozen=True, slots=True)
class Cuttable:
    """A text in words, and the best part of each number of them, with its worth."""

    pieces: Sequence[str]
    best: Sequence[tuple[float, Span]]

    @classmethod
    def of(cls, text: str, about: str, given: Given | None) -> Cuttable:
        """Find the parts for a question ``about`` such words, to which passages have ``given`` answers."""
        pieces = text.split()
        wanted = set(content_words(about))
        found = np.cumsum([0, *(not wanted.isdisjoint(words(piece)) for piece in pieces)])
        answers = _answers(pieces, given or Given())
        listed = LISTED * _held_together(pieces)
        opens = np.maximum(_opening_costs(pieces), listed[:-1])
        closes = np.maximum(_closing_costs(pieces), listed)
        best = [(float("-inf"), (0, 0))]
        for size in range(1, len(pieces) + 1):
            starts = np.arange(len(pieces) - size + 1)
            ends = starts + size
            value = FOUND * (found[ends] - found[starts]) / max(1, found[-1]) + size / len(pieces)
            value -= RAGGED * (opens[starts] + closes[ends])
            for share, last in answers:
                value += ANSWER * share * (last[starts] <= ends)
            first = int(np.argmax(value))
            best.append((float(value[first]), (first, first + size)))
        return cls(pieces, best)

    def sizes(self, least: Callable[[int], int], most: int) -> range:
        """Return to how many words it may be cut: ``least`` of so many must stay, and ``most`` may."""
        whole = len(self.pieces)
        return range(max(1, least(whole)), min(most, whole) + 1)

    def part(self, size: int) -> str:
        """Return the best part of so many words, with marks where it is cut."""
        a, b = self.best[size][1]
        return f"{CUT} " * (a > 0) + " ".join(self.pieces[a:b]) + f" {CUT}" * (b < len(self.pieces))


def excerpt(text: str, about: str, most: int, given: Given | None = None) -> str:
    """Return a text on one line or, where it has more than ``most`` words, the part of at most so many (and
    at least half as many) that is worth most, for a question ``about`` such words to which passages have
    ``given`` answers. A cut end is marked.
    """
    if length(text) <= most:
        return one_line(text)
    cut = Cuttable.of(text, about, given)
    return cut.part(max(range(max(1, most // 2), most + 1), key=lambda size: cut.best[size][0]))


def cut_together(texts: Sequence[Cuttable], most: int, least: Callable[[int], int]) -> list[str] | None:
    """Return texts cut to ``most`` words together, so that all that is left is worth most; None where not as
    much of each can stay as must, which ``least`` says of a text of so many words.
    """
    sizes = _sizes(texts, most, least)
    return None if sizes is None else [text.part(size) for text, size in zip(texts, sizes, strict=True)]


def _sizes(cut: Sequence[Cuttable], most: int, least: Callable[[int], int]) -> tuple[int, ...] | None:
    """Return to how many words each of some texts is best cut: a knapsack, filled text after text."""
    best: dict[int, tuple[float, tuple[int, ...]]] = {0: (0.0, ())}  # by the words of all so far
    for place, each in enumerate(cut):
        longer: dict[int, tuple[float, tuple[int, ...]]] = {}
        for used, (worth, sizes) in best.items():
            for size in each.sizes(least, most - used):
                value = worth + (FIRST if place == 0 else 1.0) * each.best[size][0]
                if used + size not in longer or value > longer[used + size][0]:
                    longer[used + size] = (value, (*sizes, size))
        best = longer
    return max(best.values(), key=lambda choice: choice[0])[1] if best else None


def _answers(pieces: Sequence[str], given: Given) -> list[tuple[float, NDArray[np.int64]]]:
    """Return the share of each answer in a text and, by the word that a part begins with, where it must end
    at the earliest to have the answer.
    """
    starts = np.cumsum([0, *(len(piece) + 1 for piece in pieces)])
    answers = []
    for answer, spans in given.places(" ".join(pieces)).items():
        last = np.full(len(starts), len(starts))
        for a, b in spans:
            first, end = np.searchsorted(starts, a, "right"), int(np.searchsorted(starts, b, "left"))
            last[:first] = np.minimum(last[:first], end)
        answers.append((given.shares[answer], last))
    return answers


def _opening_costs(pieces: Sequence[str]) -> NDArray[np.float64]:
    """Return how badly a part begins at each word."""
    costs, left_out = [0.0], ""
    for before, after in pairwise(pieces):
        left_out = before if left_out.endswith(_SENTENCE_ENDS) else f"{left_out} {before}"
        turned = negated(left_out) or _OPEN.search(left_out)
        costs.append(TURNED if turned else _breaking(before, after))
    return np.array(costs)


def _closing_costs(pieces: Sequence[str]) -> NDArray[np.float64]:
    """Return how badly a part ends before each word, and at the end."""
    inner = [
        max(_breaking(before, after), WAITING * (before.lower() in STOPWORDS))
        for before, after in pairwise(pieces)
    ]
    return np.array([0.0, *inner, 0.0])


def _breaking(before: str, after: str) -> float:
    """Return how bad it is to break off between two words."""
    if before.endswith(_CLAUSE_ENDS) and not (_DAY.fullmatch(before) and after[0].isdigit()):
        return WELL
    named = before[0].isupper() and (after[0].isupper() or after[0].isdigit())  # Da Nang, May 26
    return WITHIN if named or any(letter.isdigit() for letter in before) else 1.0  # 900 people; May 26, 2023


def _held_together(pieces: Sequence[str]) -> NDArray[np.bool_]:
    """Return before which words (and at the end) a list goes on or an aside stands: "A, B, C and D" is one
    thing, and "A, he said, is B" as well.
    """
    inside, commas = np.zeros(len(pieces) + 1, dtype=bool), list[int]()
    for place, piece in enumerate(pieces):
        if piece.lower() in ("and", "or") and 0 < place < len(pieces) - 1:
            start = place
            for comma in reversed(commas):
                if start - comma > ITEM_WORDS + 1:
                    break
                start = comma
            if start < place:
                inside[start : place + 2] = True
        if piece.endswith(","):
            if commas and place + 1 - commas[-1] <= ASIDE_WORDS:
                inside[[commas[-1], place + 1]] = True
            commas.append(place + 1)
        elif piece.endswith(_SENTENCE_ENDS):
            commas.clear()
    return inside
