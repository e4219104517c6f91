"""Pytest plugin: visits of the page in a real browser, over the scripted engine."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.fakes_chat import FakeEngine
from tests.page_server import ARGUMENTS, CHROMIUM, served

DESK, PHONE = {"width": 1280, "height": 860}, {"width": 390, "height": 844}
FERRY = "How many passengers does the Halvik ferry carry?"
SLOW = "How many passengers does the slow ferry carry?"
HARBOUR = "Who leads the harbour authority?"

Open = Callable[..., Any]


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    if not Path(CHROMIUM).exists():
        pytest.skip(f"{CHROMIUM} is not installed")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=ARGUMENTS)
        yield opened
        opened.close()


@pytest.fixture(scope="module")
def feedback(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return tmp_path_factory.mktemp("feedback") / "feedback.jsonl"


@pytest.fixture(scope="module")
def served_engine(browser: Any, feedback: Path) -> Iterator[tuple[FakeEngine, str]]:
    engine = FakeEngine()
    with served(engine, feedback) as page:
        yield engine, page.local_url


@pytest.fixture
def engine(served_engine: tuple[FakeEngine, str]) -> Iterator[FakeEngine]:
    """The engine behind the page; what is slow waits until ``gate`` is set."""
    engine = served_engine[0]
    engine.gate.clear()
    engine.closed.clear()
    engine.asked.clear()
    yield engine
    engine.gate.set()


@pytest.fixture
def visit(browser: Any, served_engine: tuple[FakeEngine, str], engine: FakeEngine) -> Iterator[Open]:
    """Opens the page as a new visitor. At the end, nothing may have been asked of any other host, no error
    logged, and no dialog opened.
    """
    contexts: list[Any] = []
    trouble: list[str] = []

    def dismiss(dialog: Any) -> None:
        trouble.append(dialog.message)
        dialog.dismiss()

    def open_page(size: dict[str, int] = DESK, **options: Any) -> Any:
        context = browser.new_context(viewport=size, reduced_motion="reduce", **options)
        contexts.append(context)
        page = context.new_page()
        page.set_default_timeout(15_000)
        page.on("request", lambda r: trouble.extend([r.url] if _goes_out(r.url) else []))
        page.on("console", lambda m: trouble.extend([m.text] if m.type == "error" else []))
        page.on("pageerror", lambda e: trouble.append(str(e)))
        page.on("dialog", dismiss)
        page.goto(served_engine[1])
        page.wait_for_selector(".welcome")
        return page

    yield open_page
    for context in contexts:
        context.close()
    assert trouble == []


def _goes_out(url: str) -> bool:
    return not url.startswith(("http://127.0.0.1:", "data:", "blob:"))


def ask(page: Any, question: str) -> None:
    page.get_by_label("Your question").fill(question)
    page.keyboard.press("Enter")


def answered(page: Any, count: int = 1) -> Any:
    """The last of so many answers, once it is there."""
    page.wait_for_selector(f".exchange.answered >> nth={count - 1}")
    return page.locator(".exchange.answered").nth(count - 1)
