"""Figures that changed: the same quantity with other values at other dates, oldest first. Pure.

Two sentences speak of the same quantity when their clauses are near in meaning and their figures are of one
kind and size, so many or so many a year. On pairs of clauses about residents, tourists and students the
cosine then parts the two cases (same: 0.86 and more; other: 0.83 and less). A count that runs on is told in
other words each time ("at least 17 were killed", "the toll reached 112"): there the reader tells, which finds
both figures to answer one question.
"""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date
from fractions import Fraction

from rag.dates import mentions
from rag.day_words import long_day, month
from rag.grounding import Candidate, Similarity, clauses
from rag.matching import uncovered
from rag.names import names
from rag.quantities import Quantity, hedge, quantities
from rag.question_dates import QuestionDates
from rag.types import Read, Statement, TimelineEntry

_ASKS = re.compile(
    r"\bhow (?:many|much|large|big|high|great)\b|"
    r"(?<!by )\b(?:number|figure|share|proportion|percentage|per ?cent|total|size|population|amount|value)\b|"
    r"\bbao nhiêu\b",
    re.IGNORECASE,
)
_BEHIND_A_NAME = re.compile(r"\w\W+[A-Z]\w* $")  # "does Route 3"; a question's first word is no name
_A_RATE = re.compile(
    r"\b(?:(?:each|every|per|an?) (?:year|month|week|day|hour)|annual(?:ly)?|"
    r"yearly|monthly|weekly|daily|hourly)\b",
    re.IGNORECASE,
)
SAME_QUANTITY = 0.85
LARGEST_RATIO = 5  # a figure seldom grows more between two reports; beyond that it is another quantity
# A figure that the reader gives as the answer beside the lead's, in the reader's log-odds.
NEAR, SURE, RELEVANT = 4.2, 5.0, 0.8  # behind the lead at most; by itself and its passage at least
ALIKE, LARGEST_RUN = 0.3, 10  # the cosine of such clauses at least; how often the one is the other at most
AT_ONCE = 31  # days between two articles that speak of the same time
KINDS = ("number", "percent", "usd", "eur", "gbp", "jpy", "vnd")


@dataclass(frozen=True, slots=True)
class _Figure:
    candidate: Candidate
    clause: str
    quantity: Quantity
    score: float = -math.inf  # how surely the reader gives it as the answer


def asks_for_figure(question: str) -> bool:
    """Whether a question is about a figure: "how many", "what share", or one that it names itself, unless
    that is part of a name ("Route 3").
    """
    named = [q for q in _undated(question) if not _BEHIND_A_NAME.search(question[: q.start])]
    return bool(_ASKS.search(question)) or any(q.kind in KINDS for q in named)


def leading(entries: Sequence[TimelineEntry], dates: QuestionDates) -> TimelineEntry:
    """Return the entry that answers: of the time that the question names, else the newest (or the oldest,
    when the question asks for that).
    """
    named = [e for e in entries if e.day and not e.day_is_bound and e.day in dates] if dates.words else []
    chosen = named or list(entries)
    return chosen[0] if dates.order == "earliest" else chosen[-1]


def at_once(one: date | None, other: date | None) -> bool:
    """Whether articles of two days speak of the same time; no day is of no time."""
    return one is not None and other is not None and abs((one - other).days) <= AT_ONCE


def an_article(day: date | None, day_is_bound: bool = False) -> str:
    """Return words for an article of a day, or of that day at the earliest."""
    if day is None:
        return "An undated article"
    if day_is_bound:
        return f"An undated article, from {month(day)} or later,"
    return f"An article of {long_day(day)}"


def change(entry: TimelineEntry, lead: TimelineEntry) -> Statement:
    """Return the sentence that tells another value of a figure than the one that leads."""
    value = entry.value[:1].lower() + entry.value[1:]
    if entry.day is None and lead.day is None:
        text = f"Another article gives {value}."
    elif entry.day is None or entry.day_is_bound:
        text = f"{an_article(entry.day, entry.day_is_bound)} gives {value}."
    elif at_once(lead.day, entry.day) and not lead.day_is_bound:
        text = f"Another article, of {long_day(entry.day)}, gives {value}."
    else:
        text = f"{an_article(entry.day)} gave {value}."
    return Statement(text, (entry.evidence,), supported=True)


def timeline(
    anchor: Candidate,
    question: str,
    pool: Sequence[Candidate],
    similarity: Similarity,
    reads: Mapping[str, Read] | None = None,
) -> tuple[TimelineEntry, ...]:
    """Return the values of the anchor sentence's figure in articles of other dates, oldest first.

    ``anchor`` holds the figure that answers the question; ``reads`` are the passages as the reader read them
    for it, by id, of a question that names no time. Empty unless two values differ: a figure that two
    articles repeat has not changed.
    """
    at_hand = _figures([anchor])
    if not at_hand:
        return ()
    given = _given(question, pool, reads or {})
    fits = similarity(question, [f.clause for f in at_hand])
    sure = [max((g.score for g in given if _one(g, f)), default=-math.inf) for f in at_hand]
    lead = at_hand[
        max(range(len(at_hand)), key=lambda i: (sure[i], not _left_behind(at_hand[i]), fits[i], -i))
    ]
    others = _told_apart(lead, [f for f in _figures(pool) if _comparable(lead, f)])
    same = [lead, *_alike(lead, others, similarity)]
    # Another article may say the same value in plainer words, which are nearer to those of a third.
    for twin in [f for f in same[1:] if f.quantity.value == lead.quantity.value]:
        same += [f for f in _alike(twin, others, similarity) if f not in same]
    same += _answering(lead, same, given, similarity)
    told = [f for i, f in enumerate(same) if not any(_says_the_same(f, other) for other in same[:i])]
    ordered = tuple(sorted(map(_entry, told), key=_age))
    return ordered if len({f.quantity.value for f in same}) > 1 else ()


def _given(question: str, pool: Sequence[Candidate], reads: Mapping[str, Read]) -> list[_Figure]:
    """Return the figures that the reader gives as answers in passages about all that the question names."""
    named, found = " ".join(names(question)), list[_Figure]()
    for candidate in pool:
        hit = candidate.hit
        read = reads.get(hit.passage.id)
        if read is None or read.relevance < RELEVANT:
            continue
        if uncovered(named, f"{hit.article.title} {hit.passage.text}"):
            continue
        for figure in _figures([candidate]):
            value = figure.clause[figure.quantity.start : figure.quantity.end]
            scores = [score for text, score in read.answers if text in candidate.text and value in text]
            found += [replace(figure, score=max(scores))] if scores else []
    return found


def _answering(
    lead: _Figure, same: Sequence[_Figure], given: Sequence[_Figure], similarity: Similarity
) -> list[_Figure]:
    """Return what the reader gives as the answer in other articles, nearly as surely as the lead: of each the
    surest.
    """
    least = max(max((f.score for f in given if _one(f, lead)), default=math.inf) - NEAR, SURE)
    known = {f.candidate.hit.article.id for f in same}
    best: dict[str, _Figure] = {}
    for figure in sorted(given, key=lambda f: -f.score):
        id_ = figure.candidate.hit.article.id
        if id_ not in known and figure.score >= least and _comparable(lead, figure, LARGEST_RUN):
            best.setdefault(id_, figure)
    near = similarity(lead.clause, [f.clause for f in best.values()]) if best else []
    return [f for f, cosine in zip(best.values(), near, strict=True) if cosine >= ALIKE]


def _left_behind(figure: _Figure) -> bool:
    """Whether a figure is the first of "from 118 to 97": what was so before."""
    before, after = figure.clause[: figure.quantity.start], figure.clause[figure.quantity.end :]
    return bool(re.search(r"\bfrom (?:\w+ ){0,2}$", before) and re.match(r"(?: \w+){0,2} to\b", after))


def _one(one: _Figure, other: _Figure) -> bool:
    """Whether two are the same figure of the same article."""
    articles = one.candidate.hit.article.id, other.candidate.hit.article.id
    return articles[0] == articles[1] and one.quantity.key == other.quantity.key


def _told_apart(lead: _Figure, others: Sequence[_Figure]) -> list[_Figure]:
    """Leave out figures of clauses that have several: of "three people died when two planes collided", which
    has the value of the lead, "two" is something else; where none has it, which is meant is not known.
    """
    values: dict[tuple[str, int, str], set[Fraction]] = {}
    for figure in others:
        values.setdefault(_place(figure), set()).add(figure.quantity.value)
    return [f for f in others if len(values[_place(f)]) == 1 or f.quantity.value == lead.quantity.value]


def _place(figure: _Figure) -> tuple[str, int, str]:
    return figure.candidate.hit.article.id, figure.candidate.start, figure.clause


def _says_the_same(one: _Figure, other: _Figure) -> bool:
    """Whether two figures are of one value and one time: "nearly" and "about 500,000" of one month."""
    articles = one.candidate.hit.article, other.candidate.hit.article
    together = articles[0].id == articles[1].id or at_once(articles[0].day, articles[1].day)
    return together and one.quantity.value == other.quantity.value


def _alike(one: _Figure, others: Sequence[_Figure], similarity: Similarity) -> list[_Figure]:
    """Return those of the other figures whose clauses speak of the same quantity."""
    near = similarity(one.clause, [f.clause for f in others]) if others else []
    return [f for f, cosine in zip(others, near, strict=True) if cosine >= SAME_QUANTITY]


def _figures(pool: Sequence[Candidate]) -> list[_Figure]:
    found = []
    for candidate in pool:
        for clause in clauses(candidate.text):
            found += [_Figure(candidate, clause, q) for q in _undated(clause) if q.kind in KINDS]
    return found


def _undated(text: str) -> list[Quantity]:
    dates = [(m.start, m.end) for m in mentions(text)]
    return [q for q in quantities(text) if not any(a <= q.start < b for a, b in dates)]


def _comparable(lead: _Figure, other: _Figure, largest: int = LARGEST_RATIO) -> bool:
    if other.candidate.hit.article.id == lead.candidate.hit.article.id:
        return False
    one, two = lead.quantity, other.quantity
    if one.kind != two.kind or not one.value or not two.value or _is_rate(lead) != _is_rate(other):
        return False
    return max(one.value / two.value, two.value / one.value) <= largest


def _is_rate(figure: _Figure) -> bool:
    """Whether a sentence tells so many a year: of who lives somewhere that is no older or newer value."""
    return bool(_A_RATE.search(figure.candidate.text))


def _entry(figure: _Figure) -> TimelineEntry:
    article = figure.candidate.hit.article
    value = figure.clause[figure.quantity.start : figure.quantity.end]
    return TimelineEntry(
        f"{hedge(figure.clause, figure.quantity)} {value}".strip(),
        article.day,
        article.published is None,
        figure.candidate.evidence(),
    )


def _age(entry: TimelineEntry) -> tuple[date, str]:
    return (entry.day or date.min, entry.evidence.article_id)
