"""HTML that is escaped by construction: a text becomes markup only through ``el``. Pure."""

from __future__ import annotations

from collections.abc import Iterable
from html import escape

VOID = frozenset({"br", "col", "hr", "img", "input", "link", "meta"})


class Html(str):
    """A piece of finished markup; any other text is escaped where it is put."""

    __slots__ = ()


def el(tag: str, *children: str | Iterable[str] | None, **attributes: str | float | bool | None) -> Html:
    """Return an element. Texts among the children are escaped, and so is every attribute's value.

    ``class_`` and ``for_`` lose their underscore, other underscores become hyphens; an attribute that is
    None or False is left out, one that is True stands without a value. A None among the children is nothing.
    """
    given = [(_name(k), v) for k, v in attributes.items() if v is not None and v is not False]
    head = "".join(f" {k}" if v is True else f' {k}="{escape(str(v))}"' for k, v in given)
    if tag in VOID:
        return Html(f"<{tag}{head}>")
    return Html(f"<{tag}{head}>{join(*children)}</{tag}>")


def join(*children: str | Iterable[str] | None) -> Html:
    """Return texts and markup one after the other, the texts escaped."""
    return Html("".join(_piece(child) for child in children))


def _name(name: str) -> str:
    return name.removesuffix("_").replace("_", "-")


def _piece(child: str | Iterable[str] | None) -> str:
    if child is None:
        return ""
    if isinstance(child, Html):
        return str(child)
    if isinstance(child, str):
        return escape(child)
    return "".join(_piece(each) for each in child)
