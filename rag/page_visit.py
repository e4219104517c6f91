"""What one visitor has asked so far, and how a question goes from waiting to answered.

Knows nothing of the page or the engine: ``advance`` is a pure function, and a Visit only keeps order.
"""

from __future__ import annotations

import itertools
import threading
from collections import deque
from dataclasses import dataclass, replace
from typing import Any, Literal

from rag.types import Answer, Draft, Interval, Progress, Searched, Turn

Status = Literal["waiting", "searching", "reading", "drafting", "answered", "stopped", "failed"]
Verdict = Literal["right", "wrong", "missing"]
FINISHED: frozenset[Status] = frozenset({"answered", "stopped", "failed"})


@dataclass(frozen=True, slots=True)
class Waiting:
    """So many questions are answered before this one; 0 says that its turn has come."""

    ahead: int


@dataclass(frozen=True, slots=True)
class Failed:
    """The question could not be answered; the message is for the reader."""

    problem: str


Step = Waiting | Failed | Progress


@dataclass(frozen=True, slots=True)
class Exchange:
    """One question and what has become of it; ``number`` counts a visitor's questions from 1.

    ``source`` and ``interval`` are the filters that were set when it was asked.
    """

    number: int
    question: str
    source: str | None = None
    interval: Interval | None = None
    status: Status = "waiting"
    ahead: int = 0
    seconds: float = 0.0
    searched: Searched | None = None
    draft: str = ""
    answer: Answer | None = None
    problem: str = ""
    next_questions: tuple[str, ...] = ()
    verdict: Verdict | None = None

    @property
    def finished(self) -> bool:
        """Whether nothing more will happen to it."""
        return self.status in FINISHED


def advance(exchange: Exchange, step: Step) -> Exchange:
    """Return the exchange after one step of its answer."""
    match step:
        case Waiting(0):
            return replace(exchange, status="reading" if exchange.searched else "searching", ahead=0)
        case Waiting(ahead):
            return replace(exchange, status="waiting", ahead=ahead)
        case Searched():
            return replace(exchange, status="reading", searched=step)
        case Draft(text):
            return replace(exchange, status="drafting" if text else "reading", draft=text)
        case Answer():
            return replace(exchange, status="answered", answer=step)
        case Failed(problem):
            return replace(exchange, status="failed", problem=problem)


@dataclass(frozen=True, slots=True)
class Page:
    """The parts of the page that change, as HTML: a word to the reader, the answered, the rest, the sources.

    An event always gives all of them, as they are for the visitor at that moment, so that events that run at
    the same time never put an old part back.
    """

    note: str = ""
    past: str = ""
    now: str = ""
    sources: str = ""


class Visit:
    """A visitor's questions in the order in which they were asked; a number is never used again.

    ``lock`` is held while a question is claimed and put into the line for the model, so that a visitor's
    questions stay in order. A copy of a visit starts empty: every visitor gets one of their own.
    """

    def __init__(self) -> None:
        self.lock = threading.Lock()
        self.shown = 0
        self.page = Page()
        self._painting = threading.Lock()
        self._changed = threading.Condition()
        self._exchanges: dict[int, Exchange] = {}
        self._unclaimed: deque[int] = deque()
        self._stops: dict[int, threading.Event] = {}
        self._numbers = itertools.count(1)

    def __deepcopy__(self, _memo: dict[int, Any]) -> Visit:
        return Visit()

    def paint(self, **parts: str) -> Page:
        """Replace parts of the page and return it whole; events of one visitor may do so at the same time."""
        with self._painting:
            self.page = replace(self.page, **parts)
            return self.page

    @property
    def exchanges(self) -> list[Exchange]:
        """The questions, oldest first."""
        return list(self._exchanges.values())

    def get(self, number: int) -> Exchange | None:
        """Return the question with this number, or None when it is not there (any more)."""
        return self._exchanges.get(number)

    def add(self, question: str, source: str | None, interval: Interval | None) -> Exchange:
        """Take a question in; it waits until it is claimed."""
        exchange = Exchange(next(self._numbers), question, source, interval)
        self._exchanges[exchange.number] = exchange
        self._unclaimed.append(exchange.number)
        return exchange

    def claim(self, stop: threading.Event) -> Exchange | None:
        """Return the oldest question that nobody has begun to answer, or None; ``stop`` will end it."""
        if not self._unclaimed:
            return None
        number = self._unclaimed.popleft()
        self._stops[number] = stop
        return self._exchanges[number]

    def put(self, exchange: Exchange) -> None:
        """Store an exchange in place of the one with its number, unless that is finished or forgotten."""
        with self._changed:
            old = self._exchanges.get(exchange.number)
            if old is not None and (not old.finished or exchange.finished):
                self._exchanges[exchange.number] = exchange
            self._changed.notify_all()

    def settle(self, before: int, patience: float = 5.0) -> None:
        """Wait until every question with a number below ``before`` is finished, ``patience`` seconds at most.

        The model is done with them by then; what may be missing is only that their answers are stored here.
        """
        with self._changed:
            self._changed.wait_for(lambda: not self.running(before), patience)

    def stop(self) -> None:
        """End every question that is not finished; what runs is told to stop."""
        self._unclaimed.clear()
        for exchange in self.exchanges:
            if not exchange.finished:
                self.put(replace(exchange, status="stopped"))
        for event in self._stops.values():
            event.set()
        self._stops = {}

    def forget(self) -> None:
        """Stop, and start afresh."""
        self.stop()
        self._exchanges, self.shown, self.page = {}, 0, Page()

    def running(self, before: int | None = None) -> bool:
        """Whether any question, or any with a number below ``before``, is not finished."""
        return any(not e.finished for e in self.exchanges if before is None or e.number < before)

    def history(self, before: int) -> tuple[Turn, ...]:
        """Return the answered questions with a number below ``before`` as turns, oldest first."""
        turns: list[Turn] = []
        for exchange in self.exchanges:
            if exchange.answer is not None and exchange.number < before:
                turns += [("user", exchange.question), ("assistant", exchange.answer.text)]
        return tuple(turns)
