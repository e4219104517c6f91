"""A question with what is known of its answer, and our question files: JSON Lines, one object a line."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from rag.errors import EvalError
from rag.types import Turn

_KNOWN = frozenset(
    "id type question history answerable answers evidence references fakes split reviewed".split()
)


@dataclass(frozen=True, slots=True)
class Gold:
    """Where the answer stands: a quotation of an article.

    Without a quote the whole article counts; without an article the quote counts wherever it stands.
    """

    article: str | None
    quote: str = ""


@dataclass(frozen=True, slots=True)
class Question:
    """One question with what is known of its answer.

    ``answers`` are groups of aliases, one of each group being needed; ``references`` are whole model
    answers, which token F1 can use and no one can match literally; ``fakes`` are planted wrong answers.
    ``judged`` gives articles the relevance that a qrels file gives them. ``extra`` keeps unknown keys.
    """

    id: str
    question: str
    type: str = "other"
    history: tuple[Turn, ...] = ()
    answerable: bool = True
    answers: tuple[tuple[str, ...], ...] = ()
    evidence: tuple[Gold, ...] = ()
    references: tuple[str, ...] = ()
    fakes: tuple[str, ...] = ()
    judged: Mapping[str, int] = field(default_factory=dict)
    split: str | None = None
    reviewed: bool = True
    extra: Mapping[str, Any] = field(default_factory=dict)


def read_jsonl(path: Path) -> list[Question]:
    """Read one question a line, passing over empty lines; EvalError names the number of a broken one."""
    return unique(each_line(path, parse), path)


def each_line(path: Path, make: Callable[[dict[str, Any], int], Question]) -> list[tuple[int, Question]]:
    """Read a file of JSON objects as questions, each with the number of its line.

    A ValueError of ``make`` becomes an EvalError that names file and line.
    """
    found = []
    for number, line in enumerate(read_text(path).split("\n"), start=1):
        if line.strip():
            try:
                found.append((number, make(mapping(json.loads(line)), number)))
            except ValueError as error:
                raise EvalError(
                    f"{path}, line {number}: {_reason(error)}; mend the line or remove it"
                ) from error
    return found


def read_text(path: Path) -> str:
    """Read a text file; EvalError when it is missing or not UTF-8."""
    try:
        return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError as error:
        raise EvalError(f"{path} is not UTF-8 text: save it as UTF-8") from error
    except OSError as error:
        raise EvalError(f"{path} cannot be read: {error.strerror}") from error


def _reason(error: ValueError) -> str:
    if isinstance(error, json.JSONDecodeError):
        return f"not JSON ({error.msg} at column {error.colno})"
    return str(error)


def unique(numbered: Sequence[tuple[int, Question]], path: Path) -> list[Question]:
    """Return the questions; EvalError names the two lines that share an id."""
    seen: dict[str, int] = {}
    for number, question in numbered:
        if question.id in seen:
            first = seen[question.id]
            raise EvalError(f"{path}, line {number}: id {question.id!r} is that of line {first}; rename one")
        seen[question.id] = number
    return [question for _, question in numbered]


def parse(record: dict[str, Any], number: int) -> Question:
    """Make a question of one record; ``number`` gives an id to one without. ValueError says what is wrong."""
    text = record.get("question")
    if not isinstance(text, str) or not text.strip():
        raise ValueError('"question" must be a text')
    return Question(
        id=f"line-{number}" if record.get("id") is None else str(record["id"]),
        question=text,
        type=str(record.get("type", "other")),
        history=tuple(_turn(turn) for turn in _list(record, "history")),
        answerable=flag(record, "answerable"),
        answers=tuple(_group(group) for group in _list(record, "answers")),
        evidence=tuple(_gold(entry) for entry in _list(record, "evidence")),
        references=_texts(_list(record, "references"), "references"),
        fakes=_texts(_list(record, "fakes"), "fakes"),
        split=None if record.get("split") is None else str(record["split"]),
        reviewed=flag(record, "reviewed"),
        extra={key: value for key, value in record.items() if key not in _KNOWN},
    )


def mapping(value: Any) -> dict[str, Any]:
    """Return the value if it is a JSON object; ValueError if not."""
    if not isinstance(value, dict):
        raise ValueError("not a JSON object")
    return value


def _list(record: Mapping[str, Any], key: str) -> list[Any]:
    value = record.get(key, [])
    if not isinstance(value, list):
        raise ValueError(f'"{key}" must be a list')
    return value


def flag(record: Mapping[str, Any], key: str) -> bool:
    """Return a boolean that is true unless the record says otherwise; ValueError if it says neither."""
    value = record.get(key, True)
    if not isinstance(value, bool):
        raise ValueError(f'"{key}" must be true or false')
    return value


def _texts(values: Iterable[Any], key: str) -> tuple[str, ...]:
    texts = tuple(values)
    if not all(isinstance(t, str) for t in texts):
        raise ValueError(f'"{key}" must hold texts')
    return tuple(t for t in texts if t.strip())


def _group(group: Any) -> tuple[str, ...]:
    """Return one group of aliases; a lone text is a group of one."""
    if not isinstance(group, str | list):
        raise ValueError('"answers" must hold groups of aliases')
    aliases = _texts([group] if isinstance(group, str) else group, "answers")
    if not aliases:
        raise ValueError('"answers" holds an empty group')
    return aliases


def _turn(turn: Any) -> Turn:
    match turn:
        case ["user" | "assistant" as role, str(text)]:
            return (role, text)
    raise ValueError('"history" must hold pairs [role, text], the role being "user" or "assistant"')


def _gold(entry: Any) -> Gold:
    match entry:
        case {"article": str(article), "quote": str(quote)}:
            return Gold(article, quote)
        case {"quote": str(quote)} if quote.strip() and entry.get("article") is None:
            return Gold(None, quote)
        case {"article": str(article)}:
            return Gold(article)
    raise ValueError('"evidence" must hold objects {"article": id, "quote": text}')
