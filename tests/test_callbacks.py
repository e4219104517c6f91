"""What the page does at each event, against the scripted engine and without Gradio."""

from __future__ import annotations

import copy
import json
import threading
from collections.abc import Iterator
from datetime import date
from pathlib import Path

import pytest
from fakes_chat import EXAMPLES, FERRY_ANSWER, TODAY, FakeEngine

from rag.callbacks import Callbacks, View, article_files, filters_label, pasted_file, read_day, read_interval
from rag.desk import PROGRAM_FAILED, Desk
from rag.errors import RagError, UsageError
from rag.visit import Visit


@pytest.fixture
def engine() -> FakeEngine:
    return FakeEngine()


@pytest.fixture
def page(engine: FakeEngine, tmp_path: Path) -> Iterator[Callbacks]:
    desk = Desk(beat=0.01, draft_gap=0.0)
    yield Callbacks(engine, desk, tmp_path / "feedback.jsonl", lambda: TODAY)
    desk.close()


def asked(page: Callbacks, visit: Visit, question: str, **filters: str) -> list[View]:
    """Ask and see it through."""
    page.take(visit, question, filters.get("source", ""), filters.get("start"), filters.get("end"))
    return list(page.answer(visit))


def test_a_question_moves_from_the_box_into_the_conversation(page: Callbacks) -> None:
    visit = Visit()
    view = page.take(visit, "  Who leads the harbour authority? ", "", None, None)
    assert (view.box, view.busy, view.past) == ("", True, "")
    assert "Who leads the harbour authority?" in str(view.now)
    assert "Waiting for its turn." in str(view.now)


def test_the_answer_comes_in_steps(page: Callbacks) -> None:
    views = asked(page, Visit(), "Who leads the harbour authority?")
    panels = [v.sources for v in views if v.sources]
    assert ["Passages found" in p for p in panels] == [True, False]
    next(v for v in second if "Waiting: 1 question ahead of this one." in (v.now or ""))
    assert len(engine.asked) == 1
    engine.gate.set()
    list(first)
    list(second)
    assert engine.asked[1][1] == (("user", "slow: how many passengers?"), ("assistant", FERRY_ANSWER.text))
    assert [e.status for e in visit.exchanges] == ["answered", "answered"]


def test_visitors_see_nothing_of_each_other(page: Callbacks) -> None:
    one, two = Visit(), copy.deepcopy(Visit())
    asked(page, one, "Who leads the harbour authority?")
    assert "Nguyễn" not in str(asked(page, two, "How many passengers?")[-1].past)
    assert [len(v.exchanges) for v in (one, two, copy.deepcopy(one))] == [1, 1, 0]


def test_many_visitors_at_once_each_get_their_own_answer(page: Callbacks) -> None:
    questions = ["How many passengers?", "Who leads the harbour authority?", "Who won the cup?"] * 4
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
    page.take(visit, "slow: how many passengers?", "", None, None)
    running = page.answer(visit)
    next(v for v in running if "Unchecked draft" in (v.now or ""))
    page.take(visit, "Who leads the harbour authority?", "", None, None)
    view = page.stop(visit)
    assert (view.busy, view.now) == (False, "")
    assert str(view.past).count("Stopped. No answer was finished.") == 2
    assert list(running)[-1].busy is False
    assert engine.closed.wait(10)
    assert [e.status for e in visit.exchanges] == ["stopped", "stopped"]


def test_a_reader_who_leaves_frees_the_model(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    page.take(visit, "slow: how many passengers?", "", None, None)
    running = page.answer(visit)
    next(v for v in running if "Unchecked draft" in (v.now or ""))
    running.close()  # type: ignore[attr-defined]  # what Gradio does when the tab is closed
    assert engine.closed.wait(10)
    assert visit.exchanges[0].status == "stopped"


def test_a_new_conversation_starts_from_the_welcome(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    page.take(visit, "slow: how many passengers?", "", None, None)
    running = page.answer(visit)
    next(v for v in running if "Unchecked draft" in (v.now or ""))
    view = page.forget(visit)
    assert "What would you like to know?" in str(view.past)
    assert "appear here" in str(view.sources)
    list(running)  # the old question ends without coming back
    assert visit.exchanges == []
    assert page.take(visit, "Next?", "", None, None).now is not None
    assert [e.number for e in visit.exchanges] == [2]


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ("fail", "the weights of &#x27;scripted&#x27; are missing; run rag models pull"),
        ("crash", PROGRAM_FAILED),
    ],
)
def test_failures_are_shown_where_the_answer_would_be(page: Callbacks, question: str, message: str) -> None:
    assert message in str(asked(page, Visit(), question)[-1].past)


def test_the_sources_of_an_earlier_answer_can_be_shown_again(page: Callbacks) -> None:
    visit = Visit()
    asked(page, visit, "How many passengers?")
    asked(page, visit, "Who leads the harbour authority?")
    panel = str(page.show(visit, 1, 2).sources)
    assert 'data-turn="1" data-focus="2"' in panel
    assert 'data-focus-card="ferry-2023"' in str(page.show(visit, 1, "ferry-2023").sources)


def test_the_welcome_offers_questions(page: Callbacks) -> None:
    welcome = page.welcome()
    assert all(f'data-question="{q}"' in welcome for q in EXAMPLES)
    assert "5 articles from 3 sources, 14 March 2022 to 30 June 2025." in page.masthead()
    assert "What is indexed" in page.corpus()


def test_ratings_become_lines_of_a_question_file(page: Callbacks, tmp_path: Path) -> None:
    visit = Visit()
    asked(page, visit, "Who leads the harbour authority?", source="The Halvik Post")
    view = page.rate(visit, 1, "wrong", " She is <b>acting</b> director. ")
    assert "You marked this answer as wrong." in str(view.past)
    record = json.loads((tmp_path / "feedback.jsonl").read_text(encoding="utf-8"))
    assert record["question"] == "Who leads the harbour authority?"
    assert (record["verdict"], record["comment"]) == ("wrong", "She is <b>acting</b> director.")
    assert (record["type"], record["answerable"], record["reviewed"]) == ("feedback", True, False)
    assert record["source"] == "The Halvik Post"
    assert [e["article"] for e in record["evidence"]] == ["harbour", "harbour"]


def test_a_rating_that_cannot_be_kept_says_so(page: Callbacks, engine: FakeEngine) -> None:
    visit = Visit()
    asked(page, visit, "Who leads the harbour authority?")
    assert "is not a verdict" in str(page.rate(visit, 1, "superb", "").note)
    assert page.rate(visit, 7, "right", "") == View()
    blocked = Callbacks(engine, page.desk, Path(__file__) / "feedback.jsonl")
    assert "feedback cannot be written" in str(blocked.rate(visit, 1, "right", "").note)
    assert Callbacks(engine, page.desk, None).rate(visit, 1, "right", "") == View()


def test_programs_ask_in_their_turn(page: Callbacks) -> None:
    assert page.ask_once("How many passengers?", None, None, None).text == FERRY_ANSWER.text
    with pytest.raises(RagError, match="run rag models pull"):
        page.ask_once("fail", None, None, None)
    with pytest.raises(UsageError, match="'soon' is not a date"):
        page.ask_once("Why?", None, "soon", None)


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
    assert content.decode() == (
        '---\ntitle: "A \\"quoted\\": headline, đẹp"\nsource: "The Post"\npublished: "2024-05-31"\n---\n\nWords.\n'
    )
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
    assert read_interval(None, "") is None
    assert filters_label("", None, None) == "Filters: all sources, any date"
    assert filters_label("The Post", "2024-05-31", None) == "Filters: The Post, published since 31 May 2024"
    assert filters_label("", "soon", None).startswith("Filters: From: 'soon' is not a date.")
