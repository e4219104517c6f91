"""Answers on which passages agree. Pure.

What several passages give as their answer is more often right than what the best one gives by itself (Wang
et al., Evidence Aggregation for Answer Re-Ranking, ICLR 2018). An answer's share is what all passages give to
it together; a passage, or a sentence, counts by the shares of the answers that stand in it, its own or not.
"""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence

from rag.text import content_words
from rag.types import Read

STRENGTH = 2.0  # standard deviations of a score, for a text that holds all that the passages give as answers
TEMPERATURE = 2.0  # of the reader's scores: they are logits, and surer than they should be
LONGEST = 8  # words of an answer: longer ones are clauses, which no two passages share


def lifts(question: str, reads: Iterable[Read], texts: Sequence[str]) -> list[float]:
    """Return what each text gains, in standard deviations, from what the passages that were read agree on."""
    shared = shares(question, reads)
    return [STRENGTH * agreement(text, shared) for text in texts]


def shares(question: str, reads: Iterable[Read]) -> dict[str, float]:
    """Return the share of each answer in what the passages give together, by its folded content words.

    Shares add up to 1. What only says the question again is no answer. Empty when nothing is left.
    """
    asked, given = set(content_words(question)), list[tuple[str, float]]()
    for read in reads:
        said = [(content_words(answer), score) for answer, score in read.answers]
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


def agreement(text: str, shared: Mapping[str, float]) -> float:
    """Return the shares of the answers that stand in a text, added: 0 to 1."""
    said = f" {' '.join(content_words(text))} "
    return sum(share for answer, share in shared.items() if f" {answer} " in said)
