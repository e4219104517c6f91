"""What is said to the assistant and not asked of the articles: "Thanks!", or "Which articles are there?"."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence

from rag.day_words import long_day
from rag.plain_question import asks
from rag.text import content_words, fold, words
from rag.types import Article, Turn

_HOLDINGS = frozenset("article articles document documents file files".split())
_OF_THEM = frozenset(  # beside a word for them: that the folder is meant, not what the articles tell of
    "you here there folder uploaded loaded available new newest latest old oldest hold contain cover covered "
    "topic topics subject subjects about list summarize summarise summary overview translate".split()
)
_WITH_THEM = _HOLDINGS | frozenset(
    "source sources newspaper newspapers show see read use used access recent first last date dates dated "
    "published number title titles headline headlines".split()
)
_POINTING = frozenset("it that this those these".split())  # "Which article says that?"
_ABOUT_THEM = re.compile(r"\W*(?:what|which|how many|how old|how new|when|list|show|where|summar|transl)")
_ABOUT_YOU = re.compile(
    r"\W*(?:who|what) (?:are|r) (?:you|u)\W*$|\W*what(?: else)? (?:can|do) (?:you|u) (?:do|know|answer)\W*$"
    r"|\W*what(?: \w+)? (?:can|should|may) i ask(?: you| here)?\W*$|\W*how do you work\W*$"
)


def aside(question: str, articles: Collection[Article]) -> str | None:
    """Return why a text asks nothing of the articles, in a line; None when it may ask something."""
    if not asks(question):
        return "nothing was asked of the articles"
    if _about_the_folder(question):
        return f"that is about the folder and not told in it. It holds {_holdings(articles)}"
    return None


def asked(history: Sequence[Turn]) -> list[Turn]:
    """Return the turns of a conversation without those that asked nothing of the articles, and what was
    answered to them.
    """
    kept: list[Turn] = []
    counts = True
    for role, text in history:
        if role == "user":
            counts = asks(text) and not _about_the_folder(text)
        if counts:
            kept.append((role, text))
    return kept


def _about_the_folder(question: str) -> bool:
    plain, said = fold(question), set(words(question))
    if _ABOUT_YOU.match(plain):
        return True
    meant = not (said.isdisjoint(_HOLDINGS) or said.isdisjoint(_OF_THEM)) and said.isdisjoint(_POINTING)
    only = (_OF_THEM | _WITH_THEM).issuperset(content_words(question))
    return meant and only and _ABOUT_THEM.match(plain) is not None


def _holdings(articles: Collection[Article]) -> str:
    days = sorted(a.published for a in articles if a.published)
    number = f"{len(articles):,} article{'' if len(articles) == 1 else 's'}"
    if not days:
        return f"{number}, none with a date"
    span = (
        f"from {long_day(days[0])} to {long_day(days[-1])}"
        if days[0] < days[-1]
        else f"on {long_day(days[0])}"
    )
    without = len(articles) - len(days)
    return f"{number}, published {span}" + (f", {without:,} of them without a date" if without else "")
