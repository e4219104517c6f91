"""Dates in questions: intervals, orders and what they are about."""

from __future__ import annotations

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.question_dates import QuestionDates, question_dates
from rag.types import Interval

TODAY = date(2026, 3, 31)  # a Tuesday
OPEN = None


def read(question: str) -> QuestionDates:
    return question_dates(question, TODAY)


def iso(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None


@pytest.mark.parametrize(
    ("question", "words", "start", "end"),
    [
        ("What happened in 2023?", "2023", "2023-01-01", "2023-12-31"),
        ("What happened in November 2023?", "November 2023", "2023-11-01", "2023-11-30"),
        ("Who spoke on 7 November 2023?", "7 November 2023", "2023-11-07", "2023-11-07"),
        ("What was signed between 2002 and 2014?", "2002 and 2014", "2002-01-01", "2014-12-31"),
        ("Who ruled from 2013 to 2025?", "2013 to 2025", "2013-01-01", "2025-12-31"),
        ("What was built since 2024?", "since 2024", "2024-01-01", OPEN),
        ("What was built before 2020?", "before 2020", OPEN, "2019-12-31"),
        ("Who led it until March 2021?", "until March 2021", OPEN, "2021-03-31"),
        ("How many by the end of May 2022?", "by the end of May 2022", OPEN, "2022-05-31"),
        ("What came after 7 May 2023?", "after 7 May 2023", "2023-05-08", OPEN),
        ("What came from 2020 onwards?", "2020 onwards", "2020-01-01", OPEN),
        ("What was said in May 2022 on trade?", "May 2022", "2022-05-01", "2022-05-31"),
        ("As of late 2023, how many live there?", "As of late 2023", "2023-09-01", "2023-12-31"),
        ("How many by mid-2023?", "by mid-2023", OPEN, "2023-08-31"),
        ("How many in early 2023?", "early 2023", "2023-01-01", "2023-04-30"),
        ("Which films of the late 1990s?", "late 1990s", "1997-01-01", "1999-12-31"),
        ("Which films of the 2010s?", "2010s", "2010-01-01", "2019-12-31"),
        ("What did she say last year?", "last year", "2025-01-01", "2025-12-31"),
        ("What did she say this year?", "this year", "2026-01-01", "2026-12-31"),
        ("What did she say last month?", "last month", "2026-02-01", "2026-02-28"),
        ("What did she say last week?", "last week", "2026-03-23", "2026-03-29"),
        ("What did she say in the past week?", "the past week", "2026-03-25", "2026-03-31"),
        ("What did she say yesterday?", "yesterday", "2026-03-30", "2026-03-30"),
        ("What did she say two years ago?", "two years ago", "2024-01-01", "2024-12-31"),
        ("What changed in the last 3 months?", "the last 3 months", "2026-01-01", "2026-03-31"),
        ("What changed in the last decade?", "the last decade", "2016-04-01", "2026-03-31"),
        ("What did she say last November?", "last November", "2025-11-01", "2025-11-30"),
        ("What did she say last January?", "last January", "2026-01-01", "2026-01-31"),
        ("What did she say in May last year?", "May last year", "2025-05-01", "2025-05-31"),
        ("What changed since last year?", "since last year", "2025-01-01", OPEN),
        ("Năm ngoái có bao nhiêu người?", "Năm ngoái", "2025-01-01", "2025-12-31"),
        ("nam ngoai co bao nhieu nguoi", "nam ngoai", "2025-01-01", "2025-12-31"),
        ("Năm 2023 có bao nhiêu người?", "Năm 2023", "2023-01-01", "2023-12-31"),
        ("Từ năm 2013 đến năm 2025 ai làm?", "Từ năm 2013 đến năm 2025", "2013-01-01", "2025-12-31"),
        ("Kể từ năm 2024 có gì mới?", "Kể từ năm 2024", "2024-01-01", OPEN),
        ("Có gì trước năm 2020?", "trước năm 2020", OPEN, "2019-12-31"),
        ("Có gì sau tháng 3 năm 2021?", "sau tháng 3 năm 2021", "2021-04-01", OPEN),
        ("Có gì đến năm 2021?", "đến năm 2021", OPEN, "2021-12-31"),
        ("Có gì vào cuối năm 2023?", "cuối năm 2023", "2023-09-01", "2023-12-31"),
        ("Có gì tháng trước?", "tháng trước", "2026-02-01", "2026-02-28"),
        ("Có gì tháng 11 năm ngoái?", "tháng 11 năm ngoái", "2025-11-01", "2025-11-30"),
    ],
)
def test_one_interval(question: str, words: str, start: str | None, end: str | None) -> None:
    dates = read(question)
    assert [question[w.start : w.end] for w in dates.words] == [words]
    assert dates.interval == Interval(iso(start), iso(end))


@pytest.mark.parametrize(
    ("question", "order", "word"),
    [
        ("What is the latest figure?", "latest", "latest"),
        ("What is the most recent figure?", "latest", "most recent"),
        ("How many currently live there?", "latest", "currently"),
        ("How many live there now?", "latest", "now"),
        ("Is it still the right number?", "latest", "still"),
        ("How many live there today?", "latest", "today"),
        ("What is the city's current name?", "latest", "current"),
        ("Số liệu mới nhất là gì?", "latest", "mới nhất"),
        ("Hiện nay có bao nhiêu người?", "latest", "Hiện nay"),
        ("hien nay co bao nhieu nguoi", "latest", "hien nay"),
        ("Which was the earliest treaty?", "earliest", "earliest"),
        ("How many were there originally?", "earliest", "originally"),
    ],
)
def test_order(question: str, order: str, word: str) -> None:
    dates = read(question)
    assert (dates.order, dates.words) == (order, ())
    assert dates.order_span is not None
    assert question[slice(*dates.order_span)] == word


@pytest.mark.parametrize(
    "question",
    [
        "How many moons has Mars?",
        "What did USA Today write?",
        "Which now-defunct firm built it?",
        "What is an electric current?",
        "Finish at the latest by noon.",
        "Who died more recently?",
        "What happened on 31 February 2023?",
        "What happened on November 7?",
        "How did the 2000 workers travel?",
        "",
        "?!…",
    ],
)
def test_a_question_without_dates_is_false_and_holds_every_day(question: str) -> None:
    dates = read(question)
    assert not dates
    assert dates == QuestionDates()
    assert dates.interval is None
    assert TODAY in dates


def test_both_orders_are_none() -> None:
    assert read("Compare the earliest with the latest figure.").order is None


def test_an_order_and_an_interval_stand_together() -> None:
    dates = read("What is the latest figure in 2023?")
    assert (dates.order, dates.interval) == ("latest", Interval(date(2023, 1, 1), date(2023, 12, 31)))


def test_two_years_are_two_intervals_and_not_the_time_between() -> None:
    dates = read("Who was it in 2023 and who in 2025?")
    assert [i.start for i in dates.intervals] == [date(2023, 1, 1), date(2025, 1, 1)]
    assert dates.interval == Interval(date(2023, 1, 1), date(2025, 12, 31))
    assert [date(y, 6, 1) in dates for y in (2022, 2023, 2024, 2025)] == [False, True, False, True]


def test_an_open_interval_opens_the_whole() -> None:
    dates = read("What was built in 2010 and what since 2024?")
    assert dates.interval == Interval(date(2010, 1, 1), None)


@pytest.mark.parametrize(
    ("question", "basis"),
    [
        ("What do articles from 2023 say?", "publication"),
        ("What was published since May 2024?", "publication"),
        ("What do the reports of November 2023 say?", "publication"),
        ("What happened in 2023?", "event"),
        ("As of 2023, how many are there?", "event"),
        ("What was promised in 2023?", "event"),
    ],
)
def test_basis(question: str, basis: str) -> None:
    assert [w.basis for w in read(question).words] == [basis]


@given(st.dates(date(1900, 1, 1), date(2100, 1, 1)))
def test_relative_spans_stand_as_the_calendar_has_them(today: date) -> None:
    def span(words: str) -> tuple[date, date]:
        interval = question_dates(f"What was said {words}?", today).interval
        assert interval is not None
        assert interval.start is not None
        assert interval.end is not None
        return interval.start, interval.end

    one = timedelta(days=1)
    assert span("yesterday") == (today - one, today - one)
    assert span("in the past week") == (today - 6 * one, today)
    for unit in ("week", "month", "year"):
        last, this = span(f"last {unit}"), span(f"this {unit}")
        assert last[1] + one == this[0] <= today <= this[1]
    assert (span("this month")[0].day, (span("this month")[1] + one).day) == (1, 1)
    assert span("this week")[0].weekday() == 0


@given(st.dates(date(1900, 1, 1), date(2100, 12, 31)))
def test_sides_of_a_day_cover_the_calendar_once(day: date) -> None:
    intervals = [
        read(f"What was said {side} {day.isoformat()}?").interval for side in ("before", "on", "after")
    ]
    for other in (day - timedelta(days=1), day, day + timedelta(days=1)):
        assert sum(other in i for i in intervals if i) == 1


WORDS = st.sampled_from(
    "in|since|before|after|from|to|and|between|2023|1999|November|7|last|this|year|month|latest|now|earliest"
    "|năm|ngoái|tháng|trước|của|ago|two|past|by|until|onwards|articles|,|?".split("|")
)


@given(st.lists(WORDS, max_size=15).map(" ".join))
def test_spans_are_words_of_the_question_in_order(question: str) -> None:
    dates = read(question)
    for one, other in zip(dates.words, dates.words[1:], strict=False):
        assert one.start < other.start
    for w in dates.words:
        assert 0 <= w.start < w.end <= len(question)
        assert question[w.start : w.end] == question[w.start : w.end].strip()
        start, end = w.interval.start, w.interval.end
        assert start is None or end is None or start <= end
    assert (dates.order is None) == (dates.order_span is None)


@pytest.mark.parametrize(
    ("question", "text", "elsewhen"),
    [
        ("How many came in 2024?", "In 2023 five came.", True),
        ("How many came in 2024?", "In 2023 five came, in 2024 six.", False),
        ("How many came in 2024?", "On 3 May 2024 six came.", False),
        ("How many came in 2024?", "Six came.", False),
        ("How many came in 2024?", "On 3 May six came.", False),
        ("How many came?", "In 2023 five came.", False),
        ("How many came, in articles from 2024?", "In 2023 five came.", False),
    ],
)
def test_a_text_of_other_times(question: str, text: str, elsewhen: bool) -> None:
    assert read(question).elsewhen(text) is elsewhen


@pytest.mark.parametrize(("text", "named"), [("In 2024.", True), ("In 2023.", False), ("In May.", None)])
def test_whether_a_text_names_the_time_that_is_asked_for(text: str, named: bool | None) -> None:
    assert read("Who came in 2024?").named_in(text) is named


@pytest.mark.parametrize(
    ("question", "left"),
    [
        ("How many live in Japan in 2025?", "How many live in Japan?"),
        ("In 2025, who came?", "who came?"),
        ("Who came in 2023, and who came in 2025?", "Who came in 2023, and who came?"),
        ("Who came in May 2024?", "Who came in May 2024?"),
        ("Who came in 2024?", "Who came?"),
        ("How many have come since 2019?", "How many have come?"),
        ("Who comes?", "Who comes?"),
        ("Ai đến Hà Nội vào năm 2025?", "Ai đến Hà Nội?"),
    ],
)
def test_a_question_without_the_times_that_an_undated_article_may_be_of(question: str, left: str) -> None:
    assert read(question).without(question, date(2024, 10, 11)) == left


@given(
    st.text(
        st.sampled_from("0123456789-/., lastnextsixyearsmonthsdaysagopreviousinweeks\u017f\u0131\u0130\u212a")
    )
)
def test_no_question_is_too_odd_for_dates(text: str) -> None:
    question_dates(text, date(2026, 1, 31))
