"""Names: the capitalised words of a text. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from itertools import pairwise

from rag.matching import has_word, joined_words
from rag.text import STOPWORDS, fold, sentences, words

_NAME = re.compile(r"[^\W\d_](?:[^\W\d_]|['’.-](?=[^\W\d_]))*")
_CALENDAR = frozenset(
    "january february march april may june july august september october november december monday tuesday "
    "wednesday thursday friday saturday sunday".split()
)


def names(text: str) -> list[str]:
    """Return the capitalised words of a text, without months and weekdays. The first word of a sentence
    counts when a second name follows it.
    """
    found = []
    for start, end in sentences(text):
        for match in _NAME.finditer(text, start, end):
            word = match.group()
            if not word[0].isupper() or fold(word) in STOPWORDS | _CALENDAR or len(word) < 2:
                continue
            following = text[match.end() : match.end() + 2].strip()[:1]
            if match.start() > start + 1 or following.isupper():
                found.append(word)
    return found


def missing_names(sentence: str, question: str, nearby: Sequence[str], articles: Sequence[str]) -> list[str]:
    """Return the names of a sentence that neither stand near its quotations nor, when its question has them,
    anywhere in their articles.
    """
    near = {w for text in nearby for w in (*words(text), *joined_words(text))}
    anywhere: set[str] | None = None
    asked = set(words(question)) | joined_words(question)
    missing = []
    tokens = [(name, part) for name in names(sentence) for part in words(name)]
    joined = {a + b for (_, a), (_, b) in pairwise(tokens)} & near
    for name, part in tokens:
        if has_word(part, near) or any(j.startswith(part) or j.endswith(part) for j in joined):
            continue
        if has_word(part, asked):
            anywhere = anywhere or {w for t in articles for w in (*words(t), *joined_words(t))}
            if has_word(part, anywhere):
                continue
        missing.append(name)
    return missing
