"""Question sets to measure by: our JSON Lines, SQuAD-style JSON and BEIR folders, all as one thing."""

from __future__ import annotations

import csv
import json
import zlib
from collections.abc import Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Literal

from rag.errors import EvalError, UsageError
from rag.eval_questions import Gold, Question, each_line, flag, mapping, parse, read_jsonl, read_text, unique
from rag.text import sentences

HALVES = ("half1", "half2")


@dataclass(frozen=True, slots=True)
class QuestionSet:
    """Questions that are scored together. ``level`` says what retrieval is judged by: the passages that
    hold the evidence, or whole articles (BEIR). ``unreviewed`` suggestions were left out,
    and ``unknown`` queries that are judged and not there.
    """

    name: str
    questions: tuple[Question, ...]
    level: Literal["evidence", "article"] = "evidence"
    unreviewed: int = 0
    unknown: int = 0


def read_questions(path: Path, split: str | None = None, limit: int | None = None) -> QuestionSet:
    """Read a question set: a BEIR folder, a SQuAD-style ``.json`` file, or our JSON Lines.

    ``split`` keeps the questions whose key "split" has that value (in a BEIR folder: those of
    ``qrels/<split>.tsv``, "test" by default); "half1" and "half2" cut any set in two by a hash of the ids,
    to tune on one and report the other. ``limit`` keeps the first so many; both become part of the name.
    Suggestions with ``"reviewed": false`` are never counted. Raises EvalError, naming file and line, on what
    cannot be used, UsageError for a limit below 1.
    """
    if limit is not None and limit < 1:
        raise UsageError(f"--limit is {limit}: ask at least 1 question")
    if not path.exists():
        raise EvalError(f"there are no questions at {path}: give a JSON Lines file or a BEIR folder")
    found = _read(path, split)
    kept = [q for q in found.questions if q.reviewed and (path.is_dir() or _in_split(q, split))]
    if split in HALVES:
        kept = [q for q in kept if half(q.id) == split]
    unreviewed = sum(not q.reviewed for q in found.questions)
    if not kept:
        raise EvalError(_nothing(path, split, unreviewed))
    name = " ".join(filter(None, [found.name, split, f"first {limit}" if limit else None]))
    return replace(found, name=name, questions=tuple(kept[:limit]), unreviewed=unreviewed)


def _nothing(path: Path, split: str | None, unreviewed: int) -> str:
    if unreviewed:
        return f'{path} holds only unreviewed questions ({unreviewed}): accept some by removing "reviewed"'
    if split:
        return f"{path} has no question in the split {split!r}: name another or leave it out"
    return f"{path} holds no question: give a file that does"


def half(question_id: str) -> str:
    """Return "half1" or "half2" for an id: stable, and independent of the order of the file."""
    return HALVES[zlib.crc32(question_id.encode()) % 2]


def _in_split(question: Question, split: str | None) -> bool:
    return split is None or split in HALVES or question.split == split


def _read(path: Path, split: str | None) -> QuestionSet:
    if path.is_dir():
        return read_beir(path, "test" if split is None or split in HALVES else split)
    if path.suffix == ".json":
        return QuestionSet(_name(path), tuple(read_squad(path)))
    return QuestionSet(_name(path), tuple(read_jsonl(path)))


def _name(path: Path) -> str:
    """A file's name, with its folder's where it says nothing by itself."""
    return f"{path.resolve().parent.name}/{path.stem}" if path.stem == "questions" else path.stem


# SQuAD-style JSON


def read_squad(path: Path) -> list[Question]:
    """Read a file in the shape of SQuAD 1.1 or 2.0: data, paragraphs, qas.

    The answers given to a question are aliases of one group; its evidence is the sentence of the context
    that holds the first answer, wherever that sentence is indexed. ``is_impossible`` makes a null question.
    """
    try:
        data = json.loads(read_text(path))["data"]
        found = [
            _squad_question(qa, paragraph["context"])
            for article in data
            for paragraph in article["paragraphs"]
            for qa in paragraph["qas"]
        ]
    except (ValueError, KeyError, TypeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise EvalError(f"{path} is not SQuAD-style JSON ({why}): our own format is .jsonl") from error
    return unique(list(enumerate(found, start=1)), path)


def _squad_question(qa: Mapping[str, Any], context: str) -> Question:
    answers = [a for a in qa.get("answers", []) if a["text"].strip()]
    if qa.get("is_impossible", not answers):
        return Question(str(qa["id"]), qa["question"], type="null", answerable=False)
    aliases = tuple(dict.fromkeys(a["text"] for a in answers))
    evidence = Gold(None, _sentence_at(context, int(answers[0]["answer_start"])))
    return Question(str(qa["id"]), qa["question"], "squad", answers=(aliases,), evidence=(evidence,))


def _sentence_at(text: str, place: int) -> str:
    spans = sentences(text)
    return next((text[a:b] for a, b in spans if a <= place < b), text)


# BEIR folders


def read_beir(folder: Path, split: str = "test") -> QuestionSet:
    """Read ``queries.jsonl`` and ``qrels/<split>.tsv`` of a BEIR folder; the corpus is read elsewhere.

    Only queries that the qrels name are asked, and null ones. Metadata that we understand: ``answer`` (a
    text, or groups of aliases), ``answers`` (groups, or whole reference answers as texts), ``fakeanswer``,
    ``answerable``, ``type``.
    """
    judged = _qrels(folder / "qrels" / f"{split}.tsv")
    name = folder.name or folder.resolve().name

    def make(record: dict[str, Any], number: int) -> Question:
        return _beir_question(record, name, judged, number)

    questions = unique(each_line(folder / "queries.jsonl", make), folder / "queries.jsonl")
    kept = tuple(q for q in questions if q.id in judged or not q.answerable)
    unknown = len(judged.keys() - {q.id for q in questions})
    return QuestionSet(name, kept, level="article", unknown=unknown)


def _beir_question(
    record: dict[str, Any], name: str, judged: Mapping[str, Mapping[str, int]], number: int
) -> Question:
    metadata = mapping(record.get("metadata") or {})
    answerable = flag(metadata, "answerable")
    given = metadata.get("answers", [])
    references = isinstance(given, list) and all(isinstance(a, str) for a in given)
    fields = {
        "id": record.get("_id", f"line-{number}"),
        "question": record.get("text"),
        "type": metadata.get("type", name if answerable else "null"),
        "answerable": answerable,
        "answers": _as_list(metadata.get("answer", [] if references else given)) if answerable else [],
        "references": given if references else [],
        "fakes": _as_list(metadata.get("fakeanswer", [])),
    }
    relevance = judged.get(str(fields["id"]), {})
    evidence = tuple(Gold(article) for article, score in relevance.items() if score > 0)
    return replace(parse(fields, number), judged=relevance, evidence=evidence)


def _as_list(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]


def _qrels(path: Path) -> dict[str, dict[str, int]]:
    """Read ``query-id, corpus-id, score`` lines; a first line without a number is the header."""
    judged: dict[str, dict[str, int]] = {}
    rows = csv.reader(read_text(path).split("\n"), delimiter="\t", quoting=csv.QUOTE_NONE)
    for number, row in enumerate(rows, start=1):
        if not row or (number == 1 and not row[-1].strip().isdigit()):
            continue
        try:
            query, article, score = row
            judged.setdefault(query, {})[article] = int(score)
        except ValueError as error:
            wanted = "query-id, corpus-id and a whole number, separated by tabs"
            raise EvalError(f"{path}, line {number}: not {wanted}; mend the line or remove it") from error
    return judged
