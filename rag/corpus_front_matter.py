"""The YAML block at the head of a text file: title, source, published, url, language, by these names or
those that other programs give them. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from typing import TypeVar
from urllib.parse import urlsplit

import yaml

from rag.dates import mentions

_BLOCK = re.compile(r"---[ \t]*\n(?P<yaml>(?:.*\n)*?)(?:---|\.\.\.)[ \t]*(?:\n|\Z)")
_OTHER_NAMES = {
    "title": {"headline"},
    "source": {"publisher", "publication", "outlet", "newspaper", "site", "sitename"},
    "published": {"date", "pubdate", "datepublished", "publishedat", "publicationdate", "publishdate"},
    "url": {"link", "canonical", "permalink"},
    "language": {"lang"},
}
T = TypeVar("T")
_FIRST_KEY = re.compile(r"---[ \t]*\n\s*[\w\"'-]+\s*:")


@dataclass(frozen=True, slots=True)
class FrontMatter:
    """What the block says; None where it is silent. ``length`` is the number of characters it takes up."""

    title: str | None = None
    source: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None
    length: int = 0


class FrontMatterError(ValueError):
    """The block cannot be used; ``line`` counts from 1 in the file."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(reason)
        self.line = line


def read_front_matter(text: str) -> FrontMatter:
    """Read the front matter of a text; an empty one where there is none. Unknown keys are passed over, and
    what stands under another name ("date" for "published") where it cannot be used.

    Raises FrontMatterError, with the line and the remedy, when the block is not closed, is not YAML of keys
    and values, or when a date, an address or another known value cannot be used.
    """
    match = _BLOCK.match(text)
    if match is None:
        if _FIRST_KEY.match(text):
            raise FrontMatterError(1, "the front matter is never closed; end it with a line of three dashes")
        return FrontMatter()
    values = _Values(match["yaml"])
    language = values.text("language") or values.other("language", values.text)
    return FrontMatter(
        title=values.text("title") or values.other("title", values.text),
        source=values.text("source") or values.other("source", values.text),
        published=values.day("published") or values.other("published", values.day),
        url=values.address("url") or values.other("url", values.address),
        language=language.lower() if language else None,
        length=match.end(),
    )


def front_matter_if_any(text: str) -> FrontMatter:
    """Read the front matter of a text that need not have any: one that cannot be used, or that says nothing
    that is known, is part of the article.
    """
    try:
        matter = read_front_matter(text)
    except FrontMatterError:
        return FrontMatter()
    return matter if matter != FrontMatter(length=matter.length) else FrontMatter()


class _Values:
    """The values of a block, read by kind; each error names the line of its key."""

    def __init__(self, block: str) -> None:
        self._block = block
        self._values = self._load()

    def _load(self) -> dict[object, object]:
        try:
            values = yaml.safe_load(self._block)
        except yaml.MarkedYAMLError as error:
            raise FrontMatterError(
                _line_of(error), f"the front matter is not YAML ({error.problem}); mend it"
            ) from None
        except yaml.YAMLError:
            raise FrontMatterError(
                1, "the front matter holds characters that YAML forbids; remove them"
            ) from None
        except ValueError as error:  # 2023-02-31: YAML reads it as a date
            raise FrontMatterError(
                self._impossible_day(), f"there is no such date ({error}); mend it"
            ) from None
        except RecursionError:
            raise FrontMatterError(1, "the front matter is nested too deeply; simplify it") from None
        if values is None:
            return {}
        if not isinstance(values, dict):
            raise FrontMatterError(2, 'the front matter must hold lines such as "title: …"')
        return values

    def _impossible_day(self) -> int:
        lines = self._block.split("\n")
        return next((i for i, line in enumerate(lines, 2) if re.search(r"\d{4}-\d\d?-\d\d?", line)), 1)

    def line(self, key: str) -> int:
        """Return the line of a key in the file, from 1."""
        lines = self._block.split("\n")
        return next((i for i, line in enumerate(lines, 2) if re.match(rf"[\"']?{key}[\"']?\s*:", line)), 1)

    def text(self, key: str) -> str | None:
        """Return a value as one line of text, None when it is missing or empty."""
        value = self._values.get(key)
        if isinstance(value, (dict, list, set)):
            raise FrontMatterError(self.line(key), f"{key} must be one text")
        if value is False and key == "language":
            return "no"  # YAML reads the code of Norwegian as a truth value
        return " ".join(str(value).split()) or None if value is not None else None

    def day(self, key: str) -> date | None:
        """Return a whole date, however written."""
        value = self._values.get(key)
        if isinstance(value, datetime):
            return value.date()
        if isinstance(value, date):
            return value
        text = self.text(key)
        if text is None:
            return None
        found = mentions(text)
        if len(found) == 1 and found[0].day and found[0].first and found[0].start == 0:
            return found[0].first
        raise FrontMatterError(self.line(key), f"{key} {text!r} is not a date; write it as 2023-11-07")

    def other(self, key: str, read: Callable[[str], T | None]) -> T | None:
        """Return what stands under another name for a key, None where nothing of use does."""
        for name in self._values:
            if isinstance(name, str) and re.sub(r"[\W_]", "", name).lower() in _OTHER_NAMES[key]:
                try:
                    found = read(name)
                except FrontMatterError:  # it may mean something else
                    continue
                if found is not None:
                    return found
        return None

    def address(self, key: str) -> str | None:
        """Return an http(s) address."""
        text = self.text(key)
        if text is None:
            return None
        if re.search(r"\s", text) or not _is_web(text):
            raise FrontMatterError(self.line(key), f"{key} {text!r} is not an http or https address")
        return text


def _line_of(error: yaml.MarkedYAMLError) -> int:
    """Return the line in the file where YAML gave up; for a quote that is never closed, where it opens."""
    ran_out = error.problem is not None and "end of stream" in error.problem
    mark = error.context_mark if ran_out else error.problem_mark
    return mark.line + 2 if mark else 1


def _is_web(address: str) -> bool:
    try:
        parts = urlsplit(address)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.netloc)
