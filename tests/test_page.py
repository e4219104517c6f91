"""The real page in a real browser, over the scripted engine; the last test takes the real one."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.engine import Engine
from tests.fakes_chat import ARTICLES, HOSTILE, NEXT, OFFICE, Q23, FakeEngine
from tests.page_server import served
from tests.page_visits import DESK, FERRY, HARBOUR, SLOW, Open, answered, ask
from tests.screenshots import Shoot

pytestmark = pytest.mark.browser


# Asking


def test_an_example_is_asked_and_answered_with_sources(visit: Open, shoot: Shoot) -> None:
    page = visit()
    shoot(page, "welcome")
    page.get_by_role("button", name=FERRY).click()
    answer = answered(page)
    assert answer.locator(".question").inner_text() == FERRY
    assert answer.locator(".answer .cite").all_inner_texts() == ["1", "2", "3"]
    assert page.locator("#sources .card.quoted h3").all_inner_texts() == [
        "1Ministry counts on the sea road",
        "2Ferry fills up while the Sorvær bridge is mended",
        "3Halvik ferry ends its first full year ahead of plan",
    ]
    assert answer.locator(".timeline svg").get_attribute("role") == "img"
    shoot(page, "timeline")


def test_headlines_and_draft_come_before_the_answer(visit: Open, engine: FakeEngine, shoot: Shoot) -> None:
    page = visit()
    ask(page, SLOW)
    page.wait_for_selector("#sources .card")
    page.wait_for_selector(".draft")
    assert "Unchecked draft." in page.locator(".draft").inner_text()
    assert page.locator(".cite").count() == 0
    assert "Writing a draft." in page.locator(".progress").inner_text()
    assert page.get_by_label("Your question").input_value() == ""
    shoot(page, "streaming")
    engine.gate.set()
    answered(page)
    assert page.locator(".draft").count() == 0


def test_a_second_question_waits_and_says_so(visit: Open, engine: FakeEngine) -> None:
    page = visit()
    ask(page, SLOW)
    page.wait_for_selector(".draft")
    ask(page, HARBOUR)
    page.wait_for_selector("text=Waiting: 1 question ahead of this one.")
    assert len(engine.asked) == 1
    engine.gate.set()
    assert answered(page, 2).locator(".question").inner_text() == HARBOUR


def test_visitors_queue_for_the_model_and_see_only_their_own(visit: Open, engine: FakeEngine) -> None:
    first, second = visit(), visit()
    ask(first, SLOW)
    first.wait_for_selector(".draft")
    ask(second, HARBOUR)
    second.wait_for_selector("text=Waiting: 1 question ahead of this one.")
    assert "Nguyễn Thị Lan" in second.locator("#sources").inner_text()  # what was found is there already
    engine.gate.set()
    assert answered(first).locator(".question").inner_text() == SLOW
    assert answered(second).locator(".question").inner_text() == HARBOUR
    assert (first.locator(".exchange").count(), second.locator(".exchange").count()) == (1, 1)


def test_stop_ends_the_generation(visit: Open, engine: FakeEngine) -> None:
    page = visit()
    ask(page, SLOW)
    page.wait_for_selector(".draft")
    page.get_by_role("button", name="Stop").click()
    page.wait_for_selector("text=Stopped. No answer was finished.")
    assert engine.closed.wait(10)
    page.get_by_role("button", name="Stop").wait_for(state="hidden")
    ask(page, HARBOUR)
    answered(page)


def test_closing_the_tab_ends_the_generation(visit: Open, engine: FakeEngine) -> None:
    page = visit()
    ask(page, SLOW)
    page.wait_for_selector(".draft")
    page.close()
    assert engine.closed.wait(10)


def test_a_follow_up_shows_the_question_that_was_really_asked(visit: Open) -> None:
    page = visit()
    ask(page, HARBOUR)
    answered(page)
    ask(page, "And when was she made director?")
    assert "Asked as: When was Nguyễn Thị Lan made director?" in answered(page, 2).inner_text()
    assert answered(page, 2).locator(".questions .ask").all_inner_texts() == list(NEXT["harbour"])


def test_a_refusal_helps_on(visit: Open, shoot: Shoot) -> None:
    page = visit()
    ask(page, "Who won the chess cup?")
    refusal = answered(page)
    assert "The articles do not say." in refusal.inner_text()
    assert "Looked for: Who won the chess cup?" in refusal.inner_text()
    assert page.locator("#sources h2").inner_text() == "Nearest passages"
    shoot(page, "refusal")
    refusal.locator(".to-card").nth(1).click()
    card = page.locator("#sources .card").nth(1)
    assert card.locator("blockquote").is_visible()
    refusal.get_by_role("button", name=HARBOUR).click()
    assert answered(page, 2).locator(".question").inner_text() == HARBOUR


def test_a_failure_is_said_and_the_page_goes_on(visit: Open) -> None:
    page = visit()
    ask(page, "fail")
    page.wait_for_selector("text=run rag models pull")
    ask(page, HARBOUR)
    answered(page)


def test_a_new_conversation_starts_from_the_welcome(visit: Open) -> None:
    page = visit()
    ask(page, HARBOUR)
    answered(page)
    page.get_by_role("button", name="New conversation").click()
    page.wait_for_selector(".welcome")
    assert page.locator(".exchange").count() == 0
    assert page.locator("#sources .card").count() == 0


# Sources


def test_a_citation_brings_its_source_forward(visit: Open, shoot: Shoot) -> None:
    page = visit()
    ask(page, FERRY)
    answered(page).locator(".answer .cite").nth(1).click()
    lit = page.locator("#sources blockquote mark.lit")
    assert lit.all_inner_texts() == [Q23.quote]
    assert page.evaluate("document.activeElement.dataset.card") == "ferry-2023"
    page.locator(".card.quoted").nth(1).get_by_text("Read the whole article").click()
    whole = page.locator(".card.quoted").nth(1).locator(".whole")
    assert whole.locator("mark.lit").all_inner_texts() == [Q23.quote]
    assert ARTICLES[1].text.split("\n")[1] in whole.inner_text()
    shoot(page, "card")


def test_hovering_is_enough_to_mark_the_words(visit: Open) -> None:
    page = visit()
    ask(page, FERRY)
    answered(page).locator(".answer .cite").nth(1).hover()
    assert page.locator("#sources blockquote mark.lit").all_inner_texts() == [Q23.quote]


def test_citations_work_from_the_keyboard(visit: Open) -> None:
    page = visit()
    ask(page, FERRY)
    cite = answered(page).locator(".answer .cite").nth(1)
    cite.focus()
    assert page.locator("#sources blockquote mark.lit").all_inner_texts() == [Q23.quote]
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.dataset.card") == "ferry-2023"
    page.keyboard.press("Escape")
    assert cite.evaluate("e => e === document.activeElement")
    cite.press("Tab")
    assert page.evaluate("document.activeElement.dataset.n") == "3"


def test_an_earlier_answer_s_citation_brings_its_sources_back(visit: Open) -> None:
    page = visit()
    ask(page, HARBOUR)
    answered(page)
    ask(page, FERRY)
    answered(page, 2)
    page.locator(".exchange").first.locator(".answer .cite").nth(1).click()
    page.wait_for_selector('#sources .panel[data-turn="1"] mark.lit')
    assert page.locator("#sources blockquote mark.lit").all_inner_texts() == [OFFICE.quote]


def test_what_was_set_aside_is_grey_and_links_are_safe(visit: Open) -> None:
    page = visit()
    ask(page, HARBOUR)
    answered(page)
    page.get_by_text("Read the whole article").first.click()
    assert page.locator(".whole .aside").count() == 2
    links = page.locator("#sources a").evaluate_all("all => all.map(a => [a.protocol, a.rel])")
    assert links == [["https:", "noopener noreferrer"]]


def test_hostile_text_is_only_text(visit: Open) -> None:
    page = visit()
    ask(page, "hostile <img src=x onerror=alert(3)>")
    answer = answered(page)
    assert answer.locator(".question").inner_text() == "hostile <img src=x onerror=alert(3)>"
    assert "It says <img src=x onerror=alert(2)>." in answer.inner_text()
    page.get_by_text("Read the whole article").first.click()
    assert HOSTILE.text in page.locator("#sources .whole").inner_text()
    assert page.locator("#sources img, #sources script, #sources a, #thread img").count() == 0


# Filters, feedback, export


def test_filters_are_used_and_shown(visit: Open, engine: FakeEngine) -> None:
    page = visit()
    page.get_by_role("button", name="Filters: all sources, any date").click()
    page.get_by_label("Source").first.click()
    page.get_by_role("option", name="Northern Courier").click()
    page.get_by_label("Published from").first.fill("2023-01-01")
    page.get_by_role("button", name="Filters: Northern Courier, published since 1 January 2023").wait_for()
    ask(page, HARBOUR)
    assert "Searched: Northern Courier, published since 1 January 2023" in answered(page).inner_text()
    _, _, source, interval = engine.asked[0]
    assert (source, interval and str(interval.start)) == ("Northern Courier", "2023-01-01")


def test_dates_that_run_backwards_are_refused_and_the_question_kept(visit: Open, engine: FakeEngine) -> None:
    page = visit()
    page.get_by_role("button", name="Filters").click()
    page.get_by_label("Published from").first.fill("2025-01-01")
    page.get_by_label("Published to").first.fill("2024-01-01")
    page.get_by_role("button", name="Filters: The dates run backwards").wait_for()
    ask(page, HARBOUR)
    page.locator("#note").get_by_role("alert").wait_for()
    assert page.get_by_label("Your question").input_value() == HARBOUR
    assert engine.asked == []


def test_a_verdict_is_kept_on_this_computer(visit: Open, feedback: Path) -> None:
    page = visit()
    ask(page, HARBOUR)
    answer = answered(page)
    assert answer.get_by_label("Comment").is_hidden()
    answer.get_by_label("Something is missing").check()
    answer.get_by_label("Comment").fill("Since when?")
    answer.get_by_role("button", name="Save on this computer").click()
    page.wait_for_selector("text=You marked this answer as missing something.")
    record = json.loads(feedback.read_text(encoding="utf-8").splitlines()[-1])
    assert (record["verdict"], record["comment"], record["question"]) == ("missing", "Since when?", HARBOUR)


def test_a_conversation_is_saved_as_markdown(visit: Open) -> None:
    page = visit()
    ask(page, HARBOUR)
    answered(page)
    with page.expect_download() as download:
        page.get_by_role("button", name="Save as Markdown").click()
    assert download.value.suggested_filename == "ask-the-articles.md"
    saved = download.value.path().read_text(encoding="utf-8")
    assert "Nguyễn Thị Lan was chosen as director.[^1-1] She takes office on 1 March.[^1-2]" in saved


# The corpus


def test_the_corpus_view_and_adding_to_it(
    visit: Open, engine: FakeEngine, tmp_path: Path, shoot: Shoot
) -> None:
    good, bad = tmp_path / "good.txt", tmp_path / "bad.txt"
    good.write_text("A new bakery opens in Halvik\nIt sells buns.", encoding="utf-8")
    bad.write_bytes(b"\xff\xfe\x00")
    page = visit()
    page.get_by_role("tab", name="Corpus").click()
    page.wait_for_selector("#corpus-view tbody tr")
    assert page.locator("#corpus-view tbody tr").count() == len(engine.articles())
    shoot(page, "corpus")
    page.locator("#files input[type=file]").set_input_files([good, bad])
    page.get_by_text("good.txt").first.wait_for()
    page.get_by_label("Headline of a pasted article").fill("The library stays open late")
    page.get_by_label("Its text").fill("Until nine on Thursdays.")
    before = len(engine.articles())
    page.get_by_role("button", name="Add to the index").click()
    page.wait_for_selector("text=bad.txt refused: it is not UTF-8 text")
    page.wait_for_selector("text=Added: 2 of 3. The new index is in use.")
    page.locator("#corpus-view summary", has_text="A new bakery opens in Halvik").wait_for()
    assert len(engine.articles()) == before + 2
    page.locator("#masthead", has_text=f"{before + 2} articles").wait_for()


# The real engine


@pytest.mark.models
def test_the_real_engine_answers_in_the_page(browser: Any, real_engine: Engine, shoot: Shoot) -> None:
    with served(real_engine, today=date.today()) as page_server:
        page = browser.new_context(viewport=DESK, reduced_motion="reduce").new_page()
        page.goto(page_server.local_url)
        page.wait_for_selector(".welcome")
        ask(page, "How many Vietnamese live in Japan?")
        page.wait_for_selector(".exchange.answered", timeout=180_000)
        page.locator(".exchange .answer .cite").first.click()
        lit = page.locator("#sources blockquote mark.lit").first.inner_text()
        assert any(lit in article.text for article in real_engine.articles())
        shoot(page, "real")
        page.context.close()
