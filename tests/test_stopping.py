"""A computation asks whether to go on, each thread for itself."""

from __future__ import annotations

import threading

import pytest

from rag.stopping import Stopped, go_on, stopping_when


def test_it_ends_at_the_first_step_after_it_was_asked_to() -> None:
    steps: list[int] = []

    def work() -> None:
        for step in range(9):
            go_on()
            steps.append(step)

    with stopping_when(lambda: len(steps) == 3), pytest.raises(Stopped):
        work()
    assert steps == [0, 1, 2]
    go_on()  # outside, nobody asks


def test_other_threads_go_on() -> None:
    ended: list[str] = []

    def other() -> None:
        go_on()
        ended.append("by itself")

    with stopping_when(lambda: True):
        thread = threading.Thread(target=other)
        thread.start()
        thread.join()
    assert ended == ["by itself"]
