"""How long each stage of an answer took."""

from __future__ import annotations

import time

from rag.types import Seconds


class Clock:
    """Wall-clock seconds of the stages."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._first: float | None = None
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        """End a stage: "retrieve", "generate" or "ground"."""
        now = time.perf_counter()
        self._laps[stage] = now - self._last
        self._last = now

    def first_token(self) -> None:
        """Note when the first word was written; only the first call counts."""
        if self._first is None:
            self._first = time.perf_counter() - self._start

    def seconds(self) -> Seconds:
        """Return what was measured so far."""
        return Seconds(**self._laps, first_token=self._first, total=time.perf_counter() - self._start)
