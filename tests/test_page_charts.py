"""Timelines and coverage drawn: exact numbers, in order and in the plot."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.page_charts import coverage_chart, timeline_chart
from rag.types import (
    TimelineEntry,
)
from tests.fakes_chat import (
    ARTICLES,
    FERRY_2022,
    FERRY_ANSWER,
    FERRY_UNDATED,
    Q22,
    Q23,
)
from tests.markup import Reader


def numbers_of(markup: str, attribute: str) -> list[float]:
    return [float(x) for x in re.findall(rf'class="dot[^>]* {attribute}="([\d.]+)"', markup)]


def test_a_timeline_is_drawn_from_zero_in_the_order_of_its_days() -> None:
    chart = timeline_chart(FERRY_ANSWER.timeline)
    assert chart is not None
    across, up = numbers_of(chart, "cx"), numbers_of(chart, "cy")
    assert across == sorted(across)
    assert (across[0], across[-1]) == (44.0, 336.0)
    # 1.9 million reaches the top edge at 28, zero is at 104: 1.2 million is 12/19 of the way up.
    assert up == [pytest.approx(104 - 76 * v / 19, abs=0.06) for v in (12, 15, 19)]
    read = Reader(chart)
    assert "1.9 million not before 11 October 2024" in read.text
    assert len(read.all("circle", "bound")) == 1
    assert read.all("svg")[0]["aria-label"] == (
        "Chart: 1.2 million, 14 March 2022; 1.5 million, 2 September 2023; "
        "1.9 million, not before 11 October 2024"
    )


def test_a_timeline_that_cannot_be_drawn_is_still_listed() -> None:
    assert timeline_chart(()) is None
    undated = (
        TimelineEntry("many", None, False, Q22),
        TimelineEntry("1.5 million", date(2023, 9, 2), False, Q23),
    )
    chart = timeline_chart(undated)
    assert chart is not None
    assert Reader(chart).all("svg") == []
    assert "many no date" in Reader(chart).text


@given(st.lists(st.dates(date(1990, 1, 1), date(2030, 1, 1)), min_size=2, max_size=9, unique=True))
def test_the_points_of_a_timeline_stay_in_order_and_in_the_plot(days: list[date]) -> None:
    entries = [TimelineEntry(str(n), day, False, Q22) for n, day in enumerate(sorted(days), start=1)]
    across = numbers_of(timeline_chart(entries) or "", "cx")
    assert len(across) == len(days)
    assert across == sorted(across)
    assert 43.9 <= across[0] <= across[-1] <= 336.1


def test_long_labels_stay_inside_the_chart_and_apart() -> None:
    said = [("about US$25.5 billion", date(2023, 11, 2)), ("nearly 500,000", date(2023, 11, 27))]
    entries = [TimelineEntry(value, day, False, Q22) for value, day in [*said, ("1", date(2025, 1, 1))]]
    chart = timeline_chart(entries) or ""
    assert numbers_of(chart, "cx") == [44.0, 156.0, 336.0]
    middles = {t.strip(): float(x) for x, t in re.findall(r'<text[^>]* x="([\d.]+)"[^>]*>([^<]*)', chart)}
    # 21 letters of 6.6 are 138.6 wide: their middle is 69.3 from the edge, and not over its point at 44.
    assert middles["about US$25.5 billion"] == 69.3
    assert middles["nearly 500,000"] == 156.0
    assert middles["Jan 2025"] == 336.0


def test_coverage_counts_every_dated_article() -> None:
    assert coverage_chart([FERRY_UNDATED]) is None
    by_year = Reader(coverage_chart(ARTICLES) or "")
    assert by_year.all("svg")[0]["aria-label"] == (
        "Articles a year. 2022: 1 article, 2023: 1 article, 2024: 1 article, 2025: 1 article."
    )
    near = [replace(FERRY_2022, published=date(2024, m, 1)) for m in (1, 1, 3)]
    by_month = Reader(coverage_chart(near) or "")
    assert by_month.all("svg")[0]["aria-label"] == (
        "Articles a month. January 2024: 2 articles, March 2024: 1 article."
    )
    heights = [float(r["height"] or 0) for r in by_month.all("rect", "bar")]
    assert heights == [76.0, 38.0]
