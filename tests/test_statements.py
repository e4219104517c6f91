from __future__ import annotations

from collections.abc import Sequence

import pytest

from rag.grounding import Candidate
from rag.passages import split
from rag.question_dates import QuestionDates
from rag.reading import Reading
from rag.search import Found
from rag.statements import grounded, repeats
from rag.types import Hit
from tests.conftest import ARTICLES


def reading(question: str) -> Reading:
    """Everything that the articles say, the sentence on the cost of the bridge first."""
    pool = []
    for article in ARTICLES:
        for passage in split(article):
            hit = Hit(passage, article, 0.0, 1)
            pool += [Candidate(hit, a, b, article.text[a:b]) for a, b in passage.sentences]
    pool.sort(key=lambda c: "40 million" not in c.text)
    found = Found(question, question, None, QuestionDates(), ())
    return Reading(found, pool, pool[:2], 0.5, "")


def shared_words(text: str, others: Sequence[str]) -> list[float]:
    return [len(set(text.split()) & set(other.split())) / len(set(text.split())) for other in others]


def texts(question: str, draft: str) -> tuple[list[str], list[str]]:
    made = grounded(reading(question), draft, shared_words)
    return [s.text for s in made.shown], [s.text for s in made.dropped]


COST = "The bridge cost 40 million euros."


@pytest.mark.parametrize(
    ("sentence", "question", "same"),
    [
        ("The bridge cost a lot.", "Did the bridge cost a lot?", True),
        ("The bridge cost 40 million.", "Did the bridge cost a lot?", False),
        ("", "Anything?", True),
    ],
)
def test_a_sentence_that_says_the_question_again(sentence: str, question: str, same: bool) -> None:
    assert repeats(sentence, question) is same


def test_a_draft_that_only_repeats_the_question_gives_way_to_the_best_sentence() -> None:
    assert texts("What did the bridge cost?", "The bridge cost.") == ([COST], ["The bridge cost."])


def test_no_draft_at_all_shows_the_best_sentence() -> None:
    assert texts("What did the bridge cost?", "") == ([COST], [])


def test_a_name_of_the_question_that_the_quotation_lacks_shows_the_quotation_itself() -> None:
    question = "How many passengers a day did the Gothenburg ferry carry in the newest report, 900?"
    shown, dropped = texts(question, "The ferry of Gothenburg carried 900 passengers a day.")
    assert shown == ["The ferry carried 900 passengers a day, the harbour office said."]
    assert dropped == ["The ferry of Gothenburg carried 900 passengers a day."]


def test_an_invented_figure_shows_the_sentence_that_fits_the_question_best() -> None:
    shown, _ = texts("What did the bridge cost?", "The bridge cost 70 million euros.")
    assert shown == [COST]


def test_a_bare_figure_becomes_its_sentence() -> None:
    assert texts("What did the bridge cost?", "40 million euros") == ([COST], [])
