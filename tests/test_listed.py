from __future__ import annotations

import pytest

from rag.grounding import Candidate
from rag.listed import list_of
from rag.passages import split
from rag.types import Article, Hit
from tests.conftest import article

TEXT = """The council met on Monday.

In other business, councillors:

- put off the plan for the mill;

- gave 900 euros to the choir;

- named a square after the poet.

The council meets again in May."""
LEAD, MILL, CHOIR, SQUARE = (
    "In other business, councillors:",
    "- put off the plan for the mill;",
    "- gave 900 euros to the choir;",
    "- named a square after the poet.",
)
LIST, ONE = "What else did the council decide?", "What did the choir get?"


def sentence(text: str, of: Article) -> Candidate:
    (passage,) = split(of)
    start = of.text.index(text)
    return Candidate(Hit(passage, of, 0.0, 1), start, start + len(text), text)


@pytest.mark.parametrize(
    ("best", "question", "most", "shown"),
    [
        (CHOIR, LIST, 60, [LEAD, MILL, CHOIR, SQUARE]),
        (LEAD, LIST, 60, [LEAD, MILL, CHOIR, SQUARE]),
        (LEAD, ONE, 60, [LEAD, MILL, CHOIR, SQUARE]),
        (CHOIR, ONE, 60, []),
        ("The council met on Monday.", LIST, 60, []),
        (MILL, LIST, 18, [LEAD, MILL]),
        (SQUARE, LIST, 18, []),
    ],
)
def test_a_list_is_shown_with_what_leads_to_it(best: str, question: str, most: int, shown: list[str]) -> None:
    of = article("council", TEXT)
    assert [c.text for c in list_of(sentence(best, of), question, most)] == shown


def test_a_list_that_nothing_leads_to() -> None:
    of = article("results", "Women\n\n1. Ada Muro 2:30\n\n2. Bea Lund 2:31\n\nIt rained.")
    listed = list_of(sentence("2. Bea Lund 2:31", of), "Name the first two.", 60)
    assert [c.text for c in listed] == ["1. Ada Muro 2:30", "2. Bea Lund 2:31"]
