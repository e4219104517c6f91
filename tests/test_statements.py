from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date

import pytest

from rag import statements
from rag.agreement import Given
from rag.beside import least
from rag.excerpts import excerpt
from rag.grounding import Candidate
from rag.passages import split
from rag.prompts import heading
from rag.question_dates import QuestionDates
from rag.reading import Reading
from rag.search import Found
from rag.statements import grounded, newest_first, repeats
from rag.types import Hit, Statement, TimelineEntry
from tests.conftest import ARTICLES


def reading(question: str) -> Reading:
    """Everything that the articles say; the best is what the bridge cost."""
    pool = []
    for article in ARTICLES:
        for passage in split(article):
            hit = Hit(passage, article, 0.0, 1)
            pool += [Candidate(hit, a, b, article.text[a:b]) for a, b in passage.sentences]
    pool.sort(key=lambda c: ("40 million" not in c.text, "900 passengers" not in c.text))
    found = Found(question, question, None, QuestionDates(), ())
    return Reading(found, pool, pool[:2], 0.5, "")


def shared_words(text: str, others: Sequence[str]) -> list[float]:
    return [len(set(text.split()) & set(other.split())) / len(set(text.split())) for other in others]


def texts(question: str, draft: str) -> tuple[list[str], list[str]]:
    made = grounded(reading(question), draft, shared_words)
    return [s.text for s in made.shown], [s.text for s in made.dropped]


COST = "The bridge cost 40 million euros."
FERRY = "The ferry carried 900 passengers a day, the harbour office said."


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


def test_an_invented_figure_shows_the_best_sentence_itself() -> None:
    shown, _ = texts("What did the bridge cost?", "The bridge cost 70 million euros.")
    assert shown == [COST]


def test_a_bare_figure_becomes_its_sentence() -> None:
    assert texts("What did the bridge cost?", "40 million euros") == ([COST], [])


@pytest.mark.parametrize(
    ("draft", "shown"),
    [
        ("The cost of joy was 40 million euros.", COST),
        ("The bridge was priced at 40 million euros.", COST),
        ("The cost of the bridge was 40 million euros.", COST),
        ("The bridge did cost 40 million euros.", "The bridge did cost 40 million euros."),
    ],
)
def test_a_draft_with_a_word_that_its_quotation_lacks_shows_the_quotation(draft: str, shown: str) -> None:
    assert texts("At how many euros was the bridge, or joy, priced?", draft) == ([shown], [])


@pytest.mark.parametrize(
    "draft", ["The bridge cost 40 million euros. The price was 40 million euros.", f"{COST} {COST}"]
)
def test_a_sentence_is_quoted_once(draft: str) -> None:
    assert texts("What was the price?", draft) == ([COST], [])


@pytest.mark.parametrize("draft", ["The price was 40 million euros.", "40 million euros", "Anything."])
def test_of_a_long_sentence_the_part_that_matters_is_shown(
    draft: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(statements, "LONGEST_QUOTE", 4)
    made = grounded(reading("Is it 40 million euros?"), draft, shared_words, 4)
    assert [s.text for s in made.shown] == ["… cost 40 million euros."]
    assert made.shown[0].evidence[0].quote == COST


def test_a_draft_is_only_held_against_the_sentences_that_it_was_written_from() -> None:
    draft = "Rice farmers want the tax on rice lowered by 5 per cent."
    assert any(c.text == draft for c in reading("").pool)
    shown, dropped = texts("How should the tax change?", draft)
    assert dropped == [draft]
    assert shown != [draft]


def test_a_draft_that_copies_a_headline_as_the_model_was_shown_it_says_nothing() -> None:
    read = reading("What did the bridge cost?")
    copied = heading(read.chosen[0].hit.article) + "."
    made = grounded(read, copied, shared_words)
    assert [s.text for s in made.dropped] == [copied]
    assert [s.text for s in made.shown] == [COST]


def test_the_best_sentence_alone_is_what_a_draft_is_held_against() -> None:
    read = reading("What did the bridge cost?")
    assert read.best.text == COST
    made = grounded(read, FERRY, shared_words)
    assert [s.text for s in made.dropped] == [FERRY]  # another chosen sentence carries it
    assert [s.text for s in made.shown] == [COST]


@pytest.mark.parametrize(
    ("published", "not_before", "shown"),
    [
        (date(2022, 6, 1), None, FERRY),
        (date(2024, 6, 1), None, f"Reported 1 June 2024: {FERRY}"),
        (None, date(2024, 6, 1), f"Reported June 2024 or later: {FERRY}"),
        (None, None, f"Undated: {FERRY}"),
    ],
)
def test_a_sentence_judged_as_good_as_the_best_stands_beside_it_with_its_date_when_of_another_time(
    published: date | None, not_before: date | None, shown: str
) -> None:
    read = reading("What did the bridge cost?")
    (other,) = [c for c in read.pool if c.text == FERRY]
    article = replace(other.hit.article, published=published, not_before=not_before)
    rival = replace(other, hit=replace(other.hit, article=article))
    made = grounded(replace(read, rivals=[rival]), COST, shared_words)
    assert [s.text for s in made.shown] == [COST, shown]
    assert all(s.supported for s in made.shown)


def test_of_two_undated_articles_neither_is_called_so() -> None:
    read = reading("What did the bridge cost?")
    first, rival = (
        replace(c, hit=replace(c.hit, article=replace(c.hit.article, published=None))) for c in read.pool[:2]
    )
    made = grounded(replace(read, pool=[first], chosen=[first], rivals=[rival]), COST, shared_words)
    assert [s.text for s in made.shown] == [COST, FERRY]


def test_a_sentence_judged_as_good_as_the_best_is_not_said_twice() -> None:
    read = reading("What did the bridge cost?")
    made = grounded(replace(read, rivals=[read.pool[0]]), COST, shared_words)
    assert [s.text for s in made.shown] == [COST]


@pytest.mark.parametrize(
    ("most", "shown"),
    [
        (17, [COST, FERRY]),
        (16, [COST, "The ferry carried 900 passengers a day, …"]),
        (12, ["The bridge cost 40 million …", "The ferry carried 900 passengers a day, …"]),
        (11, ["… cost 40 million euros.", "The ferry carried 900 passengers a day, …"]),
        (10, [COST]),  # "… 900 passengers a day, …" is too little
        (5, ["The bridge cost 40 million …"]),
    ],
)
def test_rivals_are_cut_to_the_words_of_an_answer_and_left_out_where_too_little_would_stay(
    most: int, shown: list[str]
) -> None:
    read = reading("How many passengers a day, for 40 million?")
    (other,) = [c for c in read.pool if c.text == FERRY]
    rival = replace(other, hit=replace(other.hit, article=read.pool[0].hit.article))
    made = grounded(replace(read, rivals=[rival]), "", shared_words, most)
    assert [s.text for s in made.shown] == shown
    assert [e.quote for s in made.shown for e in s.evidence] == [COST, FERRY][: len(shown)]


@pytest.mark.parametrize(("words", "stay"), [(1, 1), (5, 3), (9, 6), (13, 8), (26, 8), (27, 9)])
def test_of_a_quotation_three_tenths_stay_and_eight_words_or_most_of_a_short_one(
    words: int, stay: int
) -> None:
    assert least(words) == stay


def test_a_part_of_a_quotation_has_the_answer_that_passages_give() -> None:
    read = reading("Is it far?")
    assert excerpt(FERRY, "ferry", 5, Given({"harbour office": 1.0})) == "… the harbour office said."
    assert excerpt(FERRY, "ferry", 5, read.given) == "The ferry carried 900 passengers …"


def test_a_draft_is_not_cut_and_fewer_rivals_are_shown_beside_it() -> None:
    draft = "The bridge did cost 40 million euros."
    read = reading("How many euros was the bridge?")
    rivals = [replace(c, hit=read.pool[0].hit) for c in read.pool if c.text != COST][:2]
    most = len(draft.split()) + 13  # 7 words of 11 and 6 of 9
    made = grounded(replace(read, rivals=rivals), draft, shared_words, most)
    assert len(made.shown) == 3
    assert made.shown[0].text == draft
    made = grounded(replace(read, rivals=rivals), draft, shared_words, most - 1)
    assert [s.evidence[0].quote for s in made.shown] == [COST, rivals[0].text]


def told(text: str, of: Candidate) -> Statement:
    return Statement(text, (of.evidence(),), supported=True)


@pytest.mark.parametrize(
    ("beside", "stays"),
    [("The harbour museum is closed on Mondays.", True), ("Closed " * 60, False)],
)
def test_what_stands_beside_a_changed_figure_stays_where_it_fits(beside: str, stays: bool) -> None:
    read = reading("How many passengers?")
    by_text = {c.text: c for c in read.pool}
    old, new = (next(c for t, c in by_text.items() if figure in t) for figure in ("600", "900"))
    museum = next(c for t, c in by_text.items() if "museum" in t)
    values = [
        TimelineEntry(value, c.hit.article.day, False, c.evidence())
        for value, c in (("about 600", old), ("900", new))
    ]
    shown = [told(FERRY, new), told("Reported 1 June 2021: …", old), told(beside, museum)]
    made = newest_first(shown, values, read)
    expected = [FERRY, "An article of 1 June 2021 gave about 600.", *([beside] if stays else [])]
    assert [s.text for s in made] == expected


def test_what_stands_beside_the_newest_figure_is_led_by_its_own_date() -> None:
    read = reading("How many passengers?")
    old, new = (next(c for c in read.pool if figure in c.text) for figure in ("600", "900"))
    bridge = next(c for c in read.pool if c.text == COST)  # of 4 May 2022
    values = [TimelineEntry("900", new.hit.article.day, False, new.evidence())]
    made = newest_first([told(old.text, old), told(COST, bridge)], values, read)
    assert [s.text for s in made] == [FERRY, f"Reported 4 May 2022: {COST}"]
