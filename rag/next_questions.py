"""Questions to ask next, for readers: such as the articles are known to answer. Pure.

The best come from a question file whose quotations are still in the articles. For other articles, rules turn
a sentence round that answers the question itself: one that begins with a figure, or one that names a speaker.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest

from rag.eval_questions import Question
from rag.eval_suggest import suggest
from rag.quantities import quantities
from rag.text import sentences
from rag.types import Article, Passage

_TYPES = ("temporal", "multi", "fact", "accents", "paraphrase")  # what shows the most comes first
_LONGEST = 16  # words; longer questions are no help at a glance
_ABOUT = re.compile(
    r"(?:about|around|some|nearly|almost|over|more than|fewer than|at least|up to) ", re.IGNORECASE
)
_CLAUSE = re.compile(r"[,;:.!?()\"“”—–]| - | and (?=[a-z]+ )")
_NO_NOUN = frozenset(
    "of per percent cent years months weeks days hours minutes seconds am pm and or to".split()
)


@dataclass(frozen=True, slots=True)
class Ready:
    """A question with the articles that answer it, the first of them above all."""

    question: str
    articles: tuple[str, ...]


def still_answered(questions: Iterable[Question], articles: Mapping[str, Article]) -> list[Ready]:
    """Return the stand-alone questions of a file whose every quotation is in its article still."""
    held = [q for q in questions if q.answerable and q.reviewed and not q.history and _holds(q, articles)]
    held.sort(key=lambda q: _TYPES.index(q.type) if q.type in _TYPES else len(_TYPES))
    return [Ready(q.question, tuple(dict.fromkeys(g.article for g in q.evidence if g.article))) for q in held]


def from_passages(passages: Sequence[Passage], articles: Mapping[str, Article]) -> list[Ready]:
    """Return questions that a sentence of the passages answers, by rule."""
    counted = [
        Ready(question, (p.article_id,))
        for p in passages
        for start, end in sentences(p.text)
        if (question := how_many(p.text[start:end]))
    ]
    said = [s for s in suggest(passages, articles, len(passages) or 1) if s.rule == "speaker"]
    return counted + [Ready(s.question, (s.article,)) for s in said if len(s.question.split()) <= _LONGEST]


def how_many(sentence: str) -> str | None:
    """Ask for the figure that a sentence begins with: "About 900 ferries sail daily, ..." gives "How many
    ferries sail daily?". None when it begins otherwise, or when no short question comes of it.
    """
    about = _ABOUT.match(sentence)
    start = about.end() if about else 0
    first = next(iter(quantities(sentence)), None)
    if first is None or first.start != start or first.kind != "number" or first.value < 2:
        return None
    clause = _CLAUSE.split(sentence[first.end :], maxsplit=1)[0].split()
    if not 4 <= len(clause) <= _LONGEST or clause[0].lower() in _NO_NOUN or not clause[0][0].isalpha():
        return None
    return f"How many {' '.join(clause)}?"


def nearest(ready: Iterable[Ready], near: Sequence[str], count: int) -> list[str]:
    """Return up to ``count`` different questions, taken in turn from the articles ``near``, best first; from
    all articles when ``near`` is empty.
    """
    by_article: dict[str, list[str]] = {id_: [] for id_ in near}
    for each in ready:
        home = next((id_ for id_ in near if id_ in each.articles), None if near else each.articles[0])
        if home is not None and len(each.question.split()) <= _LONGEST:
            by_article.setdefault(home, []).append(each.question)
    in_turn = (q for layer in zip_longest(*by_article.values()) for q in layer if q)
    return list(dict.fromkeys(in_turn))[:count]


def _holds(question: Question, articles: Mapping[str, Article]) -> bool:
    """Whether every quotation is, word for word, in an article that is there."""
    homes = [(articles.get(gold.article or ""), gold.quote) for gold in question.evidence]
    return bool(homes) and all(quote and home and quote in home.text for home, quote in homes)
