"""The desk before the model: one answer at a time, first come first served, and everyone sees their place.

Knows nothing of the page or of what an answer is made of. Each answer runs in a thread of its own, so that it
can be abandoned at once when its reader leaves; the model's place is free again when the model has stopped.
"""

from __future__ import annotations

import logging
import queue
import threading
import time
from collections.abc import Callable, Generator, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress

from rag.errors import RagError
from rag.page_visit import Failed, Step, Waiting
from rag.stopping import Stopped, stopping_when
from rag.types import Draft, Progress, Searched

log = logging.getLogger(__name__)

PROGRAM_FAILED = (
    "The program failed on this question. Its log says why; the other questions are not affected."
)
_STOP_POLL = 0.1  # seconds between looks at the stop flag while waiting in line
_DRAFT_GAP = 0.12  # seconds: eight pictures of a growing draft a second read as smooth and cost little


class Ticket:
    """A place in the line; setting ``stop`` gives it up."""

    def __init__(self) -> None:
        self.stop = threading.Event()


class Line:
    """First come, first served."""

    def __init__(self) -> None:
        self._tickets: list[Ticket] = []
        self._moved = threading.Condition()

    def join(self) -> Ticket:
        """Take the last place."""
        ticket = Ticket()
        with self._moved:
            self._tickets.append(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give the place up; those behind move on."""
        with self._moved:
            if ticket in self._tickets:
                self._tickets.remove(ticket)
            self._moved.notify_all()

    def wait(self, ticket: Ticket, tell: Callable[[Step], None]) -> bool:
        """Wait for the ticket's turn, telling each change of place; False when it was stopped first."""
        told = -1
        with self._moved:
            while not ticket.stop.is_set():
                ahead = self._tickets.index(ticket)
                if ahead != told:
                    tell(Waiting(ahead))
                    told = ahead
                if ahead == 0:
                    return True
                self._moved.wait(_STOP_POLL)
        return False


class Desk:
    """Runs answers one at a time; ``beat`` is the longest silence between steps, in seconds."""

    def __init__(self, beat: float = 0.25, draft_gap: float = _DRAFT_GAP) -> None:
        self._beat = beat
        self._draft_gap = draft_gap
        self._line = Line()
        self._tickets: set[Ticket] = set()
        self._pool = ThreadPoolExecutor(max_workers=64, thread_name_prefix="answer")

    def join(self) -> Ticket:
        """Take the last place in the line; ``follow`` or ``leave`` must be called with it."""
        ticket = self._line.join()
        self._tickets.add(ticket)
        return ticket

    def leave(self, ticket: Ticket) -> None:
        """Give a place up that ``follow`` was not called with."""
        self._line.leave(ticket)
        self._tickets.discard(ticket)

    def follow(
        self, ticket: Ticket, start: Callable[[], Iterator[Progress]], search_first: bool = True
    ) -> Iterator[Step | None]:
        """Yield the steps of an answer as they come, and None after each silent ``beat``.

        ``search_first`` lets the search run before the ticket's turn, so that its passages are there while
        the reader waits for the model. Closing the iterator, or the ticket's stop flag, abandons the answer.
        """
        inbox: queue.SimpleQueue[Step] = queue.SimpleQueue()
        work = self._pool.submit(self._work, ticket, start, search_first, inbox.put)
        try:
            while not ticket.stop.is_set() and not (work.done() and inbox.empty()):
                yield _next(inbox, self._beat)
            if not ticket.stop.is_set() and (problem := _problem(work)):
                yield Failed(problem)
        finally:
            ticket.stop.set()
            self._tickets.discard(ticket)

    def close(self) -> None:
        """Stop every answer and wait for the threads to end."""
        for ticket in tuple(self._tickets):
            ticket.stop.set()
        self._pool.shutdown(cancel_futures=True)

    def _work(
        self,
        ticket: Ticket,
        start: Callable[[], Iterator[Progress]],
        search_first: bool,
        tell: Callable[[Step], None],
    ) -> None:
        try:
            if search_first or self._line.wait(ticket, tell):
                with suppress(Stopped), stopping_when(ticket.stop.is_set):
                    self._run(ticket, start(), tell)
        finally:
            self._line.leave(ticket)

    def _run(self, ticket: Ticket, steps: Iterator[Progress], tell: Callable[[Step], None]) -> None:
        told = 0.0
        try:
            for step in steps:
                if not isinstance(step, Draft) or time.monotonic() - told >= self._draft_gap:
                    tell(step)
                    told = time.monotonic()
                if ticket.stop.is_set() or (isinstance(step, Searched) and not self._line.wait(ticket, tell)):
                    return
        finally:
            if isinstance(steps, Generator):
                steps.close()


def _next(inbox: queue.SimpleQueue[Step], beat: float) -> Step | None:
    try:
        return inbox.get(timeout=beat)
    except queue.Empty:
        return None


def _problem(work: Future[None]) -> str:
    """What to tell the reader about a failure; "" when there was none."""
    error = work.exception()
    if error is None or isinstance(error, RagError):
        return str(error or "")
    log.error("An answer failed", exc_info=error)
    return PROGRAM_FAILED
