"""Answers on which passages agree. Pure.

What several passages give as their answer is more often right than what the best one gives by itself (Wang
et al., Evidence Aggregation for Answer Re-Ranking, ICLR 2018). An answer's share is what all passages give to
it together; a passage, or a sentence, counts by the shares of the answers that stand in it, its own or not.
"""

from __future__ import annotations

import math
import re
from collections.abc import Collection, Iterable, Mapping, Sequence

from rag.dates import PartialDate, mentions
from rag.text import content_words
from rag.types import Read

TEMPERATURE = 2.0  # of the reader's scores: they are logits, and surer than they should be
DOUBT = 2.0  # log-odds, of what the reader says of the most relevant passage: it is surer than it should be
LONGEST = 8  # words of an answer: longer ones are clauses, which no two passages share

_DAY = re.compile(r"\b\d+x\d+\b")


def agreements(question: str, reads: Iterable[Read], texts: Sequence[str]) -> list[float]:
    """Return how much of what the passages that were read give as answers stands in each text: 0 to 1."""
    shared = shares(question, reads)
    days = _has_days(shared)
    return [agreement(text, shared, days) for text in texts]


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


def agreement(text: str, shared: Mapping[str, float], days: bool | None = None) -> float:
    """Return the shares of the answers that stand in a text, added: 0 to 1.

    ``days`` says whether any answer is a day, where that is known: to look for days in a text takes time.
    """
    days = _has_days(shared) if days is None else days
    said = f" {' '.join(_words(text) if days else content_words(text))} "
    return sum(share for answer, share in shared.items() if f" {answer} " in said)


def _has_days(shared: Mapping[str, float]) -> bool:
    return any(_DAY.search(answer) for answer in shared)


def _words(text: str) -> list[str]:
    """Return the content words of a text, each day of the calendar as one: 9x30 for the 30th of September."""
    parts, at = list[str](), 0
    for mention in mentions(text):
        days = dict.fromkeys(_day(date) for date in (mention.opening, mention.closing))
        if None not in days:
            parts += [*content_words(text[at : mention.start]), *filter(None, days)]
            at = mention.end
    return parts + content_words(text[at:])


def _day(date: PartialDate) -> str | None:
    return f"{date.month}x{date.day}" if date.month and date.day else None
