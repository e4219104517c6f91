"""How likely each sentence that was found holds the answer, before a model is asked. Pure."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np

from rag.agreement import Given, given, trust
from rag.dates import mentions
from rag.fusion import standardised_sum
from rag.grounding import Candidate
from rag.matching import coverage
from rag.ranking import both
from rag.rivals import repeated
from rag.search import Found
from rag.types import Read
from rag.wanted import asks_of_the_past, lacking

# Of what says that a sentence answers, each standardised: the reader's best answer in it, its cosine to the
# question, how much of the question's words it has, and its passage's place in the search and relevance.
WEIGHTS = {"answer": 1.0, "cosine": 1.0, "coverage": 0.2, "passage": 0.5, "relevance": 0.2}
LIKELY_AGREED = 2.0  # standard deviations, for a sentence that holds all that the passages give as answers
LIKELY_LACKING = 2.0  # standard deviations less, for a sentence without the kind of answer that is asked for
LIKELY_WEIGHT = 0.6  # beside attention, both standardised
TRUSTED = 0.65  # trust from which the model is not asked to compare: what the passages agree on is surer
WIDELY = 5  # articles that each seem to answer, from which on it is so as well: they can agree
SHARED = 0.3  # of what they give as answers, at least, that the first sentence then has to hold
SURE = 4.5  # standard deviations between the first sentence and the next, for it to be the one
LIKELY_TRUE = 0.3  # trust, below which even then it often is not
SURELY_TRUE = 0.8  # and from which on it needs no comparing where few articles seem to answer
NEARLY = 2.0  # standard deviations, between sentences that could both hold the answer
JUDGED = 8  # sentences about which a model is asked one by one
DEEP = 2  # questions before one that leans on them, from which on it must be surer to be answered


@dataclass(frozen=True, slots=True)
class Weighed:
    """The sentences of the passages found, best first, with their values.

    ``given`` is what the passages give as answers, ``trust`` the probability that they answer at all (0 where
    the latest is asked for), ``agreed`` how much of it stands in each sentence, times that probability,
    ``lacks`` whether it is without the kind of answer that is asked for, tells of other times or was told
    just before, ``nearest`` the best cosine of a sentence and the question, ``signals`` what the reader, and
    later the verifier, says for and against an answer; empty without one. ``clear`` says whether one of the
    sentences stands out, ``doubtful`` whether a model should compare them even so, ``reads`` how each passage
    reads, by id, and ``whole`` how it does to a follow-up with all that stands behind it.
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
    doubtful: bool = False
    reads: Mapping[str, Read] = field(default_factory=dict)
    whole: Mapping[str, Read] = field(default_factory=dict)


def weigh(
    found: Found,
    pool: Sequence[Candidate],
    cosines: Sequence[float],
    reads: Mapping[str, Read],
    bare: Mapping[str, Read] | None = None,
) -> Weighed:
    """Order sentences by how likely each holds the answer. ``reads`` are the passages read, by id; for a
    follow-up ``bare`` are the same to what it says by itself (empty without a reader, None for any other
    question). Whether there is an answer at all the former tell: that needs the topic.
    """
    whole, reads = reads, both(reads, bare, found.behind) if bare else reads
    question, latest = found.standalone_question, found.dates.order == "latest"
    answers = given(question, reads.values())
    agreed = [answers.agreement(c.text) for c in pool]
    lacks = _lacks(found, pool, "" if bare is None else found.told)
    values = [
        likeness + LIKELY_AGREED * share - LIKELY_LACKING * lack
        for likeness, share, lack in zip(likely(question, pool, cosines, reads), agreed, lacks, strict=True)
    ]
    if latest:
        values = favour_newest(pool, values, NEARLY)
    order = in_order(values)
    believed = trust(reads.values())
    trusted = 0.0 if latest else believed  # of what changed, most passages give what was so before
    many = articles_that_answer(pool, reads) >= WIDELY
    trusts = trusted >= TRUSTED or (many and agreed[order[0]] >= SHARED and not latest)
    ordered, sentences = [values[i] for i in order], [pool[i] for i in order]
    return Weighed(
        sentences,
        ordered,
        answers,
        trusted,
        [trusted * agreed[i] for i in order],
        [lacks[i] for i in order],
        max(cosines),
        _signals(whole, deep=bare is not None and found.turns >= DEEP and not found.perhaps),
        is_clear(ordered, trusts, believed),
        (0 < believed < SURELY_TRUE and not many) or _doubtful(found, sentences, ordered),
        reads,
        whole,
    )


def _lacks(found: Found, pool: Sequence[Candidate], told: str) -> list[bool]:
    """Return which sentences are not what is asked for: see ``Weighed``. Who asks on after what was ``told``
    does not want it again.
    """
    unfit = lacking(found.standalone_question, [c.text for c in pool])
    return [
        lack or found.dates.elsewhen(c.text) or (told != "" and repeated(c.text, [told]))
        for lack, c in zip(unfit, pool, strict=True)
    ]


def _signals(reads: Mapping[str, Read], deep: bool) -> dict[str, float]:
    """What the reader says for and against an answer, and that a question leans on several before it: the
    more was said, the more passages look like answers.
    """
    if not reads:
        return {}
    answer = max(read.best for read in reads.values())
    said = {"answer": answer, "relevance": max(read.relevance for read in reads.values())}
    return said | {"deep": 1.0} if deep else said


def articles_that_answer(pool: Iterable[Candidate], reads: Mapping[str, Read]) -> int:
    """Return how many articles have a passage of which the reader says that it answers rather than not."""
    seeming = {id_ for id_, read in reads.items() if read.relevance > 0}
    return len({c.hit.article.id for c in pool if c.hit.passage.id in seeming})


def is_clear(values: Sequence[float], trusts: bool, believed: float) -> bool:
    """Whether one of the sentences of these values, best first, is the one: there is no other, what the
    passages agree on is trusted, or the first is far ahead and they are ``believed`` to answer (probability).
    """
    far_ahead = len(values) == 1 or (values[0] - values[1] >= SURE and believed >= LIKELY_TRUE)
    return far_ahead or trusts


def _doubtful(found: Found, sentences: Sequence[Candidate], values: Sequence[float]) -> bool:
    """Whether the first sentence should be compared with others even where it stands out: a question that
    leans on what was said before has the words of what was quoted, and what is so may be so no more.
    """
    return found.leans or _of_other_time(found, sentences[0]) or _older(found, sentences, values)


def _of_other_time(found: Found, sentence: Candidate) -> bool:
    """Whether a sentence names no time and its article is not of the time that is asked about."""
    day = sentence.hit.article.day
    return day is not None and day not in found.dates and not mentions(sentence.text)


def _older(found: Found, sentences: Sequence[Candidate], values: Sequence[float]) -> bool:
    """Whether what is so now is asked for and a newer article than the first sentence's may say it."""
    day = sentences[0].hit.article.day
    if day is None or found.dates or asks_of_the_past(found.standalone_question):
        return False
    near = [c for c, value in zip(sentences, values, strict=True) if values[0] - value < SURE]
    return any(c.hit.article.day and c.hit.article.day > day for c in near[:JUDGED])


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


def attended(attention: Sequence[float], likeness: Sequence[float]) -> list[float]:
    """Return how likely each sentence is to hold the answer when the model's attention is known."""
    return _sum([attention, likeness], [1.0, LIKELY_WEIGHT])


def _sum(columns: Iterable[Sequence[float]], weights: Sequence[float]) -> list[float]:
    arrays = [np.asarray(column, dtype=np.float32) for column in columns]
    return [float(value) for value in standardised_sum(arrays, weights)]
