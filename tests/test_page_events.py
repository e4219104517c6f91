"""What the page does at each event, against the scripted engine and without Gradio."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest

from rag.errors import RagError, UsageError
from rag.page_desk import PROGRAM_FAILED, Desk
from rag.page_events import Callbacks
from rag.page_forms import article_files, filters_label, pasted_file, read_day, read_interval
from rag.page_visit import Page, Visit
from rag.types import Interval
from tests.fakes_chat import (
    EXAMPLES,
    FERRY_ANSWER,
    HARBOUR_ANSWER,
    TODAY,
    TURNED,
    TURNING,
    FakeEngine,
)

SLOW = "How many passengers does the slow ferry carry?"
HARBOUR = "Who leads the harbour authority?"


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def page(engine: FakeEngine, tmp_path: Path) -> Iterator[Callbacks]:
    desk = Desk(beat=0.01, draft_gap=0.0)
    yield Callbacks(engine, desk, tmp_path / "feedback.jsonl", lambda: TODAY)
    desk.close()


def asked(page: Callbacks, visit: Visit, question: str, **filters: str) -> list[Page]:
    """Ask and see it through."""
    assert page.take(visit, question, filters.get("source", ""), filters.get("start"), filters.get("end"))
    return list(page.answer(visit))


def drafting(page: Callbacks, visit: Visit) -> Iterator[Page]:
    """An answer that has come as far as its draft, and waits there for the engine's gate."""
    assert page.take(visit, SLOW, "", None, None)
    steps = page.answer(visit)
    next(p for p in steps if "Unchecked draft" in p.now)
    return steps


# Asking


def test_a_question_moves_from_the_box_into_the_conversation(page: Callbacks) -> None:
    visit = Visit()
    assert page.take(visit, f"  {HARBOUR} ", "", None, None)
    assert (visit.page.note, visit.page.past) == ("", "")
    assert HARBOUR in visit.page.now
    assert "Waiting for its turn." in visit.page.now


def test_the_answer_comes_in_steps(page: Callbacks) -> None:
    pages = asked(page, Visit(), HARBOUR)
    panels = list(dict.fromkeys(p.sources for p in pages if p.sources))
    assert ["Passages found" in p for p in panels] == [True, False]
    assert any("Unchecked draft" in p.now for p in pages)
    assert pages[-1].now == ""
    assert "Nguyễn Thị Lan was chosen as" in pages[-1].past


@pytest.mark.parametrize(
    ("question", "start", "end", "problem"),
    [
        ("   ", None, None, "Type a question first."),
        ("Why?", "last week", None, "From: &#x27;last week&#x27; is not a date."),
        ("Why?", None, "2024-02-30", "To: &#x27;2024-02-30&#x27; is not a date."),
        ("Why?", "2025-01-01", "2024-01-01", "The dates run backwards: from 2025-01-01 to 2024-01-01."),
    ],
)
def test_what_cannot_be_asked_is_said_and_not_asked(
    page: Callbacks, engine: FakeEngine, question: str, start: str | None, end: str | None, problem: str
) -> None:
    visit = Visit()
    assert not page.take(visit, question, "", start, end)
    assert problem in visit.page.note
    assert visit.exchanges == []
    assert list(page.answer(visit)) == [visit.page]  # never nothing: Gradio would empty the page
    assert engine.asked == []
    assert page.take(visit, HARBOUR, "", None, None)
    assert visit.page.note == ""


def test_filters_and_history_reach_the_engine(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    asked(page, visit, HARBOUR)
    asked(page, visit, "When was she chosen?", source="The Halvik Post", start="2024-01-01")
    question, history, source, interval = engine.asked[1]
    assert question == "When was she chosen?"
    assert history == (("user", HARBOUR), ("assistant", HARBOUR_ANSWER.text))
    assert (source, interval) == ("The Halvik Post", Interval(date(2024, 1, 1)))


def test_a_visitor_s_second_question_waits_for_the_first_and_knows_its_answer(
    page: Callbacks, engine: FakeEngine
) -> None:
    visit = Visit()
    first = drafting(page, visit)
    assert page.take(visit, "When was she chosen?", "", None, None)
    second = page.answer(visit)
    next(p for p in second if "Waiting: 1 question ahead of this one." in p.now)
    assert len(engine.asked) == 1
    engine.gate.set()
    list(first)
    list(second)
    assert engine.asked[1][1] == (("user", SLOW), ("assistant", FERRY_ANSWER.text))
    assert [e.status for e in visit.exchanges] == ["answered", "answered"]


def test_visitors_see_nothing_of_each_other(page: Callbacks) -> None:
    one, two = Visit(), copy.deepcopy(Visit())
    asked(page, one, HARBOUR)
    assert "Nguyễn" not in asked(page, two, "How many passengers?")[-1].past
    assert [len(v.exchanges) for v in (one, two, copy.deepcopy(one))] == [1, 1, 0]


def test_many_visitors_at_once_each_get_their_own_answer(page: Callbacks) -> None:
    questions = ["How many passengers?", HARBOUR, "Who won the cup?"] * 4
    visits = [Visit() for _ in questions]
    threads = [
        threading.Thread(target=asked, args=(page, v, q)) for v, q in zip(visits, questions, strict=True)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    answers = [v.exchanges[0].answer for v in visits]
    assert [a.question for a in answers if a] == questions


def test_stop_ends_what_runs_and_what_waits(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    running = drafting(page, visit)
    assert page.take(visit, HARBOUR, "", None, None)
    stopped = page.stop(visit)
    assert stopped.now == ""
    assert stopped.past.count("Stopped. No answer was finished.") == 2
    assert list(running)[-1] == stopped
    assert engine.closed.wait(10)
    assert [e.status for e in visit.exchanges] == ["stopped", "stopped"]


def test_a_reader_who_leaves_frees_the_model(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    running = drafting(page, visit)
    running.close()  # type: ignore[attr-defined]  # what Gradio does when the tab is closed
    assert engine.closed.wait(10)
    assert visit.exchanges[0].status == "stopped"


def test_a_new_conversation_starts_from_the_welcome(page: Callbacks) -> None:
    visit = Visit()
    running = drafting(page, visit)
    fresh = page.forget(visit)
    assert "What would you like to know?" in fresh.past
    assert "appear here" in fresh.sources
    assert list(running)[-1] == fresh  # the old question ends without coming back
    assert visit.exchanges == []
    assert page.take(visit, "Next?", "", None, None)
    assert [e.number for e in visit.exchanges] == [2]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("fail", "the weights of &#x27;scripted&#x27; are missing; run rag models pull"),
        ("crash", PROGRAM_FAILED),
    ],
)
def test_failures_are_shown_where_the_answer_would_be(page: Callbacks, question: str, message: str) -> None:
    assert message in asked(page, Visit(), question)[-1].past


def test_programs_ask_in_their_turn(page: Callbacks) -> None:
    assert page.ask_once("How many passengers?", None, None, None).text == FERRY_ANSWER.text
    with pytest.raises(RagError, match="run rag models pull"):
        page.ask_once("fail", None, None, None)
    with pytest.raises(UsageError, match="'soon' is not a date"):
        page.ask_once("Why?", None, "soon", None)


# The page


def test_the_sources_of_an_earlier_answer_can_be_shown_again(page: Callbacks) -> None:
    visit = Visit()
    asked(page, visit, "How many passengers?")
    asked(page, visit, HARBOUR)
    assert 'data-turn="1" data-focus="2"' in page.show(visit, 1, 2).sources
    assert 'data-focus-card="ferry-2023"' in page.show(visit, 1, "ferry-2023").sources


def test_the_welcome_offers_questions(page: Callbacks) -> None:
    welcome = page.welcome()
    assert all(f'data-question="{q}"' in welcome for q in EXAMPLES)
    assert "5 articles from 3 sources, 14 March 2022 to 30 June 2025." in page.masthead()
    assert "What is indexed" in page.corpus()


def test_what_was_asked_is_not_offered_again(page: Callbacks) -> None:
    visit = Visit()
    asked(page, visit, EXAMPLES[1].upper())
    asked(page, visit, "Who won the chess cup?")
    assert visit.exchanges[1].next_questions == (EXAMPLES[0], EXAMPLES[2])


def test_what_is_told_the_other_way_round_is_offered_first(page: Callbacks) -> None:
    visit = Visit()
    asked(page, visit, TURNING)
    assert visit.exchanges[0].next_questions == (TURNED, *EXAMPLES[:2])
    asked(page, visit, TURNED)
    asked(page, visit, TURNING)
    assert visit.exchanges[2].next_questions == EXAMPLES


def test_ratings_become_lines_of_a_question_file(page: Callbacks, tmp_path: Path) -> None:
    visit = Visit()
    asked(page, visit, HARBOUR, source="The Halvik Post")
    rated = page.rate(visit, 1, "wrong", " She is <b>acting</b> director. ")
    assert "You marked this answer as wrong." in rated.past
    record = json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8"))
    assert record["question"] == HARBOUR
    assert (record["verdict"], record["comment"]) == ("wrong", "She is <b>acting</b> director.")
    assert (record["type"], record["answerable"], record["reviewed"]) == ("feedback", True, False)
    assert record["source"] == "The Halvik Post"
    assert [e["article"] for e in record["evidence"]] == ["harbour", "harbour"]


def test_a_rating_that_cannot_be_kept_says_so(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    asked(page, visit, HARBOUR)
    assert "is not a verdict" in page.rate(visit, 1, "superb", "").note
    assert page.rate(visit, 7, "right", "") == visit.page
    blocked = Callbacks(engine, page.desk, Path(__file__) / "feedback.jsonl")
    assert "feedback cannot be written" in blocked.rate(visit, 1, "right", "").note
    Callbacks(engine, page.desk, None).rate(visit, 1, "right", "")
    assert visit.exchanges[0].verdict is None


# Adding articles


def test_adding_reports_each_file_and_refuses_by_name(page: Callbacks) -> None:
    logs = list(page.add([("good.txt", b"Title\nText."), ("bad.txt", b"\xff\xfe")]))
    assert "good.txt read" in logs[0]
    assert "bad.txt refused: it is not UTF-8 text" in logs[-1]
    assert "<progress" in logs[0]
    assert "<progress" not in logs[-1]
    assert "6 articles" in page.masthead()


def test_adding_nothing_useful_changes_nothing(page: Callbacks) -> None:
    assert "Drop a file or paste a text first." in next(iter(page.add([])))
    assert "the index is as it was" in list(page.add([("bad.txt", b"\xff")]))[-1]
    assert "5 articles" in page.masthead()


def test_pasted_text_becomes_a_file_with_front_matter() -> None:
    name, content = pasted_file('A "quoted": headline, đẹp', "The Post", "2024-05-31", " Words. ")
    assert name == "a-quoted-headline-đẹp.md"
    assert content.decode().split("\n") == [
        "---",
        'title: "A \\"quoted\\": headline, đẹp"',
        'source: "The Post"',
        'published: "2024-05-31"',
        "---",
        "",
        "Words.",
        "",
    ]
    assert pasted_file("../../etc", "", None, "x")[0] == "etc.md"
    with pytest.raises(UsageError, match="needs a headline and its text"):
        pasted_file("", "", None, "Words")


def test_dropped_and_pasted_articles_together(tmp_path: Path) -> None:
    (tmp_path / "one.txt").write_text("One", encoding="utf-8")
    files = article_files([str(tmp_path / "one.txt")], "Two", "", None, "Words")
    assert [name for name, _ in files] == ["one.txt", "two.md"]
    assert article_files([], "", "", None, " ") == []


def test_dates_and_filters_as_text() -> None:
    assert read_day(" 2024-05-31 ", "From") == date(2024, 5, 31)
    assert read_day("", "From") is read_day(None, "From") is None
    assert read_day("2024-05-31 00:00:00", "From") == date(2024, 5, 31)
    for wrong in ("2024-05-31garbage", "20240531", "2024-5-3", "2024-05-32"):
        with pytest.raises(UsageError, match=f"From: '{wrong}' is not a date"):
            read_day(wrong, "From")
    assert read_interval(None, "") is None
    assert filters_label("", None, None) == "Filters: all sources, any date"
    assert filters_label("The Post", "2024-05-31", None) == "Filters: The Post, published since 31 May 2024"
    assert filters_label("", "soon", None).startswith("Filters: From: 'soon' is not a date.")
