from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.grounding import (
    Candidate,
    candidates,
    check,
    clauses,
    ground,
    named_terms,
    wording,
)
from rag.passages import split
from rag.types import Article, Hit
from tests.conftest import article

ENVOY = article(
    "envoy",
    "Around 630,000 Vietnamese live in Japan, Ito Naoki said.",
    "In a year 620,000 guests came from Hanoi, while 710,000 travellers from Tokyo went to Hue.",
    "The visit will take place from November 27 to 30 in Hà Nội.",
    "He called it “a new chapter” and said that the office is not closed.",
    title="Envoy speaks",
    published=date(2023, 11, 26),
)


def pool(source: Article = ENVOY) -> list[Candidate]:
    return candidates([Hit(p, source, 1.0, i) for i, p in enumerate(split(source), start=1)])


def alike(_: str, others: Sequence[str]) -> list[float]:
    """Every sentence means the same: only the exact checks decide."""
    return [0.9] * len(others)


def supported(sentence: str, question: str = "") -> bool:
    return ground(sentence, question, pool(), alike)[0].supported


@pytest.mark.parametrize(
    "sentence",
    [
        "About 630,000 Vietnamese live in Japan.",
        "630 thousand Vietnamese live in Japan.",
        "Some 620,000 guests came from Hanoi in a year.",
        "710,000 travellers went to Hue.",
        "The visit takes place in Ha Noi.",
        "The visit takes place in Hanoi on 27 November 2023.",
        "He said the office is not closed.",
        'He called it "a new chapter".',
        "Ito Naoki said that 630,000 Vietnamese live in Japan.",
    ],
)
def test_what_the_article_says_is_supported(sentence: str) -> None:
    assert supported(sentence)


@pytest.mark.parametrize(
    "sentence",
    [
        "About 640,000 Vietnamese live in Japan.",  # another figure
        "710,000 guests came from Hanoi in a year.",  # the other figure of the sentence
        "630% of Vietnamese live in Japan.",  # another kind of figure
        "The visit takes place in Da Nang.",  # another place
        "Travellers from Tokyo danced.",  # a third of it is not there
        "The visit takes place on 27 October in Hanoi.",  # another month
        "The visit takes place on 27 November 2019 in Hanoi.",  # another year
        "The office is closed, he said.",  # the opposite
        'He called it "a final chapter".',  # words that he did not say
        "Kishida Fumio said that 630,000 Vietnamese live in Japan.",  # another speaker
        "Vietnamese do not live in Japan, Ito Naoki said.",  # the opposite
    ],
)
def test_what_it_does_not_say_is_not(sentence: str) -> None:
    assert not supported(sentence)


def test_evidence_is_a_verbatim_slice() -> None:
    statement, _ = ground("About 630,000 Vietnamese live in Japan.", "", pool(), alike)
    (evidence,) = statement.evidence
    assert ENVOY.text[evidence.start : evidence.end] == evidence.quote
    assert evidence.quote == "Around 630,000 Vietnamese live in Japan, Ito Naoki said."
    assert (evidence.title, evidence.published) == ("Envoy speaks", date(2023, 11, 26))


def test_a_sentence_may_need_two_quotations() -> None:
    sentence = "About 630,000 Vietnamese live in Japan and the visit takes place from November 27 to 30."
    statement, _ = ground(sentence, "", pool(), alike)
    assert statement.supported
    assert len(statement.evidence) == 2


def test_words_that_do_not_agree_are_not_supported_however_exact_the_figures() -> None:
    statement, _ = ground("630,000 tonnes of rice were sold.", "", pool(), lambda _, o: [0.1] * len(o))
    assert not statement.supported


def test_a_name_of_the_question_must_be_in_the_article() -> None:
    first = pool()[:1]
    assert check(
        "Vietnamese in Japan: 630,000, Yamada asked.", "What did Yamada say?", first, 0.9
    ).missing == ("Yamada",)


def test_nothing_to_quote_supports_nothing() -> None:
    statement, nearest = ground("Anything.", "", [], alike)
    assert (statement.supported, nearest.missing) == (False, ("evidence",))


def test_named_terms_are_what_an_answer_must_be_about() -> None:
    assert named_terms("How many of the 15 projects are in Da Nang?") == ["Da", "Nang", "15"]


def test_the_wording_of_a_sentence_is_what_stands_beside_its_figures_and_dates() -> None:
    assert wording("In May 2022 they paid 40 million.").split() == ["In", "they", "paid", "."]


@given(st.text(alphabet="ab,;: and while", max_size=80))
def test_clauses_lose_nothing(text: str) -> None:
    assert "".join(clauses(text)) == text


@given(st.sampled_from(pool()))
def test_every_sentence_of_an_article_supports_itself(candidate: Candidate) -> None:
    statement, _ = ground(candidate.text, "", pool(), alike)
    assert statement.supported


@pytest.mark.parametrize(
    ("said", "expected"), [("four days", True), ("4 days", True), ("a fourth day", False)]
)
def test_the_fourth_is_not_four(said: str, expected: bool) -> None:
    trip = pool(article("trip", "The president spent four days in Japan."))
    statement, _ = ground(f"The president spent {said} in Japan.", "How long?", trip, alike)
    assert statement.supported is expected


def test_what_a_sentence_adds_to_its_question_must_stand_in_the_quotation() -> None:
    """The words of a false premise agree with the quotation, whatever is said of it."""
    question = "How did it come that 630,000 Vietnamese live in Japan?"
    assert supported("Around 630,000 Vietnamese live in Japan, Ito said.", question)
    assert not supported("That 630,000 Vietnamese live in Japan became a success.", question)


@pytest.mark.parametrize(
    ("known", "sentence", "stands"),
    [
        ({"not_before": date(2024, 10, 11)}, "The college was opened in 2024.", False),
        ({"not_before": date(2024, 10, 11)}, "The college opens a course on 27 April 2024.", True),
        ({"published": date(2024, 10, 11)}, "The college opens a course on 27 April 2024.", True),
        ({"published": date(2024, 10, 11)}, "The college was opened in 2019.", False),
    ],
)
def test_that_an_article_is_not_older_than_a_year_dates_nothing_that_it_tells(
    known: dict[str, Any], sentence: str, stands: bool
) -> None:
    source = article("college", "The college of the town opens a course on 27 April.", **known)
    assert ground(sentence, "", pool(source), alike)[0].supported is stands
