from __future__ import annotations

import pytest

from rag.wanted import asks_for_list, asks_of_the_past, lacking

DAY, YEAR, FIGURE, NOTHING = (
    "It closed on 3 May.",
    "It closed in 2022.",
    "It cost 40 million euros.",
    "It is closed.",
)


@pytest.mark.parametrize(
    ("question", "fitting"),
    [
        ("When did it close?", [DAY, YEAR]),
        ("when's it closing", [DAY, YEAR]),
        ("On which day did it close?", [DAY, YEAR]),
        ("In what year did it close?", [DAY, YEAR]),
        ("How much did it cost?", [FIGURE]),
        ("What percentage was it?", [FIGURE]),
        ("Which plans do they share?", [DAY, YEAR, FIGURE, NOTHING]),
        ("How did it close?", [DAY, YEAR, FIGURE, NOTHING]),
        ("When it closed, what did they say?", [DAY, YEAR, FIGURE, NOTHING]),
        ("What did the mayor say when they met?", [DAY, YEAR, FIGURE, NOTHING]),
    ],
)
def test_which_sentences_lack_the_kind_of_answer_that_is_asked_for(question: str, fitting: list[str]) -> None:
    texts = [DAY, YEAR, FIGURE, NOTHING]
    assert [t for t, lacks in zip(texts, lacking(question, texts), strict=True) if not lacks] == fitting


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("How many of the 40 million were paid?", "They paid 40 million."),
        ("When did it open after 3 May?", "It closed on 3 May."),
    ],
)
def test_what_stands_in_the_question_is_no_answer(question: str, text: str) -> None:
    assert lacking(question, [text]) == [True]


@pytest.mark.parametrize(
    "question",
    [
        "Which fields do they share?",
        "In what fields?",
        "Along which new routes should ferries run?",
        "What other plans did the mayor name?",
        "What five things are they about?",
        "What are the three pillars of the plan?",
        "Name the two committees.",
        "Which towns paid? Name them all.",
        "What else did the council decide?",
    ],
)
def test_a_list_is_asked_for(question: str) -> None:
    assert asks_for_list(question)


@pytest.mark.parametrize(
    "question",
    [
        "Which field do they share?",
        "Which was first?",
        "What was closed?",
        "What does the mayor do?",
        "On what basis did they agree?",
        "Which bus goes there?",
        "Which Paris museum was closed?",
        "Who named the two committees?",
        "They share plans, which makes them partners: how many?",
    ],
)
def test_no_list_is_asked_for(question: str) -> None:
    assert not asks_for_list(question)


@pytest.mark.parametrize(
    ("question", "past"),
    [
        ("Who WAS captain?", True),
        ("What did it cost?", True),
        ("Who steers it?", False),
        ("Washed up?", False),
    ],
)
def test_what_was_is_asked_for(question: str, past: bool) -> None:
    assert asks_of_the_past(question) is past
