from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.abstention import Gate, fit, gate


def test_probability_by_hand() -> None:
    one = Gate({"near": 2.0}, {"near": 0.5}, {"near": 0.25}, bias=0.0, threshold=0.5)
    assert one.probability({"near": 0.5}) == 0.5
    assert one.probability({"near": 0.75}) == pytest.approx(0.8808, abs=1e-4)


def test_a_fit_separates_what_can_be_separated() -> None:
    rows = [{"near": x, "noise": n} for x, n in ((0.1, 1), (0.2, 0), (0.3, 1), (0.7, 0), (0.8, 1), (0.9, 0))]
    fitted = fit(rows, [False] * 3 + [True] * 3)
    assert [fitted.probability(r) > 0.5 for r in rows] == [False] * 3 + [True] * 3
    assert fitted.weights["near"] > abs(fitted.weights["noise"])


@given(st.dictionaries(st.sampled_from(sorted(gate("model").weights)), st.floats(-1e6, 1e6)))
def test_a_probability_whatever_the_signals(some: dict[str, float]) -> None:
    fitted = gate("model")
    assert 0.0 <= fitted.probability(dict.fromkeys(fitted.weights, 0.0) | some) <= 1.0


@pytest.mark.parametrize("kind", ["model", "extractive"])
def test_the_shipped_gates_are_whole(kind: str) -> None:
    shipped = gate(kind)
    assert set(shipped.weights) == set(shipped.means) == set(shipped.spreads)
    assert 0.0 < shipped.threshold < 1.0
