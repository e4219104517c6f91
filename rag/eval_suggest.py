"""Questions proposed from the articles, by rule, for a person to accept, edit or throw away.

A rule takes one telling word out of a sentence (a figure, a date, a name) and asks for it. The proposals
stay close to the article's words, which makes them easier than readers' questions: rephrase before
accepting. They are marked ``"reviewed": false`` and never counted until that is removed.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

from rag.errors import UsageError
from rag.eval_metrics import holds
from rag.eval_results import write_whole
from rag.quantities import quantities
from rag.text import content_words, sentences
from rag.types import Article, Passage, Span

Phrase = Callable[[str, str, str], str | None]

GAP = "____"
_WORDS = range(8, 46)  # shorter sentences say too little, longer ones say several things
_MONTHS = "January|February|March|April|May|June|July|August|September|October|November|December"
_DATE = re.compile(rf"\b(?:(?:\d{{1,2}} )?(?:{_MONTHS})(?: \d{{1,2}},?)?(?: \d{{4}})?|(?:19|20)\d\d)\b")
_NAME = re.compile(r"(?<![\w’'.])[^\W\d_a-z][\w’'-]+(?: [^\W\d_a-z][\w’'-]+)+")
_SAID = re.compile(
    r"(?P<name>.+?) (?:said|told [^,]*?|announced|stressed|added|noted) that (?P<what>.+?)[.!]?$"
)
_LEANING = frozenset("he she it they this these those that his her its their there such both".split())


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A question with the answer and the sentence that it was made from."""

    question: str
    answer: str
    article: str
    quote: str
    rule: str

    def record(self) -> dict[str, Any]:
        """Return the line of a question file; the id comes from the sentence and the answer."""
        key = hashlib.sha256(f"{self.article}\n{self.quote}\n{self.answer}".encode()).hexdigest()
        return {
            "id": f"s-{key[:10]}",
            "type": "fact",
            "question": self.question,
            "answerable": True,
            "answers": [[self.answer]],
            "evidence": [{"article": self.article, "quote": self.quote}],
            "reviewed": False,
            "rule": self.rule,
        }


def suggest(
    passages: Iterable[Passage], articles: Mapping[str, Article], count: int, phrase: Phrase | None = None
) -> list[Suggestion]:
    """Return up to ``count`` proposals, taken from the articles in turn, one a sentence.

    ``phrase(question, answer, quote)`` may put a question into better words; what gives the answer away, or
    None, leaves the rule's own. Raises UsageError for a count below 1.
    """
    if count < 1:
        raise UsageError(f"--suggest {count}: ask for at least one question")
    by_article: dict[str, list[Suggestion]] = {}
    for passage in passages:
        found = by_article.setdefault(passage.article_id, [])
        found += _from_passage(passage, articles[passage.article_id], turn=len(found))
    in_turn = (s for layer in zip_longest(*by_article.values()) for s in layer if s is not None)
    unique = {(s.article, s.answer): s for s in reversed([*in_turn])}  # the first of each answer stays
    chosen = [*reversed(unique.values())][:count]
    return [_phrased(s, phrase) for s in chosen] if phrase else chosen


def _phrased(suggestion: Suggestion, phrase: Phrase) -> Suggestion:
    text = phrase(suggestion.question, suggestion.answer, suggestion.quote)
    if not text or not text.strip() or holds(text, suggestion.answer):
        return suggestion
    return Suggestion(text.strip(), suggestion.answer, suggestion.article, suggestion.quote, "generator")


def _from_passage(passage: Passage, article: Article, turn: int) -> list[Suggestion]:
    """Propose one question a sentence; the rules take turns, so that no kind crowds out the rest."""
    found: list[Suggestion] = []
    for start, end in sentences(passage.text):
        sentence = passage.text[start:end]
        options = _options(sentence) if _stands_alone(sentence) else []
        if options:
            question, answer, rule = options[(turn + len(found)) % len(options)]
            found.append(Suggestion(question, answer, article.id, sentence, rule))
    return found


def _stands_alone(sentence: str) -> bool:
    words = sentence.split()
    return len(words) in _WORDS and sentence[-1] in ".!" and words[0].lower() not in _LEANING


Made = tuple[str, str, str]  # question, answer, rule


def _options(sentence: str) -> list[Made]:
    """Return what the rules make of a sentence; a question about a speaker is the best, having no gap."""
    speaker = _speaker(sentence)
    if speaker:
        return [speaker]
    return [made for made in (_figure(sentence), _date(sentence), _name(sentence)) if made]


def _speaker(sentence: str) -> Made | None:
    match = _SAID.match(sentence)
    if match is None:
        return None
    names = _NAME.findall(match["name"])
    return (f"Who said that {match['what']}?", names[-1], "speaker") if names else None


def _figure(sentence: str) -> Made | None:
    dates = [m.span() for m in _DATE.finditer(sentence)]
    for q in quantities(sentence):
        surface = sentence[q.start : q.end]
        if q.kind != "ordinal" and surface[:1].isdigit() and not _within((q.start, q.end), dates):
            return _gap(sentence, (q.start, q.end), "Which figure is left out", "figure")
    return None


def _date(sentence: str) -> Made | None:
    match = _DATE.search(sentence)
    if match is None or not any(c.isdigit() for c in match.group()):
        return None
    return _gap(sentence, match.span(), "Which date is left out", "date")


def _name(sentence: str) -> Made | None:
    spans = [m.span() for m in _NAME.finditer(sentence) if len(content_words(m.group())) > 1]
    return _gap(sentence, spans[-1], "Which name is left out", "name") if spans else None


def _gap(sentence: str, span: Span, asked: str, rule: str) -> Made | None:
    answer = sentence[span[0] : span[1]]
    rest = f"{sentence[: span[0]]}{GAP}{sentence[span[1] :]}"
    return None if holds(rest, answer) else (f"{asked}: “{rest}”", answer, rule)


def _within(span: Span, others: Sequence[Span]) -> bool:
    return any(a <= span[0] and span[1] <= b for a, b in others)


def write_suggestions(path: Path, suggestions: Sequence[Suggestion]) -> None:
    """Write the proposals as a question file. Raises UsageError rather than write over one that exists."""
    if path.exists():
        raise UsageError(f"{path} exists and may hold reviewed questions: name a new file")
    write_whole(path, "".join(json.dumps(s.record(), ensure_ascii=False) + "\n" for s in suggestions))
