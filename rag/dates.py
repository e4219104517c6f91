"""Dates in English and Vietnamese text, found by rule, however much of them is known.

Pure functions on strings; the spellings are in date_patterns.py. Knows nothing of articles or questions.
"""

from __future__ import annotations

import calendar
import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Literal

from rag import date_patterns as patterns
from rag.errors import UsageError
from rag.text import fold, lowered
from rag.types import Span

_LEAP = 2000  # stands for an unknown year: 29 February is a day
_EARLIEST_BARE, _LATEST_BARE = 1600, 2100  # bare numbers outside are not taken for years
_LONGEST_GAP = 40  # characters between the two ends of a range
_DATE_OPTION = re.compile(r"(\d{4})(?:-(\d{2})(?:-(\d{2}))?)?")


@dataclass(frozen=True, slots=True)
class PartialDate:
    """A date of which any field may be unknown (None); months and days count from 1."""

    year: int | None = None
    month: int | None = None
    day: int | None = None

    def first_day(self, year: int) -> date:
        """Return the earliest day that it can be, ``year`` standing in for an unknown one."""
        return self._day(self.year or year, self.month or 1, self.day or 1)

    def last_day(self, year: int) -> date:
        """Return the latest day that it can be, ``year`` standing in for an unknown one."""
        return self._day(self.year or year, self.month or 12, self.day or 31)

    @staticmethod
    def _day(year: int, month: int, day: int) -> date:
        return date(year, month, min(day, calendar.monthrange(year, month)[1]))

    @property
    def possible(self) -> bool:
        """Whether the calendar has such a day: 31 February is none, 29 February without a year is one."""
        year = _LEAP if self.year is None else self.year
        if year < 1 or self.month is None:
            return year > 0 and self.day is None
        days = calendar.monthrange(year, self.month)[1] if 1 <= self.month <= 12 else 0
        return 1 <= (1 if self.day is None else self.day) <= days


@dataclass(frozen=True, slots=True)
class DateMention:
    """A date or a range of dates at ``text[start:end]``; the two ends are equal for a single date.

    "November 27-30" opens on (None, 11, 27) and closes on (None, 11, 30); "2023" is (2023, None, None) twice.
    """

    start: int
    end: int
    opening: PartialDate
    closing: PartialDate

    @property
    def first(self) -> date | None:
        """The earliest day, None when the year is not known."""
        return self.opening.first_day(self.opening.year) if self.opening.year else None

    @property
    def last(self) -> date | None:
        """The latest day, None when the year is not known."""
        return self.closing.last_day(self.closing.year) if self.closing.year else None

    @property
    def year(self) -> int | None:
        """The year, where both ends lie in the same."""
        return self.opening.year if self.opening.year == self.closing.year else None

    @property
    def month(self) -> int | None:
        """The month, where both ends lie in the same of one year."""
        same = self.opening.month == self.closing.month and self.opening.year == self.closing.year
        return self.opening.month if same else None

    @property
    def day(self) -> int | None:
        """The day of the month, None for a range."""
        return self.opening.day if self.opening == self.closing else None

    def in_year(self, year: int) -> tuple[date, date]:
        """Return the first and last day, ``year`` standing in for an unknown one.

        A range that closes before it opens ("28 December to 3 January") runs into the next year.
        """
        first, last = self.opening.first_day(year), self.closing.last_day(year)
        return (first, last) if first <= last else (first, self.closing.last_day(year + 1))


def agrees(one: DateMention, other: DateMention) -> bool:
    """Whether both can be true of one day: no field that is known in both contradicts.

    "November 2023" agrees with "27-30 November" and with "2023", not with "26 October".
    """
    years = [d.year for m in (one, other) for d in (m.first, m.last) if d] or [_LEAP]
    tried = range(min(years) - 1, min(max(years), min(years) + 2) + 2)
    spans = [(a, b) for a in _spans(one, tried) for b in _spans(other, tried)]
    return any(a[0] <= b[1] and b[0] <= a[1] for a, b in spans)


def _spans(mention: DateMention, years: range) -> list[tuple[date, date]]:
    known = mention.opening.year is not None
    return [mention.in_year(y) for y in years[: 1 if known else None]]


def parse_day(text: str, name: str, edge: Literal["first", "last"] = "first") -> date:
    """Read the date of an option: YYYY, YYYY-MM or YYYY-MM-DD, as its first or last day.

    Raises UsageError, naming the option (``name``) and the value, when it is anything else or no such day
    exists.
    """
    match = _DATE_OPTION.fullmatch(text.strip())
    fields = PartialDate(*(int(g) if g else None for g in match.groups())) if match else PartialDate()
    if fields.year is None or not fields.possible:
        raise UsageError(
            f"{name} {text!r} is not a date: write YYYY, YYYY-MM or YYYY-MM-DD, as in 2023-11-07"
        )
    return fields.first_day(fields.year) if edge == "first" else fields.last_day(fields.year)


def mentions(text: str) -> list[DateMention]:
    """Find the dates of a text in order; they never overlap.

    A day that the calendar lacks is no date, nor is a number that counts something ("2000 workers"). Figures
    such as 7/11/2023 are read day first where the text holds Vietnamese letters or words; elsewhere only the
    year of an ambiguous one is known.
    """
    day_first = bool(_VIETNAMESE.search(text))
    taken = bytearray(len(text))
    found: list[DateMention] = []
    for pattern in patterns.DATES:
        for match in pattern.finditer(text):
            start, end = match.span("w")
            if any(taken[start:end]) or _is_word(text, match):
                continue
            taken[start:end] = b"\x01" * (end - start)
            mention = _read(match, day_first)
            if mention.opening.possible and mention.closing.possible and _in_order(mention):
                found.append(mention)
    return list(_joined(text, sorted(found, key=lambda m: m.start)))


def _in_order(mention: DateMention) -> bool:
    """Whether a range opens before it closes; one without a year may run from December into January."""
    if mention.opening.year is None and mention.opening.month != mention.closing.month:
        return True
    return mention.opening.first_day(_LEAP) <= mention.closing.last_day(_LEAP)


def within(found: Sequence[DateMention], start: int, end: int) -> list[DateMention]:
    """Return those of a text's dates, given in order, that lie in ``text[start:end]``."""
    first = bisect_left(found, start, key=lambda m: m.start)
    inside = found[first : bisect_left(found, end, key=lambda m: m.start)]
    return [m for m in inside if m.end <= end]


_VIETNAMESE = re.compile(r"[ăđơưạ-ỹ]|\b(?:ngày|tháng|ngay|thang)\s+\d", re.IGNORECASE)
_LOWER_MONTH = re.compile(r"(?:may|mar|march)\b")


def _is_word(text: str, match: re.Match[str]) -> bool:
    """Whether a match is no date after all: a count, or "may" and "march" as verbs."""
    groups = match.groupdict()
    start, end = match.span("w")
    if "bare" in groups:
        return _is_count(text, start, end)
    if groups.get("y2") and len(groups["y2"]) == 2:
        return not int(groups["y2"]) > int(groups["y"]) % 100
    verb = groups.get("m") and _LOWER_MONTH.match(groups["m"]) and groups.get("y") is None
    return bool(verb)


def _is_count(text: str, start: int, end: int) -> bool:
    before, after = text[max(0, start - 20) : start], text[end : end + 30]
    if not _EARLIEST_BARE <= int(text[start:end]) <= _LATEST_BARE:
        return True
    if patterns.CURRENCY_BEFORE.search(before):
        return True
    if patterns.COUNT_BEFORE.search(before):
        return bool(patterns.WORD_AFTER.match(after))
    return bool(patterns.COUNT_AFTER.match(after)) and not patterns.YEAR_BEFORE.search(before)


def _read(match: re.Match[str], day_first: bool) -> DateMention:
    groups = {k: v for k, v in match.groupdict().items() if v}
    start, end = match.span("w")
    if "decade" in groups:
        opening, closing = _decade(groups)
    elif "numeric" in groups:
        opening, closing = _numeric(groups, day_first or "vi" in groups)
    else:
        opening, closing = _fields(groups)
    return DateMention(start, end, opening, closing)


def _fields(groups: dict[str, str]) -> tuple[PartialDate, PartialDate]:
    year = int(groups["y"]) if "y" in groups else None
    month = _month(groups["m"]) if "m" in groups else _vietnamese_month(groups.get("vm"))
    day = _number(groups.get("d1"))
    opening = PartialDate(year, _month(groups["m0"]) if "m0" in groups else month, day)
    closing = PartialDate(_closing_year(groups), month, _number(groups.get("d2")) or day)
    if "part" in groups and year:
        opening, closing = _part(opening, closing, groups["part"])
    if opening.year and opening.month and closing.month and opening.month > closing.month:
        opening = replace(opening, year=opening.year - 1)
    return opening, closing


def _closing_year(groups: dict[str, str]) -> int | None:
    if "y" not in groups:
        return None
    later = groups.get("y2", groups["y"])
    return int(later) if len(later) == 4 else int(groups["y"][:2] + later)


def _part(opening: PartialDate, closing: PartialDate, words: str) -> tuple[PartialDate, PartialDate]:
    name = fold(words).removeprefix("the ")
    if opening.month:
        low, high = patterns.MONTH_PARTS[name]
        return replace(opening, day=low), replace(closing, day=high if high < 31 else None)
    low, high = patterns.YEAR_PARTS[name]
    return replace(opening, month=low), replace(closing, month=high)


def _decade(groups: dict[str, str]) -> tuple[PartialDate, PartialDate]:
    """Read "late 1990s"; the 1800s and 1900s are centuries."""
    start = int(groups["decade"])
    parts = patterns.CENTURY_PARTS if start % 100 == 0 and start < 2000 else patterns.DECADE_PARTS
    low, high = parts[fold(groups.get("part", ""))]
    return PartialDate(start + low), PartialDate(start + high)


def _numeric(groups: dict[str, str], day_first: bool) -> tuple[PartialDate, PartialDate]:
    one, two, year = int(groups["numeric"]), int(groups["m"]), int(groups["y"])
    if one == two or day_first or one > 12:
        closing = PartialDate(year, two, one)
    elif two > 12:
        closing = PartialDate(year, one, two)
    else:
        closing = PartialDate(year)  # 7/11/2023: July or November
    return replace(closing, day=_number(groups.get("d1")) or closing.day), closing


def _month(name: str) -> int:
    return int(name) if name.isdigit() else patterns.MONTHS.index(lowered(name[:3])) + 1


def _vietnamese_month(name: str | None) -> int | None:
    if name is None:
        return None
    return int(name) if name.isdigit() else patterns.VIETNAMESE_MONTHS[fold(name)]


def _number(text: str | None) -> int | None:
    return int(re.sub(r"\D", "", text)) if text else None


def _joined(text: str, found: list[DateMention]) -> Iterator[DateMention]:
    """Join the two ends of each range: "from April 27 to May 3, 2024", "between 2002 and 2014"."""
    waiting: DateMention | None = None
    for mention in found:
        both = _range(text, waiting, mention) if waiting else None
        if waiting and both is None:
            yield waiting
        waiting = both or mention
    if waiting:
        yield waiting


def _range(text: str, one: DateMention, other: DateMention) -> DateMention | None:
    if not _is_range_gap(text, (one.end, other.start), one.start):
        return None
    opening, closing = one.opening, other.closing
    if opening.year is None and closing.year is not None:
        if opening.month is None or closing.month is None:
            return None
        opening = replace(opening, year=closing.year)
        if (opening.month or 0) > closing.month:
            opening = replace(opening, year=closing.year - 1)
    joined = DateMention(one.start, other.end, opening, closing)
    ordered = joined.first is not None and joined.last is not None and joined.first <= joined.last
    return joined if ordered or (opening.year is None and closing.year is None) else None


def _is_range_gap(text: str, gap: Span, start: int) -> bool:
    if gap[1] - gap[0] > _LONGEST_GAP:
        return False
    between = text[slice(*gap)]
    if patterns.RANGE.fullmatch(between):
        return True
    return bool(
        patterns.AND.fullmatch(between) and patterns.BETWEEN_BEFORE.search(text[max(0, start - 40) : start])
    )
