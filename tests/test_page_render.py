"""Words of the page, and exchanges as they are shown."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pytest

from rag.day_words import long_day
from rag.page_cards import sources_panel
from rag.page_render import doing, exchange_html
from rag.page_visit import Exchange, Failed, Waiting, advance
from rag.page_wording import age, asked_as, count, dated, scope
from rag.types import (
    Answer,
    Draft,
    Interval,
    Searched,
    Statement,
)
from tests.fakes_chat import (
    ARTICLES,
    FERRY_2022,
    FERRY_2023,
    FERRY_HITS,
    FERRY_UNDATED,
    HARBOUR,
    TODAY,
)
from tests.markup import Reader, answered

# Words


@pytest.mark.parametrize(
    ("published", "expected"),
    [
        (date(2023, 9, 26), "2 years 7 months old"),
        (date(2024, 5, 2), "2 years old"),
        (date(2024, 5, 3), "1 year 11 months old"),
        (date(2025, 4, 2), "1 year 1 month old"),
        (date(2026, 4, 2), "1 month old"),
        (date(2026, 4, 3), "29 days old"),
        (date(2026, 5, 1), "1 day old"),
        (date(2026, 5, 2), "published today"),
        (date(2026, 5, 3), "dated in the future"),
    ],
)
def test_age_in_its_two_largest_units(published: date, expected: str) -> None:
    assert age(published, date(2026, 5, 2)) == expected


def test_dates_say_what_is_known() -> None:
    assert dated(FERRY_2022, TODAY) == "14 March 2022, 4 years 1 month old"
    assert dated(HARBOUR, TODAY) == "20 January 2024 (worked out, not stated in full), 2 years 3 months old"
    assert dated(FERRY_UNDATED, TODAY) == "no date in the article; not before 11 October 2024"
    assert dated(replace(FERRY_UNDATED, not_before=None), TODAY) == "no date in the article"


def test_scope_counts_and_days() -> None:
    first, last = date(2023, 1, 1), date(2023, 12, 31)
    assert scope(None, None) == "all sources, any date"
    assert scope("Reuters", Interval(first)) == "Reuters, published since 1 January 2023"
    assert scope(None, Interval(None, last)) == "all sources, published up to 31 December 2023"
    assert scope(None, Interval(first, last)) == "all sources, published 1 January 2023 to 31 December 2023"
    assert [count(n, "article") for n in (0, 1, 1200)] == ["0 articles", "1 article", "1,200 articles"]
    assert long_day(date(2023, 11, 26)) == "26 November 2023"


# Exchanges


def test_an_answer_has_a_numbered_button_for_every_quotation() -> None:
    read = Reader(exchange_html(answered(), TODAY))
    cites = read.all("button", "cite")
    assert [c["data-n"] for c in cites] == ["1", "2", "3", "3", "2", "1"]  # the answer's, then the timeline's
    assert cites[1]["aria-label"] == (
        "Source 2: Ferry fills up while the Sorvær bridge is mended, Northern Courier, 2 September 2023"
    )
    assert "1 drafted sentence was left out: no quotation supports it." in read.text
    assert "Answered in 2.3 s by scripted. 3 quotations from 3 articles, checked word for word." in read.text
    assert "busiest" not in read.text  # a sentence that was left out is never shown


def test_the_stand_alone_question_is_shown_only_when_it_differs() -> None:
    assert "Asked as" not in exchange_html(answered(), TODAY)
    follow_up = Reader(exchange_html(answered("And when was she made director?"), TODAY))
    assert "Asked as: When was Nguyễn Thị Lan made director?" in follow_up.text


def test_a_long_stand_alone_question_is_cut_between_words() -> None:
    told = answered("Why?")
    assert told.answer is not None
    long = "Why? - " + "a b c " * 40
    exchange = replace(told, answer=replace(told.answer, standalone_question=long))
    assert f"Asked as: {long[: 7 + 151]} …" in Reader(exchange_html(exchange, TODAY)).text
    assert asked_as("x" * 200) == "x" * 160 + " …"


def test_the_filters_stand_beside_the_answer_that_used_them() -> None:
    exchange = answered(source="Northern Courier", interval=Interval(date(2023, 1, 1)))
    assert (
        "Searched: Northern Courier, published since 1 January 2023"
        in Reader(exchange_html(exchange, TODAY)).text
    )


def test_a_refusal_says_what_was_looked_for_and_offers_what_there_is() -> None:
    exchange = answered("Who won the chess cup?", next_questions=("How long is the crossing?",))
    read = Reader(exchange_html(exchange, TODAY))
    assert "The articles do not say." in read.text
    assert "Looked for: Who won the chess cup?" in read.text
    assert "Why: no passage is about this" in read.text
    assert [b["data-card"] for b in read.all("button", "to-card")] == ["freight", "ferry-2023", "harbour"]
    assert "Questions that the articles answer" in read.text
    assert [b["data-question"] for b in read.all("button", "ask")] == ["How long is the crossing?"]
    assert Reader(sources_panel(exchange, TODAY)).text.startswith("Nearest passages")


def test_a_statement_without_support_says_so() -> None:
    answer = Answer("q", "It is so.", (Statement("It is so."),), hits=FERRY_HITS)
    assert "so. (no quotation supports this)" in Reader(exchange_html(answered(answer=answer), TODAY)).text


def test_progress_in_words() -> None:
    asked = Exchange(2, "How many passengers?", seconds=3.7)
    found = advance(asked, Searched("How many passengers?", None, FERRY_HITS))
    assert doing(asked) == "Waiting for its turn."
    assert doing(advance(asked, Waiting(0))) == "Searching the articles."
    assert doing(advance(found, Waiting(2))) == "Waiting: 2 questions ahead of this one."
    assert doing(advance(found, Waiting(0))) == "Found 5 passages in 4 articles. Reading them."
    assert doing(advance(found, Draft(""))) == doing(found)  # it still reads
    drafting = advance(found, Draft("The <ministry>"))
    assert doing(drafting) == "Found 5 passages in 4 articles. Writing a draft."
    read = Reader(exchange_html(drafting, TODAY))
    assert "Unchecked draft." in read.text
    assert "The <ministry>" in read.text
    assert " 4 s" in read.text
    assert read.all("button", "cite") == []


def test_a_search_s_headlines_are_there_before_the_draft() -> None:
    found = advance(Exchange(1, "q"), Searched("q", None, FERRY_HITS))
    titles = [a.title for a in (FERRY_UNDATED, FERRY_2023, FERRY_2022, ARTICLES[4])]
    assert all(title in exchange_html(found, TODAY) for title in titles)


def test_failures_and_stops_are_said() -> None:
    failed = advance(Exchange(1, "q"), Failed("the weights are missing"))
    assert "the weights are missing" in exchange_html(failed, TODAY)
    assert "Stopped. No answer was finished." in exchange_html(Exchange(1, "q", status="stopped"), TODAY)


def test_a_rating_can_be_given_once_and_only_where_it_is_kept() -> None:
    assert Reader(exchange_html(answered(), TODAY)).all("form") == []
    radios = Reader(exchange_html(answered(), TODAY, feedback=True)).all("input")
    assert [r["value"] for r in radios] == ["right", "wrong", "missing"]
    rated = Reader(exchange_html(answered(verdict="missing"), TODAY, feedback=True))
    assert rated.all("form") == []
    assert "You marked this answer as missing something." in rated.text
