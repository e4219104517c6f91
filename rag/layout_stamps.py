"""Lines that are a date and at most who published or wrote it: "November 07, 2023 | 10:26", "Published: 7 Nov
2023", "The Ellery Post, 21 April 2023". Pure.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date

from rag.dates import DateMention, within
from rag.layout_lines import is_masthead, is_person, source_name

_LONGEST = 120
_LABEL = re.compile(
    r"\b(?:(?:first\s+)?published|posted|release date|date(?:d)?|publication date|đăng|ngày đăng|xuất bản)\b",
    re.IGNORECASE,
)
_UPDATE = re.compile(r"\b(?:last\s+)?(?:updated|modified)\b|\bcập nhật\b", re.IGNORECASE)
_REST = re.compile(
    r"\b(?:(?:mon|tues|wednes|thurs|fri|satur|sun)day|mon|tues?|wed|thu(?:rs)?|fri|sat|sun"
    r"|thứ\s+(?:hai|ba|tư|năm|sáu|bảy|[2-7])|chủ\s+nhật|on|at|lúc|ngày|hrs|local time"
    r"|\d{1,2}[:h.]\d{2}(?::\d{2})?|[ap]\.?m\b\.?|(?:gmt|utc|ict|est|edt|bst|cet|jst)(?:\s?[+-]?\s?\d{1,2}(?::?\d{2})?)?)",
    re.IGNORECASE,
)
_PARTS = re.compile(r"[|·•,;–—]|\s-\s")
_SECTION = re.compile(r"[^\W\d_a-z][^\W\d_]*")  # "Opinion"


@dataclass(frozen=True, slots=True)
class Stamp:
    """The day that a line gives; ``labelled`` when it says that it is the day of publication (or, with
    ``updated``, only of a change).
    """

    day: date
    labelled: bool
    updated: bool


def stamp(text: str, start: int, end: int, found: list[DateMention]) -> Stamp | None:
    """Read ``text[start:end]`` as a date stamp; None when it holds no whole date, or words besides
    that do not tell of time (an agency's code, or a paper and who wrote in it, may stand beside it).

    ``found`` are the dates of the whole text. Of "Published …, updated …" the first date counts.
    """
    if end - start > _LONGEST:
        return None
    inside = [m for m in within(found, start, end) if m.day and m.first]
    if not inside or inside[0].first is None:
        return None
    rest = text[start:end]
    for mention in reversed(inside):
        rest = rest[: mention.start - start] + " " + rest[mention.end - start :]
    head = text[start : inside[0].start]
    bare = _REST.sub(" ", _UPDATE.sub(" ", _LABEL.sub(" ", rest)))
    if any(source_name(word) is None for word in re.findall(r"\w+", bare)) and not _credits(bare):
        return None
    updated = _UPDATE.search(head) is not None
    return Stamp(inside[0].first, labelled=updated or _LABEL.search(head) is not None, updated=updated)


def _credits(rest: str) -> bool:
    """Whether what stands beside a date is a paper's name, with a section or a name beside it at most."""
    parts = [part.strip("*_ ") for part in _PARTS.split(rest) if part.strip("*_ .")]
    others = [part for part in parts if not is_masthead(part)]
    return len(others) < len(parts) <= 3 and all(
        is_person(part) or _SECTION.fullmatch(part) for part in others
    )
