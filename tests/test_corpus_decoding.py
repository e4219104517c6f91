"""Bytes that are UTF-8 text, and all that are not."""

from __future__ import annotations

import codecs

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.corpus_decoding import UndecodableError, decode

TEXT = "Võ Văn An crossed the “bridge” in Hà Nội.\n" * 20
PLAIN = "The mayor crossed the bridge.\n" * 20


@given(st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), min_size=1))
def test_utf8_is_read_back(text: str) -> None:
    text = "A story: " + text
    assert decode(text.encode()) == text
    assert decode(codecs.BOM_UTF8 + text.encode()) == text


@pytest.mark.parametrize(
    ("data", "reason"),
    [
        (b"", "is empty"),
        (b" \n\t ", "is empty"),
        (TEXT.encode("utf-16"), "UTF-16, not UTF-8"),
        (codecs.BOM_UTF16_BE + TEXT.encode("utf-16-be"), "UTF-16, not UTF-8"),
        (TEXT.encode("utf-32"), "UTF-32, not UTF-8"),
        (PLAIN.encode("utf-16-le"), "iconv -f UTF-16LE -t UTF-8"),
        (PLAIN.encode("utf-16-be"), "iconv -f UTF-16BE -t UTF-8"),
        (
            "The mayor’s bridge\nis “new”.".encode("cp1252"),
            "is not UTF-8 (line 1); if it is Windows-1252: run iconv",
        ),
        (b"plain\nna\xefve\n", "(line 2)"),
        (b"broken \x81\x8d bytes", "save it as UTF-8 in the editor"),
        (b"%PDF-1.7 and more", "a PDF file"),
        (b"PK\x03\x04 and more", "a zip or Office file"),
        (bytes(range(256)) * 8, "is binary"),
        (b"text\x00with\x00zero\x01bytes", "is binary"),
    ],
)
def test_anything_else_is_named_with_its_remedy(data: bytes, reason: str) -> None:
    with pytest.raises(UndecodableError) as caught:
        decode(data)
    assert reason in str(caught.value)
    assert "\n" not in str(caught.value)
