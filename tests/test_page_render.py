"""Markup of answers, sources, charts and the corpus: exact words, exact numbers, and nothing unescaped."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.day_words import long_day
from rag.page_cards import marked, safe_link, sources, sources_panel, whole_article
from rag.page_charts import coverage_chart, timeline_chart
from rag.page_corpus import adding_log, corpus_view, headline_facts, lines_set_aside
from rag.page_render import doing, exchange_html, thread
from rag.page_visit import Exchange, Failed, Waiting, advance
from rag.page_wording import age, count, dated, scope
from rag.types import (
    Answer,
    Article,
    Draft,
    Interval,
    Searched,
    Statement,
    TimelineEntry,
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
    scripted,
)

VOID = {"input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Reads markup as a browser would: its text, its marks, its tags, and whether they are well nested."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[tuple[list[int], str]] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "mark":
            self.marks.append(([int(n) for n in (dict(attrs)["data-n"] or "").split()], ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            numbers, before = self.marks[-1]
            self.marks[-1] = (numbers, before + data)

    def all(self, tag: str, class_: str | None = None) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        found = [attrs for name, attrs in self.tags if name == tag]
        return [a for a in found if class_ is None or class_ in (a.get("class") or "").split()]


def answered(question: str = "How many passengers?", **changes: object) -> Exchange:
    """The first exchange of a visit, answered by the script."""
    return replace(
        Exchange(1, question, status="answered", answer=scripted(question, None), seconds=2.345),
        **changes,  # type: ignore[arg-type]
    )


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
    assert dated(HARBOUR, TODAY) == "20 January 2024 (year worked out from the text), 2 years 3 months old"
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


# Charts


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


# The corpus


def test_the_corpus_at_a_glance() -> None:
    assert headline_facts(ARTICLES) == "5 articles from 3 sources, 14 March 2022 to 30 June 2025"
    assert headline_facts([FERRY_UNDATED]) == "1 article from 1 source"
    assert headline_facts([FERRY_2022]) == "1 article from 1 source, 14 March 2022"
    assert headline_facts([]) == "No articles are indexed yet"
    assert [lines_set_aside(a) for a in ARTICLES] == [0, 0, 0, 2, 0]


def test_the_corpus_lists_its_articles_newest_first() -> None:
    view = corpus_view(ARTICLES, TODAY)
    titles = [a.title for a in (ARTICLES[4], HARBOUR, FERRY_2023, FERRY_2022, FERRY_UNDATED)]
    places = [view.index(f"<summary>{title}</summary>") for title in titles]
    assert places == sorted(places)
    assert "1 article without a date cannot be placed here." in view
    assert "Northern Courier: 2; The Halvik Post: 2; Baltic Freight Weekly: 1" in view
    assert "Nothing is indexed yet." in corpus_view([], TODAY)


def test_a_long_corpus_says_how_much_of_it_is_listed() -> None:
    many = [Article(f"a{n}", f"Title {n}", "Text.", published=date(2024, 1, 1)) for n in range(201)]
    assert "The newest 200 of 201 are listed; all are searched." in corpus_view(many, TODAY)


def test_the_log_of_adding_shows_progress_and_refusals() -> None:
    read = Reader(adding_log(["a.txt read"], 0.5, None))
    assert read.all("progress")[0]["value"] == "0.50"
    done = Reader(adding_log(["a.txt read"], None, "b.txt refused"))
    assert done.all("progress") == []
    assert done.all("p", "notice")[0]["role"] == "alert"
