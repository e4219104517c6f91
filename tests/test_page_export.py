"""Markdown with footnotes, feedback lines and the record of an answer."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.page_export import append_feedback, conversation_markdown, feedback_record, plain
from rag.page_visit import Exchange
from rag.types import Interval
from tests.fakes_chat import HARBOUR, TODAY, scripted

WHEN = datetime(2026, 5, 2, 9, 30)


def answered(number: int, question: str, **changes: object) -> Exchange:
    answer = scripted(question, None)
    return replace(Exchange(number, question, status="answered", answer=answer), **changes)  # type: ignore[arg-type]


def test_every_citation_is_a_footnote_with_its_quotation() -> None:
    exchange = answered(3, "Who leads the harbour authority?", interval=Interval(date(2024, 1, 1)))
    assert conversation_markdown([exchange], TODAY) == (
        "# Ask the articles\n\n"
        "Saved on 2 May 2026.\n\n"
        "## Who leads the harbour authority?\n\n"
        "Searched: all sources, published since 1 January 2024.\n\n"
        "Nguyễn Thị Lan was chosen as director.[^3-1] She takes office on 1 March.[^3-2]\n\n"
        '[^3-1]: "has chosen Nguyễn Thị Lan as its director" Nguyễn Thị Lan to lead the harbour authority, '
        "The Halvik Post, 20 January 2024.\n"
        '[^3-2]: "She takes office on 1 March" Nguyễn Thị Lan to lead the harbour authority, '
        "The Halvik Post, 20 January 2024.\n"
    )


def test_a_changed_figure_is_listed_with_its_dates() -> None:
    text = conversation_markdown([answered(1, "How many passengers?")], TODAY)
    assert "- 14 March 2022: 1.2 million[^1-3]\n- 2 September 2023: 1.5 million[^1-2]\n" in text
    assert "- not before 11 October 2024: 1.9 million[^1-1]" in text
    assert "<https://courier.example/ferry-fills-up>" in text
    assert "Northern Courier, no date in the article." in text


def test_refusals_stops_and_running_questions() -> None:
    refused = answered(1, "Who won the cup?")
    stopped, running = Exchange(2, "Two?", status="stopped"), Exchange(3, "Three?")
    text = conversation_markdown([refused, stopped, running], TODAY)
    assert "The articles do not say.\n\nno passage is about this" in text
    assert "## Two?" in text
    assert "Stopped. No answer was finished." in text
    assert "Three?" not in text


def test_nothing_in_a_text_becomes_markdown_or_a_tag() -> None:
    text = conversation_markdown([answered(1, "hostile <b>q</b> [x](y)\n# z")], TODAY)
    assert "## hostile \\<b\\>q\\</b\\> \\[x\\](y) \\# z\n" in text
    assert '"\\<img src=x onerror=alert(1)\\>"' in text
    assert "javascript" not in text


@given(st.text(alphabet="ab*_`[]<>#|\\~$ \n", max_size=30))
def test_plain_text_is_one_line_and_reads_as_it_was(text: str) -> None:
    escaped = plain(text)
    assert "\n" not in escaped
    unescaped = "".join(c for i, c in enumerate(escaped) if not _escapes(escaped, i))
    assert unescaped == " ".join(text.split())


def _escapes(text: str, place: int) -> bool:
    """Whether the character is a backslash that escapes the next one."""
    run = len(text[: place + 1]) - len(text[: place + 1].rstrip("\\"))
    return run % 2 == 1


def test_feedback_reads_as_a_question_that_nobody_has_reviewed(tmp_path: Path) -> None:
    path = tmp_path / "new" / "feedback.jsonl"
    right = feedback_record(answered(1, "Who won the cup?", verdict="right"), "", WHEN)
    wrong = feedback_record(answered(2, "Who won the cup?", verdict="wrong"), "It was Åse.", WHEN)
    append_feedback(path, right)
    append_feedback(path, wrong)
    kept = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    assert [r["answerable"] for r in kept] == [False, True]
    assert kept[1]["comment"] == "It was Åse."
    assert {"id", "type", "question", "history", "answerable", "answers", "evidence"} <= kept[0].keys()
    assert kept[0]["id"] == "feedback-20260502T093000000000"


def test_a_follow_up_is_kept_as_the_question_that_was_really_asked() -> None:
    record = feedback_record(answered(2, "And when was she chosen?", verdict="right"), "", WHEN)
    assert record["question"] == "When was Nguyễn Thị Lan made director?"
    assert record["asked"] == "And when was she chosen?"
    assert record["evidence"][0] == {
        "article": HARBOUR.id,
        "quote": "has chosen Nguyễn Thị Lan as its director",
    }


def test_only_answers_can_be_rated() -> None:
    with pytest.raises(UsageError, match="question 4 has no answer to rate"):
        feedback_record(Exchange(4, "Why?"), "", WHEN)
