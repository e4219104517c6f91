from __future__ import annotations

import re
from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from rag.passages import heading_of, split
from rag.types import SetAside
from tests.conftest import article

SENTENCE = st.integers(1, 30).map(lambda n: "Word " + "word " * n + "end.")


def test_a_short_paragraph_is_one_passage() -> None:
    (passage,) = split(article("a", "One two. Three four."))
    assert (passage.id, passage.text, len(passage.sentences)) == ("a#0", "One two. Three four.", 2)


def test_a_long_paragraph_is_cut_between_sentences_into_even_passages() -> None:
    paragraph = " ".join("One two three four five." for _ in range(4))
    assert [p.text.count(".") for p in split(article("a", paragraph), target_words=10)] == [2, 2]


def test_a_sentence_longer_than_the_target_stays_whole() -> None:
    long = "Word " * 18 + "end."
    assert [p.text for p in split(article("a", long), target_words=10)] == [long]


def test_a_table_without_an_end_is_cut_between_its_lines() -> None:
    table = "\n".join(f"{n} Hanoi Hue {n}" for n in range(10, 30))
    source = replace(article("a", table), body=((0, len(table)),))
    passages = split(source, target_words=10)
    assert [p.text for p in passages] == ["\n".join(table.split("\n")[n : n + 2]) for n in range(0, 20, 2)]


def test_a_sentence_of_many_lines_of_one_word_or_none_is_cut_between_words() -> None:
    words = " ".join(map(str, range(1, 48)))
    assert [p.text.count(" ") + 1 for p in split(article("a", words), target_words=10)] == [10, 10, 10, 10, 7]


@given(st.lists(st.lists(SENTENCE, min_size=1, max_size=6).map(" ".join), max_size=4), st.integers(5, 60))
def test_passages_are_slices_and_cover_every_sentence(paragraphs: list[str], target: int) -> None:
    source = article("a", *paragraphs)
    passages = split(source, target)
    for p in passages:
        assert source.text[p.start : p.end] == p.text
        assert p.sentences[0][0] == p.start
        assert p.sentences[-1][1] == p.end
    spans = [source.text[a:b] for p in passages for a, b in p.sentences]
    assert " ".join(spans).split() == " ".join(paragraphs).split()


@given(st.integers(0, 4))
def test_only_the_body_is_cut(keep: int) -> None:
    source = article("a", "One.", "Two.", "Three.", "Four.")
    trimmed = type(source)(id="a", title="", text=source.text, body=source.body[:keep])
    assert "\n".join(p.text for p in split(trimmed)) == "\n".join(["One.", "Two.", "Three.", "Four."][:keep])


def test_short_paragraphs_are_joined_up_to_the_target() -> None:
    source = article("a", "One two.", "Three four.", "Five six.")
    assert [p.text for p in split(source, target_words=4)] == ["One two.\nThree four.", "Five six."]


def test_paragraphs_are_not_joined_over_what_was_set_aside() -> None:
    source = article("a", "One two.", "Photo: somebody", "Five six.")
    without = type(source)(id="a", title="", text=source.text, body=(source.body[0], source.body[2]))
    assert [p.text for p in split(without)] == ["One two.", "Five six."]


def test_a_passage_stands_under_the_last_heading_before_it() -> None:
    text = "## Why now?\nBecause it is late.\n**Who pays?**\nThe town does.\nGladly."
    spans = [(m.start(), m.end()) for m in re.finditer(r"[^\n]+", text)]
    aside = tuple(SetAside(a, b, "heading") for a, b in (spans[0], spans[2]))
    source = replace(article("a", text), body=(spans[1], *spans[3:]), set_aside=aside)
    first, second = split(source)
    assert (heading_of(first, source), heading_of(second, source)) == ("Why now?", "Who pays?")
    assert heading_of(first, replace(source, set_aside=(SetAside(*spans[0], "caption"),))) == ""


def test_a_list_that_fits_is_not_parted_from_the_line_that_leads_to_it() -> None:
    lines = [
        "One two three four five six.",
        "Then they:",
        "- sang four songs;",
        "- danced;",
        "- went home late.",
        "End of it.",
    ]
    passages = split(article("a", *lines), target_words=12)
    assert [p.text.split("\n") for p in passages] == [lines[:1], lines[1:5], lines[5:]]
    longer = split(article("a", *lines[:4], "- drank " + "tea " * 6 + "at home;"), target_words=12)
    assert [p.text.split("\n")[0][:7] for p in longer] == ["One two", "Then th", "- drank"]


def test_entries_without_a_line_that_leads_to_them_are_joined_as_any_lines() -> None:
    lines = ["One two three four.", "- five six seven;", "- eight nine ten;"]
    assert [p.text.split("\n") for p in split(article("a", *lines), target_words=8)] == [lines[:2], lines[2:]]
