"""When an article was published, by what its text says. Pure; today is an argument.

A date stamp or a dateline with a year is believed. A dateline without a year takes it from the text where
that leaves no doubt. Where no date can be had, a bound is: the article cannot be older than what it tells as
past. Knows nothing of layout: it is told which stretches of the text are stamps, dateline and story.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from rag.dates import DateMention, within
from rag.text import sentences
from rag.types import Span

_NEAR = timedelta(days=60)  # a whole date told as past this close to a dateline's day fixes the year
_BEFORE, _AFTER = 30, 80  # characters around a date that say how it is meant
_CLOCKS = timedelta(days=1)  # a stamp from a time zone ahead of ours is not in the future

_FUTURE = re.compile(
    r"\b(?:will|shall|would|could|(?-i:may)|might|should|plan\w*|aim\w*|intend\w*|expect\w*|schedul\w+|slated|upcoming"
    r"|forthcoming|due|set\s+to|is\s+to|are\s+to|going\s+to|target\w*|goals?|deadline|vision|forecast\w*|project(?:s|ed|ion)"
    r"|estimat\w+|predict\w*|promis\w+|pledg\w+|commit\w*|hop(?:e|es|ing)|striv\w+|ahead\s+of|next|future|by\s+the\s+end"
    r"|proposed?|calls?\s+for|towards?|sẽ|dự kiến|kế hoạch|mục tiêu|sắp|phấn đấu|tới đây)\b",
    re.IGNORECASE,
)
_TOLD_YEAR = re.compile(r"(?:\b(?:in|since|during|early|mid|late|throughout|năm)[\s-]+|\()$", re.IGNORECASE)
_BY = re.compile(r"\b(?:by|until|till|to|through|before|đến)\s+$", re.IGNORECASE)
_PRESENT = re.compile(
    r"\b(?:celebrates?|marks?|(?:is|are)\s+(?:celebrating|marking)|(?:has|have)\s+(?!to\b)\w+|so\s+far)\b",
    re.IGNORECASE,
)
_PAST = re.compile(r"\b(?:was|were|had|did|\w{3,}ed)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Publication:
    """The day of publication, or None and the earliest day that the text allows.

    ``inferred`` marks a day whose year was taken from the story. ``not_before`` is a lower bound, given only
    where ``day`` is None.
    """

    day: date | None = None
    inferred: bool = False
    not_before: date | None = None


def publication(
    text: str,
    *,
    stamps: Sequence[date],
    dateline: DateMention | None,
    story: Iterable[Span],
    found: Sequence[DateMention],
    today: date,
) -> Publication:
    """Decide the date of publication.

    ``stamps`` are whole dates that stand by themselves, the most telling first; ``dateline`` is the date of
    the dateline, ``story`` the spans of the text that the article itself tells (captions included, other
    stories' teasers not), ``found`` all dates of the text. Dates after ``today`` are not believed.

    ``not_before`` is the latest day, not after ``today``, that the story tells as past. It is a bound that
    holds, not a guess: of a month or a year without a day it takes the first day, of a range the opening, and
    it leaves out dates without a year, bare years that follow no "in" or "since", and every date in a
    sentence that speaks of plans.
    """
    days = [d for d in (*stamps, _whole(dateline)) if d is not None and d <= today + _CLOCKS]
    if days:
        return Publication(days[0])
    spans = [s for span in story for s in sentences(text, *span)]
    told = [(s, m) for s in spans for m in within(found, *s) if m.first]
    plans = {s for s in spans if _FUTURE.search(text, *s)}
    past = [m for s, m in told if s not in plans and _is_past(text, s, m, today)]
    bound = max((m.first for m in past if m.first), default=None)
    if dateline is None or dateline.day is None or dateline.year:
        return Publication(not_before=bound)
    years = {y for s, m in told if (y := _current_year(text, s, m))} | _near_years(dateline, past)
    if len(years) == 1:
        day = dateline.in_year(years.pop())[0]
        if (bound is None or bound <= day) and day <= today + _CLOCKS:
            return Publication(day, inferred=True)
    return Publication(not_before=_next_such_day(dateline, bound, today))


def _whole(mention: DateMention | None) -> date | None:
    return mention.first if mention and mention.day else None


def _is_past(text: str, sentence: Span, mention: DateMention, today: date) -> bool:
    if mention.first is None or mention.first > today:
        return False
    before = text[max(sentence[0], mention.start - _BEFORE) : mention.start]
    if mention.month is None and mention.day is None and not _TOLD_YEAR.search(before):
        return False
    return not _BY.search(before)


def _current_year(text: str, sentence: Span, mention: DateMention) -> int | None:
    """Return the year of "in 2023, both sides celebrate …": the story speaks of it as the present."""
    before = text[max(sentence[0], mention.start - _BEFORE) : mention.start]
    after = text[mention.end : min(sentence[1], mention.end + _AFTER)]
    if mention.month is not None or not re.search(r"\bin\s+$", before, re.IGNORECASE):
        return None
    present, past = _PRESENT.search(after), _PAST.search(after)
    return mention.year if present and not (past and past.start() < present.start()) else None


def _near_years(dateline: DateMention, past: Iterable[DateMention]) -> set[int]:
    """Return the years in which the dateline's day closely follows a whole date that is told as past."""
    days = [d for m in past if (d := _whole(m))]
    return {
        year
        for day in days
        for year in (day.year, day.year + 1)
        if timedelta(0) <= dateline.in_year(year)[0] - day <= _NEAR
    }


def _next_such_day(dateline: DateMention, bound: date | None, today: date) -> date | None:
    """Return the dateline's day in the first year that the bound allows, or the bound."""
    if bound is None:
        return None
    days = [dateline.in_year(y)[0] for y in (bound.year, bound.year + 1)]
    return next((d for d in days if bound <= d <= today), bound)
