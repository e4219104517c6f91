"""Answers on which passages agree. Pure.

What several passages give as their answer is more often right than what the best one gives by itself (Wang
et al., Evidence Aggregation for Answer Re-Ranking, ICLR 2018). An answer's share is what all passages give to
it together; a passage, or a sentence, counts by the shares of the answers that stand in it, its own or not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from rag.dates import DateMention, PartialDate, mentions
from rag.text import content_words
from rag.types import Read, Span

TEMPERATURE = 1.5  # of the reader's scores: they are logits, and surer than they should be
DOUBT = 2.0  # log-odds, of what the reader says of the most relevant passage: it is surer than it should be
LONGEST = 8  # words of an answer: longer ones are clauses, which no two passages share

_PIECE = re.compile(r"\S+")
_DAY = re.compile(r"\b\d+x\d+\b")


@dataclass(frozen=True, slots=True)
class Given:
    """The answers that passages give together, by their folded content words, each with its share of 0 to 1.

    ``days`` says whether any of them is a day: to look for days in a text takes time.
    """

    shares: Mapping[str, float] = field(default_factory=dict)
    days: bool = False

    def standing_in(self, text: str) -> set[str]:
        """Return the answers that stand in a text."""
        said = f" {' '.join(_words(text) if self.days else content_words(text))} "
        return {answer for answer in self.shares if f" {answer} " in said}

    def places(self, text: str) -> dict[str, list[Span]]:
        """Return where in a text its answers stand, as spans of characters of whole words."""
        placed = placed_words(text, self.days)
        said = [word for word, _ in placed]
        found: dict[str, list[Span]] = {}
        for answer in self.shares:
            wanted = answer.split()
            for at in range(len(said) - len(wanted) + 1):
                if said[at : at + len(wanted)] == wanted:
                    span = (placed[at][1][0], placed[at + len(wanted) - 1][1][1])
                    found.setdefault(answer, []).append(span)
        return found

    def share(self, answers: Iterable[str]) -> float:
        """Return the shares of some of the answers, added: 0 to 1."""
        return sum(self.shares[answer] for answer in sorted(answers))

    def agreement(self, text: str) -> float:
        """Return the shares of the answers that stand in a text, added: 0 to 1."""
        return self.share(self.standing_in(text))


def given(question: str, reads: Iterable[Read]) -> Given:
    """Return the answers that the passages which were read give to a question."""
    shared = shares(question, reads)
    return Given(shared, any(_DAY.search(answer) for answer in shared))


def trust(reads: Collection[Read]) -> float:
    """Return the probability that the most relevant passage answers at all, 0 when none was read.

    Where none does, what passages have in common is no answer.
    """
    return 1 / (1 + math.exp(DOUBT - max(read.relevance for read in reads))) if reads else 0.0


def shares(question: str, reads: Iterable[Read]) -> dict[str, float]:
    """Return the share of each answer in what the passages give together, by its folded content words.

    Shares add up to 1. What only says the question again is no answer. Empty when nothing is left. A day is
    the same in any spelling, with its year or without.
    """
    asked, given = {*content_words(question), *_words(question)}, list[tuple[str, float]]()
    for read in reads:
        said = [(_words(answer), score) for answer, score in read.answers]
        best = {  # said twice by one passage it counts once, by its higher score
            " ".join(words): score
            for words, score in sorted(said, key=lambda each: each[1])
            if len(words) <= LONGEST and not asked.issuperset(words)
        }
        given += best.items()
    if not given:
        return {}
    most, found = max(score for _, score in given), dict[str, float]()
    for answer, score in given:
        found[answer] = found.get(answer, 0.0) + math.exp((score - most) / TEMPERATURE)
    total = sum(found.values())
    return {answer: share / total for answer, share in found.items()}


def _words(text: str) -> list[str]:
    return [word for word, _ in placed_words(text, days=True)]


def placed_words(text: str, days: bool) -> list[tuple[str, Span]]:
    """Return the content words of a text, each with the span of what it stands in, between blanks. With
    ``days`` each day of the calendar is one: 9x30 for the 30th of September.
    """
    dated = [(m, day) for m in mentions(text) if (day := _days(m))] if days else []
    pieces = [piece.span() for piece in _PIECE.finditer(text)]
    placed: list[tuple[str, Span]] = []
    for start, end in pieces:
        within = next(((m, day) for m, day in dated if m.start < end and start < m.end), None)
        if within is None:
            placed += [(word, (start, end)) for word in content_words(text[start:end])]
        elif start <= within[0].start:  # it is said once, at its first word
            last = max(b for a, b in pieces if a < within[0].end)
            placed += [(day, (start, last)) for day in within[1]]
    return placed


def _days(mention: DateMention) -> list[str]:
    """Return the days of the calendar that a date names: none, when any of its ends is no single day."""
    days = dict.fromkeys(_day(end) for end in (mention.opening, mention.closing))
    return [day for day in days if day] if None not in days else []


def _day(date: PartialDate) -> str | None:
    return f"{date.month}x{date.day}" if date.month and date.day else None
