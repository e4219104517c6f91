"""A saved web page to the text of its article, and what the page says about itself.

trafilatura (Barbaresi, ACL 2021) tells the article from menus, teasers and comments, and finds headline,
source and date in the markup. What it leaves is laid out as text: an empty line between paragraphs, a dash
before each entry of a list, a bar between the cells of a table. Nothing is fetched.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

_BEGINS = re.compile(
    r"\s*(?:<\?xml[^>]*>\s*)?(?:<!--.*?-->\s*)*<(?:!doctype html|html)\b", re.IGNORECASE | re.DOTALL
)
_BLOCKS = frozenset("p head quote list table code div".split())
_BREAK = "\v"  # a line that the page ends by itself; all other white space of HTML is a space
_ENDED = re.compile(rf"(?<=[.!?…:”’»\"'])[ \t\r\n]*{_BREAK}")
_QUIET = ("trafilatura", "htmldate", "courlan", "justext")


class NoArticleError(ValueError):
    """No article can be made out on a page; the message is about "FILE" and names the remedy."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a page says: the text of its article, and what its markup states; None where that is silent.

    ``source`` is the site's name, or its host where the page has an address and no such name.
    """

    text: str
    title: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None


def is_page(text: str) -> bool:
    """Whether a text is a whole HTML document, whatever its file is called."""
    return bool(_BEGINS.match(text))


def read_page(html: str, today: date) -> Page:
    """Return the article of a page; a date of publication after ``today`` is not believed.

    Raises NoArticleError when there is none that can be told from what is around it.
    """
    import trafilatura

    for name in _QUIET:  # what they log would stand beside our own one line
        logging.getLogger(name).addHandler(logging.NullHandler())
    dates = {"extensive_search": False, "original_date": True, "max_date": today.isoformat()}
    found: Any = trafilatura.bare_extraction(
        html, with_metadata=True, include_comments=False, date_extraction_params=dates
    )
    text = "\n\n".join(_paragraphs(found.body)) if found and found.body is not None else ""
    if not text:
        raise NoArticleError("holds no article that can be made out; save its text as a .txt file")
    url = found.url if re.match("https?://", found.url or "") else None
    language = re.search(r"<html\b[^>]*?\blang\s*=\s*[\"']?([A-Za-z]{2,3})\b", html)
    return Page(
        text=text,
        title=found.title or None,
        source=found.sitename or (found.hostname if url else None) or None,
        published=date.fromisoformat(found.date) if found.date else None,
        url=url,
        language=language[1].lower() if language else None,
    )


def _paragraphs(block: Any) -> Iterator[str]:
    """Yield the paragraphs of a block of what trafilatura found, an element of lxml, in order."""
    if block.tag == "list":
        entries = [_line(_flat(item)) for item in block.iter("item")]
        yield from filter(None, ["\n".join(f"- {entry}" for entry in entries if entry)])
        return
    if block.tag == "table":
        rows = [[_line(_flat(cell)) for cell in row.iter("cell")] for row in block.iter("row")]
        yield from filter(None, ["\n".join(" | ".join(row) for row in rows if any(row))])
        return
    loose = block.text or ""  # what stands between the blocks inside
    for child in block:
        if child.tag in _BLOCKS:
            yield from _cut(loose)
            yield from _paragraphs(child)
            loose = child.tail or ""
        else:
            loose += _flat(child) + (child.tail or "")
    yield from _cut(loose)


def _flat(element: Any) -> str:
    """The text of an element; an entry that holds a list of its own is told without it."""
    if element.tag == "lb":
        return _BREAK
    inner = (child for child in element if child.tag != "list")
    return (element.text or "") + "".join(_flat(child) + (child.tail or "") for child in inner)


def _cut(text: str) -> Iterator[str]:
    """A break behind a whole sentence ends a paragraph, any other is no more than a space."""
    yield from filter(None, map(_line, _ENDED.split(text)))


def _line(text: str) -> str:
    return " ".join(text.split())
