"""How likely sentences hold the answer, in standard deviations that can be added in the head."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from typing import Literal

import pytest

from rag import weighing
from rag.grounding import Candidate
from rag.question_dates import QuestionDates, question_dates
from rag.search import Found
from rag.types import Read
from tests.conftest import candidate


def dated(text: str, day: date | None) -> Candidate:
    return candidate(text, text[:5], published=day)


WEIGHTS = weighing.WEIGHTS


def test_likeness_by_hand() -> None:
    """Of two values the better is one standard deviation above the mean, equal ones are none."""
    pool = [candidate("The ferry left.", score=1.0), candidate("A museum.")]
    found = weighing.likely("ferry museum", pool, [0.5, 0.1], {})
    expected = WEIGHTS["cosine"] + WEIGHTS["passage"]  # each has one of the two words
    assert found == pytest.approx([expected, -expected])


def test_what_was_read_counts_for_its_sentence_and_its_passage() -> None:
    one, other = candidate("The ferry left."), candidate("A museum.")
    hits = [replace(c.hit, passage=replace(c.hit.passage, id=id_)) for c, id_ in ((one, "a"), (other, "b"))]
    pool = [replace(c, hit=hit) for c, hit in zip((one, other), hits, strict=True)]
    reads = {"a": Read(-1.0, (3.0,)), "b": Read(2.0, (1.0,))}
    expected = WEIGHTS["answer"] - WEIGHTS["relevance"]
    found = weighing.likely("when", pool, [0.0, 0.0], reads)
    assert found == pytest.approx([expected, -expected])


def test_a_sentence_that_has_what_another_passage_gives_as_its_answer_counts_more() -> None:
    one, other = candidate("The ferry left."), candidate("A museum.")
    hits = [replace(c.hit, passage=replace(c.hit.passage, id=id_)) for c, id_ in ((one, "a"), (other, "b"))]
    pool = [replace(c, hit=hit) for c, hit in zip((other, one), hits[::-1], strict=True)]
    reads = {"a": Read(99.0, (1.0,)), "b": Read(99.0, (1.0,), (("ferry", 2.0),))}
    found = Found("when", "when", None, QuestionDates(), tuple(hits))
    made = weighing.weigh(found, pool, [0.0, 0.0], reads)
    assert [c.text for c in made.sentences] == ["The ferry left.", "A museum."]
    assert made.values == pytest.approx([weighing.LIKELY_AGREED, 0.0])
    assert made.agreed == pytest.approx([1.0, 0.0])
    assert made.trust == pytest.approx(1.0)
    latest = replace(found, dates=QuestionDates(order="latest"))
    assert weighing.weigh(latest, pool, [0.0, 0.0], reads).agreed == [0.0, 0.0]  # it may be out of date


def test_a_sentence_without_a_figure_does_not_say_how_many() -> None:
    pool = [candidate("A ferry left."), candidate("9 ferries left.")]
    found = Found("How many left?", "How many left?", None, QuestionDates(), ())
    made = weighing.weigh(found, pool, [0.0, 0.0], {})
    assert [c.text for c in made.sentences] == ["9 ferries left.", "A ferry left."]
    assert made.lacks == [False, True]
    assert made.values[0] - made.values[1] == pytest.approx(weighing.LIKELY_LACKING)


def test_who_asks_on_does_not_want_what_was_just_told() -> None:
    pool = [candidate("The ferry left at nine."), candidate("Brun has it in writing.")]
    asked = "And why? - When did the ferry leave?"
    found = Found("And why?", asked, None, QuestionDates(), (), told="The ferry left at nine.")
    assert weighing.weigh(found, pool, [0.0, 0.0], {}, {}).lacks == [False, True]
    assert weighing.weigh(found, pool, [0.0, 0.0], {}).lacks == [False, False]  # no follow-up
    first = replace(found, told="")
    assert weighing.weigh(first, pool, [0.0, 0.0], {}, {}).lacks == [False, False]


def test_a_follow_up_is_weighed_by_both_ways_of_reading_and_refused_by_one() -> None:
    one, other = candidate("The ferry left."), candidate("A museum.")
    hits = [replace(c.hit, passage=replace(c.hit.passage, id=id_)) for c, id_ in ((one, "a"), (other, "b"))]
    pool = [replace(c, hit=hit) for c, hit in zip((one, other), hits, strict=True)]
    reads = {"a": Read(0.0, (3.0,)), "b": Read(0.0, (2.0,))}
    bare = {"a": Read(0.0, (-9.0,)), "b": Read(-8.0, (1.0,))}
    found = Found("why", "why - when", None, QuestionDates(), tuple(hits))
    assert [c.text for c in weighing.weigh(found, pool, [0.0, 0.0], reads).sentences] == [
        one.text,
        other.text,
    ]
    made = weighing.weigh(found, pool, [0.0, 0.0], reads, bare)
    assert [c.text for c in made.sentences] == [other.text, one.text]
    assert made.signals == {"answer": 3.0, "relevance": 0.0}
    assert made.whole == reads
    assert made.reads == {"a": Read(0.0, (-3.0,)), "b": Read(-4.0, (1.5,))}


@pytest.mark.parametrize(
    ("turns", "follow_up", "deep"), [(1, True, False), (2, True, True), (2, False, False)]
)
def test_a_follow_up_of_several_questions_is_marked(turns: int, follow_up: bool, deep: bool) -> None:
    one = candidate("The ferry left.")
    reads = {one.hit.passage.id: Read(0.0, (3.0,))}
    found = Found("why", "why - when", None, QuestionDates(), (one.hit,), turns=turns)
    made = weighing.weigh(found, [one], [0.0], reads, reads if follow_up else None)
    assert made.signals == {"answer": 3.0, "relevance": 0.0} | ({"deep": 1.0} if deep else {})
    perhaps = weighing.weigh(replace(found, perhaps=True), [one], [0.0], reads, reads)
    assert "deep" not in perhaps.signals


def test_ties_keep_their_order() -> None:
    assert weighing.in_order([0.1, 0.9, 0.9, 0.5]) == [1, 2, 3, 0]


def test_the_newest_article_wins_when_it_fits_nearly_as_well() -> None:
    pool = [dated("Older ferry.", date(2021, 1, 1)), dated("Newer ferry.", date(2024, 1, 1))]
    values = weighing.favour_newest(pool, [1.0, 0.6], 0.5)
    assert values.index(max(values)) == 1
    values = weighing.favour_newest(pool, [1.0, 0.4], 0.5)
    assert values.index(max(values)) == 0


def test_attention_and_likeness_are_added_by_spread() -> None:
    assert weighing.attended([0.0, 1.0], [1.0, 0.0]) == pytest.approx([-0.4, 0.4])
    assert weighing.attended([0.5, 0.5], [0.0, 1.0]) == pytest.approx([-0.6, 0.6])  # attention says nothing


@pytest.mark.parametrize(
    ("values", "trusts", "believed", "clear"),
    [
        ([3.0, 3.0 - weighing.SURE], False, weighing.LIKELY_TRUE, True),  # far ahead
        ([3.0, 3.1 - weighing.SURE], False, weighing.LIKELY_TRUE, False),
        ([3.0, 3.0 - weighing.SURE], False, weighing.LIKELY_TRUE - 0.01, False),
        ([-9.0], False, 0.0, True),  # there is no other
        ([3.0, 3.0], True, 0.0, True),
        ([3.0, 3.0], False, 1.0, False),
    ],
)
def test_some_sentences_need_no_comparing(
    values: list[float], trusts: bool, believed: float, clear: bool
) -> None:
    assert weighing.is_clear(values, trusts, believed) == clear


def told_by(articles: int, relevance: float, answer: str) -> tuple[list[Candidate], dict[str, Read]]:
    """A sentence of each of so many articles, all alike, and how a reader reads them."""
    pool = [candidate("A ferry left.", f"article-{i}") for i in range(articles)]
    return pool, {c.hit.passage.id: Read(relevance, (1.0,), ((answer, 1.0),)) for c in pool}


@pytest.mark.parametrize(
    ("articles", "relevance", "answer", "order", "clear"),
    [
        (1, 5.0, "ferry", None, True),  # it alone is trusted
        (weighing.WIDELY, 0.1, "ferry", None, True),
        (weighing.WIDELY, 0.1, "barge", None, False),  # they agree on what no sentence holds
        (weighing.WIDELY - 1, 0.1, "ferry", None, False),
        (weighing.WIDELY, -0.1, "ferry", None, False),  # none of them seems to answer
        (weighing.WIDELY, 0.1, "ferry", "latest", False),  # most tell what was so before
    ],
)
def test_what_many_articles_answer_is_not_compared(
    articles: int, relevance: float, answer: str, order: Literal["latest"] | None, clear: bool
) -> None:
    pool, reads = told_by(articles, relevance, answer)
    pool.append(replace(pool[0], text="A crane left."))
    found = Found("What left?", "What left?", None, QuestionDates(order=order), ())
    made = weighing.weigh(found, pool, [0.0] * len(pool), reads)
    assert weighing.articles_that_answer(pool, reads) == articles * (relevance > 0)
    assert made.clear is clear


@pytest.mark.parametrize(
    ("articles", "relevance", "doubtful"),
    [
        (1, 3.0, True),  # trust 0.73
        (1, 4.0, False),  # trust 0.88
        (weighing.WIDELY - 1, 3.0, True),
        (weighing.WIDELY, 3.0, False),
    ],
)
def test_what_few_articles_answer_is_compared_unless_that_is_sure(
    articles: int, relevance: float, doubtful: bool
) -> None:
    pool, reads = told_by(articles, relevance, "ferry")
    found = Found("What left?", "What left?", None, QuestionDates(), ())
    made = weighing.weigh(found, pool, [0.0] * len(pool), reads)
    assert (made.clear, made.doubtful) == (True, doubtful)


def test_a_question_that_leans_on_others_is_compared_however_far_ahead_a_sentence_is() -> None:
    pool = [candidate("A ferry left.")]
    whole = Found("Why?", "Why?", None, QuestionDates(), ())
    leaning = replace(whole, standalone_question="Why? - A ferry?")
    for found, doubtful in ((whole, False), (leaning, True)):
        made = weighing.weigh(found, pool, [0.0], {})
        assert (made.clear, made.doubtful) == (True, doubtful)


def test_a_sentence_of_another_year_does_not_say_what_was_so_in_this() -> None:
    pool = [candidate("A ferry left in 2023."), candidate("A ferry left in 2024.")]
    asked = "Which ferry left in 2024?"
    found = Found(asked, asked, None, question_dates(asked, date(2025, 1, 1)), ())
    made = weighing.weigh(found, pool, [0.0, 0.0], {})
    assert [c.text for c in made.sentences] == ["A ferry left in 2024.", "A ferry left in 2023."]
    assert made.lacks == [False, True]


@pytest.mark.parametrize(
    ("question", "newer", "doubtful"),
    [
        ("Who steers the ferry?", date(2024, 5, 1), True),  # somebody else may by now
        ("Who steers the ferry?", date(2022, 5, 1), False),
        ("Who steers the ferry?", None, False),
        ("Who was on the ferry?", date(2024, 5, 1), False),
        ("Who steered the ferry in 2023?", date(2024, 5, 1), False),
        ("Who steered the ferry in 2024?", date(2024, 5, 1), True),  # in 2023 he did
    ],
)
def test_what_may_be_of_another_time_is_compared(question: str, newer: date | None, doubtful: bool) -> None:
    pool = [dated("Ivo Novak steers the ferry.", date(2023, 5, 1)), dated("A crane is tall.", newer)]
    found = Found(question, question, None, question_dates(question, date(2025, 1, 1)), ())
    nearly, far_behind = weighing.SURE - 0.1, weighing.SURE + 0.1
    assert weighing._doubtful(found, pool, [nearly, 0.0]) is doubtful
    assert weighing._doubtful(found, pool, [far_behind, 0.0]) is (doubtful and bool(found.dates))


def test_a_sentence_that_names_its_time_is_not_compared_for_its_articles() -> None:
    question = "Who steered the ferry in 2024?"
    found = Found(question, question, None, question_dates(question, date(2025, 1, 1)), ())
    pool = [dated("In 2024 Ivo Novak steers the ferry.", date(2023, 5, 1)), candidate("A crane.")]
    assert not weighing._doubtful(found, pool, [9.0, 0.0])
