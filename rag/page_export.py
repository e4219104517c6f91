"""What leaves the page: a conversation as Markdown with footnotes, and feedback as lines of a question file.

Pure but for ``append_feedback``, which adds one line to a local file.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from rag.day_words import long_day
from rag.errors import UsageError
from rag.page_cards import safe_link
from rag.page_visit import Exchange
from rag.page_wording import scope
from rag.types import Evidence, TimelineEntry, citation_numbers

_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~$])")


def conversation_markdown(exchanges: Iterable[Exchange], today: date) -> str:
    """Return the finished questions with their answers; every citation is a footnote with its quotation."""
    parts = [f"# Ask the articles\n\nSaved on {long_day(today)}."]
    parts += [_exchange(e) for e in exchanges if e.finished]
    return "\n\n".join(parts) + "\n"


def _exchange(exchange: Exchange) -> str:
    answer = exchange.answer
    interval = answer.interval if answer and answer.interval else exchange.interval
    lines = [f"## {plain(exchange.question)}", f"Searched: {plain(scope(exchange.source, interval))}."]
    if answer is None:
        return "\n\n".join([*lines, plain(exchange.problem or "Stopped. No answer was finished.")])
    numbers = citation_numbers(answer)
    notes = {item: f"[^{exchange.number}-{n}]" for item, n in numbers.items()}
    cited = " ".join(plain(s.text) + "".join(notes[e] for e in s.evidence) for s in answer.statements)
    lines.append(cited or plain(answer.text))
    if answer.reason:
        lines.append(plain(answer.reason))
    if answer.timeline:
        lines.append("\n".join(_timeline_line(entry, notes[entry.evidence]) for entry in answer.timeline))
    if notes:
        lines.append("\n".join(f"{note}: {_footnote(item)}" for item, note in notes.items()))
    return "\n\n".join(lines)


def _timeline_line(entry: TimelineEntry, note: str) -> str:
    day = long_day(entry.day) if entry.day else "no date"
    return f"- {'not before ' if entry.day_is_bound and entry.day else ''}{day}: {plain(entry.value)}{note}"


def _footnote(item: Evidence) -> str:
    published = long_day(item.published) if item.published else "no date in the article"
    where = ", ".join(plain(x) for x in (item.title, item.source, published) if x)
    link = safe_link(item.url)
    return f'"{plain(item.quote)}" {where}.' + (f" <{link}>" if link else "")


def plain(text: str) -> str:
    """Return the text as one line of Markdown that reads as it is: nothing in it becomes a mark or a tag."""
    return _SPECIAL.sub(r"\\\1", " ".join(text.split()))


def feedback_record(exchange: Exchange, comment: str, when: datetime) -> dict[str, Any]:
    """Return the verdict on an exchange as an object of a question file, not reviewed yet.

    A refusal that is right says that the question cannot be answered; everything else leaves it answerable.
    ``answers`` stays empty: a person adds the right ones when reviewing.
    """
    answer = exchange.answer
    if answer is None:
        raise UsageError(f"question {exchange.number} has no answer to rate; ask it again first")
    return {
        "id": f"feedback-{when:%Y%m%dT%H%M%S%f}",
        "type": "feedback",
        "question": answer.standalone_question or exchange.question,
        "history": [],
        "answerable": not (answer.abstained and exchange.verdict == "right"),
        "answers": [],
        "evidence": [{"article": e.article_id, "quote": e.quote} for e in citation_numbers(answer)],
        "reviewed": False,
        "verdict": exchange.verdict,
        "comment": comment.strip(),
        "asked": exchange.question,
        "answer": answer.text,
        "source": exchange.source,
        "model": answer.model,
        "when": when.isoformat(timespec="seconds"),
    }


def append_feedback(path: Path, record: dict[str, Any]) -> None:
    """Add one line to the feedback file, making the file when it is not there.

    Raises UsageError when the file cannot be written.
    """
    line = json.dumps(record, ensure_ascii=False) + "\n"
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("a", encoding="utf-8") as file:
            file.write(line)
    except OSError as error:
        raise UsageError(f"feedback cannot be written to {path}: {error.strerror or error}") from error
