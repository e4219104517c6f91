"""Ending a computation that cannot be closed from outside: it asks at each step whether to go on. Pure.

What runs under ``stopping_when`` need not hand the question down: it belongs to the thread's context.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar


class Stopped(Exception):  # noqa: N818  # no error: somebody did not want the result any more
    """The computation was ended because it was asked to."""


_asked: ContextVar[Callable[[], bool] | None] = ContextVar("asked", default=None)


@contextmanager
def stopping_when(asked: Callable[[], bool]) -> Iterator[None]:
    """Let ``go_on`` raise Stopped inside, in this thread, from when ``asked`` returns True."""
    before = _asked.set(asked)
    try:
        yield
    finally:
        _asked.reset(before)


def go_on() -> None:
    """Raise Stopped when this computation was asked to stop; costs nothing otherwise."""
    asked = _asked.get()
    if asked is not None and asked():
        raise Stopped
