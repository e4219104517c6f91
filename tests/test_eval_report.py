from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from dataclasses import replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.eval_compare import compare
from rag.eval_plots import pictures
from rag.eval_report import grid, page
from rag.eval_report_rows import marked, verdict
from rag.eval_sets import QuestionSet
from rag.eval_tables import Table, markdown, stage_table, summary_tables, type_table
from rag.evaluate import evaluate
from tests.fakes_eval import (
    ARTICLES,
    MAYOR,
    QUESTIONS,
    STORM,
    TREES,
    answered,
    ask,
    quoted,
    refusal,
    search,
    system,
)

if TYPE_CHECKING:
    from playwright.sync_api import Page

RESULT = evaluate(QUESTIONS, system())
PAGE = page(RESULT)


class Reader(HTMLParser):
    """Collects tags and visible text, and checks that every element is closed in order."""

    VOID = frozenset({"meta", "img", "input", "br"})

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.words: list[str] = []
        self.feed(text)
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in self.VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not {"script", "style"} & set(self.open):
            self.words.append(data)


def text_of(html: str) -> str:
    return " ".join("".join(Reader(html).words).split())


def test_the_page_shows_every_question_with_its_answer_expectation_and_hits() -> None:
    seen = text_of(PAGE)
    for words in (
        TREES.question,
        "Some 40 trees fell.",
        "40 / forty",
        "The mayor is Minh.",
        "Storm over Hà Nội, Daily",
    ):
        assert words in seen
    assert "Why it was lost: found, but ranked too low to be read." in seen
    assert "A refusal: the articles do not say." in seen
    assert "Of 3 questions, 2 came out right (67%" in seen


def test_a_script_in_a_title_an_answer_or_a_question_is_only_text() -> None:
    evil = "<script>alert('x')</script><img src=x onerror=alert(1)>"
    storm = replace(STORM, title=evil, source=evil)
    question = replace(TREES, id=evil, type=evil, question=f"{evil} trees?")
    cited = replace(quoted(STORM, "Rain fell"), title=evil)
    hits = tuple(replace(hit, article=replace(storm, id=hit.article.id)) for hit in search("", (), 3))
    answer = replace(answered(evil, evil, cited), hits=hits)
    one = replace(system(lambda q, h: answer), articles={"storm": storm}, settings={evil: evil})
    html = page(evaluate(QuestionSet(evil, (question,)), one))
    tags = Reader(html).tags
    assert [tag for tag, _ in tags].count("script") == 1  # the page's own
    assert not any("onerror" in attributes or attributes.get("src") == "x" for _, attributes in tags)
    assert text_of(html).count("<script>alert('x')</script>") > 5


def test_the_page_needs_nothing_from_anywhere() -> None:
    for tag, attributes in Reader(PAGE).tags:
        assert tag not in ("link", "iframe", "object")
        for name in ("src", "href", "srcset", "action"):
            value = attributes.get(name)
            assert value is None or value.startswith(("data:image/svg+xml;base64,", "#"))
    assert not re.findall(r"url\(|@import|https?://", PAGE)
    [policy] = [a["content"] for _, a in Reader(PAGE).tags if "http-equiv" in a]
    assert str(policy).startswith("default-src 'none'; img-src data:;")


def test_the_page_can_be_read_without_seeing() -> None:
    tags = Reader(PAGE).tags
    assert ("html", {"lang": "en"}) in tags
    assert all(attributes["alt"] for tag, attributes in tags if tag == "img")
    levels = [int(tag[1]) for tag, _ in tags if re.fullmatch(r"h\d", tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after - before <= 1 for before, after in pairwise(levels))
    ids = [attributes["id"] for _, attributes in tags if "id" in attributes]
    assert len(ids) == len(set(ids))


def test_links_to_quotations_lead_somewhere() -> None:
    tags = Reader(PAGE).tags
    ids = {attributes.get("id") for _, attributes in tags}
    links = [str(attributes["href"]) for tag, attributes in tags if tag == "a"]
    assert links
    assert all(link.removeprefix("#") in ids for link in links)


def test_every_question_carries_what_the_filters_need() -> None:
    rows = [a for tag, a in Reader(PAGE).tags if tag == "details"]
    assert [(a["data-type"], a["data-verdict"], a["data-stage"]) for a in rows] == [
        ("fact", "right", ""),
        ("fact", "wrong", "ranked_out"),
        ("null", "right", ""),
    ]


def test_verdicts_of_retrieval_alone() -> None:
    lost = replace(MAYOR, evidence=(replace(MAYOR.evidence[0], article="gone"),))
    rows = evaluate(
        QuestionSet("r", (TREES, lost, replace(TREES, id="x", evidence=()))), system(ask=None)
    ).rows
    assert [verdict(row) for row in rows] == ["right", "wrong", "unjudged"]
    assert "✗ missed" in page(evaluate(QuestionSet("r", (TREES, lost)), system(ask=None)))


def test_the_page_shows_the_baseline_and_other_settings_when_there_are_any() -> None:
    other = evaluate(QUESTIONS, system(lambda q, h: refusal(q)))
    assert "Against the baseline" not in text_of(PAGE)
    html = page(RESULT, compare(RESULT, other), {"new": RESULT, "old": other})
    assert "Gained: trees" in text_of(html)
    assert "Settings side by side" in text_of(html)


def test_a_result_that_measures_little_still_has_a_page() -> None:
    bare = evaluate(QuestionSet("one", (replace(TREES, answers=(), evidence=()),)), system())
    assert "Nothing in this set could be judged right or wrong." in text_of(page(bare))


# Marks


def test_marks_overlap_and_fall_outside() -> None:
    html = marked("abcdef", 10, [(8, 12, "cited"), (11, 14, "gold"), (90, 95, "gold")])
    assert html == (
        '<mark class="cited">a</mark><mark class="cited gold">b</mark><mark class="gold">cd</mark>ef'
    )
    assert marked("<b>", 0, []) == "&lt;b&gt;"
    assert marked("", 0, [(0, 5, "gold")]) == ""


@given(
    st.text(st.characters(exclude_characters="<>&\"'"), max_size=20),
    st.lists(
        st.tuples(st.integers(-5, 25), st.integers(-5, 25), st.sampled_from(["cited", "gold"])), max_size=4
    ),
)
def test_marking_changes_no_text(text: str, marks: list[tuple[int, int, str]]) -> None:
    assert re.sub(r"</?mark[^>]*>", "", marked(text, 0, marks)) == text


# Pictures and tables


def test_pictures_are_drawn_where_there_are_figures_and_say_what_they_show() -> None:
    drawn = pictures(
        evaluate(QUESTIONS, replace(system(), confidence=lambda answer: float(len(answer.text))))
    )
    assert [p.title for p in drawn] == [
        "Right, by type of question",
        "Where questions were lost",
        "Risk and coverage",
        "Refusing to answer",
        "Time taken",
    ]
    assert drawn[0].words == "fact: 50% of 2; null: 100% of 1"
    assert drawn[1].words == "found, but ranked too low to be read: 1"
    assert all(p.uri.startswith("data:image/svg+xml;base64,") for p in drawn)


def test_pictures_are_deterministic() -> None:
    assert pictures(RESULT) == pictures(RESULT)


def test_tables_of_a_result() -> None:
    titles = [table.title for table in summary_tables(RESULT)]
    assert titles == ["Retrieval", "Answers", "Citations", "Abstention", "Time and length"]
    assert stage_table(RESULT).rows == (("found, but ranked too low to be read", "1", "100%"),)
    assert [row[0] for row in type_table(RESULT).rows] == ["fact", "null"]


def test_markdown_and_html_of_a_table() -> None:
    table = Table("T", ("a", "b"), (("x|y", "1\nn 2"),))
    assert markdown(table) == "| a | b |\n| --- | ---: |\n| x\\|y | 1<br>n 2 |"
    assert '<td class="num">1<div class="span">n 2</div></td>' in grid(table)


# In a browser


@pytest.fixture
def browser_page(tmp_path: Path) -> Iterator[Page]:
    from playwright.sync_api import sync_playwright

    file = tmp_path / "report.html"
    file.write_text(PAGE, encoding="utf-8")
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        opened = browser.new_page()
        opened.goto(file.as_uri())
        yield opened
        browser.close()


@pytest.mark.browser
def test_the_filters_work(browser_page: Page) -> None:
    count = browser_page.locator(".filters output")
    assert count.inner_text() == "Showing 3 of 3 questions"
    browser_page.get_by_label("Outcome").select_option("wrong")
    assert count.inner_text() == "Showing 1 of 3 questions"
    browser_page.get_by_role("button", name="Clear").click()
    browser_page.get_by_label("Words").fill("HA NOI, daily")
    browser_page.locator("select[name=type]").select_option("null")
    assert count.inner_text() == "Showing 1 of 3 questions"
    browser_page.get_by_label("Words").fill("no such words")
    assert count.inner_text() == "Showing 0 of 3 questions"


@pytest.mark.browser
def test_all_shown_questions_open_at_once(browser_page: Page) -> None:
    browser_page.get_by_label("Outcome").select_option("right")
    browser_page.get_by_role("button", name="Open or close all shown").click()
    assert browser_page.locator("details.question[open]").count() == 2


def test_the_fakes_are_what_the_tests_say() -> None:
    assert ask(TREES.question, ()).hits == tuple(search("", (), 3))
    assert set(ARTICLES) == {"storm", "bridge"}
