from dataclasses import replace
from datetime import date

import pytest

from rag.plain_question import asks
from rag.small_talk import aside, asked
from rag.types import Turn
from tests.conftest import article

FERRY = article("ferry", "The ferry left.", published=date(2021, 6, 1))
BRIDGE = article("bridge", "The bridge opened.", published=date(2022, 5, 4))
UNDATED = replace(FERRY, id="other", published=None)


@pytest.mark.parametrize(
    "said", ["Thanks!", "Hello", "Hi, how are you?", "ok great, thank you so much", "Please help me.", "bye"]
)
def test_talk_asks_nothing(said: str) -> None:
    assert not asks(said)
    assert aside(said, [FERRY]) == "nothing was asked of the articles"


@pytest.mark.parametrize(
    "question",
    [
        "And in 2025?",
        "Why?",
        "And who is it now?",
        "And who did before?",
        "Name him.",
        "the ferry",
        "Who else?",
        "How do you do it?",
        "ferry times",
        "What now?",
    ],
)
def test_little_may_ask_something(question: str) -> None:
    assert asks(question)
    assert aside(question, [FERRY]) is None


@pytest.mark.parametrize(
    "question",
    [
        "Which articles do you have?",
        "How many documents are there?",
        "What is the newest article?",
        "list all the articles please",
        "summarize the articles",
        "What topics do the articles cover?",
        "Who are you?",
        "What can you do?",
        "What can I ask you?",
    ],
)
def test_who_asks_about_the_folder_is_told_what_it_holds(question: str) -> None:
    assert aside(question, [FERRY, BRIDGE, UNDATED]) == (
        "that is about the folder and not told in it. It holds 3 articles, published from 1 June 2021 to "
        "4 May 2022, 1 of them without a date"
    )


@pytest.mark.parametrize(
    "question",
    [
        "How many articles does the treaty have?",
        "Which article of the constitution was changed?",
        "What do the articles say about the ferry?",
        "Which documents?",
        "Which article says that?",
        "How does it work?",
        "Who are you voting for?",
        "When was the last file closed by the court?",
    ],
)
def test_articles_can_be_what_is_told_of(question: str) -> None:
    assert aside(question, [FERRY]) is None


@pytest.mark.parametrize(
    ("articles", "told"),
    [
        ([FERRY], "1 article, published on 1 June 2021"),
        ([UNDATED], "1 article, none with a date"),
        ([], "0 articles, none with a date"),
    ],
)
def test_what_a_folder_holds(articles: list[object], told: str) -> None:
    assert str(aside("Who are you?", articles)).endswith(f"It holds {told}")  # type: ignore[arg-type]


def test_turns_that_asked_nothing_are_no_turns() -> None:
    first: list[Turn] = [("user", "Who left?"), ("assistant", "The ferry left.")]
    talk: list[Turn] = [("user", "Thanks!"), ("assistant", "The articles do not say.")]
    folder: list[Turn] = [("user", "Which articles do you have?"), ("assistant", "The articles do not say.")]
    assert asked([*talk, *first, *folder, *talk]) == first
