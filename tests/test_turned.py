from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.turned import exchanged, tells_both_ways, told_the_other_way, turned_round
from rag.types import Read


@pytest.mark.parametrize(
    ("question", "turned"),
    [
        ("How many Japanese live in Vietnam?", "How many Vietnamese live in Japan?"),
        ("Who is Việt Nam's ambassador to Japan?", "Who is Japan's ambassador to Việt Nam?"),
        ("Did a Korean firm buy a German one?", "Did a German firm buy a Korean one?"),
        ("When did Japan lend Laos a ship?", "When did Laos lend Japan a ship?"),
        ("Who leads Denmark's trade with South Korea?", "Who leads South Korea's trade with Denmark?"),
        ("Is Japan or Japanese money in Peru?", "Is Peru or Peruvian money in Japan?"),
    ],
)
def test_two_countries_change_places_in_the_form_of_each_place(question: str, turned: str) -> None:
    assert turned_round(question) == turned
    assert turned_round(turned) == question


@pytest.mark.parametrize(
    "question",
    [
        "How many Japanese live abroad?",
        "How many Japanese live in Japan?",
        "What did Vietnam and Japan sign?",
        "Which trade is there between Vietnam, Japan?",
        "Do Japanese firms in Vietnam sell to Laos?",
        "When did President Thuong of Vietnam visit Japan?",  # he would have to change his country
    ],
)
def test_what_is_no_relation_of_two_countries_is_not_turned(question: str) -> None:
    assert turned_round(question) is None


PLACES = st.sampled_from(["Japan", "Vietnam", "Peru", "Thailand", "Denmark"])


@given(PLACES, PLACES, st.sampled_from(["What did {} sell to {}?", "Who came from {} to {} in 2023?"]))
def test_turning_twice_changes_nothing(one: str, other: str, form: str) -> None:
    turned = turned_round(form.format(one, other))
    assert turned == (None if one == other else form.format(other, one))


@pytest.mark.parametrize(
    ("sentence", "both"),
    [
        ("Some 620 Vietnamese visit Japan, and 710 Japanese visit Vietnam.", True),
        ("Some 620 people from Viet Nam visit Japan, and 710 Japanese visit Vietnam.", True),
        ("Some 620 Vietnamese visit Japan, more than all others in Vietnam's past.", False),
        ("Many visit Japan.", False),
    ],
)
def test_a_sentence_that_names_both_twice_tells_both_ways(sentence: str, both: bool) -> None:
    assert tells_both_ways("How many Japanese visit Vietnam?", sentence) is both


AS_ASKED = "In Vietnam 9,000 Japanese were counted."
TURNED = "630,000 Vietnamese live in Japan."
NEITHER = "Japan and Vietnam have been partners since 1973."


@pytest.mark.parametrize(
    ("question", "sentences", "told"),
    [
        ("How many Japanese people live in Vietnam?", [TURNED, AS_ASKED], True),
        ("How many Japanese people live in Viet Nam?", [TURNED], True),
        ("How many Japanese people live in Vietnam?", [AS_ASKED, TURNED], False),
        ("How many Japanese people live in Vietnam?", [f"{AS_ASKED} {TURNED}"], False),  # it says both
        ("How many Japanese people live in Vietnam?", [NEITHER, NEITHER, TURNED], True),
        ("How many Japanese people live in Vietnam?", [NEITHER, NEITHER, NEITHER, TURNED], False),
        ("How many Japanese people live in Vietnam?", [NEITHER, TURNED, NEITHER, AS_ASKED], False),
        ("How many Vietnamese people live in Japan?", [TURNED], False),
        ("What did Japan give Vietnam?", [TURNED], False),  # no people
        ("How many Vietnamese speak Japanese?", [TURNED], False),  # no country
        ("How many Vietnamese live in Vietnam?", [TURNED], False),
        ("How many Japanese people live in Vietnam?", [], False),
    ],
)
def test_a_people_and_a_country_that_sentences_name_the_other_way_round(
    question: str, sentences: list[str], told: bool
) -> None:
    assert exchanged(question, sentences) is told


@pytest.mark.parametrize(
    ("asked", "turned", "other"),
    [
        ([(0.0, 5.0)], [(0.5, 6.5)], True),
        ([(0.0, 5.0)], [(0.5, 6.0)], False),  # not better by more than one
        ([(0.0, 5.0)], [(0.25, 9.0)], False),  # not surer by more than three tenths
        ([(0.0, 5.0), (3.0, 1.0)], [(0.5, 6.5), (0.0, 0.0)], False),  # another passage is as sure
        ([], [(1.0, 9.0)], False),
        ([(0.0, 5.0)], [], False),
    ],
)
def test_the_question_turned_round_has_to_be_answered_better(
    asked: list[tuple[float, float]], turned: list[tuple[float, float]], other: bool
) -> None:
    def reads(told: list[tuple[float, float]]) -> list[Read]:
        return [Read(relevance, (best,)) for relevance, best in told]

    assert told_the_other_way(reads(asked), reads(turned)) is other
