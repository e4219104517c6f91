from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rag.figures import timeline
from rag.grounding import Candidate, candidates
from rag.passages import split
from rag.types import Article, Hit
from tests.conftest import article


def pool(*articles: Article) -> list[Candidate]:
    hits = [(p, a) for a in articles for p in split(a)]
    return candidates([Hit(p, a, 1.0, i) for i, (p, a) in enumerate(hits, start=1)])


def by_subject(text: str, others: Sequence[str]) -> list[float]:
    """1 for clauses about the same subject, which is their last word."""
    return [float(text.rstrip("?.").split()[-1] == o.rstrip("?.").split()[-1]) for o in others]


OLD = article("old", "About 500 people use the ferry.", title="Old", published=date(2021, 1, 1))
NEW = article(
    "new", "Now 630 people use the ferry.", "Some 620 people use the bridge.", published=date(2024, 1, 1)
)
LATER = article("later", "Nearly 700 people use the ferry.", not_before=date(2025, 2, 1))


def test_values_of_one_quantity_oldest_first() -> None:
    found = pool(NEW, LATER, OLD)
    entries = timeline(found[0], "How many use the ferry?", found, by_subject)
    assert [(e.value, e.day, e.day_is_bound) for e in entries] == [
        ("About 500", date(2021, 1, 1), False),
        ("630", date(2024, 1, 1), False),
        ("Nearly 700", date(2025, 2, 1), True),
    ]
    assert [e.evidence.article_id for e in entries] == ["old", "new", "later"]


def test_a_figure_that_did_not_change_has_no_timeline() -> None:
    same = article("same", "About 500 people use the ferry.", published=date(2022, 1, 1))
    found = pool(OLD, same)
    assert timeline(found[0], "How many use the ferry?", found, by_subject) == ()


def test_figures_of_another_size_or_kind_are_another_quantity() -> None:
    other = article(
        "x", "Then 5 people use the ferry. And 70 per cent use the ferry.", published=date(2022, 1, 1)
    )
    found = pool(OLD, other)
    assert timeline(found[0], "How many use the ferry?", found, by_subject) == ()


def test_years_are_not_figures() -> None:
    found = pool(article("y", "In 2021 they built the ferry."), article("z", "In 2022 they sold the ferry."))
    assert timeline(found[0], "When?", found, by_subject) == ()
