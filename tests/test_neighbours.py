"""Hits that follow one another become one, and nothing else about the order changes."""

from __future__ import annotations

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from rag.neighbours import JOINED, LONGEST, joined
from rag.passages import split
from rag.types import Article, Hit
from tests.conftest import article

PARAGRAPHS = ["The ferry left.", "The bridge stood.", "The rice grew.", "The mayor spoke."]
FOUR = article("four", *PARAGRAPHS, title="Four", published=date(2024, 6, 1))
LONG = article("long", *(" ".join(["word"] * 109) + " end." for _ in range(3)))
ASIDE = Article("aside", "Aside", "One stood.\nPhoto: Ida Holm\nTwo stood.\n", body=((0, 10), (27, 37)))


def hits(of: Article, *numbers: int, words: int = 3) -> list[Hit]:
    """The passages with these numbers as hits, best first, with scores 9, 8, 7 ..."""
    passages = split(of, words)
    return [
        Hit(passages[n], of, 9.0 - place, place + 1, dense_rank=place + 1, lexical_rank=n + 1)
        for place, n in enumerate(numbers)
    ]


def test_neighbours_are_one_hit_at_the_place_of_the_better() -> None:
    first, other = joined([*hits(FOUR, 2), *hits(LONG, 0, words=110), *hits(FOUR, 1, 0)])
    assert first.passage.id == "four#0-2"
    assert first.passage.text == "The ferry left.\nThe bridge stood.\nThe rice grew."
    assert FOUR.text[first.passage.start : first.passage.end] == first.passage.text
    assert [FOUR.text[a:b] for a, b in first.passage.sentences] == PARAGRAPHS[:3]
    assert (first.score, first.rank, first.dense_rank, first.lexical_rank) == (9.0, 1, 1, 1)
    assert (other.passage.id, other.rank) == ("long#0", 2)


def test_others_stay_as_they_are() -> None:
    assert [h.passage.id for h in joined(hits(FOUR, 0, 2))] == ["four#0", "four#2"]


def test_two_that_are_too_long_together_stay_two() -> None:
    assert len(split(LONG)) == 3
    assert 2 * 110 <= LONGEST < 3 * 110
    assert [h.passage.id for h in joined(hits(LONG, 1, 0, 2, words=110))] == ["long#0-1", "long#2"]


def test_what_was_set_aside_keeps_two_apart() -> None:
    assert [h.passage.id for h in joined(hits(ASIDE, 0, 1))] == ["aside#0", "aside#1"]


def test_far_down_nothing_is_joined() -> None:
    many = article("many", *(f"Sentence {n} stands here." for n in range(40)))
    apart = hits(many, *range(0, 2 * JOINED, 2), 1, words=4)
    assert [h.passage.id for h in joined(apart)] == [h.passage.id for h in apart]


@given(st.permutations(range(14)), st.integers(0, 4))
def test_joining_keeps_every_sentence_once_and_does_not_look_far(order: list[int], more: int) -> None:
    many = article("many", *(f"Sentence {n} stands here." for n in range(14)))
    found = hits(many, *order, words=4)
    made = joined(found)
    sentences = [span for hit in made for span in hit.passage.sentences]
    assert sorted(sentences) == sorted(span for hit in found for span in hit.passage.sentences)
    assert [h.rank for h in made] == list(range(1, len(made) + 1))
    assert [h.score for h in made] == sorted((h.score for h in made), reverse=True)
    assert all(many.text[h.passage.start : h.passage.end] == h.passage.text for h in made)
    fewer = joined(found[: JOINED + more])
    assert made[: len(fewer)] == fewer
