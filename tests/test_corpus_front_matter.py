"""The YAML block at the head of a Markdown file."""

from __future__ import annotations

from datetime import date

import pytest

from rag.corpus_front_matter import FrontMatter, FrontMatterError, read_front_matter


def test_known_keys_are_read_and_others_passed_over() -> None:
    block = (
        "---\ntitle: 'A bridge: at last'\nsource: Ellery Post\npublished: 2024-03-03\n"
        "url: https://example.org/bridge\nlanguage: EN\ntags: [a, b]\n---\n"
    )
    assert read_front_matter(block + "Body.") == FrontMatter(
        title="A bridge: at last",
        source="Ellery Post",
        published=date(2024, 3, 3),
        url="https://example.org/bridge",
        language="en",
        length=len(block),
    )


@pytest.mark.parametrize(
    "text", ["Body.", "", "---\n\nA rule above a text.\n", "--- title: x\n", "\n---\ntitle: x\n---\n"]
)
def test_a_text_without_front_matter(text: str) -> None:
    assert read_front_matter(text) == FrontMatter()


@pytest.mark.parametrize(
    "block", ["---\n---\n", "---\n\n---\n", "---\n# nothing\n...\n", "---\ntitle:\nsource: ''\n---"]
)
def test_an_empty_block_is_silent(block: str) -> None:
    assert read_front_matter(block) == FrontMatter(length=len(block))


@pytest.mark.parametrize(
    "value",
    ["2024-03-03", "2024-03-03 10:26:00", "2024-03-03T10:26:00Z", "March 3, 2024", "'3 March 2024, 10:26'"],
)
def test_a_date_may_be_written_in_any_way(value: str) -> None:
    assert read_front_matter(f"---\npublished: {value}\n---\n").published == date(2024, 3, 3)


def test_titles_that_yaml_takes_for_something_else_stay_texts() -> None:
    assert read_front_matter("---\ntitle: 2023\nlanguage: no\n---\n") == FrontMatter(
        title="2023", language="no", length=33
    )


@pytest.mark.parametrize(
    ("block", "line", "reason"),
    [
        ("title: x\npublished: soon", 3, "published 'soon' is not a date; write it as 2023-11-07"),
        ("title: x\npublished: 2023", 3, "published '2023' is not a date"),
        ("title: x\npublished: in May 2023", 3, "is not a date"),
        ("title: x\npublished: 2023-02-31", 3, "there is no such date"),
        ("published: 31 February 2023", 2, "is not a date"),
        ("url: ftp://example.org", 2, "url 'ftp://example.org' is not an http or https address"),
        ("url: 'javascript:alert(1)'", 2, "is not an http or https address"),
        ("url: http://", 2, "is not an http or https address"),
        ("url: 'http://[broken'", 2, "is not an http or https address"),
        ("url: https://a b", 2, "is not an http or https address"),
        ("source: y\ntitle: [a, b]", 3, "title must be one text"),
        ("source: y\ntitle: 'x", 3, "the front matter is not YAML"),
        ("title: x\n  - y: z: w", 3, "the front matter is not YAML"),
        ("- a\n- b", 2, 'must hold lines such as "title: …"'),
        ("title: " + "[" * 3000, 1, "nested too deeply"),
        ("title: \x07", 1, "characters that YAML forbids"),
    ],
)
def test_what_cannot_be_used_is_named_with_its_line(block: str, line: int, reason: str) -> None:
    with pytest.raises(FrontMatterError) as caught:
        read_front_matter(f"---\n{block}\n---\nBody.")
    assert (caught.value.line, reason in str(caught.value)) == (line, True), str(caught.value)
    assert "\n" not in str(caught.value)


def test_a_block_that_is_never_closed_is_an_error() -> None:
    with pytest.raises(FrontMatterError, match="never closed"):
        read_front_matter("---\ntitle: x\n\nBody.\n")


def test_keys_of_other_programs_are_read_where_ours_are_silent() -> None:
    found = read_front_matter(
        "---\nHeadline: A bridge\npublisher: Ellery Post\ndate: 3 March 2024\n"
        "link: https://example.org/b\nlang: EN\n---\n"
    )
    assert (found.title, found.source, found.published) == ("A bridge", "Ellery Post", date(2024, 3, 3))
    assert (found.url, found.language) == ("https://example.org/b", "en")
    both = read_front_matter("---\ndate: 2024-01-01\npub_date: 2024-01-02\npublished: 2024-03-03\n---\n")
    assert both.published == date(2024, 3, 3)


def test_what_stands_under_another_name_and_cannot_be_used_is_passed_over() -> None:
    assert read_front_matter("---\ndate: soon\nsite: [a, b]\nlink: here\n---\n") == FrontMatter(length=43)
    found = read_front_matter("---\ndate: soon\npubdate: 2024-03-03\n---\n")
    assert found.published == date(2024, 3, 3)
