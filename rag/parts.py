"""A question with several parts, one by one: "Who was it in 2023, and who in 2025?" asks two things. Pure.

A small model that is asked both answers the first. Each part is asked as a follow-up of those before it, so
that "it" has its meaning, and the answers are joined.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from itertools import chain, zip_longest

from rag.beside import LONGEST_ANSWER, beyond, led, once, uncut, whole
from rag.ellipsis import completed
from rag.excerpts import CUT, length
from rag.question_dates import question_dates
from rag.types import Answer, Hit, Seconds, Statement

MOST = 3  # parts; what more there is stays with the last
SHORTEST = 4  # words before the second part: "When and where did they meet?" asks about one meeting

_ASKING = r"(?:who|whom|whose|what|which|when|where|why|how)\b"
_BEGINS = r"(?:(?:in|at|on|by|for|from|to|with|of|since|until) )?" + _ASKING
# "what the visit means" is no question of its own, "what was it" is.
_EMBEDDED = r"(?! (?:it|its|he|his|she|her|they|their|this|that|these|those|the|a|an)\b)"
_NEXT = re.compile(rf"(?:\?|[,;]? and|;) (?=(?:and )?{_BEGINS}{_EMBEDDED})", re.IGNORECASE)
_ASKS = re.compile(rf"\b{_ASKING}", re.IGNORECASE)
_AND = re.compile(r"^(?:and|but) ", re.IGNORECASE)
_BETWEEN_TIMES = re.compile(r",? and (?:(?:in|on|by|as of) )?")
_AND_NOW = re.compile(r",? and (now|today|currently|at present)\W*$", re.IGNORECASE)
_AT = re.compile(r" (?:in|on|by|as of)? ?$")
_COMPARE = re.compile(r"^compare (?=the |its )", re.IGNORECASE)
_FROM = re.compile(r"\b(?:between|from) (?:the )?$", re.IGNORECASE)


def parts(question: str, today: date) -> list[str]:
    """Return the questions that a question consists of, in their order; mostly one, the question itself."""
    plain = " ".join(question.split())
    cuts = [m for m in _NEXT.finditer(plain) if m.group()[0] == "?" or _stands(plain[: m.start()])]
    cuts = cuts[: MOST - 1]
    if not cuts:
        return _times(plain, today) or [question]
    starts, ends = [0, *(m.end() for m in cuts)], [*(m.start() for m in cuts), len(plain)]
    asked = [_asked(plain[a:b]) for a, b in zip(starts, ends, strict=True)]
    return [asked[0], *(completed(asked[0], part, today) for part in asked[1:])]


def joined(asked: Sequence[str], answers: Sequence[Answer], shown: int) -> Answer:
    """Return one answer made of those to its parts; ``shown`` hits at most beside those that are quoted.

    What stands beside the first statement of a part is left out where the answer would grow long. It abstains
    only when all parts do; otherwise its reason names the parts that have no answer. Its timeline
    is that of the first part that has one: a chart shows one figure.
    """
    given = [a for a in answers if not a.abstained]
    surest = max(answers, key=lambda a: a.confidence or 0.0)
    most = LONGEST_ANSWER + sum(beyond(part) for part in asked)
    lacking = [part for part, a in zip(asked, answers, strict=True) if a.abstained]
    few = _few(given, most)
    statements = tuple(_uncut(few, most) if lacking else few)
    return replace(
        surest,
        question=" ".join(asked),
        text=" ".join(s.text for s in statements) if given else surest.text,
        statements=statements,
        reason="; ".join(_why(part, a) for part, a in zip(asked, answers, strict=True) if a.abstained)
        if not given
        else (f"the articles do not say: {' '.join(lacking)}" if lacking else None),
        abstained=not given,
        hits=_merged(answers, statements, shown),
        timeline=next((a.timeline for a in given if a.timeline), ()),
        seconds=_added([a.seconds for a in answers]),
        standalone_question=" ".join((answers[0].standalone_question, *asked[1:])),
        interval=answers[0].interval if len({a.interval for a in answers}) == 1 else None,
        dropped=tuple(chain.from_iterable(a.dropped for a in answers)),
    )


def _stands(before: str) -> bool:
    return len(before.split()) >= SHORTEST and bool(_ASKS.search(before))


def _asked(part: str) -> str:
    part = _AND.sub("", part.strip(" ,;")).rstrip(" ?.") + "?"
    return part[:1].upper() + part[1:]


def _times(question: str, today: date) -> list[str]:
    """ "in 2023 and in 2025", "in 2023 and now": the same question about each of two times."""
    question = _COMPARE.sub("What was ", question)
    words = question_dates(question, today).words
    if not words or _FROM.search(question[: words[0].start]) or not _ASKS.search(question):
        return []
    if len(words) == 1 and (now := _AND_NOW.match(question, words[0].end)):
        before = _AT.sub(" ", question[: words[0].start])
        return [_asked(question[: words[0].end]), _asked(before + now[1])]
    if len(words) != 2:
        return []
    one, two = words
    if not _BETWEEN_TIMES.fullmatch(question[one.end : two.start]):
        return []
    rest = question[two.end :]
    return [
        _asked(question[: one.end] + rest),
        _asked(question[: one.start] + question[two.start : two.end] + rest),
    ]


def _few(given: Sequence[Answer], most: int) -> list[Statement]:
    """Take the first statement of each part and, in turn, what else fits into so many words."""
    everything = _distinct([s for a in given for s in a.statements])
    turns = list(zip_longest(*([s for s in a.statements if s in everything] for a in given)))
    kept = list(dict.fromkeys(filter(None, chain.from_iterable(turns[:1]))))
    words = sum(length(s.text) for s in kept)
    for statement in filter(None, chain.from_iterable(turns[1:])):
        longer = words + length(statement.text)
        if longer <= most and statement not in kept:
            kept, words = [*kept, statement], longer
    return [s for s in everything if s in kept]


def _uncut(statements: Sequence[Statement], most: int) -> list[Statement]:
    """Show quotations whole, the first first, as far as the words go that a part without an answer leaves."""
    told = list(statements)
    for place, whole_one in enumerate(map(uncut, statements)):
        longer = [*told[:place], whole_one, *told[place + 1 :]]
        if sum(length(s.text) for s in longer) <= most:
            told = longer
    return told


def _distinct(statements: Sequence[Statement]) -> list[Statement]:
    """Leave out what another says in the same words, whole or as part of a longer quotation, and what was
    written from a sentence that another quotes.
    """
    statements = once(statements, whole)
    said = [led(s.text)[1].strip(f"{CUT} ") for s in statements]

    def repeated(i: int) -> bool:
        return any(said[i] in other and (said[i] != other or j < i) for j, other in enumerate(said) if j != i)

    return [s for i, s in enumerate(statements) if not repeated(i)]


def _why(part: str, answer: Answer) -> str:
    return f"{part} {answer.reason}" if answer.reason else part


def _merged(answers: Sequence[Answer], statements: Sequence[Statement], shown: int) -> tuple[Hit, ...]:
    """Take the hits of the parts in turn; those that are quoted are among them whatever their rank."""
    turns = chain.from_iterable(zip_longest(*(a.hits for a in answers)))
    hits = {hit.passage.id: hit for hit in reversed([h for h in turns if h])}
    in_turn = list(reversed(hits.values()))
    quoted = {e.passage_id for s in statements for e in s.evidence}
    room = shown - len(quoted & set(hits))
    others = [h for h in in_turn if h.passage.id not in quoted][: max(0, room)]
    kept = [h for h in in_turn if h.passage.id in quoted or h in others]
    return tuple(replace(hit, rank=rank) for rank, hit in enumerate(kept, start=1))


def _added(seconds: Sequence[Seconds]) -> Seconds:
    return Seconds(
        sum(s.retrieve for s in seconds),
        sum(s.generate for s in seconds),
        sum(s.ground for s in seconds),
        seconds[0].first_token,
        sum(s.total for s in seconds),
    )
