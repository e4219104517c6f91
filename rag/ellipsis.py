"""What a later part of a question leaves out, put back from the first: "Who ran it in 2021, and who when it
closed?" Pure; rules for English.

Neither a search nor a small model finds anything by "Who when it closed?".
"""

from __future__ import annotations

import re
from datetime import date

from rag.question_dates import question_dates
from rag.text import words

_WH = r"(?:(?:in|at|on|by|for|from|to|with|of) )?(?:who|whom|what|which|where|how \w+)"
_AUXILIARY = r"(?:is|are|was|were|has|have|had|do|does|did|can|could|will|would|should|may|might)(?= )"
_IT = r"(?: (is|are|was|were|do|does|did)(?: (?:it|they|he|she|that|those))?)?"
_AGO = r"\w+ (?:days?|weeks?|months?|years?|decades?) (?:later|earlier|before|after|ago)\b"
_WHEN = (
    r"(?:(?:right |just |shortly |long )?"
    r"(?:before|after|when|while|during|since|until|in|on|at|by|as of|under)\b"
    rf"|(?:then|now|today|next|later|afterwards)\b|{_AGO})"
)
_OTHER_TIME = re.compile(rf"^({_WH}){_IT} ({_WHEN}.*?)\W*$", re.IGNORECASE)
_IS = re.compile(rf"^({_WH}) (is|are|was|were)\b", re.IGNORECASE)
_TENSES = ({"was": "is", "were": "are"}, {"is": "was", "are": "were"})  # to the present, to the past
_BEFORE_A_DATE = re.compile(r"(?: (?:in|on|at|by|as of|since|until|during|from))? ?$", re.IGNORECASE)
_CLAUSE = re.compile(
    r",? (?:(?:right |just |shortly )?(?:when|before|after|while|until|during)|at the time of|at first)\b.*$",
    re.IGNORECASE,
)
_COUNTED = re.compile(rf"^((?:\w+ )?how (?:many|much)) (?={_AUXILIARY})", re.IGNORECASE)
_WHICH_ONE = re.compile(r"^((?:\w+ )?which) ones?\b", re.IGNORECASE)
_ASKED_ABOUT = re.compile(
    rf"\b(?:how (?:many|much)|which|what) ((?:(?!{_AUXILIARY})[^\s,]+ ){{1,6}}?)(?={_AUXILIARY}|[a-z]+ed\b)",
    re.IGNORECASE,
)


def completed(first: str, part: str, today: date) -> str:
    """Return a later part of a question with what it leaves out of the first; itself when that is nothing
    that a rule knows.
    """
    return (
        _at_other_time(first, part, today)
        or _at_present(first, part, today)
        or _about_the_same(first, part)
        or part
    )


def _at_other_time(first: str, part: str, today: date) -> str | None:
    """ "Who in 2025?" after "Who was it in 2023?": the first question, of the other time."""
    other = _OTHER_TIME.match(part)
    if not other or not first.lower().startswith(other.group(1).lower() + " "):
        return None
    return f"{_in_tense(_without_time(first, today), other.group(2))} {other.group(3)}?"


def _at_present(first: str, part: str, today: date) -> str | None:
    """ "Now?" after "Who was it in 2023?": the first question, of the present; not after one about several
    times.
    """
    dates = question_dates(part, today)
    if dates.order != "latest" or dates.order_span is None:
        return None
    start, end = dates.order_span
    timeless = _without_time(first, today)
    if words(part[:start] + part[end:]) or question_dates(timeless, today).words:
        return None
    return f"{_in_tense(timeless, 'is')} {part.strip(' ?.!').lower()}?"


def _without_time(question: str, today: date) -> str:
    dates = question_dates(question, today)
    if len(dates.words) == 1:
        before = _BEFORE_A_DATE.sub("", question[: dates.words[0].start])
        return (before + question[dates.words[0].end :]).rstrip(" ?")
    if dates.order == "latest" and dates.order_span and not dates.words:
        start, end = dates.order_span
        return (question[:start].rstrip() + question[end:]).rstrip(" ?")
    return _CLAUSE.sub("", question).rstrip(" ?")


def _in_tense(question: str, verb: str | None) -> str:
    """Return a question with its "is" or "was" in the tense of another verb."""
    to = next((tense for tense in _TENSES if verb in tense.values()), {})
    return _IS.sub(lambda m: f"{m.group(1)} {to.get(m.group(2), m.group(2))}", question)


def _about_the_same(first: str, part: str) -> str | None:
    """ "How many had the others?" after "How many ships had she?", and "Which one did he sink?"."""
    noun = _ASKED_ABOUT.search(first)
    left_out = _COUNTED.match(part) or _WHICH_ONE.match(part)
    if not noun or not left_out:
        return None
    return f"{left_out.group(1)} {noun.group(1).strip()} {part[left_out.end() :].strip()}"
