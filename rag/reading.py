"""Which sentences of the hits an answer is written from. Pure.

A small model answers worse from ten passages than from the few sentences that matter (eval/NOTES.md), so
these are chosen first: by the model's own attention where that is known, else by how near a sentence and its
passage come to the question.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np

from rag.fusion import standardised_sum
from rag.grounding import Candidate, coverage
from rag.search import Found
from rag.types import Hit, Statement

ATTENDED_WORDS = 130  # three or four sentences, when the model's attention has chosen
LIKELY_WORDS = 320  # when likeness has, which is less sure
COSINE_WEIGHT = 0.6  # beside attention, both standardised
COVERAGE_WEIGHT = 0.8  # of the question's words in the sentence, beside its cosine
NEARLY = 0.4  # of a score, between sentences that could both hold the answer
PASSAGE_WEIGHT = 0.2  # of the passage's score in the search


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found for a question and which of its sentences count, best first.

    ``nearest`` is the best cosine of a sentence and the question; ``earlier`` what was said before, for a
    follow-up.
    """

    found: Found
    pool: Sequence[Candidate]
    chosen: Sequence[Candidate]
    nearest: float
    earlier: str

    @property
    def question(self) -> str:
        """The question as it can be understood alone."""
        return self.found.standalone_question

    @property
    def asked(self) -> str:
        """The question without what was said before: that the passages speak of that proves nothing."""
        added = self.question.startswith(self.found.question.strip())
        return self.found.question if added else self.question

    def quoted_by(self, statement: Statement) -> list[Candidate]:
        """The sentences that a statement quotes."""
        quoted = {(e.article_id, e.start) for e in statement.evidence}
        return [c for c in self.pool if (c.hit.article.id, c.start) in quoted]


def scores(question: str, pool: Sequence[Candidate], cosines: Sequence[float]) -> list[float]:
    """Return how likely each sentence is to hold the answer; comparable within one question only."""
    return [
        cosine + COVERAGE_WEIGHT * coverage(question, c.text) + PASSAGE_WEIGHT * c.hit.score
        for c, cosine in zip(pool, cosines, strict=True)
    ]


def attended(attention: Sequence[float], cosines: Sequence[float]) -> list[float]:
    """Return how likely each sentence is to hold the answer when the model's attention is known."""
    columns = [np.asarray(column, dtype=np.float32) for column in (attention, cosines)]
    return [float(value) for value in standardised_sum(columns, [1.0, COSINE_WEIGHT])]


def favour_newest(pool: Sequence[Candidate], values: Sequence[float]) -> list[float]:
    """Lower the sentences of older articles when the newest has one that fits the question nearly as well.

    For questions that ask for the latest: a small model takes whichever of two answers it reads first.
    """
    days = [c.hit.article.published or c.hit.article.not_before or date.min for c in pool]
    close = [day for day, value in zip(days, values, strict=True) if value >= max(values) - NEARLY]
    newest = max(close)
    return [value if day >= newest else value - 2 * NEARLY for day, value in zip(days, values, strict=True)]


def reranked(hits: Sequence[Hit], pool: Sequence[Candidate], values: Sequence[float]) -> tuple[Hit, ...]:
    """Return the hits in the order of their best sentences, ranks counted anew; others keep to the end."""
    best: dict[str, float] = {}
    for candidate, value in zip(pool, values, strict=True):
        id_ = candidate.hit.passage.id
        best[id_] = max(value, best.get(id_, value))
    order = sorted(hits, key=lambda hit: -best.get(hit.passage.id, float("-inf")))
    return tuple(replace(hit, rank=place) for place, hit in enumerate(order, start=1))


def choose(pool: Sequence[Candidate], values: Sequence[float], budget: int) -> list[Candidate]:
    """Return the best sentences that fit into the budget of words, best first, and at least one."""
    chosen: list[Candidate] = []
    used = 0
    for i in sorted(range(len(pool)), key=lambda i: (-values[i], i)):
        used += len(pool[i].text.split())
        if chosen and used > budget:
            break
        chosen.append(pool[i])
    return chosen
