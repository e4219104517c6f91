"""The vectors of a build that was stopped."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.unfinished import KEY, Unfinished
from tests.conftest import WordEncoder

TEXTS = ["the ferry", "the harbour", "the bridge"]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "i" / "vectors.unfinished"


def test_what_was_added_is_known(path: Path, encoder: WordEncoder) -> None:
    unfinished = Unfinished(path, encoder)
    assert unfinished.known(TEXTS) == {}
    unfinished.add(TEXTS[:2], encoder.encode(TEXTS[:2]))
    unfinished.add(TEXTS[2:], encoder.encode(TEXTS[2:]))
    known = Unfinished(path, encoder).known([*TEXTS, "the museum"])
    assert list(known) == TEXTS
    assert np.array_equal(np.stack(list(known.values())), encoder.encode(TEXTS))
    unfinished.remove()
    assert Unfinished(path, encoder).known(TEXTS) == {}
    unfinished.remove()


def test_vectors_of_another_encoder_are_not_known_and_give_way(path: Path, encoder: WordEncoder) -> None:
    other = WordEncoder()
    other.name = "others"
    Unfinished(path, other).add(TEXTS, encoder.encode(TEXTS))
    assert Unfinished(path, encoder).known(TEXTS) == {}
    Unfinished(path, encoder).add(TEXTS[:1], encoder.encode(TEXTS[:1]))
    assert list(Unfinished(path, encoder).known(TEXTS)) == TEXTS[:1]
    assert Unfinished(path, other).known(TEXTS) == {}


@given(cut=st.integers(0, 3 * (KEY + 4 * WordEncoder.dimension)))
def test_what_was_cut_off_is_dropped_and_what_follows_is_whole(
    tmp_path_factory: pytest.TempPathFactory, cut: int
) -> None:
    path, encoder = tmp_path_factory.mktemp("cut") / "vectors", WordEncoder()
    Unfinished(path, encoder).add(TEXTS, encoder.encode(TEXTS))
    record = KEY + 4 * encoder.dimension
    with path.open("r+b") as handle:
        handle.truncate(path.stat().st_size - cut)
    left = 3 - -(-cut // record)
    assert list(Unfinished(path, encoder).known(TEXTS)) == TEXTS[:left]
    Unfinished(path, encoder).add(TEXTS[left:], encoder.encode(TEXTS[left:]))
    known = Unfinished(path, encoder).known(TEXTS)
    assert np.array_equal(np.stack([known[text] for text in TEXTS]), encoder.encode(TEXTS))


def test_what_a_crash_left_unwritten_is_not_taken_for_vectors(path: Path, encoder: WordEncoder) -> None:
    Unfinished(path, encoder).add(TEXTS, np.zeros((3, encoder.dimension), dtype=np.float32))
    assert Unfinished(path, encoder).known(TEXTS) == {}
