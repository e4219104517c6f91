"""Serves the chat page on a free port of this computer for the length of a test."""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any
from unittest.mock import patch

from rag.chat import Engine, build
from rag.page_guard import launch_options
from tests.fakes_chat import TODAY

CHROMIUM = "/usr/bin/chromium"
ARGUMENTS = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]


def free_port() -> int:
    """A port that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@contextmanager
def tidy_loops() -> Iterator[None]:
    """Close the event loops that Gradio makes and drops, which would warn whenever they are collected."""
    made: list[asyncio.AbstractEventLoop] = []
    new_event_loop = asyncio.new_event_loop

    def recorded() -> asyncio.AbstractEventLoop:
        made.append(new_event_loop())
        return made[-1]

    try:
        with patch("asyncio.new_event_loop", recorded):
            yield
    finally:
        asyncio.set_event_loop(None)
        for loop in made:
            loop.close()


@contextmanager
def served(engine: Engine, feedback: Path | None = None, today: date = TODAY) -> Iterator[Any]:
    """The page over the engine, as gr.Blocks; its address is ``local_url``."""
    with tidy_loops():
        page = build(engine, feedback=feedback, today=lambda: today)
        options = launch_options()
        page.launch(server_name="127.0.0.1", server_port=free_port(), prevent_thread_lock=True, **options)
        try:
            yield page
        finally:
            page.close(verbose=False)
