"""One answer at a time, in order; leaving the line, stopping, failing. No test waits on the clock to pass."""

from __future__ import annotations

import logging
import threading
from collections.abc import Callable, Iterator

import pytest

from rag.errors import ModelError
from rag.page_desk import PROGRAM_FAILED, Desk
from rag.page_visit import Failed, Step, Waiting
from rag.stopping import go_on
from rag.types import Answer, Draft, Progress, Searched

PATIENCE = 10.0  # seconds before a test gives up; none is ever waited for when the code is right


@pytest.fixture
def desk() -> Iterator[Desk]:
    made = Desk(beat=0.01, draft_gap=0.0)
    yield made
    made.close()


class Script:
    """An answer in the making that writes one draft, then waits for its gate."""

    def __init__(self, name: str) -> None:
        self.name = name
        self.gate = threading.Event()
        self.started = threading.Event()
        self.closed = threading.Event()

    def __call__(self) -> Iterator[Progress]:
        self.started.set()
        try:
            yield Searched(self.name, None, ())
            yield Draft(self.name)
            while not self.gate.wait(0.01):
                yield Draft(f"{self.name}, still")
            yield Answer(self.name, self.name)
        finally:
            self.closed.set()


def told(steps: Iterator[Step | None]) -> Iterator[Step]:
    """The steps without the beats between them."""
    return (step for step in steps if step is not None)


def until(steps: Iterator[Step], wanted: Callable[[Step], bool]) -> Step:
    """The first step that is wanted."""
    return next(step for step in steps if wanted(step))


def test_an_answer_alone_goes_straight_through(desk: Desk) -> None:
    script = Script("a")
    script.gate.set()
    steps = list(told(desk.follow(desk.join(), script)))
    assert steps == [Searched("a", None, ()), Waiting(0), Draft("a"), Answer("a", "a")]


def test_the_second_is_searched_for_at_once_and_answered_after_the_first(desk: Desk) -> None:
    one, two = Script("one"), Script("two")
    first = told(desk.follow(desk.join(), one))
    second_ticket = desk.join()
    assert until(first, lambda s: isinstance(s, Draft)) == Draft("one")
    second = told(desk.follow(second_ticket, two))
    assert [next(second), next(second)] == [Searched("two", None, ()), Waiting(1)]
    one.gate.set()
    two.gate.set()
    assert until(first, lambda s: isinstance(s, Answer)) == Answer("one", "one")
    assert list(second) == [Waiting(0), Draft("two"), Answer("two", "two")]


def test_an_answer_that_asks_whether_to_go_on_is_stopped_between_two_steps(desk: Desk) -> None:
    begun, ended = threading.Event(), threading.Event()

    def steps() -> Iterator[Progress]:
        yield Searched("q", None, ())
        begun.set()
        try:
            while True:  # a model in the middle of its layers
                go_on()
        finally:
            ended.set()

    ticket = desk.join()
    followed = told(desk.follow(ticket, steps))
    assert next(followed) == Searched("q", None, ())
    assert begun.wait(PATIENCE)
    ticket.stop.set()
    assert list(followed) in ([], [Waiting(0)])
    assert ended.wait(PATIENCE)
    script = Script("next")
    script.gate.set()
    assert list(told(desk.follow(desk.join(), script)))[-1] == Answer("next", "next")


def test_who_must_wait_to_search_does_not_start_before_their_turn(desk: Desk) -> None:
    one, two = Script("one"), Script("two")
    first, second = (
        told(desk.follow(desk.join(), one)),
        told(desk.follow(desk.join(), two, search_first=False)),
    )
    next(first)
    assert next(second) == Waiting(1)
    assert not two.started.is_set()
    one.gate.set()
    two.gate.set()
    assert list(first)[-1] == Answer("one", "one")
    assert list(second)[:2] == [Waiting(0), Searched("two", None, ())]


def test_leaving_stops_the_model_and_lets_the_next_one_in(desk: Desk) -> None:
    one, two = Script("one"), Script("two")
    two.gate.set()
    abandoned = desk.follow(desk.join(), one)
    until(told(abandoned), lambda s: isinstance(s, Draft))
    abandoned.close()  # type: ignore[attr-defined]  # follow is a generator
    assert one.closed.wait(PATIENCE)
    assert list(told(desk.follow(desk.join(), two)))[-1] == Answer("two", "two")


def test_a_stop_does_not_wait_for_a_model_that_is_busy(desk: Desk) -> None:
    busy = threading.Event()

    def stuck() -> Iterator[Progress]:
        yield Searched("stuck", None, ())
        busy.wait(PATIENCE)  # as a model that reads a long prompt
        yield Draft("late")

    ticket = desk.join()
    steps = desk.follow(ticket, stuck)
    until(told(steps), lambda s: s == Waiting(0))
    ticket.stop.set()
    assert list(steps) == []
    two = Script("two")
    two.gate.set()
    second = told(desk.follow(desk.join(), two))
    assert [next(second), next(second)] == [Searched("two", None, ()), Waiting(1)]  # it is busy still
    busy.set()
    assert list(second)[-1] == Answer("two", "two")


def test_a_known_problem_is_told_in_its_own_words(desk: Desk) -> None:
    def broken() -> Iterator[Progress]:
        raise ModelError("the weights are missing; run rag models pull")

    assert list(told(desk.follow(desk.join(), broken))) == [
        Failed("the weights are missing; run rag models pull")
    ]


def test_a_defect_is_logged_and_does_not_hold_up_the_others(
    desk: Desk, caplog: pytest.LogCaptureFixture
) -> None:
    def broken() -> Iterator[Progress]:
        yield Searched("q", None, ())
        raise ValueError("a defect")

    with caplog.at_level(logging.ERROR, "rag.page_desk"):
        assert list(told(desk.follow(desk.join(), broken)))[-1] == Failed(PROGRAM_FAILED)
    assert "a defect" in caplog.text
    script = Script("next")
    script.gate.set()
    assert list(told(desk.follow(desk.join(), script)))[-1] == Answer("next", "next")


def test_a_place_can_be_given_up_unused(desk: Desk) -> None:
    script = Script("a")
    script.gate.set()
    desk.leave(desk.join())
    assert Waiting(1) not in list(told(desk.follow(desk.join(), script)))


def test_closing_stops_everything() -> None:
    desk, script = Desk(beat=0.01), Script("a")
    next(told(desk.follow(desk.join(), script)))
    desk.close()
    assert script.closed.is_set()
