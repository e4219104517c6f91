"""Questions that ask several things: cut, answered one by one, joined."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import abstention
from rag.abstention import REFUSAL, Gate
from rag.answer import Answerer
from rag.excerpts import length
from rag.index import Index
from rag.parts import joined, parts
from rag.types import Answer, Draft, Evidence, Interval, Searched, Seconds, Statement
from tests.conftest import ScriptedModel, WordEncoder, WordReader

TODAY = date(2026, 1, 1)

ONE_THING = [
    "When and where did they meet?",
    "What did the minister say about trade and what the visit means?",
    "How did it change between 2002 and 2014?",
    "When Kishida met Thuong, what did they agree on?",
    "Who owns the bridge and the ferry?",
    "Tell me about 2023 and 2024.",
]


@pytest.mark.parametrize("question", ONE_THING)
def test_a_question_that_asks_one_thing_is_left_alone(question: str) -> None:
    assert parts(question, TODAY) == [question]


@pytest.mark.parametrize(
    ("question", "asked"),
    [
        (
            "How many people live here, and how many learn Danish?",
            ["How many people live here?", "How many learn Danish?"],
        ),
        ("Who was mayor in 2023 and who in 2025?", ["Who was mayor in 2023?", "Who was mayor in 2025?"]),
        ("What did it cost in 2023 and 2024?", ["What did it cost in 2023?", "What did it cost in 2024?"]),
        ("What did it cost in 2023, and now?", ["What did it cost in 2023?", "What did it cost now?"]),
        (
            "Compare the price of tickets in 2023 and today.",
            ["What was the price of tickets in 2023?", "What was the price of tickets today?"],
        ),
        ("What is HPA? And who leads it?", ["What is HPA?", "Who leads it?"]),
        ("Which two towns took part, and in which years?", ["Which two towns took part?", "In which years?"]),
        ("Where is it held; who pays; and when is it?", ["Where is it held?", "Who pays?", "When is it?"]),
    ],
)
def test_a_question_is_cut_where_it_asks_anew(question: str, asked: list[str]) -> None:
    assert parts(question, TODAY) == asked


@given(st.text(max_size=200))
def test_any_text_has_one_to_three_parts(text: str) -> None:
    assert 1 <= len(parts(text, TODAY)) <= 3


@pytest.fixture
def by_covered(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer when a sentence covers the question."""
    gate = Gate({"covered": 9.0}, {"covered": 0.5}, {"covered": 1.0}, 0.0, 0.5)
    monkeypatch.setattr(abstention, "gate", lambda _: gate)


@pytest.fixture
def alone(monkeypatch: pytest.MonkeyPatch) -> None:
    """One sentence answers each part: among a handful of sentences, all are nearly as likely."""
    monkeypatch.setattr("rag.rivals.MOST", 0)


@pytest.mark.usefixtures("by_covered")
@pytest.mark.usefixtures("alone")
def test_both_parts_are_answered_each_with_its_quotation(index: Index) -> None:
    answer = Answerer(index, None, TODAY).answer(
        "What did the bridge cost, and when is the harbour museum closed?"
    )
    assert [[e.article_id for e in s.evidence] for s in answer.statements] == [["bridge"], ["ferry-new"]]
    assert answer.text == " ".join(s.text for s in answer.statements)
    assert answer.reason is None
    assert len(answer.hits) == len({h.passage.id for h in answer.hits}) <= 10
    assert [h.rank for h in answer.hits] == list(range(1, len(answer.hits) + 1))
    quoted = {e.passage_id for s in answer.statements for e in s.evidence}
    assert quoted <= {h.passage.id for h in answer.hits}


@pytest.mark.usefixtures("by_covered")
@pytest.mark.usefixtures("alone")
def test_a_part_without_an_answer_is_named(index: Index) -> None:
    answer = Answerer(index, None, TODAY).answer("What did the bridge cost, and who painted Guernica?")
    assert not answer.abstained
    assert [e.article_id for s in answer.statements for e in s.evidence] == ["bridge"]
    assert answer.reason == "the articles do not say: Who painted Guernica?"
    assert str(answer).endswith("(the articles do not say: Who painted Guernica?)")


@pytest.mark.usefixtures("by_covered")
def test_two_parts_without_an_answer_are_one_refusal(index: Index) -> None:
    answer = Answerer(index, None, TODAY).answer("Who painted Guernica in Paris, and who bought Alaska?")
    assert (answer.abstained, answer.text, answer.statements) == (True, REFUSAL, ())
    assert answer.reason is not None
    assert answer.reason.startswith("Who painted Guernica in Paris? the nearest passages do not mention")


@pytest.mark.usefixtures("alone")
def test_passages_are_told_once_and_drafts_follow_each_other(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    gate = Gate({"states": 1.0}, {"states": 0.0}, {"states": 1.0}, 0.0, 0.5)
    monkeypatch.setattr(abstention, "gate", lambda _: gate)
    model = ScriptedModel("The bridge cost 40 million euros.")
    steps = list(Answerer(index, model, TODAY).stream("What did the bridge cost, and what is it made of?"))
    assert [type(s) for s in steps].count(Searched) == 1
    assert [type(s) for s in steps].count(Answer) == 1
    drafts = [s.text for s in steps if isinstance(s, Draft)]
    assert drafts[-1] == "The bridge cost 40 million euros. The bridge cost 40 million euros."
    last = steps[-1]
    assert isinstance(last, Answer)
    assert last.text == "The bridge cost 40 million euros."  # said once
    assert last.standalone_question == "What did the bridge cost? What is it made of?"


def test_the_parts_of_a_question_are_no_follow_ups(index: Index, encoder: WordEncoder) -> None:
    """A follow-up is read by itself too: see tests/test_reader.py."""
    reader = WordReader("cost")
    reading = Index(index.parts, index.manifest, encoder, reader)
    Answerer(reading, None, TODAY).answer("What did the bridge cost, and what is it made of?")
    assert len(reader.asked) == 2
    assert reader.asked[0] == "What did the bridge cost?"
    assert reader.asked[1].startswith("What is it made of? - ")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("The bridge cost 40 million, …", "The bridge cost 40 million, more than planned."),
        ("Undated: … more than planned.", "Undated: The bridge cost 40 million, more than planned."),
        ("It cost 40 million.", "It cost 40 million."),  # no part of it
        ("The bridge cost more …", "The bridge cost more …"),  # with something left out within
    ],
)  # fmt: skip
def test_a_quotation_is_shown_whole_where_another_part_has_no_answer(said: str, shown: str) -> None:
    quote = Evidence(
        "a", "a#1", 0, 46, "The bridge cost 40\nmillion, more than planned.", "", None, None, None
    )
    one = Answer("a", said, statements=(Statement(said, (quote,), supported=True),))
    none = Answer("b", REFUSAL, abstained=True)
    assert joined(["a", "b"], [one, none], 10).text == shown
    assert joined(["a"], [one], 10).text == said  # all parts are answered


def test_quotations_are_shown_whole_in_turn_while_words_are_left() -> None:
    def cut(word: str) -> Statement:
        """The first twenty words of a quotation of thirty-five."""
        quote = Evidence("a", f"a#{word}", 0, 99, f"{word} " * 35, "", None, None, None)
        return Statement(f"{word} " * 20 + "…", (quote,), supported=True)

    one = Answer("a", "", statements=(cut("ferry"), cut("bridge")))
    shown = joined(["a", "b"], [one, Answer("b", REFUSAL, abstained=True)], 10).statements
    assert [length(s.text) for s in shown] == [35, 20]


def test_of_a_sentence_and_what_was_written_from_it_the_sentence_is_shown() -> None:
    quote = Evidence("a", "a#1", 0, 34, "The bridge cost 40 million\neuros.", "", None, None, None)
    said = ["It cost 40 million.", "The bridge cost 40 million euros.", "… cost 40 million …"]
    answers = [Answer(text, text, statements=(Statement(text, (quote,), supported=True),)) for text in said]
    shown = joined(["a", "b", "c"], answers, 10).statements
    assert [s.text for s in shown] == ["The bridge cost 40 million euros."]


def test_seconds_add_up_and_one_interval_is_kept() -> None:
    interval = Interval(date(2023, 1, 1))
    one = Answer("a", "A.", seconds=Seconds(1.0, 2.0, 3.0, 2.5, 6.0), interval=interval)
    two = Answer("b", "B.", seconds=Seconds(0.5, 0.5, 0.5, 1.0, 1.5), interval=interval)
    both = joined(["a", "b"], [one, two], 10)
    assert both.seconds == Seconds(1.5, 2.5, 3.5, 2.5, 7.5)
    assert both.interval == interval
    assert joined(["a", "b"], [one, Answer("b", "B.")], 10).interval is None


def test_what_stands_beside_the_answer_to_a_part_is_left_out_where_it_would_grow_long() -> None:
    def answer(*lengths: int) -> Answer:
        said = tuple(Statement(f"{'one ' * (n - 1)}{n}", supported=True) for n in lengths)
        return Answer("a", " ".join(s.text for s in said), statements=said)

    def lengths(*answers: Answer) -> list[int]:
        made = joined(["a", "b"][: len(answers)], answers, 10)
        return [len(s.text.split()) for s in made.statements]

    assert lengths(answer(20, 8), answer(25, 7)) == [20, 8, 25, 7]
    assert lengths(answer(20, 8), answer(26, 7)) == [20, 8, 26]
    assert lengths(answer(40), answer(40, 15)) == [40, 15]  # what both say counts once
    assert lengths(answer(40), answer(50, 5)) == [40, 50]  # the first of each, however long


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        (["The bridge cost 40 million euros.", "… cost 40 million …"], ["The bridge cost 40 million euros."]),
        (["… cost 40 million …", "The bridge cost 40 million euros."], ["The bridge cost 40 million euros."]),
        (
            ["Reported 3 May 2022: … cost 40 million …", "… cost 40 million euros."],
            ["… cost 40 million euros."],
        ),
        (["It is made of steel.", "It is made of steel."], ["It is made of steel."]),
        (["It is made of steel.", "It cost 40 million."], ["It is made of steel.", "It cost 40 million."]),
    ],
)
def test_what_two_parts_say_in_the_same_words_is_said_once(said: list[str], shown: list[str]) -> None:
    answers = [Answer("a", text, statements=(Statement(text, supported=True),)) for text in said]
    assert [s.text for s in joined(["a", "b"], answers, 10).statements] == shown
