"""Dates in text: every spelling, what is no date, ranges, and agreement of partial dates."""

from __future__ import annotations

import unicodedata
from datetime import date, timedelta
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.date_patterns import FOUR_DIGITS
from rag.dates import DateMention, PartialDate, agrees, mentions, parse_day, within
from rag.errors import UsageError

DAYS = st.dates(date(1700, 1, 1), date(2099, 12, 31))
MONTHS = "January February March April May June July August September October November December".split()


def only(text: str) -> DateMention:
    found = mentions(text)
    assert len(found) == 1, [text[m.start : m.end] for m in found]
    return found[0]


def fields(text: str) -> tuple[str, tuple[int | None, ...], tuple[int | None, ...]]:
    m = only(text)
    opening, closing = ((p.year, p.month, p.day) for p in (m.opening, m.closing))
    return text[m.start : m.end], opening, closing


@pytest.mark.parametrize(
    ("text", "words", "day"),
    [
        ("Dated 2023-12-01, no more.", "2023-12-01", (2023, 12, 1)),
        ("On November 26, 2023, they met.", "November 26, 2023", (2023, 11, 26)),
        ("On 26 November 2023 they met.", "26 November 2023", (2023, 11, 26)),
        ("On Nov. 7, 2023 they met.", "Nov. 7, 2023", (2023, 11, 7)),
        ("On the 3rd of March, 2021 they met.", "3rd of March, 2021", (2021, 3, 3)),
        ("It ran 07-Nov-2023 only.", "07-Nov-2023", (2023, 11, 7)),
        ("what happened on may 9 2021 there", "may 9 2021", (2021, 5, 9)),
        ("On November 26 they met.", "November 26", (None, 11, 26)),
        ("They met on 26 November.", "26 November", (None, 11, 26)),
        ("In November 2023 they met.", "November 2023", (2023, 11, None)),
        ("The 2023-11 issue", "2023-11", (2023, 11, None)),
        ("They met in 2023.", "2023", (2023, None, None)),
        ("They meet every year in May.", "May", (None, 5, None)),
        ("It fell to 11/27/2023 in the end.", "11/27/2023", (2023, 11, 27)),
        ("It fell to 27/11/2023 in the end.", "27/11/2023", (2023, 11, 27)),
        ("Ngày 27 tháng 11 năm 2023, họ gặp nhau.", "Ngày 27 tháng 11 năm 2023", (2023, 11, 27)),
        ("Họ gặp nhau ngày 7/11/2023.", "ngày 7/11/2023", (2023, 11, 7)),
        ("Họ gặp nhau ngày 27/11.", "ngày 27/11", (None, 11, 27)),
        ("Vào tháng 11 năm 2023 họ gặp nhau.", "tháng 11 năm 2023", (2023, 11, None)),
        ("Vào tháng mười hai năm 2022.", "tháng mười hai năm 2022", (2022, 12, None)),
        ("Vào tháng năm năm 2023.", "tháng năm năm 2023", (2023, 5, None)),
        ("Vào năm 2023 họ gặp nhau.", "năm 2023", (2023, None, None)),
        ("vao ngay 27 thang 11 nam 2023", "ngay 27 thang 11 nam 2023", (2023, 11, 27)),
        ("Meet Viet Nam 2023 was held.", "2023", (2023, None, None)),
    ],
)
def test_one_date(text: str, words: str, day: tuple[int | None, ...]) -> None:
    assert fields(text) == (words, day, day)


@pytest.mark.parametrize(
    ("text", "words", "opening", "closing"),
    [
        ("From September 20-25, 2023.", "September 20-25, 2023", (2023, 9, 20), (2023, 9, 25)),
        ("A visit from April 27 to 29.", "April 27 to 29", (None, 4, 27), (None, 4, 29)),
        ("It ran 27–30 November 2023.", "27–30 November 2023", (2023, 11, 27), (2023, 11, 30)),
        ("between May 2 and 5, 2020", "May 2 and 5, 2020", (2020, 5, 2), (2020, 5, 5)),
        ("from April 27 to May 3, 2024", "April 27 to May 3, 2024", (2024, 4, 27), (2024, 5, 3)),
        ("December 28 to January 3, 2024", "December 28 to January 3, 2024", (2023, 12, 28), (2024, 1, 3)),
        ("fifty years (1973-2023)", "1973-2023", (1973, None, None), (2023, None, None)),
        ("the 2023/24 season", "2023/24", (2023, None, None), (2024, None, None)),
        ("from 2013 to 2025", "2013 to 2025", (2013, None, None), (2025, None, None)),
        ("between 2002 and 2014", "2002 and 2014", (2002, None, None), (2014, None, None)),
        ("in November-December 2023", "November-December 2023", (2023, 11, None), (2023, 12, None)),
        ("in late 2023", "late 2023", (2023, 9, None), (2023, 12, None)),
        ("in early March 2023", "early March 2023", (2023, 3, 1), (2023, 3, 10)),
        ("in late February 2024", "late February 2024", (2024, 2, 21), (2024, 2, None)),
        ("in the first half of 2024", "the first half of 2024", (2024, 1, None), (2024, 6, None)),
        ("in Q3 2023", "Q3 2023", (2023, 7, None), (2023, 9, None)),
        ("in the late 1990s", "late 1990s", (1997, None, None), (1999, None, None)),
        ("in the 2010s", "2010s", (2010, None, None), (2019, None, None)),
        ("in the 1800s", "1800s", (1800, None, None), (1899, None, None)),
        ("ngày 27-30/11/2023", "ngày 27-30/11/2023", (2023, 11, 27), (2023, 11, 30)),
        ("từ năm 2013 đến năm 2025", "năm 2013 đến năm 2025", (2013, None, None), (2025, None, None)),
        ("vào cuối năm 2023", "cuối năm 2023", (2023, 9, None), (2023, 12, None)),
    ],
)
def test_range(text: str, words: str, opening: tuple[int, ...], closing: tuple[int, ...]) -> None:
    assert fields(text) == (words, opening, closing)


@pytest.mark.parametrize(
    "text",
    [
        "On 31 February 2023 nothing happened.",
        "February 30 is a joke.",
        "Feb 29, 2023 never was.",
        "It rained on 45 May.",
        "November 30-27 is no range.",
        "May the best team win.",
        "They may 30 times.",
        "They march 20 miles a day.",
        "Some 2000 Vietnamese came.",
        "More than 2000 people came.",
        "There were 2000 workers.",
        "It cost USD 2000 a head.",
        "It cost $2023.",
        "It weighs 2023.5 kg or 1,986 kg.",
        "A 500kV line of 1/3 the length, 70% done by 10:26.",
        "The 44th and 45th summits, the 50th anniversary.",
    ],
)
def test_no_date(text: str) -> None:
    assert mentions(text) == []


def test_after_a_preposition_a_number_is_a_year_even_before_a_plural() -> None:
    assert only("In 2023 sales rose.").year == 2023


def test_an_ambiguous_figure_is_read_day_first_only_beside_vietnamese() -> None:
    plain, vietnamese = only("It began 7/11/2023."), only("Ở Hà Nội 7/11/2023.")
    assert (plain.year, plain.month, plain.day) == (2023, None, None)
    assert (vietnamese.month, vietnamese.day) == (11, 7)


def test_decomposed_accents_are_read_like_composed_ones() -> None:
    text = unicodedata.normalize("NFD", "ngày 27 tháng 11 năm 2023")
    m = only(text)
    assert (m.start, m.end, m.first) == (0, len(text), date(2023, 11, 27))


def test_first_and_last_need_the_year() -> None:
    assert (only("in 2023").first, only("in 2023").last) == (date(2023, 1, 1), date(2023, 12, 31))
    assert (only("in February 2024").first, only("in February 2024").last) == (
        date(2024, 2, 1),
        date(2024, 2, 29),
    )
    assert (only("November 27-30").first, only("November 27-30").last) == (None, None)


def test_fields_of_a_range_are_those_that_both_ends_share() -> None:
    m = only("September 20-25, 2023")
    assert (m.year, m.month, m.day) == (2023, 9, None)
    years = only("(1973-2023)")
    assert (years.year, years.month) == (None, None)


def test_in_year_runs_over_new_year() -> None:
    m = only("28 December to 3 January")
    assert m.in_year(2023) == (date(2023, 12, 28), date(2024, 1, 3))


@pytest.mark.parametrize(
    ("one", "other", "expected"),
    [
        ("November 2023", "November 27-30", True),
        ("in 2023", "November 26, 2023", True),
        ("(1973-2023)", "in 2020", True),
        ("28 November 2023", "November 27-30", True),
        ("26 November 2023", "November 27-30", False),
        ("November 2023", "October 26", False),
        ("in 2023", "in 2024", False),
        ("26 November", "November 26, 2023", True),
        ("2 January 2024", "28 December to 3 January", True),
        ("2 February 2024", "28 December to 3 January", False),
        ("29 February", "in 2024", True),
        ("late 2023", "November 7, 2023", True),
        ("late 2023", "March 7, 2023", False),
    ],
)
def test_agrees(one: str, other: str, expected: bool) -> None:
    assert agrees(only(one), only(other)) is expected
    assert agrees(only(other), only(one)) is expected


def test_within_keeps_whole_mentions() -> None:
    text = "In 2021, in 2022 and in 2023."
    found = mentions(text)
    assert [m.year for m in within(found, 5, len(text))] == [2022, 2023]
    assert [m.year for m in within(found, 0, found[1].end - 1)] == [2021]


@pytest.mark.parametrize(
    ("text", "edge", "day"),
    [
        ("2023", "first", (2023, 1, 1)),
        ("2023", "last", (2023, 12, 31)),
        ("2024-02", "last", (2024, 2, 29)),
        (" 2023-11-07 ", "first", (2023, 11, 7)),
        ("2023-11-07", "last", (2023, 11, 7)),
    ],
)
def test_parse_day(text: str, edge: Literal["first", "last"], day: tuple[int, int, int]) -> None:
    assert parse_day(text, "--from", edge) == date(*day)


@pytest.mark.parametrize(
    "text", ["", "2023-13", "2023-02-30", "2023-00-01", "2023-01-00", "0000", "7 November", "2023-1-1"]
)
def test_parse_day_names_the_option_the_value_and_the_forms(text: str) -> None:
    with pytest.raises(UsageError) as caught:
        parse_day(text, "--from")
    message = str(caught.value)
    assert message.startswith(f"--from {text!r} is not a date")
    assert "YYYY, YYYY-MM or YYYY-MM-DD" in message
    assert "\n" not in message


@given(DAYS)
def test_every_spelling_of_a_day_is_read_back(day: date) -> None:
    month = MONTHS[day.month - 1]
    spellings = (
        day.isoformat(),
        f"{month} {day.day}, {day.year}",
        f"{day.day} {month} {day.year}",
        f"{month[:3]}{'' if month == 'May' else '.'} {day.day}, {day.year}",
        f"ngày {day.day} tháng {day.month} năm {day.year}",
        f"ngày {day.day}/{day.month}/{day.year}",
    )
    for spelling in spellings:
        m = only(f"It was on {spelling}, they said.")
        assert (m.first, m.last, m.end - m.start) == (day, day, len(spelling))


@given(DAYS, DAYS)
def test_whole_dates_agree_only_with_themselves(one: date, other: date) -> None:
    a, b = (DateMention(0, 1, p, p) for p in (PartialDate(d.year, d.month, d.day) for d in (one, other)))
    assert agrees(a, b) == (one == other)


@given(DAYS)
def test_leaving_fields_out_never_contradicts(day: date) -> None:
    whole = PartialDate(day.year, day.month, day.day)
    for part in (
        PartialDate(day.year),
        PartialDate(day.year, day.month),
        PartialDate(None, day.month, day.day),
    ):
        assert agrees(DateMention(0, 1, whole, whole), DateMention(0, 1, part, part))


@given(st.dates(date(1, 1, 1), date(9999, 12, 31)))
def test_parse_day_reads_iso_back(day: date) -> None:
    assert parse_day(day.isoformat(), "--to") == day


PIECES = st.sampled_from(
    "2023|1999|27|30|11|7|/|-|–| | |, |. |(|)|\n|st|s|November|May|Dec.|Q1|late|in|of|to|and|between|ngày"
    "|tháng|năm|đến".split("|")
)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_who_names_a_year_has_four_digits(text: str) -> None:
    named = [m for m in mentions(text) if m.first or m.last]
    assert all(FOUR_DIGITS.search(text, m.start, m.end) for m in named)


@given(st.lists(PIECES, max_size=25).map("".join))
def test_mentions_are_in_order_disjoint_and_possible(text: str) -> None:
    found = mentions(text)
    ends = [0, *(m.end for m in found)]
    for m, before in zip(found, ends, strict=False):
        assert before <= m.start < m.end <= len(text)
        assert not text[m.start].isspace()
        assert not text[m.end - 1].isspace()
        assert m.opening.possible
        assert m.closing.possible
        if m.first and m.last:
            assert m.first <= m.last
        assert agrees(m, m)


@given(DAYS, st.integers(1, 400))
def test_in_year_of_a_known_range_is_its_ends(day: date, length: int) -> None:
    last = day + timedelta(days=length)
    m = only(f"from {day.isoformat()} to {last.isoformat()}")
    assert (m.first, m.last) == (day, last) == m.in_year(1900)


@given(st.text(st.sampled_from("0123456789-/., maySeptembrOctojunlastyhirdx\u017f\u0131\u0130\u212a")))
def test_no_text_is_too_odd_for_dates(text: str) -> None:
    assert all(0 <= m.start < m.end <= len(text) for m in mentions(text))


def test_a_month_in_letters_of_old_prints() -> None:
    assert only("3 \u017fep 1921").first == date(1921, 9, 3)
