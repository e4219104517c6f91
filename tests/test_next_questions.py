"""Questions for readers: known to be answered, near what was found, never twice."""

from __future__ import annotations

from dataclasses import replace

import pytest

from rag.eval_questions import Gold, Question
from rag.next_questions import Ready, from_passages, how_many, nearest, still_answered
from tests.fakes_chat import ARTICLES, FERRY_2022, HARBOUR, LAN, Q22, passage

BY_ID = {a.id: a for a in ARTICLES}
LEADS = Question("1", "Who leads the harbour?", "fact", evidence=(Gold("harbour", LAN.quote),))
GREW = Question("2", "How did traffic grow?", "temporal", evidence=(Gold("ferry-2022", Q22.quote),))


def test_only_questions_whose_quotations_still_stand_are_offered() -> None:
    gone = replace(LEADS, id="3", evidence=(Gold("harbour", "words that are not there"),))
    elsewhere = replace(LEADS, id="4", evidence=(Gold("absent", LAN.quote),))
    assert still_answered([LEADS, gone, elsewhere, GREW], BY_ID) == [
        Ready("How did traffic grow?", ("ferry-2022",)),
        Ready("Who leads the harbour?", ("harbour",)),
    ]


@pytest.mark.parametrize(
    "changes",
    [{"answerable": False}, {"reviewed": False}, {"history": (("user", "Hello"),)}, {"evidence": ()}],
)
def test_questions_that_need_more_than_the_articles_are_not_offered(changes: dict[str, object]) -> None:
    assert still_answered([replace(LEADS, **changes)], BY_ID) == []  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("sentence", "question"),
    [
        (
            "About 900 ferries cross the fjord daily, the harbour said.",
            "How many ferries cross the fjord daily?",
        ),
        (
            "Two vessels make the crossing in nineteen minutes.",
            "How many vessels make the crossing in nineteen minutes?",
        ),
        ("More than 40 masters have joined the union.", "How many masters have joined the union?"),
        ("The ferry carried 900 passengers a day.", None),  # the figure is not at the head
        ("40 per cent of the boats are electric ones.", None),
        ("3 years of repairs have closed the bridge.", None),
        ("900 passengers came.", None),  # too little to ask
        ("One master has joined the union this year.", None),
        ("", None),
    ],
)
def test_a_sentence_that_begins_with_a_figure_is_turned_round(sentence: str, question: str | None) -> None:
    assert how_many(sentence) == question


def test_rules_find_questions_in_any_articles() -> None:
    found = from_passages([passage(FERRY_2022, 1), passage(HARBOUR, 0)], BY_ID)
    assert found == [Ready("How many vessels make the crossing in nineteen minutes?", ("ferry-2022",))]


def test_questions_come_from_the_nearest_articles_in_turn() -> None:
    ready = [
        Ready("a1?", ("a",)), Ready("a2?", ("a",)), Ready("b1?", ("b",)), Ready("b1?", ("b",)),
        Ready("c1?", ("c", "a")), Ready("word " * 17, ("a",)),
    ]  # fmt: skip
    assert nearest(ready, [], 9) == ["a1?", "b1?", "c1?", "a2?"]
    assert nearest(ready, ["b", "a"], 9) == ["b1?", "a1?", "a2?", "c1?"]
    assert nearest(ready, ["b", "a"], 2) == ["b1?", "a1?"]
    assert nearest(ready, ["z"], 2) == []
