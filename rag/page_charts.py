"""Two small inline SVG charts: how a figure changed, and how many articles each month has. Pure.

Both scales start at zero, every point is also in the text beside the chart, and colours come from the page's
style sheet, so that the charts follow its light and dark modes.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date

from rag.day_words import long_day, month
from rag.markup import Html, el, join
from rag.page_wording import count
from rag.quantities import quantities
from rag.types import Article, Evidence, TimelineEntry

_WIDTH, _HEIGHT = 380, 132
_LEFT, _RIGHT, _TOP, _BASE = 44, 44, 28, 104  # the plot's edges: labels hang over its ends
_MOST_LABELS = 3
_LABEL_ROOM = 112.0  # between two points, so that their labels do not touch
_LETTER = 6.6  # the width of one in a label, about
_MOST_MONTHS = 36
_MOST_YEARS = 9  # with a label each

Point = tuple[float, float]


def timeline_chart(
    entries: Sequence[TimelineEntry], cite: Callable[[Evidence], Html] = lambda _: Html()
) -> Html | None:
    """Return the values of a figure oldest first, as a chart and a list with sources, if there are any."""
    if not entries:
        return None
    dated = [e for e in entries if e.day is not None]
    values = [_value(e) for e in dated]
    drawable = len({e.day for e in dated}) > 1 and None not in values
    return el(
        "figure",
        el("figcaption", "How this figure changed"),
        _line_chart(dated, [v for v in values if v is not None]) if drawable else None,
        el("ol", *(el("li", _entry(e), cite(e.evidence)) for e in entries)),
        class_="timeline",
    )


def _entry(entry: TimelineEntry) -> list[str]:
    return [el("strong", entry.value), " ", el("span", _when(entry))]


def _when(entry: TimelineEntry) -> str:
    if entry.day is None:
        return "no date"
    return f"not before {long_day(entry.day)}" if entry.day_is_bound else long_day(entry.day)


def _value(entry: TimelineEntry) -> float | None:
    found = quantities(entry.value)
    return float(found[0].value) if found else None


def _line_chart(entries: Sequence[TimelineEntry], values: Sequence[float]) -> Html:
    points = list(zip(_across([e.day for e in entries if e.day]), _up(values), strict=True))
    labelled = {0, len(points) - 1} if len(points) > _MOST_LABELS else set(range(len(points)))
    spoken = "; ".join(f"{e.value}, {_when(e)}" for e in entries)
    return _svg(
        f"Chart: {spoken}",
        el("line", class_="axis", x1=_LEFT - 30, x2=_WIDTH - _RIGHT + 30, y1=_BASE, y2=_BASE),
        el("text", "0", class_="first", x=4, y=_BASE + 4),
        el("polyline", class_="line", points=" ".join(f"{x:.1f},{y:.1f}" for x, y in points)),
        *(_dot(e, p, i in labelled) for i, (e, p) in enumerate(zip(entries, points, strict=True))),
    )


def _across(days: Sequence[date]) -> list[float]:
    """Places of days on the horizontal scale, pushed apart where their labels would touch."""
    first, last = days[0].toordinal(), days[-1].toordinal()
    room = _WIDTH - _LEFT - _RIGHT
    gap = min(_LABEL_ROOM, room / max(1, len(days) - 1))
    places = [_LEFT + room * (d.toordinal() - first) / max(1, last - first) for d in days]
    for i in range(1, len(places)):
        places[i] = max(places[i], places[i - 1] + gap)
    for i in range(len(places) - 1, 0, -1):
        places[i] = min(places[i], _WIDTH - _RIGHT - (len(places) - 1 - i) * gap)
    return places


def _up(values: Sequence[float]) -> list[float]:
    most, least = max(*values, 0.0), min(*values, 0.0)
    return [_BASE - (_BASE - _TOP) * (v - least) / ((most - least) or 1) for v in values]


def _dot(entry: TimelineEntry, point: Point, labelled: bool) -> Html:
    x, y = f"{point[0]:.1f}", point[1]
    day = f"{month(entry.day)[:3]} {entry.day.year}" if entry.day else ""
    when = f"after {day}" if entry.day_is_bound else day
    return join(
        el("circle", class_="dot bound" if entry.day_is_bound else "dot", cx=x, cy=f"{y:.1f}", r=5),
        _label(entry.value, point[0], f"{y - 11:.1f}", class_="value") if labelled else None,
        _label(when, point[0], str(_BASE + 18)) if labelled else None,
    )


def _label(text: str, x: float, y: str, class_: str | None = None) -> Html:
    """Words centred above or below a point, or as near to that as the chart's edges let them."""
    half = min(_LETTER * len(text), _WIDTH) / 2
    return el("text", text, class_=class_, x=f"{min(max(x, half), _WIDTH - half):.1f}", y=y)


def coverage_chart(articles: Iterable[Article]) -> Html | None:
    """Return articles a month as bars (a year, when they span more than three years); None without dates."""
    days = sorted(a.published for a in articles if a.published)
    if not days:
        return None
    by_year = _months(days[0], days[-1]) >= _MOST_MONTHS
    slots = _slots(days[0], days[-1], by_year)
    counts = Counter((d.year, 1 if by_year else d.month) for d in days)
    names = [str(s.year) if by_year else month(s) for s in slots]
    bars = [counts[s.year, s.month] for s in slots]
    every = by_year and len(names) <= _MOST_YEARS
    spoken = ", ".join(f"{name}: {count(n, 'article')}" for name, n in zip(names, bars, strict=True) if n)
    return _svg(
        f"Articles a {'year' if by_year else 'month'}. {spoken}.",
        el("line", class_="axis", x1=8, x2=_WIDTH - 8, y1=_BASE, y2=_BASE),
        _bars(names, bars, every),
        el("text", names[0], x=8, y=_BASE + 18, class_="first") if not every else None,
        el("text", names[-1], x=_WIDTH - 8, y=_BASE + 18, class_="last") if not every else None,
    )


def _months(first: date, last: date) -> int:
    return (last.year - first.year) * 12 + last.month - first.month


def _slots(first: date, last: date, by_year: bool) -> list[date]:
    if by_year:
        return [date(year, 1, 1) for year in range(first.year, last.year + 1)]
    start = first.year * 12 + first.month - 1
    return [date(m // 12, m % 12 + 1, 1) for m in range(start, start + _months(first, last) + 1)]


def _bars(names: Sequence[str], bars: Sequence[int], every: bool) -> list[Html]:
    step, most = (_WIDTH - 16) / len(bars), max(bars)
    drawn = []
    for i, (name, n) in enumerate(zip(names, bars, strict=True)):
        middle = 8 + step * (i + 0.5)
        if n:
            top = (middle, (_BASE - _TOP) * n / most)
            drawn.append(_bar(name, n, top, step, labelled=step > 14 or n == most))
        if every:
            drawn.append(el("text", name, x=f"{middle:.1f}", y=_BASE + 18))
    return drawn


def _bar(name: str, n: int, top: Point, step: float, labelled: bool) -> Html:
    """One bar; ``top`` is its middle and its height."""
    middle, height = top
    width = max(1.0, min(28.0, step * 0.7))
    left, up = f"{middle - width / 2:.1f}", f"{_BASE - height:.1f}"
    return el(
        "g",
        el("title", f"{name}: {count(n, 'article')}"),
        el("rect", class_="bar", x=left, y=up, width=f"{width:.1f}", height=f"{height:.1f}", rx=1),
        el("text", f"{n:,}", class_="value", x=f"{middle:.1f}", y=f"{_BASE - height - 6:.1f}")
        if labelled
        else None,
    )


def _svg(label: str, *parts: str | Iterable[str] | None) -> Html:
    return el("svg", *parts, class_="chart", viewBox=f"0 0 {_WIDTH} {_HEIGHT}", role="img", aria_label=label)
