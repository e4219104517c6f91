"""Which sentences of the hits an answer is written from. Pure.

A small model answers worse from ten passages than from the few sentences that matter (eval/NOTES.md), so
these are chosen first: by a reader, by likeness, by the model's own attention where that is known, and by its
judgement of each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace

from rag.agreement import Given
from rag.grounding import Candidate
from rag.rivals import CLOSE, quoted, rivals
from rag.search import Found
from rag.types import Hit, Read, Statement
from rag.weighing import Weighed, attended, favour_newest, in_order

SKIMMED_WORDS = 800  # of the best sentences, for a model that can skim
FEW_WORDS = 130  # three or four sentences, where it is known which are best
MANY_WORDS = 320  # where likeness alone has chosen, which is less sure
LEAD = 0.15  # log-odds, that a standard deviation of attention counts for beside what the model judges
MOST_LEAD = 3.0  # standard deviations: one sentence may draw nearly all attention
AGREED = 1.0  # log-odds, for such a sentence, beside what the model judges
LACKING = 0.5  # log-odds less, for a sentence without the kind of answer that is asked for
SPOKEN_OF = 1.0  # log-odds, for a sentence of an article that was quoted before a question that leans on it


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found for a question and which of its sentences count, best first.

    ``nearest`` is the best cosine of a sentence and the question; ``earlier`` what was said before, for a
    follow-up; ``priors`` what speaks for each of the first sentences before a model judges it, in log-odds (a
    standard deviation of likeness counts for one, where no model has skimmed); ``given`` what the passages
    give as answers; ``rivals`` those that cannot be told from the best; ``reads`` how each passage reads, by
    id.
    """

    found: Found
    pool: Sequence[Candidate]
    chosen: Sequence[Candidate]
    nearest: float
    earlier: str
    priors: Sequence[float] = ()
    given: Given = field(default_factory=Given)
    rivals: Sequence[Candidate] = ()
    reads: Mapping[str, Read] = field(default_factory=dict)

    @property
    def best(self) -> Candidate:
        """The sentence that the answer is written from. Given several, a small model answers from any of
        them (eval/NOTES.md).
        """
        return self.chosen[0]

    @property
    def question(self) -> str:
        """The question as it can be understood alone."""
        return self.found.standalone_question

    @property
    def before(self) -> str:
        """What was said before, where the question cannot be understood without: beside one that a rule has
        completed it leads a model to what was asked then (eval/NOTES.md).
        """
        return self.earlier if self.found.leans else ""

    @property
    def asked(self) -> str:
        """The question as it is asked of a model, with ``before`` beside it, and of the evidence, for that
        passages speak of what was said before proves nothing.
        """
        return self.found.asked

    def quoted_by(self, statement: Statement) -> list[Candidate]:
        """The sentences that a statement quotes."""
        quoted = {(e.article_id, e.start) for e in statement.evidence}
        return [c for c in self.pool if (c.hit.article.id, c.start) in quoted]


def settle(
    found: Found,
    weighed: Weighed,
    attention: Sequence[float],
    earlier: str,
    shown: int,
    words: int,
) -> Reading:
    """Choose what the answer is written from, ``words`` at most, and the hits to show, ``shown`` at most.

    ``attention`` is what the model paid to the first sentences when it skimmed them; empty when it cannot
    tell or was not asked.
    """
    order = list(weighed.sentences)
    told = quoted(order, earlier) if found.leans else set()
    spoken_of = [SPOKEN_OF * (c.hit.article.id in told) for c in order]
    if attention:
        leads = attended(attention, weighed.values[: len(attention)])
        said = zip(leads, weighed.agreed, weighed.lacks, strict=False)
        values = [prior(*each) + more for each, more in zip(said, spoken_of, strict=False)]
        first = in_order(leads)
    else:
        values = [value + more for value, more in zip(weighed.values, spoken_of, strict=True)]
        first = in_order(values)
    priors = dict(zip(order, values, strict=False))
    order = [order[i] for i in first] + order[len(first) :]
    hits = reranked(found.hits, order)[:shown]
    passages = {hit.passage.id for hit in hits}
    order = [c for c in order if c.hit.passage.id in passages]
    kept = [priors[c] for c in order if c in priors]
    found = replace(found, hits=hits)
    chosen = first_words(order, words)
    return Reading(found, order, chosen, weighed.nearest, earlier, kept, weighed.given, reads=weighed.reads)


def turned_to(hits: Sequence[Hit], weighed: Weighed, attention: Sequence[float]) -> list[Hit]:
    """Return the hits in the order in which a model that has skimmed them turned to their sentences.

    A hit's score is that of its best sentence, in standard deviations; hits without any that was skimmed
    follow as they were, and no score rises from one hit to the next.
    """
    leads = attended(attention, weighed.values[: len(attention)])
    best: dict[str, float] = {}
    for candidate, lead in zip(weighed.sentences, leads, strict=False):
        id_ = candidate.hit.passage.id
        best[id_] = max(lead, best.get(id_, lead))
    first = [replace(hit, score=round(best[hit.passage.id], 6)) for hit in hits if hit.passage.id in best]
    first.sort(key=lambda hit: -hit.score)
    rest = [replace(hit, score=min(hit.score, first[-1].score)) for hit in hits if hit.passage.id not in best]
    return [replace(hit, rank=rank) for rank, hit in enumerate(first + rest, start=1)]


def prior(lead: float, agreed: float, lacks: bool) -> float:
    """Return what speaks for a sentence before the model judges it, in log-odds: how likely it seemed when
    skimmed (standard deviations), what ``Weighed.agreed`` says of it (0 to 1), and against it that it lacks
    the kind of answer that is asked for.
    """
    return LEAD * min(lead, MOST_LEAD) + AGREED * agreed - LACKING * lacks


def judged(read: Reading, odds: Sequence[float]) -> Reading:
    """Choose anew when the model has judged the first sentences one by one; ``odds`` are its log-odds.

    What it judges of one sentence alone is too coarse: what spoke for each before is added.
    """
    values = [sum(both) for both in zip(odds, read.priors, strict=False)]
    if read.found.dates.order == "latest":
        values = favour_newest(read.pool[: len(values)], values, CLOSE)
    first = in_order(values)
    order = [read.pool[i] for i in first] + list(read.pool[len(first) :])
    return replace(
        read,
        found=replace(read.found, hits=reranked(read.found.hits, order)),
        pool=order,
        chosen=first_words(order, FEW_WORDS),
        rivals=_rivals(read, order, [values[i] for i in first]),
    )


def unjudged(read: Reading) -> Reading:
    """Choose by what speaks for each sentence before a model judges it: the first, with its rivals."""
    return replace(read, rivals=_rivals(read, read.pool, read.priors))


def _rivals(read: Reading, best_first: Sequence[Candidate], values: Sequence[float]) -> list[Candidate]:
    return rivals(best_first, values, read.given, read.earlier, timeless=not read.found.dates.words)


def reranked(hits: Sequence[Hit], best_first: Sequence[Candidate]) -> tuple[Hit, ...]:
    """Return the hits in the order of their best sentences, ranks counted anew; others keep to the end."""
    places = {c.hit.passage.id: place for place, c in reversed(list(enumerate(best_first)))}
    order = sorted(hits, key=lambda hit: places.get(hit.passage.id, len(best_first)))
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(order, start=1))


def first_words(best_first: Sequence[Candidate], budget: int) -> list[Candidate]:
    """Return the first sentences that fit into the budget of words together, and at least one."""
    chosen: list[Candidate] = []
    used = 0
    for candidate in best_first:
        used += len(candidate.text.split())
        if chosen and used > budget:
            break
        chosen.append(candidate)
    return chosen
