"""Ask a question set of a system and judge what comes back: rows, results, comparisons, reports.

Knows the system only as two functions and the articles behind them, so it measures anything that can search
and answer. The owner of ``eval/`` together with ``rag.eval_results``.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, field
from pathlib import Path
from time import perf_counter
from typing import Any

from rag import eval_results as results
from rag.errors import EvalError, UsageError
from rag.eval_compare import Comparison, compare, parse_allowances, worse_than_allowed
from rag.eval_measures import BY_NAME
from rag.eval_questions import Question
from rag.eval_report import write_page
from rag.eval_results import Result, summarised
from rag.eval_rows import ARTICLES, JsonRow, Outcome, build_row
from rag.eval_sets import QuestionSet, read_questions
from rag.eval_trec import roll_up, run_file
from rag.types import Answer, Article, Hit, Turn

Search = Callable[[str, Sequence[Turn], int], Sequence[Hit]]
Ask = Callable[[str, Sequence[Turn]], Answer]
Progress = Callable[[int, int, str], None]

DEPTH = 50  # hits asked for: enough to tell "not found" from "ranked too low"


def best_score(answer: Answer) -> float | None:
    """Return the score of the best hit: the confidence of a system that states none."""
    return answer.hits[0].score if answer.hits else None


def quiet(done: int, total: int, label: str) -> None:
    """Show no progress."""


@dataclass(frozen=True, slots=True)
class System:
    """What is measured.

    ``search(question, history, k)`` returns the best k hits, of which the first j must be those of k = j;
    ``ask(question, history)`` answers, or is None when only retrieval is measured; ``articles`` are those
    that the index holds. ``settings`` and ``models`` go into the result file as they are. ``confidence``
    orders answers for the risk-coverage curve.
    """

    search: Search
    ask: Ask | None
    articles: Mapping[str, Article]
    settings: Mapping[str, Any] = field(default_factory=dict)
    models: Mapping[str, Any] = field(default_factory=dict)
    confidence: Callable[[Answer], float | None] = best_score


def evaluate(
    questions: QuestionSet,
    system: System,
    partial: Path | None = None,
    resume: bool = False,
    progress: Progress = quiet,
) -> Result:
    """Ask every question once and return the judged result.

    Rows are appended to ``partial`` as they finish; ``resume`` takes up those that stand there. The caller
    removes the file once the result is safe. ``progress(done, total, label)`` is called before each question
    and at the end. Raises EvalError when no question could be asked, when ``partial`` is of another run and
    to be resumed, or of this one and would be lost.
    """
    commit = results.commit()
    done = _open_partial(partial, _fingerprint(questions, system, commit), resume) if partial else {}
    rows = []
    for i, question in enumerate(questions.questions):
        progress(i, len(questions.questions), question.question)
        row = done.get(question.id) or _row(question, questions, system)
        if partial and question.id not in done:
            _append(partial, row)
        rows.append(row)
    progress(len(rows), len(rows), "")
    failed = [row for row in rows if row["error"]]
    if len(failed) == len(rows):
        raise EvalError(f"no question of {questions.name} could be asked: {failed[0]['error']}")
    return summarised(
        Result(
            questions.name,
            rows,
            system.settings,
            system.models,
            commit,
            results.machine(),
            results.now(),
            _notes(questions, len(failed)),
        )
    )


def _notes(questions: QuestionSet, failed: int) -> tuple[str, ...]:
    notes = []
    if questions.unreviewed:
        notes.append(f"{questions.unreviewed} unreviewed suggestions were not counted")
    if questions.unknown:
        notes.append(f"judged queries that queries.jsonl does not have, not counted: {questions.unknown}")
    if failed:
        notes.append(f"questions that could not be asked and count as missed: {failed}")
    return tuple(notes)


def _row(question: Question, questions: QuestionSet, system: System) -> JsonRow:
    """Ask one question. One that the system refuses as unusable is a miss; any other error stops the run."""
    try:
        found, seconds = _search(question, system)
        answer = system.ask(question.question, question.history) if system.ask else None
        outcome = Outcome(found, seconds, answer, system.confidence(answer) if answer else None)
    except UsageError as error:
        outcome = Outcome(error=str(error))
    by_article, asked = questions.level == "article", system.ask is not None
    row: JsonRow = json.loads(json.dumps(build_row(question, outcome, system.articles, by_article, asked)))
    return row


def _search(question: Question, system: System) -> tuple[Sequence[Hit], float]:
    """Search deeply enough for ten different articles; the time is that of the first search."""
    k = DEPTH
    start = perf_counter()
    found = system.search(question.question, question.history, k)
    seconds = perf_counter() - start
    wanted = min(ARTICLES, len(system.articles))
    while len(roll_up(found)) < wanted and len(found) >= k:
        k *= 2
        found = system.search(question.question, question.history, k)
    return found, seconds


# The file of finished rows


def _fingerprint(questions: QuestionSet, system: System, commit: str) -> str:
    """Hash what makes two runs the same run."""
    asked = [asdict(q) for q in questions.questions]
    parts = [questions.name, asked, dict(system.settings), dict(system.models), system.ask is None, commit]
    return hashlib.sha256(json.dumps(parts, sort_keys=True, default=str).encode()).hexdigest()


def _open_partial(path: Path, fingerprint: str, resume: bool) -> dict[str, JsonRow]:
    """Return the rows that stand in the file, and leave it ready for the next row."""
    lines = path.read_text(encoding="utf-8").split("\n") if path.exists() else []
    whole = lines[:-1]  # what follows the last line break was cut off while it was written
    if len(whole) > 1 and not resume and whole[0] == json.dumps({"run": fingerprint}):
        raise EvalError(
            f"{path} holds {len(whole) - 1} rows of this run, which was stopped: add --resume, or remove it"
        )
    if not whole or not resume:
        results.write_whole(path, json.dumps({"run": fingerprint}) + "\n")
        return {}
    try:
        head, *rows = [json.loads(line) for line in whole]
        begun, done = head["run"], {row["id"]: row for row in rows}
    except (ValueError, KeyError, TypeError) as error:
        raise EvalError(
            f"{path} cannot be resumed, it is damaged ({error}): remove it to start anew"
        ) from error
    if begun != fingerprint:
        raise EvalError(
            f"{path} was begun with other questions, settings, models or code: remove it to start anew"
        )
    results.write_whole(path, "\n".join(whole) + "\n")
    return done


def _append(path: Path, row: JsonRow) -> None:
    with path.open("a", encoding="utf-8") as file:
        file.write(json.dumps(row, ensure_ascii=False) + "\n")


# The whole of ``rag eval``


@dataclass(frozen=True, slots=True)
class Options:
    """What ``rag eval`` was asked for. ``questions`` is a question file or a BEIR folder; ``out`` defaults to
    a name made of the set and the commit. With several systems, each one's name goes into its files' names.
    """

    questions: Path
    out: Path | None = None
    split: str | None = None
    limit: int | None = None
    resume: bool = False
    baseline: Path | None = None
    fail_on: str = ""
    html: Path | None = None
    trec: Path | None = None
    without_text: bool = False
    retrieval_only: bool = False


@dataclass(frozen=True, slots=True)
class Outcomes:
    """What ``rag eval`` found: results by the name of the system, the comparison with the baseline, the
    lines of what is worse than allowed (then the exit code is 1), and the files written.
    """

    results: Mapping[str, Result]
    comparison: Comparison | None = None
    worse: tuple[str, ...] = ()
    written: tuple[Path, ...] = ()

    @property
    def exit_code(self) -> int:
        """0, or 1 when a measure is worse than allowed."""
        return int(bool(self.worse))


def run(
    options: Options, systems: Mapping[str, Callable[[], System]], progress: Progress = quiet
) -> Outcomes:
    """Measure one system, or several side by side, and write what was asked for.

    ``systems`` gives each setting's name and how to open it; each is opened when its turn comes and let go
    after it, so that two models need not fit into memory at once. Everything that can be refused (the
    questions, the baseline, ``fail_on``) is refused before the first question is asked.
    """
    questions = read_questions(options.questions, options.split, options.limit)
    allowed = parse_allowances(options.fail_on)
    if allowed and options.baseline is None:
        raise UsageError("--fail-on compares with a baseline: name one with --baseline FILE")
    if options.baseline and len(systems) > 1:
        raise UsageError("--baseline and --compare do not go together: compare one setting at a time")
    baseline = results.read_result(options.baseline) if options.baseline else None
    if baseline:
        _check_baseline(baseline, questions, allowed, options.retrieval_only)
    for path in filter(None, (options.out, options.html, options.trec)):
        results.check_place(path)
    found: dict[str, Result] = {}
    written: list[Path] = []
    for name, open_system in systems.items():
        found[name], path = _measure(
            options, questions, open_system(), name if len(systems) > 1 else "", progress
        )
        written.append(path)
    comparison = compare(next(iter(found.values())), baseline) if baseline else None
    worse = worse_than_allowed(comparison, allowed) if comparison else []
    written += _write_extras(options, found, comparison)
    return Outcomes(found, comparison, tuple(worse), tuple(written))


def _check_baseline(
    baseline: Result, questions: QuestionSet, allowed: Iterable[str], retrieval_only: bool
) -> None:
    """Refuse a baseline that nothing of this run can be compared with."""
    if {q.id for q in questions.questions}.isdisjoint(row["id"] for row in baseline.rows):
        raise EvalError(
            "the baseline shares no question with this run: give the baseline of this question set"
        )
    for name in allowed:
        if name not in baseline.summary or (retrieval_only and BY_NAME[name].group != "Retrieval"):
            which = "this run (--retrieval-only)" if name in baseline.summary else "the baseline"
            raise UsageError(f"--fail-on: {which} does not measure {name!r}; measure it or leave it out")


def _measure(
    options: Options, questions: QuestionSet, system: System, name: str, progress: Progress
) -> tuple[Result, Path]:
    default = results.default_path(questions.name, results.commit(), system.ask is None)
    path = _named(options.out or default, name)
    partial = path.with_name(path.name + ".partial.jsonl")

    def labelled(done: int, total: int, label: str) -> None:
        progress(done, total, f"{name}: {label}" if name else label)

    result = evaluate(questions, system, partial, options.resume, labelled)
    kept = results.without_text(result) if options.without_text else result
    results.write_result(path, kept)
    partial.unlink(missing_ok=True)
    return result, path


def _named(path: Path, name: str) -> Path:
    safe = "".join(c if c.isalnum() or c in "._-" else "-" for c in name)
    return path.with_name(f"{path.stem}.{safe}{path.suffix}") if safe else path


def _write_extras(options: Options, found: Mapping[str, Result], comparison: Comparison | None) -> list[Path]:
    written = []
    for name, result in found.items():
        label = name if len(found) > 1 else ""
        if options.trec:
            written.append(_named(options.trec, label))
            ranked = {row["id"]: row["retrieved"] for row in result.rows}
            results.write_whole(written[-1], run_file(ranked, result.name))
        if options.html:
            written.append(_named(options.html, label))
            write_page(written[-1], result, comparison, found if len(found) > 1 else {})
    return written
