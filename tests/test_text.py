from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.text import contains, content_words, fold, sentences, words


@pytest.mark.parametrize(
    ("text", "folded"),
    [
        ("Võ Văn Thưởng", "vo van thuong"),
        ("Đà Nẵng", "da nang"),
        ("Łódź Ørsted Straße Diyarbakır", "lodz orsted strasse diyarbakir"),
        ("“so‑called” – it’s", '"so-called" - it\'s'),
        ("a\u00a0 b\n c", "a b c"),
        ("Æsir Œuvre Þór", "aesir oeuvre thor"),
        ("", ""),
    ],
)
def test_fold(text: str, folded: str) -> None:
    assert fold(text) == folded


@given(st.text())
def test_folding_twice_is_folding_once(text: str) -> None:
    assert fold(fold(text)) == fold(text)


@given(st.text(alphabet="ABCDÀÉĐŁ xyz"))
def test_folding_ignores_case(text: str) -> None:
    assert fold(text.upper()) == fold(text.lower())


def test_words_keep_figures_whole_and_drop_the_possessive() -> None:
    assert words("Sơn's 500,000 votes, 7.5% (1st)") == ["son", "500,000", "votes", "7.5", "1", "st"]


def test_content_words_leave_out_stop_words() -> None:
    assert content_words("How many people are there in the town of X?") == ["people", "town"]


@pytest.mark.parametrize(
    ("text", "phrase", "expected"),
    [
        ("In Hà Nội today", "Ha Noi", True),
        ("1500 people", "500", False),
        ("the artist", "art", False),
        ("20–25 May", "20-25 May", True),
        ("anything", "", False),
    ],
)
def test_contains_at_word_boundaries(text: str, phrase: str, expected: bool) -> None:
    assert contains(text, phrase) is expected


def split(text: str) -> list[str]:
    return [text[a:b] for a, b in sentences(text)]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("One. Two! Three?", ["One.", "Two!", "Three?"]),
        ("Mr. Smith met Dr. Jones. They spoke.", ["Mr. Smith met Dr. Jones.", "They spoke."]),
        ("It grew 3.5 per cent. Then it fell.", ["It grew 3.5 per cent.", "Then it fell."]),
        ("The U.S. economy grew. J. K. Rowling wrote.", ["The U.S. economy grew.", "J. K. Rowling wrote."]),
        ("He went to the U.S. The visit was short.", ["He went to the U.S.", "The visit was short."]),
        ("“It works.” She left.", ["“It works.”", "She left."]),
        ("On Nov. 7 it rained. It stopped.", ["On Nov. 7 it rained.", "It stopped."]),
        ("No end\n\nNew block", ["No end", "New block"]),
        ("approx. five", ["approx. five"]),
        ("   ", []),
    ],
)
def test_sentences(text: str, expected: list[str]) -> None:
    assert split(text) == expected


@given(st.text(alphabet='Ab .!?"”\n1,', max_size=200))
def test_sentences_cover_all_but_white_space_in_order(text: str) -> None:
    spans = sentences(text)
    assert all(a < b and text[a:b] == text[a:b].strip() for a, b in spans)
    assert all(one[1] <= two[0] for one, two in pairwise(spans))
    assert "".join(text[a:b] for a, b in spans).split() == [] or "".join(
        "".join(text[a:b] for a, b in spans).split()
    ) == "".join(text.split())


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("1. Saida won. 2. Gladys came second.", ["1. Saida won.", "2. Gladys came second."]),
        ("It was no. 12. Then it rained.", ["It was no. 12.", "Then it rained."]),
        ("2019. It rained.", ["2019.", "It rained."]),
    ],
)
def test_the_number_of_an_entry_is_no_sentence(text: str, expected: list[str]) -> None:
    assert [text[a:b] for a, b in sentences(text)] == expected
