from __future__ import annotations

from datetime import date

import pytest

from rag.abstention import REFUSAL
from rag.conversation import names_nothing, standalone
from rag.types import Turn

TODAY = date(2026, 1, 1)
ASKED: list[Turn] = [("user", "How many people took the ferry in 2021?"), ("assistant", "About 600.")]


@pytest.mark.parametrize(
    ("question", "expected"),
    [
        ("And in 2024?", "How many people took the ferry in 2024?"),
        ("What about 2024?", "How many people took the ferry in 2024?"),
        ("Who counted them?", "Who counted them? - How many people took the ferry in 2021? - About 600."),
        ("And on the bridge?", "And on the bridge? - How many people took the ferry in 2021?"),
        ("Who was there?", "Who was there? - How many people took the ferry in 2021? - About 600."),
        ("Who said that?", "Who said that? - How many people took the ferry in 2021? - About 600."),
        ("What was that for?", "What was that for? - How many people took the ferry in 2021? - About 600."),
        (
            "Why do so many Swedes go there?",
            "Why do so many Swedes go there? - How many people took the ferry in 2021? - About 600.",
        ),
        ("Why?", "Why? - How many people took the ferry in 2021?"),
        ("Tell me more", "Tell me more - How many people took the ferry in 2021?"),
        ("more details please", "more details please - How many people took the ferry in 2021?"),
    ],
)
def test_a_follow_up_is_completed(question: str, expected: str) -> None:
    assert standalone(question, ASKED, TODAY) == expected


@pytest.mark.parametrize(
    ("before", "question", "expected"),
    [
        ("Who was captain in 2021?", "And who is it now?", "Who is captain now?"),
        ("Who was captain in 2021?", "And now?", "Who is captain now?"),
        ("How many sailed in 2021?", "Today?", "How many sailed today?"),
        (
            "Who was captain in 2021 and 2022?",
            "And now?",
            "And now? - Who was captain in 2021 and 2022?",
        ),
        ("Who is captain now?", "Who was it in 2021?", "Who was captain in 2021?"),
        (
            "Who was captain in 2021?",
            "And who was it then?",
            "And who was it then? - Who was captain in 2021?",
        ),
    ],
)
def test_a_question_of_another_time_is_the_one_before(before: str, question: str, expected: str) -> None:
    assert standalone(question, [("user", before)], TODAY) == expected


@pytest.mark.parametrize(
    "question",
    [
        "Who opened the bridge over the Morava in 2022?",
        "How many people visited the harbour museum this year?",
        "Was there a typhoon over the northern islands in 2023?",
        "How many harbours are there along the northern coast?",
        "Which framework do Norway and Sweden chair together?",
        "Who was the captain that steered the boat for years?",
        "How many days did the new captain spend on his boat?",
        "Who met Dahl in Halvik and what was said there?",
        "Who bought iPhones?",
        'Who sang "Harbour"?',
        "What did the ferry, the bridge, the tunnel and the railway cost when they opened?",
        "Thanks, that was helpful!",
        "Hello",
    ],
)
def test_a_complete_question_stays_as_it_is(question: str) -> None:
    assert standalone(question, ASKED, TODAY) == question


@pytest.mark.parametrize(
    ("question", "nothing"),
    [
        ("who took over after the captain fell ill", True),
        ("Did the harbour office hire the people it had promised?", True),
        ("who took over in Halvik", False),
        ("So who brings the mail from July 2024?", False),
        ("What can you tell me?", False),
        ("thanks for the help", False),
    ],
)
def test_a_question_that_names_nothing_can_be_a_follow_up(question: str, nothing: bool) -> None:
    assert names_nothing(question) is nothing
    if nothing:
        whole = f"{question} - How many people took the ferry in 2021?"
        assert standalone(question, ASKED, TODAY, nameless=True) == whole


def test_nothing_is_replaced_in_what_may_begin_anew() -> None:
    assert standalone("And in 2024?", ASKED, TODAY) == "How many people took the ferry in 2024?"
    asked = "tourists on the islands in 2024"
    whole = f"{asked} - How many people took the ferry in 2021?"
    assert standalone(asked, ASKED, TODAY, nameless=True) == whole


def test_a_refusal_is_nothing_that_a_follow_up_can_mean() -> None:
    history: list[Turn] = [("user", "Where did the ferry go?"), ("assistant", REFUSAL)]
    assert standalone("Who counted them?", history, TODAY) == "Who counted them? - Where did the ferry go?"


def test_without_turns_before_nothing_is_added() -> None:
    assert standalone("And in 2024?", [], TODAY) == "And in 2024?"


def test_a_chain_of_follow_ups_reaches_the_first_question() -> None:
    history = [*ASKED, ("user", "And in 2022?"), ("assistant", "About 650.")]
    assert standalone("And in 2023?", history, TODAY) == "How many people took the ferry in 2023?"


def test_ten_turns_do_not_grow_the_question_without_end() -> None:
    history: list[Turn] = []
    for n in range(30):
        history += [("user", f"And it, number {n}?"), ("assistant", "word " * 500)]
    assert len(standalone("And it?", history, TODAY)) < 3000


@pytest.mark.parametrize(("said", "follows"), [("It cost 40 million.", True), (REFUSAL, False)])
def test_what_names_nothing_begins_anew_after_a_refusal(said: str, follows: bool) -> None:
    history: list[Turn] = [("user", "What did the bridge cost?"), ("assistant", said)]
    asked = "How much will the second crane cost?"
    whole = standalone(asked, history, date(2026, 6, 1), nameless=True)
    assert whole == (f"{asked} - What did the bridge cost?" if follows else asked)
    pointing = "Who paid for it?"
    assert standalone(pointing, history, date(2026, 6, 1), nameless=True).startswith(f"{pointing} - What did")


@pytest.mark.parametrize(
    ("question", "follows"),
    [
        ("What else did they decide?", True),
        ("What else did the Võ An committee decide?", True),
        ("What else did the Strathorran councillors decide that evening?", False),
        ("Anything else about Port Ellery?", False),
        ("Anything else?", True),
    ],
)
def test_who_asks_what_else_of_something_new_begins_anew(question: str, follows: bool) -> None:
    history: list[Turn] = [("user", "What did Vo An decide?"), ("assistant", "A bridge is to be built.")]
    assert (standalone(question, history, date(2026, 1, 1)) != question) is follows
