"""Days in words, the same in any locale."""

from __future__ import annotations

from datetime import date

_MONTHS = ("January February March April May June July August September October November December").split()


def long_day(day: date) -> str:
    """Return "26 November 2023"."""
    return f"{day.day} {month(day)}"


def month(day: date) -> str:
    """Return "November 2023"."""
    return f"{_MONTHS[day.month - 1]} {day.year}"
