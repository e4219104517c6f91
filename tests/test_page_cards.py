"""Quotations marked in their articles, and the cards of sources: exact words, nothing unescaped."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.page_cards import marked, safe_link, sources, sources_panel, whole_article
from rag.page_corpus import adding_log, corpus_view
from rag.page_render import thread
from rag.page_visit import Exchange, advance
from rag.types import (
    Searched,
    citation_numbers,
)
from tests.fakes_chat import (
    ARTICLES,
    FERRY_2022,
    FERRY_2023,
    FERRY_ANSWER,
    FERRY_HITS,
    FERRY_UNDATED,
    HARBOUR,
    HOSTILE,
    OFFICE,
    Q22,
    Q23,
    Q24,
    TODAY,
    hits,
)
from tests.markup import Reader, answered

# Marked text


@st.composite
def marked_texts(draw: st.DrawFn) -> tuple[str, list[tuple[int, int, int]], list[tuple[int, int]]]:
    text = draw(st.text(alphabet="ab <>&\"'đ\n", min_size=1, max_size=40))
    spans = st.tuples(st.integers(0, len(text)), st.integers(0, len(text))).map(sorted)
    found = [(s, e) for s, e in draw(st.lists(spans, max_size=4)) if s < e]
    grey = [(s, e) for s, e in draw(st.lists(spans, max_size=2)) if s < e]
    return text, [(s, e, n) for n, (s, e) in enumerate(found, start=1)], grey


@given(marked_texts())
def test_marking_loses_no_character_and_marks_exactly_the_quotations(
    case: tuple[str, list[tuple[int, int, int]], list[tuple[int, int]]],
) -> None:
    text, marks, grey = case
    read = Reader(marked(text, (0, len(text)), marks, grey))
    assert read.text == text
    for start, end, number in marks:
        assert "".join(words for numbers, words in read.marks if number in numbers) == text[start:end]


def test_overlapping_quotations_are_cut_where_they_meet() -> None:
    assert marked("one two three", (0, 13), [(0, 7, 1), (4, 13, 2)]) == (
        '<mark data-n="1" data-label="1">one </mark>'
        '<mark data-n="1 2" data-label="2">two</mark>'
        '<mark data-n="2"> three</mark>'
    )


def test_the_whole_article_greys_what_was_set_aside() -> None:
    read = Reader(whole_article(HARBOUR, [(OFFICE.start, OFFICE.end, 2)]))
    assert [words for _, words in read.marks] == [OFFICE.quote]
    assert len(read.all("span", "aside")) == 2
    assert read.text.startswith("Grey lines are captions, teasers and the like: not searched.")


# Sources


def test_quoted_articles_come_first_in_the_order_of_their_numbers() -> None:
    found = sources(FERRY_HITS, citation_numbers(FERRY_ANSWER))
    assert [s.article.id for s in found] == ["ferry-undated", "ferry-2023", "ferry-2022", "freight"]
    assert [[n for _, n in s.quotes] for s in found] == [[1], [2], [3], []]
    assert [s.excerpts for s in found[:1]] == [[FERRY_UNDATED.body[0]]]


def test_the_timeline_s_own_quotations_are_numbered_after_the_answer_s() -> None:
    answer = replace(FERRY_ANSWER, statements=FERRY_ANSWER.statements[1:])
    assert citation_numbers(answer) == {Q23: 1, Q22: 2, Q24: 3}


def test_the_panel_has_a_card_an_article_with_its_quotations_marked() -> None:
    read = Reader(sources_panel(answered(), TODAY, focus=2))
    assert len(read.all("article", "card")) == 4
    assert len(read.all("article", "quoted")) == 3
    assert [b["data-n"] for b in read.all("button", "badge")] == ["1", "2", "3"]
    # Each quotation is marked in its passage and in the whole article.
    assert [n for n, _ in read.marks] == [[1], [1], [2], [2], [3], [3]]
    assert {words for n, words in read.marks if n == [3]} == {Q22.quote}
    assert read.all("div", "panel") == [{"class": "panel", "data-turn": "1", "data-focus": "2"}]
    assert "no date in the article; not before 11 October 2024" in read.text


def test_a_quotation_outside_every_hit_is_still_shown() -> None:
    answer = replace(FERRY_ANSWER, hits=hits((FERRY_UNDATED, 1), (FERRY_2023, 1), (FERRY_2022, 1)))
    read = Reader(sources_panel(answered(answer=answer), TODAY))
    assert {Q22.quote, Q23.quote, Q24.quote} == {words for _, words in read.marks}


def test_before_the_answer_the_panel_shows_what_was_found() -> None:
    asked = Exchange(1, "How many passengers?")
    assert "The articles that an answer quotes appear here." in sources_panel(None, TODAY)
    found = advance(asked, Searched("How many passengers?", None, FERRY_HITS))
    read = Reader(sources_panel(found, TODAY))
    assert read.text.startswith("Passages found")
    assert len(read.all("details", "folded")) == 4
    assert read.marks == []


@pytest.mark.parametrize(
    ("url", "kept"),
    [
        ("https://a.example/b?c=1", True),
        ("http://a.example", True),
        ("javascript:alert(1)", False),
        ("data:text/html,x", False),
        ("//a.example/x", False),
        ("https:", False),
        ("http://[", False),
        ("", False),
        (None, False),
    ],
)
def test_only_web_addresses_become_links(url: str | None, kept: bool) -> None:
    assert safe_link(url) == (url if kept else None)


def test_links_open_elsewhere_and_tell_nothing() -> None:
    links = Reader(sources_panel(answered(), TODAY)).all("a")
    assert [link["href"] for link in links] == [FERRY_2023.url, FERRY_2022.url, ARTICLES[4].url]
    assert {(link["rel"], link["target"]) for link in links} == {("noopener noreferrer", "_blank")}


def test_no_article_or_answer_becomes_markup() -> None:
    exchange = answered("hostile <b>question</b>", next_questions=("<i>next</i>",))
    pages = [
        thread([exchange], TODAY, feedback=True),
        sources_panel(exchange, TODAY),
        corpus_view([HOSTILE], TODAY),
        adding_log(["<b>x</b> refused"], 0.5, "<i>y</i>"),
    ]
    for page in pages:
        read = Reader(page)
        assert {"script", "img", "b", "i", "style"}.isdisjoint(tag for tag, _ in read.tags)
        assert read.all("a") == []
    assert HOSTILE.text in Reader(pages[2]).text
