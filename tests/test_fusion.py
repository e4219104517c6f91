from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from rag.fusion import best_first, standardised, standardised_sum

SCORES = hnp.arrays(np.float32, st.integers(1, 30), elements=st.integers(-100, 100).map(float))


def test_standardised_by_hand() -> None:
    assert standardised(np.array([1, 3], dtype=np.float32)).tolist() == [-1.0, 1.0]


def test_scores_that_are_all_the_same_say_nothing() -> None:
    assert standardised(np.array([7, 7, 7], dtype=np.float32)).tolist() == [0.0, 0.0, 0.0]
    assert standardised(np.zeros(0, dtype=np.float32)).tolist() == []


def test_sum_by_hand() -> None:
    one, other = np.array([1, 3], dtype=np.float32), np.array([5, 1], dtype=np.float32)
    assert standardised_sum([one, other], [0.75, 0.25]).tolist() == [-0.5, 0.5]


def test_ties_are_in_row_order() -> None:
    assert best_first(np.array([1.0, 2.0, 1.0, 2.0])).tolist() == [1, 3, 0, 2]


@given(SCORES)
def test_best_first_is_a_full_sort(scores: np.ndarray) -> None:
    expected = sorted(range(len(scores)), key=lambda i: (-scores[i], i))
    assert best_first(scores).tolist() == expected


@given(SCORES, st.floats(0.25, 4), st.integers(-50, 50))
def test_scale_and_offset_of_a_retriever_do_not_matter(scores: np.ndarray, scale: float, offset: int) -> None:
    moved = (scores * np.float32(scale) + np.float32(offset)).astype(np.float32)
    np.testing.assert_allclose(standardised(moved), standardised(scores), atol=1e-3)


@given(SCORES, SCORES)
def test_the_order_of_the_retrievers_does_not_matter(one: np.ndarray, other: np.ndarray) -> None:
    size = min(len(one), len(other))
    a, b = one[:size], other[:size]
    assert standardised_sum([a, b], [0.7, 0.3]).tolist() == standardised_sum([b, a], [0.3, 0.7]).tolist()
