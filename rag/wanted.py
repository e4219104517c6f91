"""What kind of answer a question wants: a sentence without a figure does not say how many. Pure.

Li and Roth, Learning Question Classifiers (COLING 2002), tell many kinds apart; here only those count whose
answers can be told from other words without a model: figures and dates. That "who" wants a name tells little,
since nearly every sentence of the news has one (eval/NOTES.md).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from rag.dates import mentions
from rag.grounding import plain_figures
from rag.text import fold

_FIGURE = re.compile(
    r"\bhow (?:many|much|large|big|high|tall|long|old|far)\b|\bhead ?count\b|"
    r"\b(?:what|which) (?:percentage|per ?cent|proportion|portion|share|number)\b",
    re.IGNORECASE,
)
_DATE = re.compile(
    r"^(?:\W*\w+ ){0,3}?(?:(?:which|what) (?:year|month|day|date)|"
    r"when(?:['’]?s| (?:is|are|was|were|will|would|do|does|did|has|have|had|can|could|should)))\b",
    re.IGNORECASE,
)

_PAST = re.compile(r"\b(?:was|were|did|had|been)\b")
_THINGS = r"(?!(?:was|has|does|goes|series|species|news|lens)\b)[a-z-]{3,}(?<!s)(?<!u)(?<!i)s\b"  # no "basis"
_AMONG = r"(?:in|on|at|for|by|to|with|from|into|under|along|through|of)"
_NUMBER = r"(?:two|three|four|five|six|seven|eight|nine|ten|\d+)"
_HELPS = r"(?:are|were|do|does|did|have|had|can|could|will|would|shall|should|may|might|must)"
_LIST = re.compile(
    rf"(?:^[Ww]hich|\b(?i:{_AMONG}) wh(?:ich|at)) {_THINGS}"
    rf"|\b[Ww](?:hich|hat)(?: (?!{_HELPS}\b)[\w'’-]+){{0,3}}? {_THINGS} {_HELPS}\b"
    rf"|\b[Ww](?:hich|hat) {_NUMBER}(?: [\w-]+)? {_THINGS}"
    rf"|\b[Ww]hat (?:are|were) (?:the|its|their|his|her)(?: [\w-]+){{0,2}}? {_THINGS}"
    rf"|\b[Ww]hat else\b"
    rf"|\b(?:[Nn]ame|[Ll]ist|[Ee]numerate) (?:the|all|them|every|each|{_NUMBER})\b"
)


def asks_for_list(question: str) -> bool:
    """Whether a question asks for a list: "which fields", "what are the three pillars", "name them all"."""
    return bool(_LIST.search(question))


def asks_of_the_past(question: str) -> bool:
    """Whether a question is about what was, which no newer article changes."""
    return _PAST.search(fold(question)) is not None


def lacking(question: str, texts: Sequence[str]) -> list[bool]:
    """Return which of some texts cannot be the answer, for want of a figure or a date that the question asks
    for; one that stands in the question is none.
    """
    if _DATE.search(question):
        return _without(question, texts, _dates)
    if _FIGURE.search(question):
        return _without(question, texts, _figures)
    return [False] * len(texts)


def _without(question: str, texts: Sequence[str], found: Callable[[str], set[object]]) -> list[bool]:
    asked = found(question)
    return [not found(text) - asked for text in texts]


def _dates(text: str) -> set[object]:
    return {fold(text[m.start : m.end]) for m in mentions(text)}


def _figures(text: str) -> set[object]:
    return {figure.key for figure in plain_figures(text)}
