"""How far long work is: bars on a terminal, a line now and then elsewhere."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

from rich.console import Console
from rich.progress import (
    BarColumn,
    Progress,
    SpinnerColumn,
    TextColumn,
    TimeElapsedColumn,
    TimeRemainingColumn,
)

TOLD_FROM = 500  # steps of a stage that is worth a line


@contextmanager
def bar(console: Console) -> Iterator[Progress]:
    """Open a place for bars that leaves nothing behind; none are drawn where there is no terminal."""
    columns = (SpinnerColumn(), TextColumn("{task.description}"), BarColumn(), TimeElapsedColumn())
    with Progress(
        *columns, TimeRemainingColumn(), console=console, transient=True, disable=not console.is_terminal
    ) as progress:
        yield progress


def reporter(progress: Progress) -> Callable[[str, int, int], None]:
    """Return a callback that draws one bar for each label; a total of 0 is drawn as a pulse."""
    bars: dict[str, Any] = {}

    def report(label: str, done: int, total: int) -> None:
        if not progress.console.is_terminal:
            _tell(progress.console, label, done, total)
            return
        if label not in bars:
            for bar in bars.values():
                progress.update(bar, visible=False)
            bars[label] = progress.add_task(label, total=None)
        progress.update(bars[label], completed=done, total=total or None)

    return report


def _tell(console: Console, label: str, done: int, total: int) -> None:
    """Say where a long stage is, a line for each tenth of it, where no bar can be drawn."""
    tenth = total // 10
    if total >= TOLD_FROM and done // tenth > (done - 1) // tenth:
        console.print(f"{label}: {done:,} of {total:,}")
