"""Where a quotation stands, and which passage or citation has it."""

from __future__ import annotations

from rag.eval_judging import find_quote, in_passage, is_cited
from tests.fakes_eval import (
    STORM,
    passage,
)


def test_a_quote_is_found_whatever_its_white_space_and_typography() -> None:
    text = "He said:\n“the  free—and open” sea. the free-and open sea"
    assert find_quote(text, 'said: "the free-and open"') == [(3, 29)]
    assert find_quote("aa aa", "aa") == [(0, 2), (3, 5)]
    assert find_quote(text, " ") == []


def test_a_passage_holds_evidence_from_half_of_it_on() -> None:
    second = passage(STORM, 1)
    start, end = second.start, second.end
    size = end - start
    assert in_passage(("storm", start - size, end), second)  # exactly half of the quotation
    assert not in_passage(("storm", start - size - 1, start + size // 2), second)
    assert in_passage(("storm", start - 500, end + 500), second)  # the passage lies inside it
    assert not in_passage(("bridge", start, end), second)


def test_a_citation_is_of_the_evidence_from_half_of_the_shorter_on() -> None:
    assert is_cited(("storm", 10, 50), "storm", (45, 55))
    assert not is_cited(("storm", 10, 50), "storm", (46, 56))
    assert not is_cited(("storm", 10, 50), "bridge", (10, 50))
    assert not is_cited(("storm", 10, 50), "storm", (20, 20))
