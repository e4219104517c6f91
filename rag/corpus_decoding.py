"""Bytes to text: UTF-8 only, with a good guess at what else a file might be; web pages name their encoding.

Pure.
"""

from __future__ import annotations

import codecs
import email
import email.policy
import re
from typing import cast

_MARKS = (
    (codecs.BOM_UTF32_LE, "UTF-32"), (codecs.BOM_UTF32_BE, "UTF-32"),
    (codecs.BOM_UTF16_LE, "UTF-16"), (codecs.BOM_UTF16_BE, "UTF-16"),
)  # fmt: skip
_FORMATS = (
    (b"%PDF", "a PDF file"), (b"PK\x03\x04", "a zip or Office file"), (b"\x89PNG", "a picture"),
    (b"\xff\xd8\xff", "a picture"), (b"GIF8", "a picture"), (b"\x1f\x8b", "a compressed file"),
    (b"{\\rtf", "an RTF file"), (b"\xd0\xcf\x11\xe0", "an Office file"), (b"\x7fELF", "a program"),
)  # fmt: skip
_CHARSET = re.compile(rb"<meta\b[^>]*?\bcharset\s*=\s*[\"']?\s*([\w.:-]+)", re.IGNORECASE)
_HEAD = 4096  # bytes of a page within which it names its encoding
_CONTROLS = frozenset(range(32)) - {9, 10, 12, 13, 27}  # tab, line ends, form feed and escape occur in texts


class UndecodableError(ValueError):
    """The bytes are no UTF-8 text; the message says what they seem to be and the remedy, about "FILE"."""


def decode(data: bytes) -> str:
    """Return the text of a file in UTF-8, a byte order mark dropped.

    Raises UndecodableError when it is empty, binary, or in another encoding, which is then named.
    """
    if not data.strip():
        raise UndecodableError("is empty; add the article or remove the file")
    kind = next((name for mark, name in _FORMATS if data.startswith(mark)), None)
    if kind:
        raise UndecodableError(f"is {kind}, not text; save the article as UTF-8 text")
    wide = _wide_encoding(data)
    if wide:
        raise UndecodableError(f"is {wide}, not UTF-8; {_iconv(wide)}")
    if sum(byte in _CONTROLS for byte in data[:65536]) > len(data[:65536]) // 1000:
        raise UndecodableError("is binary, not text; save the article as UTF-8 text or remove the file")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise UndecodableError(f"is not UTF-8 (line {line}); {_narrow_remedy(data)}") from None


def decode_page(data: bytes) -> str:
    """Return the text of a web page: in UTF-8 where it is that, else in the encoding that it names, else in
    Windows-1252, as browsers do (WHATWG, Encoding); bytes that are no letters there are replaced.

    Raises UndecodableError when it is empty, of another format, or in an encoding that is not known.
    """
    try:
        return decode(data)
    except UndecodableError:
        named = _CHARSET.search(data[:_HEAD])
        marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
        if marked is None and not data.lstrip().startswith(b"<"):
            raise
    name = marked or (named[1].decode("ascii") if named else "windows-1252")
    if name.lower() in ("utf-8", "utf8", "iso-8859-1", "latin1", "us-ascii", "ascii"):
        name = "windows-1252"  # what pages mean that say so and are no UTF-8
    try:
        return data.decode(name, errors="replace").lstrip("\ufeff")
    except LookupError:
        raise UndecodableError(f"names an encoding that is not known, {name!r}; save it as UTF-8") from None


def decode_archive(data: bytes) -> str:
    """Return the first web page of a file that holds a page with its pictures (MHTML, RFC 2557).

    Raises UndecodableError when it holds none, or one in an encoding that is not known.
    """
    message = email.message_from_bytes(data, policy=email.policy.default)
    page = next((part for part in message.walk() if part.get_content_type() == "text/html"), None)
    if page is None:
        raise UndecodableError("holds no web page; save the article as .html or as UTF-8 text")
    body = cast(bytes, page.get_payload(decode=True))
    named = page.get_content_charset()
    try:
        return body.decode(named, errors="replace") if named else decode_page(body)
    except LookupError:
        raise UndecodableError(f"names an encoding that is not known, {named!r}; save it as .html") from None


def _wide_encoding(data: bytes) -> str | None:
    """Name UTF-16 or UTF-32, by the mark or by the zero byte of every other letter."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if marked:
        return marked
    head = data[:4096]
    even, odd = head[::2].count(0) / len(head) * 2, head[1::2].count(0) / len(head) * 2
    if max(even, odd) > 0.3 and min(even, odd) < 0.05:
        return "UTF-16BE" if even > odd else "UTF-16LE"
    return None


def _narrow_remedy(data: bytes) -> str:
    try:
        data.decode("cp1252")
    except UnicodeDecodeError:
        return "save it as UTF-8 in the editor that wrote it"
    return f"if it is Windows-1252: {_iconv('WINDOWS-1252')}"


def _iconv(encoding: str) -> str:
    return f"run iconv -f {encoding} -t UTF-8 'FILE' > new.txt and put new.txt in its place"
