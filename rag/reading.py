"""Which sentences of the hits an answer is written from. Pure.

A small model answers worse from ten passages than from the few sentences that matter (eval/NOTES.md), so
these are chosen first: by a reader, by likeness, by the model's own attention where that is known, and by its
judgement of each.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import numpy as np

from rag.agreement import Given, given, trust
from rag.fusion import standardised_sum
from rag.grounding import Candidate
from rag.matching import coverage
from rag.rivals import CLOSE, quoted, rivals
from rag.search import Found
from rag.types import Hit, Read, Statement
from rag.wanted import lacking

# Of what says that a sentence answers, each standardised: the reader's best answer in it, its cosine to the
# question, how much of the question's words it has, and its passage's place in the search and relevance.
WEIGHTS = {"answer": 1.0, "cosine": 1.0, "coverage": 0.2, "passage": 0.5, "relevance": 0.2}
LIKELY_AGREED = 2.0  # standard deviations, for a sentence that holds all that the passages give as answers
LIKELY_LACKING = 2.0  # standard deviations less, for a sentence without the kind of answer that is asked for
SKIMMED_WORDS = 800  # of the best sentences, for a model that can skim
FEW_WORDS = 130  # three or four sentences, where it is known which are best
MANY_WORDS = 320  # where likeness alone has chosen, which is less sure
LIKELY_WEIGHT = 0.6  # beside attention, both standardised
LEAD = 0.15  # log-odds, that a standard deviation of attention counts for beside what the model judges
MOST_LEAD = 3.0  # standard deviations: one sentence may draw nearly all attention
AGREED = 1.0  # log-odds, for such a sentence, beside what the model judges
LACKING = 0.5  # log-odds less, for a sentence without the kind of answer that is asked for
SPOKEN_OF = 1.0  # log-odds, for a sentence of an article that was quoted before a question that leans on it
TRUSTED = 0.65  # trust from which the model is not asked to compare: what the passages agree on is surer
SURE = 4.5  # standard deviations between the first sentence and the next, for it to be the one
LIKELY_TRUE = 0.3  # trust, below which even then it often is not
NEARLY = 2.0  # standard deviations, between sentences that could both hold the answer


@dataclass(frozen=True, slots=True)
class Weighed:
    """The sentences of the passages found, best first, with their values.

    ``given`` is what the passages give as answers, ``trust`` the probability that they answer at all (0 where
    the latest is asked for), ``agreed`` how much of it stands in each sentence, times that probability,
    ``lacks`` whether it is without the kind of answer that is asked for or tells of other times, ``nearest``
    the best cosine of a sentence and the question, ``signals`` what the reader says for and against an
    answer; empty without one. ``clear`` says whether a model need not compare the sentences, ``reads`` how
    each passage reads, by id.
    """

    sentences: Sequence[Candidate]
    values: Sequence[float]
    given: Given
    trust: float
    agreed: Sequence[float]
    lacks: Sequence[bool]
    nearest: float
    signals: Mapping[str, float]
    clear: bool
    reads: Mapping[str, Read] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Reading:
    """What was found for a question and which of its sentences count, best first.

    ``nearest`` is the best cosine of a sentence and the question; ``earlier`` what was said before, for a
    follow-up; ``priors`` what speaks for each of the first sentences before a model judges it, in log-odds (a
    standard deviation of likeness counts for one, where no model has skimmed); ``given`` what the passages
    give as answers; ``rivals`` those that cannot be told from the best.
    """

    found: Found
    pool: Sequence[Candidate]
    chosen: Sequence[Candidate]
    nearest: float
    earlier: str
    priors: Sequence[float] = ()
    given: Given = field(default_factory=Given)
    rivals: Sequence[Candidate] = ()

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
    def asked(self) -> str:
        """The question without what was said before: that the passages speak of that proves nothing."""
        return self.found.question if self.found.leans else self.question

    def quoted_by(self, statement: Statement) -> list[Candidate]:
        """The sentences that a statement quotes."""
        quoted = {(e.article_id, e.start) for e in statement.evidence}
        return [c for c in self.pool if (c.hit.article.id, c.start) in quoted]


def weigh(
    found: Found, pool: Sequence[Candidate], cosines: Sequence[float], reads: Mapping[str, Read]
) -> Weighed:
    """Order sentences by how likely each holds the answer. ``reads`` are the passages read, by id."""
    answers = given(found.standalone_question, reads.values())
    agreed = [answers.agreement(c.text) for c in pool]
    unfit = lacking(found.standalone_question, [c.text for c in pool])
    lacks = [lack or found.dates.elsewhen(c.text) for lack, c in zip(unfit, pool, strict=True)]
    values = [
        likeness + LIKELY_AGREED * share - LIKELY_LACKING * lack
        for likeness, share, lack in zip(
            likely(found.standalone_question, pool, cosines, reads), agreed, lacks, strict=True
        )
    ]
    if found.dates.order == "latest":
        values = favour_newest(pool, values, NEARLY)
    order = in_order(values)
    signals = (
        {
            "answer": max(max(read.sentences) for read in reads.values()),
            "relevance": max(read.relevance for read in reads.values()),
        }
        if reads
        else {}
    )
    believed, latest = trust(reads.values()), found.dates.order == "latest"
    trusted = 0.0 if latest else believed  # of what changed, most passages give what was so before
    ordered = [values[i] for i in order]
    return Weighed(
        [pool[i] for i in order],
        ordered,
        answers,
        trusted,
        [trusted * agreed[i] for i in order],
        [lacks[i] for i in order],
        max(cosines),
        signals,
        not found.leans and is_clear(ordered, trusted, believed),
        reads,
    )


def is_clear(values: Sequence[float], trusted: float, believed: float) -> bool:
    """Whether a model need not compare sentences of these values, best first: there is one, the passages are
    ``trusted`` to answer, or the first is far ahead and they are ``believed`` to (probabilities).
    """
    far_ahead = len(values) == 1 or (values[0] - values[1] >= SURE and believed >= LIKELY_TRUE)
    return far_ahead or trusted >= TRUSTED


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
    return Reading(found, order, first_words(order, words), weighed.nearest, earlier, kept, weighed.given)


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
        rivals=rivals(order, [values[i] for i in first], read.given, read.earlier),
    )


def unjudged(read: Reading) -> Reading:
    """Choose by what speaks for each sentence before a model judges it: the first, with its rivals."""
    return replace(read, rivals=rivals(read.pool, read.priors, read.given, read.earlier))


def likely(
    question: str,
    pool: Sequence[Candidate],
    cosines: Sequence[float],
    reads: Mapping[str, Read],
) -> list[float]:
    """Return how likely each sentence is to hold the answer by itself; comparable within one question only.

    ``reads`` are the passages that a reader has read, by id, empty when there is none.
    """
    columns = {
        "cosine": list(cosines),
        "coverage": [coverage(question, c.text) for c in pool],
        "passage": [c.hit.score for c in pool],
    }
    if reads:
        columns["answer"] = [reads[c.hit.passage.id].sentences[c.place] for c in pool]
        columns["relevance"] = [reads[c.hit.passage.id].relevance for c in pool]
    return _sum(columns.values(), [WEIGHTS[name] for name in columns])


def attended(attention: Sequence[float], likeness: Sequence[float]) -> list[float]:
    """Return how likely each sentence is to hold the answer when the model's attention is known."""
    return _sum([attention, likeness], [1.0, LIKELY_WEIGHT])


def _sum(columns: Iterable[Sequence[float]], weights: Sequence[float]) -> list[float]:
    arrays = [np.asarray(column, dtype=np.float32) for column in columns]
    return [float(value) for value in standardised_sum(arrays, weights)]


def favour_newest(pool: Sequence[Candidate], values: Sequence[float], nearly: float) -> list[float]:
    """Lower the sentences of older articles when the newest has one that is ``nearly`` as good.

    For questions that ask for the latest: a small model takes whichever of two answers it reads first.
    """
    days, least = [c.hit.article.day or date.min for c in pool], max(values) - nearly
    newest = max(day for day, value in zip(days, values, strict=True) if value >= least)
    return [value if day >= newest else value - 2 * nearly for day, value in zip(days, values, strict=True)]


def in_order(values: Sequence[float]) -> list[int]:
    """Return the places of values, best first; ties keep their order."""
    return sorted(range(len(values)), key=lambda i: (-values[i], i))


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
