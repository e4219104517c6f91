from __future__ import annotations

from dataclasses import replace
from math import log2

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import eval_metrics as metrics
from rag.eval_resampling import bootstrap, mcnemar, paired_bootstrap
from rag.eval_trec import NAMES, listed, retrieval_scores, roll_up, run_file
from tests.fakes_eval import ALL

# Right answers


@pytest.mark.parametrize(
    ("text", "alias", "expected"),
    [
        ("It is in Ha Noi.", "Hà Nội", True),
        ("ĐÀ NẴNG", "da nang", True),
        ("the “free  and open” sea", '"free and open"', True),
        ("1973–2023", "1973-2023", True),
        ("The Sunday", "Sun", False),
        ("some 500,000 people", "500", False),
        ("11.5 per cent", "1.5", False),
        ("1.5 per cent", "5", False),
        ("In 2013, 2014.", "2013", True),
        ("It cost US$50.", "$50", True),
        ("It cost US$500.", "$50", False),
        ("anything", "", False),
    ],
)
def test_an_alias_counts_after_folding_and_at_word_boundaries(text: str, alias: str, expected: bool) -> None:
    assert metrics.holds(text, alias) is expected


def test_every_group_needs_one_alias() -> None:
    groups = [["Party"], ["parliament", "National Assembly"]]
    assert metrics.is_right("The party and the national assembly.", groups)
    assert metrics.missing_groups("The party.", groups) == [1]
    assert not metrics.is_right("The party.", groups)
    assert not metrics.is_right("Anything at all.", [])


def test_token_f1_is_squads() -> None:
    # said: about 40 trees fell (4 words); wanted: 40 trees (2); shared 2: P 2/4, R 2/2
    assert metrics.token_f1("About 40 trees fell.", "the 40 trees") == pytest.approx(2 * 0.5 * 1 / 1.5)
    assert metrics.token_f1("U.S. troops", "US troops") == 1.0
    assert metrics.token_f1("no overlap", "at all") == 0.0
    assert metrics.token_f1("", "something") == 0.0


def test_best_f1_joins_the_best_alias_of_each_group_or_takes_a_reference() -> None:
    # wanted: forty trees + hanoi = 3 words; said 3 words; shared 2
    assert metrics.best_f1("forty oaks hanoi", [["40", "forty trees"], ["Hanoi"]]) == pytest.approx(4 / 6)
    assert metrics.best_f1("one two", [], ["nothing", "one two"]) == 1.0
    assert metrics.best_f1("one two", [], []) == 0.0


# Citations

QUOTE = "Storm over Hanoi. 27 November 2023. Some 40 trees came down in the city."


@pytest.mark.parametrize(
    ("statement", "supported"),
    [
        ("Some 40 trees came down in Hanoi.", True),  # all its words
        ("Forty trees came down.", True),  # another spelling of the figure
        ("Some 41 trees came down.", False),  # another figure
        ("Some 40 trees burned during a festival.", False),  # one of its three content words in five
        ("In November 2023, 40 trees came down.", True),  # the date is the article's
    ],
)
def test_support_needs_all_figures_and_most_words(statement: str, supported: bool) -> None:
    assert metrics.supports(statement, [QUOTE]) is supported


def test_words_of_the_question_support_nothing() -> None:
    statement = "The number of trees that came down was announced by Minh."
    assert metrics.supports(statement, ["The number of trees that came down"])
    assert not metrics.supports(
        statement, ["The number of trees that came down"], "How many trees came down?"
    )
    assert metrics.supports("Minh Tran.", ["The mayor is Minh Tran."], "Who is the mayor?")
    assert not metrics.supports("The mayor is Minh.", ["The mayor is here."], "Who is the mayor?")


def test_citation_recall_is_the_share_of_supported_sentences() -> None:
    pairs = [("Some 40 trees came down.", [QUOTE]), ("It was the worst storm in history.", [])]
    assert metrics.citation_recall(pairs) == 0.5
    assert metrics.citation_recall([]) == 0.0


def test_a_superfluous_citation_lowers_precision() -> None:
    other = "A new bridge. It opened in 2024."
    assert metrics.citation_precision([("Some 40 trees came down.", [QUOTE, other])]) == 0.5
    assert metrics.citation_precision([("Some 40 trees came down.", [QUOTE, QUOTE])]) == 1.0
    assert metrics.citation_precision([("Some 41 trees came down.", [QUOTE])]) == 0.0
    assert metrics.citation_precision([("Some 40 trees came down.", [])]) == 0.0


def test_two_citations_that_support_only_together_are_both_relevant() -> None:
    first, second = "Trees came down: 40.", "Bridges opened: 7."
    pair = [("Trees came down, 40, and bridges opened, 7.", [first, second])]
    assert metrics.citation_recall(pair) == 1.0
    assert metrics.citation_precision(pair) == 1.0


# Curves


def test_risk_coverage_by_falling_confidence() -> None:
    answered = [(0.9, False, "a"), (0.5, True, "b"), (0.7, False, "c"), (0.1, True, "d")]
    points = metrics.risk_coverage(answered, total=8)
    assert points == [(1 / 8, 0), (2 / 8, 0), (3 / 8, 1 / 3), (4 / 8, 2 / 4)]
    wrong, confidence = np.array([0.0, 1, 0, 1]), np.array([0.9, 0.5, 0.7, 0.1])
    assert bootstrap(wrong, confidence, "area").value == pytest.approx((0 + 0 + 1 / 3 + 1 / 2) / 4)


def test_risk_coverage_breaks_ties_by_id() -> None:
    assert metrics.risk_coverage([(1, True, "b"), (1, False, "a")], 2) == [(0.5, 0), (1, 0.5)]


def test_abstention_curve() -> None:
    rows = [(0.1, False), (0.2, True), (0.3, False), (0.9, True)]
    assert metrics.abstention_curve(rows) == [(0.1, 1, 0.5), (0.2, 0.5, 0.5), (0.3, 2 / 3, 1), (0.9, 0.5, 1)]
    assert metrics.abstention_curve([(0.5, True)]) == []


# Resampling


def test_a_mean_is_a_ratio_of_sums_with_its_n() -> None:
    found = bootstrap(np.array([1.0, 0, 1, 1]), np.ones(4))
    assert (found.value, found.n) == (0.75, 4)
    assert 0 <= found.low <= 0.75 <= found.high <= 1


def test_bootstrap_is_deterministic_and_knows_its_seed() -> None:
    values = np.arange(20.0)
    assert bootstrap(values, np.ones(20)) == bootstrap(values, np.ones(20))
    assert bootstrap(values, np.ones(20)) != bootstrap(values, np.ones(20), seed=1)


def test_bootstrap_interval_is_near_the_normal_one() -> None:
    values = np.tile([0.0, 1.0], 200)  # mean 0.5, standard error 0.025
    found = bootstrap(values, np.ones(400))
    assert found.low == pytest.approx(0.5 - 1.96 * 0.025, abs=0.006)
    assert found.high == pytest.approx(0.5 + 1.96 * 0.025, abs=0.006)


def test_median_and_95th_percentile() -> None:
    times = np.arange(1.0, 22.0)  # 1 to 21: the 95th percentile is the 20th value
    assert bootstrap(times, np.ones(21), "median").value == 11
    assert bootstrap(times, np.ones(21), "p95").value == 20


def test_a_paired_difference_cancels_what_both_share() -> None:
    old = np.arange(10.0)
    found = paired_bootstrap((old + 1, np.ones(10)), (old, np.ones(10)))
    assert (found.value, found.low, found.high, found.n) == (1, 1, 1, 10)


def test_a_paired_row_without_a_value_counts_on_neither_side() -> None:
    new = (np.array([1.0, 0.0]), np.array([1.0, 0.0]))  # the second row says nothing in the new run
    old = (np.array([1.0, 0.0]), np.array([1.0, 1.0]))
    assert paired_bootstrap(new, old).value == 1.0 - 0.5


@pytest.mark.parametrize(
    ("gained", "lost", "p"),
    [
        (0, 0, 1.0),
        (1, 0, 1.0),
        (5, 0, 0.0625),
        (8, 2, 0.109375),
        (2, 8, 0.109375),
        (4, 4, 1.0),
        (10, 1, 0.01171875),
    ],
)
def test_mcnemar_against_the_binomial_by_hand(gained: int, lost: int, p: float) -> None:
    new = [True] * gained + [False] * lost + [True, False]
    old = [False] * gained + [True] * lost + [True, False]
    found = mcnemar(new, old)
    assert (found.gained, found.lost) == (gained, lost)
    assert found.p == pytest.approx(p)


# Retrieval


def slow_scores(judged: dict[str, int], places: list[list[str]]) -> dict[str, float]:
    """The textbook definitions, one unit a place or several, with nothing clever."""
    relevant = {unit for unit, value in judged.items() if value > 0}
    spread: list[str | None] = []
    for units in places[:10]:
        new = [u for u in dict.fromkeys(units) if u not in spread]
        spread += new or [None]
    gains = [judged.get(u, 0) if u else 0 for u in spread][:10]
    ideal = sorted(judged.values(), reverse=True)[:10]
    first = [i for i, units in enumerate(places[:10], start=1) if relevant & set(units)]
    found = {k: relevant & {u for units in places[:k] for u in units} for k in (1, 5, 10)}
    return {
        "nDCG@10": sum(g / log2(i + 2) for i, g in enumerate(gains))
        / sum(g / log2(i + 2) for i, g in enumerate(ideal)),
        "RR@10": 1 / first[0] if first else 0.0,
        **{f"recall@{k}": len(found[k]) / len(relevant) for k in (1, 5, 10)},
        **{f"success@{k}": float(bool(found[k])) for k in (1, 5, 10)},
    }


UNITS = st.sampled_from("abcdefghijklm")


@given(
    st.dictionaries(UNITS, st.integers(0, 2), min_size=1).filter(lambda d: max(d.values()) > 0),
    st.lists(st.lists(UNITS, max_size=1), max_size=15),
)
def test_retrieval_scores_equal_the_textbook(judged: dict[str, int], places: list[list[str]]) -> None:
    found = retrieval_scores({"q": judged}, {"q": places})["q"]
    assert found == pytest.approx(slow_scores(judged, places))


@given(st.lists(st.lists(st.sampled_from("abc"), max_size=3), max_size=15))
def test_scores_of_places_that_hold_several_units_equal_the_textbook(places: list[list[str]]) -> None:
    judged = {"a": 1, "b": 1, "c": 1}
    found = retrieval_scores({"q": judged}, {"q": places})["q"]
    assert found == pytest.approx(slow_scores(judged, places))


def test_retrieval_scores_by_hand() -> None:
    found = retrieval_scores({"q": {"a": 1, "b": 1}}, {"q": [["x"], ["a"], [], ["b"]]})["q"]
    assert found["RR@10"] == 0.5
    assert (found["recall@1"], found["recall@5"], found["success@1"], found["success@5"]) == (0, 1, 0, 1)
    assert found["nDCG@10"] == pytest.approx((1 / log2(3) + 1 / log2(5)) / (1 + 1 / log2(3)))


def test_a_passage_with_two_entries_gives_both_at_its_place() -> None:
    found = retrieval_scores({"q": {"a": 1, "b": 1}}, {"q": [["a", "b"], ["a"]]})["q"]
    assert (found["recall@1"], found["nDCG@10"]) == (1.0, 1.0)


def test_a_missing_result_is_a_miss_and_an_unjudged_question_is_left_out() -> None:
    judged = {"missing": {"a": 1}, "empty": {"a": 1}, "found": {"a": 1}, "hopeless": {"a": 0}}
    found = retrieval_scores(judged, {"found": [["a"]], "empty": []})
    assert set(found) == {"missing", "empty", "found"}
    assert found["missing"] == found["empty"] == dict.fromkeys(NAMES, 0.0)
    assert found["found"] == dict.fromkeys(NAMES, 1.0)
    assert retrieval_scores({"q": {"a": 1}}, {})["q"] == dict.fromkeys(NAMES, 0.0)


def test_roll_up_keeps_each_article_at_its_best_passage() -> None:
    assert roll_up(ALL) == ["storm", "bridge"]
    assert roll_up(reversed(ALL)) == ["bridge", "storm"]


def test_articles_with_the_same_words_are_listed_after_the_hit_that_they_stand_under() -> None:
    first, *others = ALL
    copied = replace(first, copies=("wire#2", f"{others[-1].article.id}#9", "wire#5"))
    assert listed([copied, *others]) == [first.article.id, "wire", others[-1].article.id]


def test_a_trec_run_keeps_the_order_and_its_columns() -> None:
    assert run_file({"q 1": ["a b", "c"], "q2": []}, "my set") == (
        "q%201 Q0 a%20b 1 1.000000 my%20set\nq%201 Q0 c 2 0.500000 my%20set\n"
    )
