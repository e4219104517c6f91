"""Plain JSON records of the nouns: the shapes that the command line prints and result files hold.

``start`` and ``end`` index into the article's text, and a quote is exactly that slice. Pure.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NotRequired, TypedDict

from rag.types import Answer, Evidence, Hit, Interval, Seconds, Statement, citation_numbers


class HitRecord(TypedDict):
    """A hit as ``rag search --json`` prints it."""

    rank: int
    score: float
    passage_id: str
    article_id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    text: str
    copies: NotRequired[list[str]]


class CitationRecord(TypedDict):
    """A numbered quotation as ``rag ask --json`` prints it."""

    number: int
    article_id: str
    passage_id: str
    title: str
    source: str | None
    published: str | None
    url: str | None
    start: int
    end: int
    quote: str


class StatementRecord(TypedDict):
    """A sentence of an answer with its quotations."""

    text: str
    supported: bool
    citations: list[CitationRecord]


class SecondsRecord(TypedDict):
    """Wall-clock seconds of each stage; None where a stage did not run."""

    retrieve: float | None
    generate: float | None
    ground: float | None
    first_token: float | None
    total: float | None


def hit_record(hit: Hit) -> HitRecord:
    """Return the record of one hit; the date is ISO 8601 or None. ``copies``, the passages that say the same
    words, is there only when there are any.
    """
    article, passage = hit.article, hit.passage
    record: HitRecord = {
        "rank": hit.rank,
        "score": round(float(hit.score), 6),
        "passage_id": passage.id,
        "article_id": article.id,
        "title": article.title,
        "source": article.source,
        "published": iso(article.published),
        "url": article.url,
        "start": passage.start,
        "end": passage.end,
        "text": passage.text,
    }
    return {**record, "copies": list(hit.copies)} if hit.copies else record


def citation_record(item: Evidence, number: int) -> CitationRecord:
    """Return the record of one quotation under its number in the answer."""
    return {
        "number": number,
        "article_id": item.article_id,
        "passage_id": item.passage_id,
        "title": item.title,
        "source": item.source,
        "published": iso(item.published),
        "url": item.url,
        "start": item.start,
        "end": item.end,
        "quote": item.quote,
    }


def statement_records(answer: Answer) -> list[StatementRecord]:
    """Return the answer's sentences; a quotation has one number throughout."""
    numbers = citation_numbers(answer)
    return [statement_record(s, numbers) for s in answer.statements]


def statement_record(statement: Statement, numbers: dict[Evidence, int]) -> StatementRecord:
    """Return the record of one sentence; ``numbers`` gives each of its quotations its number."""
    citations = [citation_record(e, numbers[e]) for e in statement.evidence]
    return {"text": statement.text, "supported": statement.supported, "citations": citations}


def seconds_record(seconds: Seconds) -> SecondsRecord:
    """Return the stage times in seconds, rounded to a tenth of a millisecond."""
    first = seconds.first_token
    return {
        "retrieve": round(seconds.retrieve, 4),
        "generate": round(seconds.generate, 4),
        "ground": round(seconds.ground, 4),
        "first_token": None if first is None else round(first, 4),
        "total": round(seconds.total, 4),
    }


def iso(day: date | None) -> str | None:
    """Return a date as YYYY-MM-DD, or None."""
    return None if day is None else day.isoformat()


def search_record(
    question: str, standalone_question: str, interval: Interval | None, hits: Sequence[Hit]
) -> dict[str, Any]:
    """Return what ``rag search --json`` prints."""
    return {
        "question": question,
        "standalone_question": standalone_question,
        "interval": interval_record(interval),
        "hits": [hit_record(hit) for hit in hits],
    }


def answer_record(answer: Answer) -> dict[str, Any]:
    """Return what ``rag ask --json`` prints."""
    numbers = citation_numbers(answer)
    return {
        "question": answer.question,
        "standalone_question": answer.standalone_question,
        "interval": interval_record(answer.interval),
        "answer": answer.text,
        "abstained": answer.abstained,
        "reason": answer.reason,
        "instead": answer.instead,
        "confidence": answer.confidence,
        "statements": statement_records(answer),
        "dropped": [s.text for s in answer.dropped],
        "timeline": [
            {"value": e.value, "date": iso(e.day), "date_is_bound": e.day_is_bound}
            | citation_record(e.evidence, numbers[e.evidence])
            for e in answer.timeline
        ],
        "hits": [hit_record(hit) for hit in answer.hits],
        "model": answer.model,
        "seconds": seconds_record(answer.seconds),
    }


def interval_record(interval: Interval | None) -> dict[str, str | None] | None:
    """Return an interval as ISO dates, or None."""
    return None if interval is None else {"from": iso(interval.start), "to": iso(interval.end)}
