"""Where evidence stands, which hits and citations hold it, and which stage lost a wrong answer. Pure.

A hit holds an entry of evidence when it is from that article and covers at least half of the quotation, or
lies inside it. A citation is of an entry when one covers at least half of the other.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from rag.eval_metrics import holds, missing_groups
from rag.eval_questions import Gold, Question
from rag.types import Answer, Article, Hit, Passage, Span

Place = tuple[str, int, int]  # article id, start, end
Stage = Literal[
    "not_in_corpus", "not_retrieved", "ranked_out", "not_used", "dropped", "wrongly_refused",
    "wrongly_answered", "failed",
]  # fmt: skip
STAGES: Mapping[str, str] = {
    "not_in_corpus": "the evidence is not in the corpus",
    "not_retrieved": "the search did not find the evidence",
    "ranked_out": "found, but ranked too low to be read",
    "not_used": "read, but the answer does not use it",
    "dropped": "written, but dropped by the check of quotations",
    "wrongly_refused": "read, but the system refused to answer",
    "wrongly_answered": "answered wrongly, or answered what has no answer",
    "failed": "the question could not be asked",
}

_TYPOGRAPHY = str.maketrans("‘’‚“”„«»‐‑‒–—−\u00a0", '\'\'\'"""""------ ')


def find_quote(text: str, quote: str) -> list[Span]:
    """Return every place of a quotation, whatever its white space and its style of quotes and dashes."""
    words = quote.translate(_TYPOGRAPHY).split()
    if not words:
        return []
    pattern = r"\s+".join(re.escape(word) for word in words)
    return [match.span() for match in re.finditer(pattern, text.translate(_TYPOGRAPHY))]


def find_places(gold: Gold, articles: Mapping[str, Article]) -> list[Place]:
    """Return where an entry stands in the articles: nowhere when the corpus does not hold it."""
    named = [gold.article] if gold.article is not None else list(articles)
    texts = [(id_, articles[id_].text) for id_ in named if id_ in articles]
    if not gold.quote:
        return [(id_, 0, len(text)) for id_, text in texts]
    return [(id_, start, end) for id_, text in texts for start, end in find_quote(text, gold.quote)]


def in_passage(place: Place, passage: Passage) -> bool:
    """Whether a passage holds the evidence that stands at a place."""
    article, start, end = place
    inside = start <= passage.start and passage.end <= end
    shared = _overlap((start, end), (passage.start, passage.end))
    return article == passage.article_id and (inside or 2 * shared >= end - start)


def is_cited(place: Place, article_id: str, span: Span) -> bool:
    """Whether a quotation at a span of an article is of the evidence that stands at a place."""
    article, start, end = place
    shortest = min(end - start, span[1] - span[0])
    return article == article_id and shortest > 0 and 2 * _overlap((start, end), span) >= shortest


def _overlap(one: Span, other: Span) -> int:
    return max(0, min(one[1], other[1]) - max(one[0], other[0]))


def units_of(hits: Iterable[Hit], evidence: Sequence[Sequence[Place]]) -> list[list[int]]:
    """Return for each hit the numbers of the entries that it holds; near copies under a hit do not count."""
    return [
        [i for i, places in enumerate(evidence) if any(in_passage(place, hit.passage) for place in places)]
        for hit in hits
    ]


@dataclass(frozen=True, slots=True)
class Trace:
    """How far one entry of evidence got: its places, its rank among all hits found and among the passages
    read (from 1; None: not there), whether the answer cites it, and the text that it says.
    """

    gold: Gold
    places: tuple[Place, ...]
    retrieved_rank: int | None
    prompt_rank: int | None
    cited: bool
    text: str

    @property
    def reach(self) -> int:
        """The number of stages passed: in the corpus, retrieved, read, cited."""
        if self.cited:
            return 4
        if self.prompt_rank is not None:
            return 3
        if self.retrieved_rank is not None:
            return 2
        return 1 if self.places else 0


_LOST: tuple[Stage, ...] = ("not_in_corpus", "not_retrieved", "ranked_out")


def trace(
    question: Question,
    found: Sequence[Hit],
    read: Sequence[Hit],
    answer: Answer | None,
    articles: Mapping[str, Article],
) -> list[Trace]:
    """Follow each entry of evidence through the hits found, the passages read and the citations."""
    evidence = [find_places(gold, articles) for gold in question.evidence]
    in_found, in_read = units_of(found, evidence), units_of(read, evidence)
    quoted = [e for s in answer.statements for e in s.evidence] if answer else []
    return [
        Trace(
            gold,
            tuple(places),
            _first(in_found, i),
            _first(in_read, i),
            any(is_cited(p, e.article_id, (e.start, e.end)) for p in places for e in quoted),
            gold.quote or " ".join(articles[id_].text for id_, _, _ in places),
        )
        for i, (gold, places) in enumerate(zip(question.evidence, evidence, strict=True))
    ]


def _first(units: Sequence[Sequence[int]], wanted: int) -> int | None:
    return next((rank for rank, held in enumerate(units, start=1) if wanted in held), None)


def reach(question: Question, traces: Sequence[Trace], missing: Sequence[int]) -> int:
    """Return how many stages the evidence of a question passed (``Trace.reach``).

    Entries that hold an alias of the same missing group are alternatives: the best of them counts. Of
    several missing groups the one that was lost first counts.
    """
    groups = [question.answers[i] for i in missing] or [()]
    return min(max(t.reach for t in _holders(group, traces)) for group in groups)


def _holders(group: Sequence[str], traces: Sequence[Trace]) -> Sequence[Trace]:
    return [t for t in traces if any(holds(t.text, alias) for alias in group)] or traces


def failure_stage(question: Question, traces: Sequence[Trace], answer: Answer) -> Stage:
    """Return the first stage that lost a wrong answer. Without evidence only the later stages can be told."""
    if not question.answerable:
        return "wrongly_answered"
    said = "" if answer.abstained else answer.text
    missing = missing_groups(said, question.answers)
    passed = reach(question, traces, missing) if traces else 4
    if passed < len(_LOST):
        return _LOST[passed]
    if _was_dropped(question, missing, answer):
        return "dropped"
    if answer.abstained:
        return "wrongly_refused"
    return "not_used" if passed == 3 else "wrongly_answered"


def _was_dropped(question: Question, missing: Sequence[int], answer: Answer) -> bool:
    """Whether a sentence that the check dropped said what the answer lacks."""
    dropped = " ".join(statement.text for statement in answer.dropped)
    return any(holds(dropped, alias) for i in missing for alias in question.answers[i])


def retrieval_stage(question: Question, traces: Sequence[Trace]) -> Stage | None:
    """Return the stage that lost the evidence when nothing was asked of a generator; None: it was found.

    Every group of the answer needs its evidence among the passages read.
    """
    if not traces:
        return None
    passed = reach(question, traces, range(len(question.answers)))
    return _LOST[passed] if passed < len(_LOST) else None
