"""Pytest plugin: ``--screenshots DIR`` keeps pictures of the page's main states as its tests pass them."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

Shoot = Callable[[Any, str], None]


def pytest_addoption(parser: pytest.Parser) -> None:
    parser.addoption("--screenshots", metavar="DIR", help="keep pictures of the chat page in this folder")


@pytest.fixture
def shoot(request: pytest.FixtureRequest) -> Shoot:
    """Keeps a picture of a page under a name; does nothing unless the option is given."""
    folder = request.config.getoption("--screenshots")

    def keep(page: Any, name: str) -> None:
        if folder:
            Path(folder).mkdir(parents=True, exist_ok=True)
            page.screenshot(path=Path(folder) / f"chat-{name}.png")

    return keep
