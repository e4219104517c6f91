"""What keeps the chat page to this computer: launch flags, headers, and a check of the host asked for.

Nothing is loaded from, or sent to, elsewhere, and the browser is told to hold the page to that.
"""

from __future__ import annotations

import ipaddress
import socket
from collections.abc import Awaitable, Callable, MutableMapping
from importlib import metadata, resources
from typing import Any

from rag.errors import UsageError

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

# Gradio compiles its templates in the page, hence 'unsafe-eval'. What counts: no other host is named.
POLICY = "; ".join(
    (
        "default-src 'self'",
        "script-src 'self' 'unsafe-inline' 'unsafe-eval' blob:",
        "style-src 'self' 'unsafe-inline'",
        "img-src 'self' data: blob:",
        "font-src 'self' data:",
        "media-src 'self' blob:",
        "worker-src 'self' blob:",
        "frame-src 'none'",
        "object-src 'none'",
        "base-uri 'self'",
        "form-action 'self'",
        "frame-ancestors 'none'",
    )
)
_HEADERS = (
    (b"content-security-policy", POLICY.encode()),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
)


def is_loopback(host: str) -> bool:
    """Whether the address can be reached from this computer only."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return False


def check_port(host: str, port: int) -> None:
    """Raise UsageError when the port cannot be opened on the host."""
    host = host.strip("[]")
    try:
        socket.create_server((host, port), family=socket.AF_INET6 if ":" in host else socket.AF_INET).close()
    except (OSError, OverflowError) as error:
        raise UsageError(f"port {port} on {host} cannot be opened; choose another with --port") from error


def launch_options(only_host: str | None = "127.0.0.1") -> dict[str, Any]:
    """Return what ``gr.Blocks.launch`` needs for the page's looks and privacy.

    ``only_host`` refuses requests that name another host, which keeps other sites from reading the articles
    through the reader's own browser; None accepts any name. Tools for language models (MCP) are offered when
    version 1 of the ``mcp`` package is installed, the one that Gradio knows.
    """
    from starlette.middleware import Middleware

    hosts = None if only_host is None else frozenset({only_host.strip("[]"), "127.0.0.1", "localhost", "::1"})
    style, script = (_asset(name) for name in ("chat.css", "chat.js"))
    return {
        # In the head, word for word: what launch(css=...) takes is rewritten and loses its media queries.
        "head": f"<style>{style}</style><script>{script}</script>",
        "theme": "base",
        "app_kwargs": {"middleware": [Middleware(Guard, hosts=hosts)]},
        "footer_links": ["api"],
        "run_history": False,
        "enable_monitoring": False,
        "share": False,
        "pwa": False,
        "ssr_mode": False,
        "mcp_server": _installed("mcp").startswith("1."),
        "max_file_size": "20mb",
        "state_session_capacity": 200,  # Gradio never lets go of a visitor's page sooner
        "quiet": True,
    }


def _installed(distribution: str) -> str:
    """The version of an installed distribution; empty when it is not installed."""
    try:
        return metadata.version(distribution)
    except metadata.PackageNotFoundError:
        return ""


def _asset(name: str) -> str:
    return resources.files("rag").joinpath(name).read_text(encoding="utf-8")


class Guard:
    """Answers only requests for ``hosts`` (None: any) and forbids the page every other origin."""

    def __init__(self, app: App, hosts: frozenset[str] | None) -> None:
        self._app = app
        self._hosts = hosts

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Pass a request on, or refuse it with 421."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
        elif self._hosts is not None and requested_host(scope) not in self._hosts:
            await _refuse(send)
        else:
            await self._app(scope, receive, _with_headers(send))


def requested_host(scope: Message) -> str:
    """Return the host that a request names, without its port and brackets."""
    named = next((value for key, value in scope["headers"] if key == b"host"), b"").decode("latin-1")
    if named.startswith("["):
        return named[1:].partition("]")[0]
    return named.partition(":")[0]


def _with_headers(send: Send) -> Send:
    async def send_with_headers(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", ()), *_HEADERS]}
        await send(message)

    return send_with_headers


async def _refuse(send: Send) -> None:
    body = b"This page answers only under the name it was started with."
    headers = [(b"content-type", b"text/plain; charset=utf-8"), (b"content-length", str(len(body)).encode())]
    await send({"type": "http.response.start", "status": 421, "headers": headers})
    await send({"type": "http.response.body", "body": body})
