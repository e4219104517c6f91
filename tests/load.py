"""Visitors who ask the real page all at once, for minutes: `make load`. Not a test: it takes as long as it is
told to, and measures.

Each visitor is a browser of their own on the page of a server process of its own. First one asks alone, and
one of two stops; then all ask different questions, one after another. Nobody may see an error or another's
answer, and when all have gone the server's memory should be what it was after its first answers.
"""

from __future__ import annotations

import argparse
import json
import signal
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.page_server import ARGUMENTS, CHROMIUM, free_port

QUESTIONS = Path(__file__).parents[1] / "eval" / "questions.jsonl"
WARM = 3  # questions before memory is read for the first time
SETTLED = 10.0  # seconds after the last question before it is read for the last time
REPORTED = 4  # lines that say no fault
LOOK = 0.5  # seconds between two looks at all visitors


@dataclass
class Visitor:
    """One browser and what came of its questions."""

    page: Any
    questions: list[str]
    asked: int = 0
    answered: int = 0
    stopped: int = 0
    faults: list[str] = field(default_factory=list)

    def ask(self) -> None:
        """Type the next question."""
        question = self.questions[self.asked % len(self.questions)]
        self.asked += 1
        self.page.get_by_label("Your question").fill(question)
        self.page.keyboard.press("Enter")

    def look(self) -> bool:
        """Whether the last question is finished; what is wrong with the answer is kept."""
        done = self.page.locator(".exchange.answered, .exchange.failed").count()
        if done + self.stopped < self.asked:
            return False
        last = self.page.locator(".exchange").nth(self.asked - 1)
        asked = self.questions[(self.asked - 1) % len(self.questions)]
        if last.locator(".question").inner_text() != asked:
            self.faults.append(f"{asked!r}: another question stands there")
        if last.locator(".answer").count() != 1:
            self.faults.append(f"{asked!r}: {last.inner_text()}")
        self.answered += 1
        return True


@contextmanager
def server(index: Path, model: str) -> Iterator[tuple[int, str]]:
    """`rag chat` in a process of its own: its number and address."""
    port = free_port()
    address = f"http://127.0.0.1:{port}"
    command = [
        sys.executable,
        "-m",
        "rag",
        "chat",
        "--index",
        str(index),
        "--model",
        model,
        "--port",
        str(port),
    ]
    process = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    try:
        _wait_for(address, process)
        yield process.pid, address
    finally:
        process.send_signal(signal.SIGINT)
        process.wait(60)


def _wait_for(address: str, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + 180
    while time.monotonic() < until and process.poll() is None:
        try:
            urllib.request.urlopen(address, timeout=5).close()  # noqa: S310  # our own server
        except (urllib.error.URLError, OSError):
            time.sleep(0.5)
        else:
            return
    raise SystemExit(f"the page at {address} did not open; run `make index` and see what it says")


def memory(pid: int) -> int:
    """The process's resident memory in MB."""
    shown = subprocess.run(["ps", "-o", "rss=", "-p", str(pid)], capture_output=True, text=True, check=True)
    return int(shown.stdout) // 1024


def spread(visitors: int) -> list[list[str]]:
    """Our questions without a history, dealt out so that no two visitors ask the same."""
    rows = [json.loads(line) for line in QUESTIONS.read_text(encoding="utf-8").splitlines()]
    questions = list(dict.fromkeys(row["question"] for row in rows if not row.get("history")))
    return [questions[place::visitors] for place in range(visitors)]


def run(browser: Any, pid: int, address: str, count: int, seconds: float) -> list[str]:
    """Let visitors ask for so long; return what is to be said of it, faults first."""
    visitors = [Visitor(_opened(browser, address), questions) for questions in spread(count)]
    alone = [_timed(visitors[0]) for _ in range(WARM)]
    freed = _stopped(visitors[0], visitors[1])
    before, most = memory(pid), 0
    answered = [visitor.answered for visitor in visitors]
    for visitor in visitors:
        visitor.ask()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        for visitor in visitors:
            if visitor.look():
                visitor.ask()
        most = max(most, memory(pid))
        time.sleep(LOOK)
    for visitor in visitors:
        visitor.page.context.close()  # their questions end with them
    time.sleep(SETTLED)
    after = memory(pid)
    faults = [fault for visitor in visitors for fault in visitor.faults]
    given = [v.answered - before_them for v, before_them in zip(visitors, answered, strict=True)]
    return [
        *faults,
        f"{WARM} questions alone: headlines after {_listed(h for h, _ in alone)} s, "
        f"answers after {_listed(a for _, a in alone)} s",
        f"a generation that is stopped leaves the model to the next after {freed:.1f} s",
        f"{count} visitors, {seconds:.0f} s: {sum(given)} answers ({', '.join(map(str, given))}), "
        f"{len(faults)} faults",
        f"memory of the server: {before} MB before, {most} MB at most, {after} MB {SETTLED:.0f} s after",
    ]


def _timed(visitor: Visitor) -> tuple[float, float]:
    """Ask a question; return the seconds to the first headline and to the answer."""
    began = time.monotonic()
    visitor.ask()
    visitor.page.wait_for_selector(f'#sources .panel[data-turn="{visitor.asked}"] .card')
    headlines = time.monotonic() - began
    _finish(visitor)
    return headlines, time.monotonic() - began


def _finish(visitor: Visitor) -> None:
    while not visitor.look():
        time.sleep(LOOK / 5)


def _stopped(one: Visitor, other: Visitor) -> float:
    """Let one of two visitors stop; return the seconds until the other's question is no longer waiting."""
    one.ask()
    one.page.wait_for_selector(".exchange.reading")
    other.ask()
    other.page.wait_for_selector("text=Waiting: 1 question ahead")
    began = time.monotonic()
    one.page.get_by_role("button", name="Stop").click()
    other.page.wait_for_selector(".exchange.reading, .exchange.drafting, .exchange.answered")
    freed = time.monotonic() - began
    one.stopped += 1
    _finish(other)
    return freed


def _listed(seconds: Iterable[float]) -> str:
    return ", ".join(f"{s:.1f}" for s in seconds)


def _opened(browser: Any, address: str) -> Any:
    page = browser.new_context(reduced_motion="reduce").new_page()
    page.set_default_timeout(60_000)
    page.goto(address)
    page.wait_for_selector(".welcome")
    return page


def main(arguments: Sequence[str]) -> None:
    """Run it and say what came of it; exit 1 when anybody saw a fault."""
    from playwright.sync_api import sync_playwright

    parser = argparse.ArgumentParser(prog="tests.load", description=__doc__)
    parser.add_argument("--visitors", type=int, default=8)
    parser.add_argument("--seconds", type=float, default=180)
    parser.add_argument("--model", default="qwen-1.5b")
    parser.add_argument("--index", type=Path, default=Path("index"))
    options = parser.parse_args(arguments)
    with server(options.index, options.model) as (pid, address), sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        lines = run(browser, pid, address, options.visitors, options.seconds)
        browser.close()
    sys.stdout.write("\n".join(lines) + "\n")
    if len(lines) > REPORTED:
        raise SystemExit(1)


if __name__ == "__main__":
    main(sys.argv[1:])
