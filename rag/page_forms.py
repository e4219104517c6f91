"""What the reader typed and dropped, read: dates, filters, articles to add. Pure but for reading files."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from rag.errors import UsageError
from rag.page_wording import scope
from rag.types import Interval

File = tuple[str, bytes]  # name, content
_DAY = re.compile(r"(\d{4}-\d\d-\d\d)(?:[ T]\d\d:\d\d(?::\d\d)?)?")  # a date field adds the hour


def article_files(
    paths: Sequence[str], title: str, source: str, published: str | None, text: str
) -> list[File]:
    """Return the dropped files and the pasted article, if any. Raises UsageError as ``pasted_file`` does."""
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths]
    pasted = [pasted_file(title, source, published, text)] if title.strip() or text.strip() else []
    return files + pasted


def pasted_file(title: str, source: str, published: str | None, text: str) -> File:
    """Return pasted text as an article file with front matter.

    Raises UsageError when the title or the text is missing or the date cannot be read.
    """
    if not title.strip() or not text.strip():
        raise UsageError("A pasted article needs a headline and its text.")
    day = read_day(published, "Published")
    fields = {"title": title.strip(), "source": source.strip() or None, "published": day and day.isoformat()}
    front = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value]
    name = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())[:60] or "pasted"
    return f"{name}.md", "\n".join(["---", *front, "---", "", text.strip(), ""]).encode()


def filters_label(source: str | None, start: str | None, end: str | None) -> str:
    """Return what the folded filters say: "Filters: all sources, any date"."""
    try:
        return f"Filters: {scope(source, read_interval(start, end))}"
    except UsageError as problem:
        return f"Filters: {problem}"


def read_interval(start: str | None, end: str | None) -> Interval | None:
    """Return the dates of the filter; None when both are empty.

    Raises UsageError naming a date that cannot be read, or dates that run backwards.
    """
    first, last = read_day(start, "From"), read_day(end, "To")
    if first and last and first > last:
        raise UsageError(f"The dates run backwards: from {first} to {last}. Change one of them.")
    return Interval(first, last) if first or last else None


def read_day(text: str | None, name: str) -> date | None:
    """Return a date written YYYY-MM-DD; None when the text is empty. Raises UsageError when it is no date."""
    if not text or not text.strip():
        return None
    match = _DAY.fullmatch(text.strip())
    try:
        return date.fromisoformat(match[1] if match else "")
    except ValueError:
        raise UsageError(f"{name}: {text.strip()!r} is not a date. Write it as 2024-05-31.") from None
