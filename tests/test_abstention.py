from __future__ import annotations

from functools import partial
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.abstention import Gate, fit, fit_rows, gate, what_is_missing
from rag.errors import EvalError
from rag.types import Hit, Passage
from tests.conftest import article


def test_probability_by_hand() -> None:
    one = Gate({"near": 2.0}, {"near": 0.5}, {"near": 0.25}, bias=0.0, threshold=0.5)
    assert one.probability({"near": 0.5}) == 0.5
    assert one.probability({"near": 0.75}) == pytest.approx(0.8808, abs=1e-4)


def test_a_fit_separates_what_can_be_separated() -> None:
    rows = [{"near": x, "noise": n} for x, n in ((0.1, 1), (0.2, 0), (0.3, 1), (0.7, 0), (0.8, 1), (0.9, 0))]
    fitted = fit(rows, [False] * 3 + [True] * 3)
    assert [fitted.probability(r) > 0.5 for r in rows] == [False] * 3 + [True] * 3
    assert fitted.weights["near"] > abs(fitted.weights["noise"])


@pytest.mark.parametrize(
    ("model", "signals"),
    [
        ("qwen-1.5b", {"answered", "one_answers", "one_surely", "verified", "answer", "deep"}),
        ("qwen-0.5b", {"answered", "verified"}),
        ("none", {"verified", "answer"}),
        ("unread", {"nearest", "covered", "names_lacking", "dates_lacking"}),
        ("/home/me/my-model", {"states", "one_states"}),  # what any model can say
    ],
)
def test_each_generator_has_a_gate_of_what_it_can_tell(model: str, signals: set[str]) -> None:
    assert set(gate(model).weights) == signals


def test_a_sentence_that_answers_beyond_any_doubt_counts_for_more() -> None:
    known = gate("qwen-1.5b")
    doubtful = {**known.means, "answered": -2.3, "one_answers": 4.4}
    without, with_it = (known.probability(doubtful | {"one_surely": x}) for x in (0.0, 1.1))
    assert without < known.threshold < with_it


def test_a_question_that_leans_on_several_others_must_be_surer() -> None:
    known = gate("qwen-1.5b")
    doubtful = {**known.means, "answered": -0.4}
    alone, asked_on = (known.probability(doubtful | {"deep": x}) for x in (0.0, 1.0))
    assert asked_on < known.threshold < alone
    assert gate("none").probability({"verified": 9.0, "deep": 1.0}) == gate("none").probability(
        {"verified": 9.0}
    )


@given(st.dictionaries(st.sampled_from(sorted(gate("qwen-1.5b").weights)), st.floats(-1e6, 1e6)))
def test_a_probability_whatever_the_signals(some: dict[str, float]) -> None:
    fitted = gate("qwen-1.5b")
    assert 0.0 <= fitted.probability(dict.fromkeys(fitted.weights, 0.0) | some) <= 1.0


@pytest.mark.parametrize("kind", ["qwen-1.5b", "qwen-0.5b", "none", "unread"])
def test_the_shipped_gates_are_whole(kind: str) -> None:
    shipped = gate(kind)
    assert set(shipped.weights) == set(shipped.means) == set(shipped.spreads)
    assert 0.0 < shipped.threshold < 1.0


def test_a_fit_from_result_rows_cuts_between_the_two_kinds() -> None:
    rows: list[dict[str, Any]] = [
        {"answerable": x > 0, "signals": {"states": float(x), "one_states": x / 2, "other": -1.0}}
        for x in (-4, -3, -2, -1, 1, 2, 3, 4)
    ]
    fitted = fit_rows(rows)
    assert set(fitted.weights) == {"states", "one_states"}
    assert [fitted.probability(r["signals"]) >= fitted.threshold for r in rows] == [False] * 4 + [True] * 4
    with pytest.raises(EvalError, match="answerable and unanswerable"):
        fit_rows(rows[:4])


def test_a_fit_takes_a_signal_that_a_row_lacks_for_the_mean() -> None:
    rows = [{"near": -1.0, "one": 2.0}, {"near": 1.0, "one": 4.0}, {"near": -1.0}, {"near": 1.0}]
    fitted = fit(rows, [False, True, False, True])
    assert fitted.means == {"near": 0.0, "one": 3.0}
    filled = [row | {"one": row.get("one", 3.0)} for row in rows]
    assert fit(filled, [False, True, False, True]) == fitted


def test_what_counts_more_moves_a_fit() -> None:
    rows, answered = [{"near": x} for x in (0.0, 1.0, 1.0, 2.0)], [False, False, True, True]
    even, tilted = fit(rows, answered), fit(rows, answered, counts=np.asarray([1.0, 0.1, 1.0, 1.0]))
    assert even.probability({"near": 1.0}) == pytest.approx(0.5, abs=1e-3)
    assert tilted.probability({"near": 1.0}) > 0.55


def test_a_fit_from_rows_of_which_some_lack_a_signal() -> None:
    rows: list[dict[str, Any]] = [
        {"answerable": x > 0, "signals": {"answered": float(x)} | ({"one_answers": x / 2} if x % 2 else {})}
        for x in (-4, -3, -2, -1, 1, 2, 3, 4)
    ]
    assert set(fit_rows(rows).weights) == {"answered", "one_answers"}
    assert set(fit_rows([r for r in rows if "one_answers" not in r["signals"]]).weights) == {"answered"}


def test_a_signal_that_is_not_there_says_nothing() -> None:
    gate = Gate({"a": 1.0, "b": 5.0}, {"a": 0.0, "b": 2.0}, {"a": 1.0, "b": 1.0}, 0.0, 0.5)
    assert gate.probability({"a": 1.0}) == gate.probability({"a": 1.0, "b": 2.0})


def test_a_name_in_another_spelling_is_not_missing() -> None:
    told = "Vietnamese firms built the harbour."
    hit = Hit(Passage("a#0", "a", 0, len(told), told), article("a", told), 1.0, 1)
    said = partial(what_is_missing, hits=[hit], told_of=lambda word: word == "paid")
    assert said("Who paid for the harbour of Viet Nam?") == "no passage that was found states it"


def test_a_refusal_says_what_is_named_nowhere_near_or_else_what_no_article_mentions() -> None:
    told = "Firms built the harbour."
    hit = Hit(Passage("a#0", "a", 0, len(told), told), article("a", told), 1.0, 1)
    said = partial(what_is_missing, hits=[hit], told_of=lambda word: word == "paid")
    assert said("Who paid 40 firms in Rome for it?") == "the nearest passages do not mention “Rome”, “40”"
    assert said("Who paid the smiths and masons?") == (
        "no article mentions “smiths”, “masons”: other words may find it"
    )
    assert said("Who paid the firms?") == "no passage that was found states it"
