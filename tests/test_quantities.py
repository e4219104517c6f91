from __future__ import annotations

from fractions import Fraction
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.quantities import hedge, quantities


@pytest.mark.parametrize(
    ("text", "value", "kind"),
    [
        ("about 500,000 people", 500_000, "number"),
        ("half a million", 500_000, "number"),
        ("20bn", 20_000_000_000, "number"),
        ("20 billion USD", 20_000_000_000, "usd"),
        ("USD 30 billion", 30_000_000_000, "usd"),
        ("$6.5 million", 6_500_000, "usd"),
        ("1/3 of it", Fraction(1, 3), "fraction"),
        ("one third of it", Fraction(1, 3), "fraction"),
        ("70 %", 70, "percent"),
        ("70 per cent", 70, "percent"),
        ("two hundred and fifty-six", 256, "number"),
        ("a dozen", 12, "number"),
        ("the 50th year", 50, "ordinal"),
        ("third place", 3, "ordinal"),
        ("7.41 trillion VND", 7_410_000_000_000, "vnd"),
        ("100m people", 100_000_000, "number"),
    ],
)
def test_one_figure(text: str, value: int | Fraction, kind: str) -> None:
    assert [(q.value, q.kind) for q in quantities(text)] == [(value, kind)]


@pytest.mark.parametrize(
    ("one", "other"), [("20bn", "20 billion"), ("1/3", "one third"), ("70%", "70 per cent")]
)
def test_spellings_share_a_term(one: str, other: str) -> None:
    assert [q.term for q in quantities(one)] == [q.term for q in quantities(other)]


def test_a_percentage_is_not_a_number() -> None:
    assert quantities("70%")[0].term != quantities("70")[0].term


def test_spans_are_the_figures() -> None:
    text = "From 15-20 delegations to 40."
    assert [text[q.start : q.end] for q in quantities(text)] == ["15", "20", "40"]


@given(st.integers(min_value=0, max_value=10**12))
def test_any_number_with_separators_is_read_back(n: int) -> None:
    assert [q.value for q in quantities(f"{n:,} people")] == [n]


@given(st.text(alphabet="0123456789,./% abmnk-$", max_size=60))
def test_no_text_breaks_it_and_spans_are_in_order(text: str) -> None:
    found = quantities(text)
    assert all(0 <= q.start < q.end <= len(text) for q in found)
    assert all(a.start < b.start for a, b in pairwise(found))


def test_third_is_a_place_unless_it_is_a_share() -> None:
    kinds = [
        q.kind
        for text in ("third country", "a third of", "two thirds", "half the town")
        for q in quantities(text)
    ]
    assert kinds == ["ordinal", "fraction", "fraction", "fraction"]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("about 500 people", "about"),
        ("There were More than 500 people", "More than"),
        ("nearly $500", "nearly"),
        ("about them 500 people know", ""),
        ("500 people", ""),
    ],
)
def test_what_leaves_a_figure_open(text: str, expected: str) -> None:
    assert hedge(text, quantities(text)[0]) == expected


ODD = str.maketrans(
    "siSkK", "\u017f\u0131\u017f\u212a\u212a"
)  # what a pattern takes for them, whatever the case


@pytest.mark.parametrize(
    "text",
    ["the second of six", "one fifth", "fifths", "six million", "half a billion", "20 MILLION", "6k",
     "us dollars 5", "5 us dollars", "sixteenth", "thirty-six", "two thirds", "5 percent",
     "six billion kisses"],
)  # fmt: skip
def test_letters_of_old_prints_are_read_like_those_of_new_ones(text: str) -> None:
    assert [q.key for q in quantities(text.translate(ODD))] == [q.key for q in quantities(text)]


@given(
    st.text(st.sampled_from("0123456789,./%$ thirdsecondfifthsixmillionhalf\u017f\u0131\u0130\u212a\u0663-"))
)
def test_no_text_is_too_odd_for_figures(text: str) -> None:
    assert all(0 <= q.start < q.end <= len(text) for q in quantities(text))


@pytest.mark.parametrize(
    "text", ["1" * 5000, "1/" + "1" * 5000, "1" * 5000 + "th", "1," + "000," * 20 + "000"]
)
def test_a_run_of_digits_is_no_figure(text: str) -> None:
    assert quantities(text) == []
