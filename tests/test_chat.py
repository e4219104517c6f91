"""The page as Gradio serves it: its endpoints, its privacy, and who may open it. No browser."""

from __future__ import annotations

import asyncio
import json
import re
import subprocess
import sys
import urllib.error
import urllib.request
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

import pytest

from rag.chat import serve
from rag.errors import UsageError
from rag.page_auth import password_line
from rag.page_guard import POLICY, Guard, Message, is_loopback, requested_host
from tests.fakes_chat import FERRY_ANSWER, FakeEngine
from tests.page_server import free_port, served, tidy_loops


@pytest.fixture(scope="module")
def page() -> Iterator[Any]:
    """The page, served on a free port of this computer."""
    with served(FakeEngine()) as built:
        yield built


def get(url: str, **headers: str) -> tuple[int, dict[str, str], str]:
    """Status, headers and body of a GET."""
    try:
        with urllib.request.urlopen(urllib.request.Request(url, headers=headers)) as reply:  # noqa: S310
            return reply.status, dict(reply.headers), reply.read().decode()
    except urllib.error.HTTPError as error:
        with error:
            return error.code, dict(error.headers), error.read().decode()


# Endpoints


def test_programs_find_two_named_endpoints_with_typed_parameters(page: Any) -> None:
    info = json.loads(get(f"{page.local_url}gradio_api/info")[2])
    assert sorted(info["named_endpoints"]) == ["/ask", "/search"]
    assert info["unnamed_endpoints"] == {}
    search, ask = info["named_endpoints"]["/search"], info["named_endpoints"]["/ask"]
    names = [(p["parameter_name"], p["python_type"]["type"]) for p in search["parameters"]]
    optional = [(n, "None | str") for n in ("source", "published_from", "published_to")]
    assert names == [("question", "str"), ("k", "int"), *optional]
    assert [p["parameter_name"] for p in ask["parameters"]] == ["question", *(n for n, _ in optional)]
    assert search["description"].startswith("Find the passages of the news articles")


def test_the_endpoints_answer_a_client(page: Any) -> None:
    from gradio_client import Client  # type: ignore[import-untyped]

    client = Client(page.local_url, verbose=False)
    found = client.predict(question="How many passengers?", k=2, api_name="/search")
    assert [h["article_id"] for h in found] == ["ferry-undated", "ferry-2023"]
    assert client.predict("How many passengers?", 9, "The Halvik Post", api_name="/search")[0]["rank"] == 3
    answer = client.predict(question="How many passengers?", api_name="/ask")
    assert answer["answer"] == FERRY_ANSWER.text
    assert [len(s["citations"]) for s in answer["statements"]] == [1, 2]
    client.close()


def test_language_models_find_the_same_two_tools(page: Any) -> None:
    from mcp import ClientSession
    from mcp.client.streamable_http import streamable_http_client

    async def use() -> tuple[dict[str, Any], Any]:
        where = f"{page.local_url}gradio_api/mcp/"
        async with (
            streamable_http_client(where) as (read, write, _),
            ClientSession(read, write) as session,
        ):
            await session.initialize()
            tools = {tool.name: tool for tool in (await session.list_tools()).tools}
            return tools, await session.call_tool("search", {"question": "How many passengers?", "k": 2})

    tools, found = asyncio.run(use())
    assert sorted(tools) == ["ask", "search"]
    assert tools["ask"].description.startswith("Answer a question from the news articles")
    assert tools["search"].inputSchema["required"] == ["question"]
    assert tools["search"].inputSchema["properties"]["k"]["description"] == (
        "how many passages to return, 100 at most"
    )
    assert not found.isError
    assert "ferry-2023" in found.content[0].text


def test_eight_programs_at_once_each_get_their_own_answer(page: Any) -> None:
    from gradio_client import Client

    def asks(number: int) -> list[tuple[str, str]]:
        client = Client(page.local_url, verbose=False)
        questions = [f"How many passengers, asks {number} for the {n}th time?" for n in range(4)]
        replies = [client.predict(question=q, api_name="/ask")["question"] for q in questions]
        client.close()
        return list(zip(questions, replies, strict=True))

    with ThreadPoolExecutor(8) as visitors:
        pairs = [pair for result in visitors.map(asks, range(8)) for pair in result]
    assert len(pairs) == 32
    assert [asked for asked, _ in pairs] == [answered for _, answered in pairs]


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"question": "fail"}, "run rag models pull"),
        ({"question": "Why?", "published_from": "soon"}, "'soon' is not a date. Write it as 2024-05-31."),
        ({"question": "Why?", "published_from": "2025-01-02", "published_to": "2025-01-01"}, "run backwards"),
    ],
)
def test_a_client_is_told_what_is_wrong(page: Any, given: dict[str, str], message: str) -> None:
    from gradio_client import Client
    from gradio_client.exceptions import AppError  # type: ignore[import-untyped]

    client = Client(page.local_url, verbose=False)
    with pytest.raises(AppError, match=re.escape(message)):
        client.predict(**given, api_name="/ask")
    client.close()


# Privacy


def test_nothing_is_reported_recorded_or_shared(page: Any) -> None:
    config = json.loads(get(f"{page.local_url}config")[2])
    assert config["analytics_enabled"] is False
    assert config["run_history"] is False
    assert page.share is False
    assert page.share_url is None
    assert page.enable_monitoring is False
    assert get(f"{page.local_url}monitoring")[0] in (403, 404)
    # Nothing but the two endpoints can be called by name, and no component offers to share.
    assert {
        d["api_visibility"] for d in config["dependencies"] if d["api_name"] not in ("ask", "search")
    } == {"private"}
    assert "share" not in json.dumps([c["props"].get("buttons") for c in config["components"]])


def test_the_page_may_load_nothing_from_elsewhere(page: Any) -> None:
    status, headers, body = get(page.local_url)
    assert status == 200
    assert headers["content-security-policy"] == POLICY
    assert headers["referrer-policy"] == "no-referrer"
    assert re.findall(r"(?:src|href)=[\"'](https?:)?//(?!127\.0\.0\.1)", body) == []
    assert "http" not in POLICY


def test_a_page_under_another_name_is_refused(page: Any) -> None:
    status, _, body = get(page.local_url, Host="evil.example")
    assert (status, body) == (421, "This page answers only under the name it was started with.")
    assert get(page.local_url, Host="localhost")[0] == 200


@pytest.mark.parametrize(
    ("header", "host"),
    [(b"a.example:80", "a.example"), (b"127.0.0.1", "127.0.0.1"), (b"[::1]:7860", "::1"), (b"", "")],
)
def test_the_host_that_a_request_names(header: bytes, host: str) -> None:
    assert requested_host({"headers": [(b"accept", b"*/*"), (b"host", header)]}) == host


def test_the_guard_lets_any_name_in_where_passwords_are_asked_for() -> None:
    sent: list[Message] = []

    async def app(scope: Message, receive: Any, send: Any) -> None:
        await send({"type": "http.response.start", "status": 200, "headers": []})

    async def send(message: Message) -> None:
        sent.append(message)

    async def receive() -> Message:
        return {}

    scope = {"type": "http", "headers": [(b"host", b"desk.example")]}
    for hosts in (None, frozenset({"127.0.0.1"})):
        with pytest.raises(StopIteration):  # it awaits nothing but the two above, so one step runs it through
            Guard(app, hosts)(scope, receive, send).send(None)
    assert [m["status"] for m in sent if "status" in m] == [200, 421]


def test_importing_the_page_loads_no_gradio() -> None:
    code = "import sys, rag.chat; print(sorted({'gradio', 'torch', 'starlette'} & set(sys.modules)))"
    assert subprocess.run([sys.executable, "-c", code], capture_output=True, text=True).stdout == "[]\n"


# Who may open it


@pytest.mark.parametrize(
    ("host", "here"),
    [
        ("127.0.0.1", True),
        ("localhost", True),
        ("::1", True),
        ("[::1]", True),
        ("127.9.9.9", True),
        ("0.0.0.0", False),  # noqa: S104
        ("192.168.1.4", False),
        ("desk.example", False),
        ("", False),
    ],
)
def test_which_addresses_are_this_computer(host: str, here: bool) -> None:
    assert is_loopback(host) is here


def test_other_computers_are_let_in_only_with_passwords() -> None:
    with pytest.raises(UsageError, match=r"0\.0\.0\.0 lets other computers in.*--auth FILE"):
        serve(FakeEngine(), "0.0.0.0", 7860)  # noqa: S104


def test_a_port_that_is_taken_is_named(page: Any) -> None:
    with pytest.raises(UsageError, match=f"port {page.server_port} on 127.0.0.1 cannot be opened"):
        serve(FakeEngine(), "127.0.0.1", page.server_port)


def test_with_passwords_nobody_sees_anything_without_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    passwords = tmp_path / "passwords"
    passwords.write_text(password_line("ann", "secret"), encoding="utf-8")
    seen: list[tuple[int, int, int]] = []

    def look(address: str) -> None:
        outside = get(f"{address}gradio_api/info")[0]
        seen.append((outside, log_in(address, "ann", "guess"), log_in(address, "ann", "secret")))
        raise KeyboardInterrupt  # as the user presses Ctrl+C

    with tidy_loops():
        serve(FakeEngine(), "127.0.0.1", free_port(), passwords, ready=look)
    assert seen == [(401, 400, 200)]


def log_in(address: str, user: str, password: str) -> int:
    form = f"username={user}&password={password}".encode()
    try:
        with urllib.request.urlopen(urllib.request.Request(f"{address}login", data=form)) as reply:  # noqa: S310
            return int(reply.status)
    except urllib.error.HTTPError as error:
        with error:
            return error.code
