from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import pytest

from rag.figures import asks_for_figure, change, leading, timeline
from rag.grounding import Candidate, Similarity, candidates
from rag.passages import split
from rag.question_dates import question_dates
from rag.types import Article, Hit, Read, TimelineEntry
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


def in_a_row(text: str, others: Sequence[str]) -> list[float]:
    """1 for clauses whose last words stand side by side in a row, or are the same."""
    row = ["wharf", "ferry", "boat"]
    place = row.index(text.rstrip("?.").split()[-1])
    return [float(abs(row.index(o.rstrip("?.").split()[-1]) - place) <= 1) for o in others]


@pytest.mark.parametrize(("second", "values"), [("500", ["500", "500", "630"]), ("520", ["500", "520"])])
def test_the_same_value_in_other_words_leads_on_to_a_third(second: str, values: list[str]) -> None:
    found = pool(
        article("a", "Then 500 people use the wharf.", published=date(2021, 1, 1)),
        article("b", f"Then {second} people use the ferry.", published=date(2022, 1, 1)),
        article("c", "Then 630 people use the boat.", published=date(2024, 1, 1)),
    )
    entries = timeline(found[0], "How many use the wharf?", found, in_a_row)
    assert [e.value for e in entries] == values


def test_a_figure_that_did_not_change_has_no_timeline() -> None:
    same = article("same", "About 500 people use the ferry.", published=date(2022, 1, 1))
    found = pool(OLD, same)
    assert timeline(found[0], "How many use the ferry?", found, by_subject) == ()


@pytest.mark.parametrize(
    ("day", "values"), [(20, ["About 500", "630"]), (120, ["About 500", "Nearly 500", "630"])]
)
def test_a_value_that_two_articles_of_one_time_give_is_one_entry(day: int, values: list[str]) -> None:
    again = OLD.published or date.min
    twin = article("twin", "Nearly 500 people use the ferry.", published=again + timedelta(days=day))
    found = pool(OLD, twin, NEW)
    assert [e.value for e in timeline(found[0], "How many use the ferry?", found, by_subject)] == values


def test_figures_of_another_size_or_kind_are_another_quantity() -> None:
    other = article(
        "x", "Then 5 people use the ferry. And 70 per cent use the ferry.", published=date(2022, 1, 1)
    )
    found = pool(OLD, other)
    assert timeline(found[0], "How many use the ferry?", found, by_subject) == ()


def test_so_many_a_year_are_no_other_value_of_so_many() -> None:
    yearly = article("x", "Each year, 620 people use the ferry.", published=date(2022, 1, 1))
    found = pool(OLD, yearly, NEW)
    entries = timeline(found[0], "How many use the ferry?", found, by_subject)
    assert [e.value for e in entries] == ["About 500", "630"]
    assert timeline(found[1], "How many use the ferry a year?", found, by_subject) == ()


@pytest.mark.parametrize(
    ("question", "asks"),
    [
        ("What is the number of passengers?", True),
        ("How many passengers are there?", True),
        ("How do ferries rank by number among ships?", False),
        ("Who owns the ferry?", False),
        ("Are 600 people on the ferry?", True),
        ("When does Route 3 open?", False),
        ("Do 600 people take Route 3?", True),
    ],
)
def test_a_question_asks_for_a_figure(question: str, asks: bool) -> None:
    assert asks_for_figure(question) == asks


def test_years_are_not_figures() -> None:
    found = pool(article("y", "In 2021 they built the ferry."), article("z", "In 2022 they sold the ferry."))
    assert timeline(found[0], "When?", found, by_subject) == ()


@pytest.mark.parametrize(
    ("day", "bound", "expected"),
    [
        (date(2021, 1, 1), False, "An article of 1 January 2021 gave about 500."),
        (date(2024, 1, 5), False, "Another article, of 5 January 2024, gives about 500."),
        (date(2025, 2, 1), True, "An undated article, from February 2025 or later, gives about 500."),
        (None, True, "An undated article gives about 500."),
    ],
)
def test_the_sentence_about_another_value(day: date | None, bound: bool, expected: str) -> None:
    evidence = pool(OLD)[0].evidence()
    lead = TimelineEntry("630", date(2024, 1, 1), False, evidence)
    statement = change(TimelineEntry("About 500", day, bound, evidence), lead)
    assert (statement.text, statement.evidence, statement.supported) == (expected, (evidence,), True)


def test_of_two_undated_articles_the_other_is_another() -> None:
    lead, other = (
        TimelineEntry(value, None, True, pool(OLD)[0].evidence()) for value in ("630", "About 500")
    )
    assert change(other, lead).text == "Another article gives about 500."


@pytest.mark.parametrize(
    ("clause", "values"),
    [
        ("Then 500 people on 400 seats use the ferry.", []),
        ("Then 600 people on 400 seats use the ferry.", []),
        ("Then 600 people on 600 seats use the ferry.", ["About 500", "600"]),
    ],
)
def test_of_several_figures_in_a_clause_none_is_taken_for_another_value(
    clause: str, values: list[str]
) -> None:
    found = pool(OLD, article("x", clause, published=date(2024, 1, 1)))
    assert [e.value for e in timeline(found[0], "How many use the ferry?", found, by_subject)] == values


def test_the_leading_value_is_of_the_time_that_was_asked_for() -> None:
    found = pool(NEW, LATER, OLD)
    entries = timeline(found[0], "How many use the ferry?", found, by_subject)

    def lead(question: str) -> str:
        return leading(entries, question_dates(question, date(2026, 1, 1))).value

    assert lead("How many use the ferry?") == "Nearly 700"
    assert lead("How many used the ferry in 2021?") == "About 500"
    assert lead("How many used the ferry in 2024?") == "630"
    assert lead("How many first used the ferry?") in ("About 500", "Nearly 700")


TOLL = article("toll", "At least 17 died in the flood at Orsa.", title="Flood", published=date(2024, 3, 11))
ROSE = article("rose", "The toll of Orsa reached 112. They housed 40 families.", published=date(2024, 3, 17))
COUNTED = article("counted", "It was revised from 118 to 97 for Orsa.", published=date(2024, 4, 2))
ASKED = "How many died in the flood of Orsa?"


def read_as(**answers: tuple[float, str, float]) -> dict[str, Read]:
    """How the first passage of each article reads: its relevance, its answer and that one's score."""
    return {
        f"{id_}#0": Read(relevance, (score,), ((text, score),))
        for id_, (relevance, text, score) in answers.items()
    }


def level(cosine: float) -> Similarity:
    """As near as that, whatever is said."""
    return lambda text, others: [1.0 if other == text else cosine for other in others]


READS = {"toll": (3.0, "17", 13.0), "rose": (2.5, "112", 9.1), "counted": (3.0, "118 to 97", 10.4)}


def values(
    question: str = ASKED, cosine: float = 0.4, reads: dict[str, tuple[float, str, float]] | None = None
) -> list[str]:
    found = pool(COUNTED, TOLL, ROSE)
    return [
        e.value
        for e in timeline(found[0], question, found, level(cosine), read_as(**(READS | (reads or {}))))
    ]


def test_a_count_that_is_told_in_other_words_each_time_runs_on_where_the_reader_finds_it_answered() -> None:
    assert values() == ["At least 17", "112", "97"]  # and not the 118 that were counted before


@pytest.mark.parametrize(
    "reads",
    [
        {"rose": (2.5, "112", 6.1)},  # further behind the 10.4 of what leads
        {"rose": (0.7, "112", 9.1)},  # in a passage that may not answer
        {"rose": (2.5, "40", 9.1)},  # another figure
    ],
)
def test_what_the_reader_is_less_sure_of_does_not_run_on(reads: dict[str, tuple[float, str, float]]) -> None:
    assert "112" not in values(reads=reads)


def test_what_is_far_in_meaning_or_about_another_place_does_not_run_on() -> None:
    assert values(cosine=0.2) == []
    assert values("How many died in the flood of Belport?") == []
    assert values(reads={"toll": (3.0, "17", 4.9), "rose": (2.5, "112", 4.9)}) == []


def test_a_figure_that_is_ten_times_the_other_is_another_figure() -> None:
    few = article("few", "Nine died at Orsa.", published=date(2024, 3, 10))
    found = pool(COUNTED, few, ROSE)
    reads = read_as(few=(3.0, "Nine", 9.0), rose=READS["rose"], counted=READS["counted"])
    assert [e.value for e in timeline(found[0], ASKED, found, level(0.4), reads)] == ["112", "97"]
