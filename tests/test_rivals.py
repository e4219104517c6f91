"""Which sentences are shown beside the best: three answers, and values that can be subtracted in the head."""

from __future__ import annotations

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.agreement import Given
from rag.grounding import Candidate
from rag.passages import split
from rag.rivals import ANOTHER, CLOSE, MOST, NEAR, RUN, quoted, rivals
from rag.types import Hit
from tests.conftest import article, candidate

GIVEN = Given({"malta": 0.5, "gothenburg": 0.3, "sea": 0.2 - ANOTHER / 2, "harbour": ANOTHER / 2})
JUST = 0.01


def beside(*sentences: tuple[str, float]) -> list[str]:
    """The rivals of "It sailed to Malta.", each sentence with how far behind it is."""
    best_first = [candidate(text) for text in ("It sailed to Malta.", *(text for text, _ in sentences))]
    return [c.text for c in rivals(best_first, [1.0, *(1.0 - behind for _, behind in sentences)], GIVEN)]


@pytest.mark.parametrize(
    ("sentence", "furthest"),
    [
        ("The ferry left for Gothenburg.", NEAR),  # another answer
        ("The ferry left the harbour.", CLOSE),  # one that hardly any passage gives
        ("The ferry left in the morning.", CLOSE),  # no answer that a passage gives
    ],
)
def test_how_far_behind_a_rival_may_be(sentence: str, furthest: float) -> None:
    assert beside((sentence, furthest - JUST)) == [sentence]
    assert beside((sentence, furthest + JUST)) == []


@pytest.mark.parametrize(
    ("published", "timeless", "furthest"),
    [
        (date(2023, 5, 2), True, NEAR),
        (date(2023, 5, 2), False, CLOSE),  # one time is asked for
        (date(2023, 5, 1), True, CLOSE),
        (None, True, CLOSE),
    ],
)
def test_what_a_newer_article_says_may_be_further_behind(
    published: date | None, timeless: bool, furthest: float
) -> None:
    first = candidate("She was found guilty.", "old", published=date(2023, 5, 1))
    other = candidate("A court of appeal cleared her.", "new", published=published)
    for behind, shown in ((furthest - JUST, [other]), (furthest + JUST, [])):
        assert rivals([first, other], [1.0, 1.0 - behind], Given(), timeless=timeless) == shown


def test_what_a_newer_article_says_stands_behind_what_is_as_good() -> None:
    first, second, third = (
        candidate(text, "old", published=date(2023, 5, 1)) for text in ("A.", "Bees.", "Cows.")
    )
    newer = candidate("Dogs.", "new", published=date(2024, 5, 1))
    order, values = [first, newer, second, third], [3.0, 3.0 - CLOSE - JUST, 2.5, 2.5]
    assert rivals(order, values, Given()) == [second, third]
    assert rivals(order[:3], values[:3], Given()) == [second, newer]


@pytest.mark.parametrize(
    "sentence",
    [
        "The ferry was bound for Malta in June.",  # the same answer
        "Sailed to Malta.",  # the same sentence
    ],
)
def test_what_says_the_same_stands_beside_nothing(sentence: str) -> None:
    assert beside((sentence, 0.0)) == []


def test_a_rival_must_differ_from_the_other_rivals_too() -> None:
    first, same, third = "It went to Gothenburg.", "The port was Gothenburg.", "It went out to sea."
    assert beside((first, 0.0), (same, 0.0), (third, 0.0)) == [first, third]


def test_who_asks_on_after_a_sentence_is_told_more_of_its_passage() -> None:
    text = "Five papers were signed. They are about trade. A ferry sailed."
    (passage,) = split(article("a", text))
    hit, other = (
        Hit(passage, article("a", text), 0.0, 1),
        candidate("Papers are about trade and ferries.", "b"),
    )
    first, more, still_more = (Candidate(hit, a, b, text[a:b]) for a, b in passage.sentences)
    best_first, values = [first, other, more, still_more], [9.0, 1.0, 0.0, 0.0]
    assert rivals(best_first, values, Given()) == []
    assert rivals(best_first, values, Given(), told="Which papers? Five papers were signed.") == [more]
    assert rivals(best_first, values, Given(), told="Who signed?") == []
    assert rivals(best_first, values, Given(), told=f"What was signed? {first.text} {more.text}") == [
        still_more
    ]


def test_an_article_was_quoted_when_enough_of_its_words_stand_in_a_row() -> None:
    sentences = [
        candidate("The ferry left Malta on a cold Monday in May, with goats.", "ferry"),
        candidate("A museum.", "museum"),
    ]
    row = "ferry left Malta on a cold Monday in"
    assert len(row.split()) == RUN
    assert quoted(sentences, f"Answer: … {row.upper()} …") == {"ferry"}
    assert quoted(sentences, row.removeprefix("ferry ")) == set()
    assert quoted(sentences, "A museum.") == set()


@given(st.lists(st.tuples(st.sampled_from(["To sea.", "A day.", "Gothenburg!", "Two."]), st.floats(0, 2))))
def test_rivals_are_few_in_order_and_near(sentences: list[tuple[str, float]]) -> None:
    ordered = sorted(sentences, key=lambda each: each[1])
    found = beside(*ordered)
    assert len(found) <= MOST
    places = [next(i for i, (text, _) in enumerate(ordered) if text == each) for each in found]
    assert places == sorted(places)
    assert all(ordered[i][1] < NEAR for i in places)
