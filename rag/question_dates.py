"""What a question says about time: the intervals it names and whether it wants the newest or the oldest.

Pure; today is an argument. Spellings are in date_patterns.py. Knows nothing of articles: whether an interval
narrows a search or only orders it is for the caller to decide.
"""

from __future__ import annotations

import re
from calendar import monthrange
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import lru_cache
from typing import Literal

from rag import date_patterns as patterns
from rag.dates import mentions
from rag.text import fold
from rag.types import Interval, Span

Order = Literal["latest", "earliest"]
Basis = Literal["event", "publication"]

_REACH = 60  # characters before a date in which words about it are looked for
_YEAR_GAP = re.compile(r"\s*,?\s*(?:of\s+)?")


@dataclass(frozen=True, slots=True)
class DateWords:
    """The words ``question[start:end]`` as an interval.

    ``basis`` says what the interval is about: what happened ("event"), or when it was reported
    ("publication": "articles from 2023", "published since May").
    """

    start: int
    end: int
    interval: Interval
    basis: Basis = "event"


@dataclass(frozen=True, slots=True)
class QuestionDates:
    """All that a question says about time.

    ``words`` are its intervals in the order of the question: "in 2023 and in 2025" has two. ``order`` is
    "latest" ("currently", "most recent"), "earliest", or None; ``order_span`` is the word that says so. An
    instance is false when the question says nothing about time.
    """

    words: tuple[DateWords, ...] = ()
    order: Order | None = None
    order_span: Span | None = None

    @property
    def intervals(self) -> tuple[Interval, ...]:
        """The intervals alone, in the order of the question."""
        return tuple(w.interval for w in self.words)

    @property
    def interval(self) -> Interval | None:
        """The one interval that covers all; None when the question names none."""
        if not self.words:
            return None
        starts, ends = [i.start for i in self.intervals], [i.end for i in self.intervals]
        known_starts, known_ends = [s for s in starts if s], [e for e in ends if e]
        return Interval(
            min(known_starts) if len(known_starts) == len(starts) else None,
            max(known_ends) if len(known_ends) == len(ends) else None,
        )

    def __contains__(self, day: date) -> bool:
        """Whether the day lies in one of the intervals; every day does when there is none."""
        return not self.words or any(day in interval for interval in self.intervals)

    def __bool__(self) -> bool:
        """Whether the question says anything about time."""
        return bool(self.words) or self.order is not None

    def named_in(self, text: str) -> bool | None:
        """Whether a text names a day or a year that lies in one of the intervals; None when it names none."""
        known = _known_days(text)
        return any(day in self for day in known) if known else None

    def elsewhen(self, text: str) -> bool:
        """Whether a text tells of other times than what is asked about: it names some, and none of that."""
        events = bool(self.words) and all(w.basis == "event" for w in self.words)
        return events and self.named_in(text) is False

    def without(self, question: str, not_before: date) -> str:
        """Return the question without the times that an undated article, published on ``not_before`` or
        later, may be of. ``question`` is the one that was read.
        """
        for word in reversed(self.words):
            if word.interval.end is None or word.interval.end >= not_before:
                before = patterns.PREPOSITION.sub("", question[: word.start])
                question = before.rstrip(" ,") + question[word.end :]
        return question.lstrip(" ,")


@lru_cache(maxsize=4096)  # the same passages are asked again with each question that names a time
def _known_days(text: str) -> tuple[date, ...]:
    """Return the first and last days of the dates in a text whose year is known."""
    if not patterns.FOUR_DIGITS.search(text):  # most passages name no year, and looking for dates is slow
        return ()
    named = [(m.first, m.last) for m in mentions(text)]
    return tuple(day for first, last in named if first and last for day in (first, last))


def question_dates(question: str, today: date) -> QuestionDates:
    """Read the dates of a question in English or Vietnamese, relative ones from ``today``.

    "since" and "after" leave the end open, "before" and "until" the start. "Last week" is the calendar week
    (from Monday) before today's, "the past week" the seven days up to today. A date without a year ("on 7
    November") or that the calendar lacks gives no interval. "today" asks for the latest, not for one day:
    articles are rarely as new as the question. "As of late 2023" is that time, not all the time up to it.
    """
    relative = _relative(question, today)
    spans = [(w.start, w.end) for w in relative]
    named = _named(question, relative)
    free = [w for w in relative if not any(n.start < w.end and w.start < n.end for n in named)]
    words = [_placed(question, w) for w in sorted([*named, *free], key=lambda w: w.start)]
    order, order_span = _order(question, spans)
    return QuestionDates(tuple(words), order, order_span)


def _named(question: str, relative: Iterable[DateWords]) -> list[DateWords]:
    """Return the dates that the question names, a yearless one completed by "last year" right after it."""
    years = {w.start: w for w in relative if _is_year(w.interval)}
    found = []
    for mention in mentions(question):
        gap = _YEAR_GAP.match(question, mention.end)
        year = years.get(gap.end()) if gap else None
        if mention.first and mention.last:
            found.append(DateWords(mention.start, mention.end, Interval(mention.first, mention.last)))
        elif year and year.interval.start:
            first, last = mention.in_year(year.interval.start.year)
            found.append(DateWords(mention.start, year.end, Interval(first, last)))
    return found


def _is_year(interval: Interval) -> bool:
    start = interval.start
    return start is not None and _around(start, "year") == (start, interval.end)


def _relative(question: str, today: date) -> list[DateWords]:
    found: list[DateWords] = []
    for rule, pattern in patterns.RELATIVE:
        for match in pattern.finditer(question):
            if any(w.start < match.end() and match.start() < w.end for w in found):
                continue
            first, last = _span(rule, {k: fold(v) for k, v in match.groupdict().items() if v}, today)
            found.append(DateWords(*match.span(), Interval(first, last)))
    return found


def _span(rule: str, groups: dict[str, str], today: date) -> tuple[date, date]:
    unit = patterns.UNITS.get(groups.get("unit", "day"), groups.get("unit", "day"))
    number = groups.get("n", "1")
    count = patterns.NUMBERS.get(number) or int(number)
    if rule == "rolling":
        return _back(today, unit, count) + timedelta(days=1), today
    if rule == "month":
        month = patterns.MONTHS.index(groups["month"][:3]) + 1
        past = groups["which"] == "this" or month < today.month
        return _around(date(today.year - (not past), month, 1), "month")
    steps = {"ago": count, "previous": 1, "yesterday": 1, "present": 0}[rule]
    return _around(_back(today, unit, steps), unit)


def _back(today: date, unit: str, count: int) -> date:
    """Return the day so many units before today; the last of the month where that is shorter."""
    if unit in ("day", "week"):
        return today - timedelta(days=count * (7 if unit == "week" else 1))
    months = today.year * 12 + today.month - 1 - count * {"month": 1, "year": 12, "decade": 120}[unit]
    first, last = _around(date(max(1, months // 12), months % 12 + 1, 1), "month")
    return first.replace(day=min(today.day, last.day))


def _around(day: date, unit: str) -> tuple[date, date]:
    """Return the first and last day of the calendar day, week, month or year that the day lies in."""
    if unit == "week":
        monday = day - timedelta(days=day.weekday())
        return monday, monday + timedelta(days=6)
    if unit == "month":
        return day.replace(day=1), day.replace(day=monthrange(day.year, day.month)[1])
    if unit == "year":
        return date(day.year, 1, 1), date(day.year, 12, 31)
    return day, day


def _placed(question: str, words: DateWords) -> DateWords:
    """Open the interval on one side where the word before the date says so, and take that word in."""
    reach = max(0, words.start - _REACH)
    before = question[reach : words.start]
    basis: Basis = "publication" if patterns.PUBLISHED.search(before) else "event"
    words = replace(words, basis=basis)
    closed = patterns.RANGE_WORD.search(question, words.start, words.end) is not None
    for side, pattern in patterns.SIDES:
        match = pattern.search(before)
        if match:  # "từ năm 2013 đến năm 2025" is closed on both sides already
            interval = words.interval if closed else _open(words.interval, side)
            return replace(words, start=reach + match.start(), interval=interval)
    onwards = patterns.ONWARDS.match(question, words.end)
    if onwards:
        return replace(words, end=onwards.end(), interval=_open(words.interval, "from"))
    return words


def _open(interval: Interval, side: str) -> Interval:
    first, last = interval.start or date.min, interval.end or date.max
    one = timedelta(days=1)
    return {
        "within": interval,
        "from": Interval(first, None),
        "after": Interval(last + one if last < date.max else last, None),
        "before": Interval(None, first - one if first > date.min else first),
        "until": Interval(None, last),
    }[side]


def _order(question: str, spans: list[Span]) -> tuple[Order | None, Span | None]:
    """Return the order of preference and its word; a question that asks for both ends has none."""
    found: list[tuple[Order, Span]] = []
    for order, pattern in _ORDERS:
        for match in pattern.finditer(question):
            inside = any(a <= match.start() < b for a, b in spans)
            if not inside and not _is_name(question, match.start()):
                found.append((order, match.span()))
                break
    return found[0] if len(found) == 1 else (None, None)


_ORDERS: tuple[tuple[Order, re.Pattern[str]], ...] = (
    ("latest", patterns.LATEST),
    ("earliest", patterns.EARLIEST),
)


def _is_name(question: str, start: int) -> bool:
    """Whether the word is part of a name: "USA Today", "Apocalypse Now"."""
    return question[start].isupper() and start > 0 and any(c.islower() for c in question)
