"""Follow-up questions to stand-alone ones, by rules. Pure; no model is needed.

What a follow-up leaves out is added behind it from the turns before, so that a search finds it; nothing of
the question itself is changed but a date, a name or a figure that "And in 2025?" replaces.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date

from rag.abstention import REFUSAL
from rag.ellipsis import completed
from rag.names import names
from rag.question_dates import question_dates
from rag.text import content_words, fold, words
from rag.types import Turn

MAX_TURNS = 6  # what lies further back is rarely meant, and would crowd the search
ANSWER_WORDS = 40
SHORT = 3  # content words of a question that names nothing and leans on one before; after a refusal one
MOST_POINTING = 5  # content words of a question that points at one before; longer ones say what they mean

_POINTING = frozenset(
    "it its they them their theirs he him his she hers her this that these those there".split()
)
_POINTING_AT_NOTHING = re.compile(  # this year; was there a storm
    r"\b(?:this|that|these|those) (?:year|month|week|day|time|century|articles?|reports?)\b"
    r"|\b(?:is|are|was|were) there(?= \w)|\bthere (?:is|are|was|were)\b"
)
_BEFORE_THAT = frozenset(  # "after that", "was that", not "the reporter that came"
    "is are was were be does did do has had have can could will would should about after at before by for "
    "from in like of on over since than through to under until with and or but what who how why when "
    "where".split()
)
_CONTINUES = re.compile(
    r"^\W*(?:and|or|but|also|what about|how about|which one)\b",
    re.IGNORECASE,
)
_ELSE = re.compile(r"^\W*(?:what else|who else|any other|anything else)\b", re.IGNORECASE)
_MORE = re.compile(
    r"^\W*(?:please )?(?:tell me |give me |say )?(?:(?:a little |a bit |some |any )?more(?: details?)?"
    r"|details?|go on|continue|elaborate|explain(?: it| that| this)?)(?: please)?\W*$",
    re.IGNORECASE,
)
_PERSON = frozenset("he him his she hers her".split())
_IN_A_PLACE = re.compile(r"\b(?:in|at|to|from|of|near|around|for|via|visit\w*|reach\w*)(?: the)? [A-Z]")
_TITLE = re.compile(r"\b(?:[A-Z]\w+ [A-Z]|president|minister|ambassador|mr|mrs|ms|king|queen|pope)\w*")
_POLITE = re.compile(r"^\W*(?:thanks?|thank you|hi|hello|hey|good (?:morning|evening|day)|ok|okay|great)\b")
_FOR_YOU = re.compile(r"\b(?:you|your|me)\b")
_LEAD = re.compile(r"^\W*(?:and|but|so|what about|how about|or)\b[\s,]*", re.IGNORECASE)
_WORD = re.compile(r"[^\W_]+(?=\W|$)")
_COMPLETE = re.compile(r"\b(?:who|what|which|when|where|why|how|does|do|did|is|are|was|were|has|have|will)\b")


def standalone(
    question: str, history: Sequence[Turn], today: date, depth: int = MAX_TURNS, nameless: bool = False
) -> str:
    """Return a question that can be searched without the turns before it.

    A question that points at nothing before it comes back as it is, unless questions that name nothing count
    as follow-ups too (``nameless``): those may begin anew, so nothing of them is replaced, and do so after a
    refusal. At most ``depth`` turns are followed.
    """
    asked = [text for role, text in history if role == "user" and words(text)]
    refused = _was_refused(history)
    follows = _is_follow_up(question, 1 if refused else SHORT) or _wants_others(question, history)
    perhaps = nameless and names_nothing(question) and not refused
    if not asked or not depth or not (follows or perhaps):
        return question
    before = standalone(asked[-1], _until_last_question(history), today, depth - 1, nameless)
    swapped = _with_other_date(question, before, today) or _of_other_time(question, before, today)
    if follows and swapped:
        return swapped
    said = _short(last_answer(history)) if _points(question) else ""
    return " - ".join(part for part in (question.strip(), before, said) if part)


def _was_refused(history: Sequence[Turn]) -> bool:
    return next((text == REFUSAL for role, text in reversed(history) if role == "assistant"), False)


def last_answer(history: Sequence[Turn]) -> str:
    """Return what was answered last; nothing after a refusal, at which no question points."""
    said = next((text for role, text in reversed(history) if role == "assistant"), "")
    return "" if said == REFUSAL else said


def earlier(history: Sequence[Turn], exchanges: int = 2) -> str:
    """Return the last exchanges, shortened, as the model reads them before a follow-up."""
    names = {"user": "Reader", "assistant": "Answer"}
    return "\n".join(f"{names[role]}: {_short(text)}" for role, text in history[-2 * exchanges :])


def _until_last_question(history: Sequence[Turn]) -> Sequence[Turn]:
    last = max(i for i, (role, text) in enumerate(history) if role == "user" and words(text))
    return history[:last]


def names_nothing(question: str) -> bool:
    """Whether a question says nothing of whom or what it is about, as far as capitals tell: after others it
    mostly asks on, "who took over". Words to the assistant ask nothing of the articles.
    """
    named = any(letter.isupper() for word in question.split()[1:] for letter in word)
    return not (named or _POLITE.match(fold(question)) or _FOR_YOU.search(fold(question)))


def asks_for_more(question: str) -> bool:
    """Whether nothing but more of what was answered is wanted: "Tell me more"."""
    return bool(_MORE.match(question))


def _is_follow_up(question: str, shortest: int = SHORT) -> bool:
    """Whether a question leans on one before it: it points or goes on, or names nothing in so few words."""
    if _POLITE.match(fold(question)):
        return False
    if _CONTINUES.match(question) or asks_for_more(question):
        return True
    short = len(content_words(question)) <= shortest and question.rstrip().endswith("?")
    return _points(question) or (short and names_nothing(question))


def _wants_others(question: str, history: Sequence[Turn]) -> bool:
    """Whether a question asks for what else there is of what was spoken of: it names nothing, or that."""
    said = {word for _, text in history for word in words(text)}
    named = words(" ".join(names(question)))
    return bool(_ELSE.match(question)) and (not named or not said.isdisjoint(named))


def _points(question: str) -> bool:
    """Whether a pronoun stands where the question itself has not yet said what it could mean."""
    plain = _POINTING_AT_NOTHING.sub("so much", fold(question))  # two words, for places to stay the same
    tokens = _WORD.findall(plain)
    place = next((i for i in range(len(tokens)) if _is_pointing(tokens, i)), None)
    if place is None or _FOR_YOU.search(plain):
        return False
    before = " ".join(_WORD.findall(question)[1:place])
    if tokens[place] in _PERSON:  # a country before "he" is not whom it means
        return not _TITLE.search(before) and len(content_words(before)) < 3
    if len(set(content_words(question))) > MOST_POINTING:
        return False
    last = place == len(tokens) - 1 and tokens[place] in ("that", "it", "this", "them", "there")
    if tokens[place] == "there":  # whom it names before is no place
        named = _IN_A_PLACE.search(before) is not None
    else:
        named = any(w[0].isupper() for w in before.split())
    return not named and (last or len(content_words(before)) < 2)


def _is_pointing(tokens: Sequence[str], place: int) -> bool:
    """Whether a word is a pronoun that points at something; "that" mostly ties a clause to its noun."""
    if tokens[place] != "that" or place in (0, len(tokens) - 1):
        return tokens[place] in _POINTING
    return tokens[place - 1] in _BEFORE_THAT


def _with_other_date(question: str, before: str, today: date) -> str | None:
    """ "And in 2025?" after "... in 2023?": the question before, with the other date."""
    new, old = question_dates(question, today).words, question_dates(before, today).words
    rest = _LEAD.sub("", question)
    if len(new) != 1 or _COMPLETE.search(fold(rest)) or len(content_words(rest)) > 3:
        return None
    date_words = question[new[0].start : new[0].end]
    if len(old) == 1:
        return before[: old[0].start] + date_words + before[old[0].end :]
    return f"{before.rstrip(' ?.')} in {date_words}?" if not old and "in" in words(rest) else None


def _of_other_time(question: str, before: str, today: date) -> str | None:
    """ "And who is it now?", or "And now?", after "Who was it in 2023?": the question before, of the other
    time.
    """
    rest = _LEAD.sub("", question)
    whole = completed(before, rest, today) if question_dates(rest, today) else rest
    return whole if whole != rest else None


def _short(text: str) -> str:
    pieces = text.split()
    return " ".join(pieces[:ANSWER_WORDS])
