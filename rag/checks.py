"""What a search can be asked: questions, conversations and filters. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date

from rag.errors import UsageError
from rag.text import fold, words
from rag.types import Article, Interval, Turn

MAX_QUESTION = 2000  # characters; longer ones are pasted articles, which no encoder reads whole


def check_question(question: str) -> None:
    """Raise UsageError for a question that nothing could be searched with."""
    if not isinstance(question, str) or question != question.encode(errors="replace").decode():
        raise UsageError(f"the question {question!r:.60} is not a text in UTF-8: type it anew")
    if not question.strip():
        raise UsageError("the question is empty: type a few words")
    if len(question) > MAX_QUESTION:
        raise UsageError(
            f"the question is {len(question):,} characters long: shorten it to {MAX_QUESTION:,} or fewer"
        )
    if not words(question):
        raise UsageError(
            f"the question {question.strip()[:40]!r} has no word or number in it: type a few words"
        )


def check_history(history: Sequence[Turn]) -> None:
    """Raise UsageError for turns of a conversation that are not pairs of a role and a text."""
    for place, turn in enumerate(history, start=1):
        match turn:
            case ("user" | "assistant", str()) | ["user" | "assistant", str()]:
                continue
        raise UsageError(
            f'turn {place} of the history is {turn!r}: give (role, text), the role "user" or "assistant"'
        )


def article_filter(
    articles: Mapping[str, Article],
    k: int,
    source: str | None,
    published_from: date | None,
    published_to: date | None,
) -> Callable[[Article], bool] | None:
    """Return which articles a search may see, None for all; UsageError when the filters cannot be used."""
    if not isinstance(k, int) or k < 1:
        raise UsageError(f"k is {k!r}: ask for at least 1 passage")
    for name, day in (("published_from", published_from), ("published_to", published_to)):
        if day is not None and not isinstance(day, date):
            raise UsageError(f"{name} is {day!r}: give a datetime.date")
    if published_from and published_to and published_to < published_from:
        raise UsageError(
            f"the interval {published_from} to {published_to} ends before it begins: swap the two dates"
        )
    wanted = fold(source) if source is not None else None
    known = sorted({a.source for a in articles.values() if a.source})
    if wanted is not None and wanted not in map(fold, known):
        raise UsageError(
            f"no article has the source {source!r}: the index holds {', '.join(known) or 'none'}"
        )
    interval = Interval(published_from, published_to)
    if wanted is None and interval == Interval():
        return None

    def keep(article: Article) -> bool:
        if wanted is not None and fold(article.source or "") != wanted:
            return False
        return interval == Interval() or (article.published is not None and article.published in interval)

    return keep
