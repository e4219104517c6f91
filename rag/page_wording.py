"""Dates, ages, counts and filters in words, as the page and the exported Markdown say them. Pure."""

from __future__ import annotations

from datetime import date

from rag.day_words import long_day
from rag.types import Article, Interval

ASKED = 160  # characters


def count(number: int, noun: str) -> str:
    """Return "1 article", "2 articles", "1,200 articles"."""
    return f"{number:,} {noun}{'' if number == 1 else 's'}"


def asked_as(question: str) -> str:
    """Return a stand-alone question, cut between words where what was said before makes it longer than a
    reader would read.
    """
    if len(question) <= ASKED:
        return question
    return f"{question[:ASKED].rpartition(' ')[0] or question[:ASKED]} …"


def age(published: date, today: date) -> str:
    """Return how old an article is, in its two largest units: "2 years 7 months old"."""
    if published > today:
        return "dated in the future"
    months = (today.year - published.year) * 12 + today.month - published.month - (today.day < published.day)
    years, rest = divmod(months, 12)
    if months:
        return " ".join(count(n, noun) for n, noun in ((years, "year"), (rest, "month")) if n) + " old"
    days = (today - published).days
    return f"{count(days, 'day')} old" if days else "published today"


def dated(article: Article, today: date) -> str:
    """Return the article's date and age, or what is known when it has none."""
    if article.published is not None:
        inferred = " (worked out, not stated in full)" if article.published_inferred else ""
        return f"{long_day(article.published)}{inferred}, {age(article.published, today)}"
    bound = f"; not before {long_day(article.not_before)}" if article.not_before else ""
    return f"no date in the article{bound}"


def scope(source: str | None, interval: Interval | None) -> str:
    """Return what was searched: "all sources, any date", "Reuters, published since 1 May 2024"."""
    return f"{source or 'all sources'}, {_interval(interval)}"


def _interval(interval: Interval | None) -> str:
    match interval:
        case Interval(start=date() as start, end=date() as end):
            return f"published {long_day(start)} to {long_day(end)}"
        case Interval(start=date() as start):
            return f"published since {long_day(start)}"
        case Interval(end=date() as end):
            return f"published up to {long_day(end)}"
        case _:
            return "any date"
