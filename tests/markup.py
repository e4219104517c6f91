"""Markup read as a browser would, and the first exchange of a visit."""

from __future__ import annotations

from dataclasses import replace
from html.parser import HTMLParser

from rag.page_visit import Exchange
from tests.fakes_chat import (
    scripted,
)

VOID = {"input", "br", "hr", "img"}


class Reader(HTMLParser):
    """Reads markup as a browser would: its text, its marks, its tags, and whether they are well nested."""

    def __init__(self, markup: str) -> None:
        super().__init__()
        self.text = ""
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.marks: list[tuple[list[int], str]] = []
        self._open: list[str] = []
        self.feed(markup)
        self.close()
        assert self._open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self._open.append(tag)
        if tag == "mark":
            self.marks.append(([int(n) for n in (dict(attrs)["data-n"] or "").split()], ""))

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop() == tag

    def handle_data(self, data: str) -> None:
        self.text += data
        if "mark" in self._open:
            numbers, before = self.marks[-1]
            self.marks[-1] = (numbers, before + data)

    def all(self, tag: str, class_: str | None = None) -> list[dict[str, str | None]]:
        """The attributes of every such element."""
        found = [attrs for name, attrs in self.tags if name == tag]
        return [a for a in found if class_ is None or class_ in (a.get("class") or "").split()]


def answered(question: str = "How many passengers?", **changes: object) -> Exchange:
    """The first exchange of a visit, answered by the script."""
    return replace(
        Exchange(1, question, status="answered", answer=scripted(question, None), seconds=2.345),
        **changes,  # type: ignore[arg-type]
    )
