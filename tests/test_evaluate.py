"""Questions asked one after the other: summaries, failures, runs that are stopped and taken up again."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvalError, UsageError
from rag.eval_compare import parse_allowances
from rag.eval_measures import summarise
from rag.eval_results import Result, read_result
from rag.eval_sets import QuestionSet
from rag.eval_tables import side_by_side
from rag.evaluate import Options, System, evaluate, run
from rag.types import Answer, Hit, Turn
from tests.fakes_eval import (
    MAYOR,
    MOON,
    QUESTIONS,
    TREES,
    ask,
    refusal,
    search,
    system,
)

# Summaries


def test_every_mean_stands_beside_its_n() -> None:
    found = evaluate(QUESTIONS, system())
    assert (found.summary["right"]["value"], found.summary["right"]["n"]) == (0.666667, 3)
    assert (found.summary["right_answerable"]["value"], found.summary["right_answerable"]["n"]) == (0.5, 2)
    assert (found.summary["recall@5"]["value"], found.summary["recall@5"]["n"]) == (1.0, 2)
    assert (found.summary["citation_recall"]["value"], found.summary["citation_recall"]["n"]) == (0.5, 2)
    assert (found.summary["verbatim"]["value"], found.summary["verbatim"]["n"]) == (1.0, 1)
    assert (found.summary["total_median"]["value"], found.summary["total_median"]["n"]) == (2.0, 3)
    assert list(found.by_type) == ["fact", "null"]
    assert found.by_type["null"]["right"]["n"] == 1
    assert "recall@5" not in found.by_type["null"]


def made(**fields: Any) -> dict[str, Any]:
    return {"type": "t", "abstained": False, "answerable": True, "scores": {}} | fields


def test_abstention_measures_by_hand() -> None:
    """Refused: 2 of 3 unanswerable ones and 1 of 3 answerable ones."""
    refused = {"abstention_precision": 1.0, "abstention_recall": 1.0}
    rows = [
        *[made(abstained=True, answerable=False, scores=refused)] * 2,
        made(answerable=False, scores={"abstention_recall": 0.0}),
        made(abstained=True, scores={"abstention_precision": 0.0, "refused_answerable": 1.0}),
        *[made(scores={"refused_answerable": 0.0})] * 2,
    ]
    found = summarise(rows)
    assert {name: (round(e["value"], 3), e["n"]) for name, e in found.items()} == {
        "abstention_precision": (0.667, 3),
        "abstention_recall": (0.667, 3),
        "abstention_F1": (0.667, 4),
        "refused_answerable": (0.333, 3),
    }


def test_a_measure_that_applies_to_nothing_is_absent() -> None:
    assert summarise([made()]) == {}
    assert summarise([made(abstained=None, answerable=False)]) == {}


def test_summaries_are_deterministic() -> None:
    assert evaluate(QUESTIONS, system()).summary == evaluate(QUESTIONS, system()).summary


# Errors and interruptions


def unusable(text: str, history: Sequence[Turn], k: int) -> Sequence[Hit]:
    if "mayor" in text:
        raise UsageError("the question holds no word")
    return search(text, history, k)


def test_a_question_that_cannot_be_asked_is_a_miss() -> None:
    found = evaluate(QUESTIONS, replace(system(), search=unusable))
    row = found.rows[1]
    assert (row["right"], row["stage"], row["error"]) == (False, "failed", "the question holds no word")
    assert (row["scores"]["right"], row["scores"]["recall@5"], row["scores"]["f1"]) == (0, 0, 0)
    assert found.notes == ("questions that could not be asked and count as missed: 1",)


def test_a_set_of_which_nothing_can_be_asked_is_an_error() -> None:
    with pytest.raises(EvalError, match="no word"):
        evaluate(QuestionSet("one", (MAYOR,)), replace(system(), search=unusable))


def timeless(result: Result) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if k != "seconds"} for row in result.rows]


class StoppedError(Exception):
    pass


@pytest.mark.parametrize("finished", [0, 1, 2])
def test_a_resumed_run_equals_an_uninterrupted_one(tmp_path: Path, finished: int) -> None:
    asked: list[str] = []
    stop_at = finished + 1

    def interrupted(question: str, history: Sequence[Turn]) -> Answer:
        asked.append(question)
        if len(asked) == stop_at:
            raise StoppedError
        return ask(question, history)

    partial = tmp_path / "r.partial.jsonl"
    with pytest.raises(StoppedError):
        evaluate(QUESTIONS, system(interrupted), partial)
    with partial.open("a") as file:
        file.write('{"id": "may')  # the line that was being written when the machine stopped
    asked.clear()
    stop_at = 0
    resumed = evaluate(QUESTIONS, system(interrupted), partial, resume=True)
    whole = evaluate(QUESTIONS, system())
    assert asked == [q.question for q in QUESTIONS.questions[finished:]]
    assert timeless(resumed) == timeless(whole)
    assert (resumed.summary, resumed.by_type, resumed.stages) == (whole.summary, whole.by_type, whole.stages)


def test_a_run_of_other_questions_or_settings_is_not_resumed(tmp_path: Path) -> None:
    partial = tmp_path / "r.partial.jsonl"
    evaluate(QUESTIONS, system(), partial)
    with pytest.raises(EvalError, match="begun with other"):
        evaluate(QUESTIONS, replace(system(), settings={"k": 4}), partial, resume=True)
    with pytest.raises(EvalError, match="begun with other"):
        evaluate(QuestionSet("tiny", (TREES,)), system(), partial, resume=True)
    evaluate(QuestionSet("tiny", (TREES,)), system(), partial)  # without resume it starts anew
    assert len(partial.read_text().splitlines()) == 2
    with pytest.raises(EvalError, match="holds 1 rows of this run, which was stopped: add --resume"):
        evaluate(QuestionSet("tiny", (TREES,)), system(), partial)


def test_a_damaged_file_of_rows_is_not_resumed(tmp_path: Path) -> None:
    partial = tmp_path / "r.partial.jsonl"
    partial.write_text('{"run": "x"}\n{"id": \n')
    with pytest.raises(EvalError, match="damaged"):
        evaluate(QUESTIONS, system(), partial, resume=True)


def test_progress_is_told_before_each_question_and_at_the_end() -> None:
    told: list[tuple[int, int, str]] = []
    evaluate(QUESTIONS, system(), progress=lambda *step: told.append(step))
    assert told == [(0, 3, TREES.question), (1, 3, MAYOR.question), (2, 3, MOON.question), (3, 3, "")]


# The whole of rag eval


def question_file(folder: Path) -> Path:
    path = folder / "set.jsonl"
    records = [
        {"id": q.id, "type": q.type, "question": q.question, "answerable": q.answerable, "answers": q.answers,
         "evidence": [{"article": g.article, "quote": g.quote} for g in q.evidence]}
        for q in QUESTIONS.questions
    ]  # fmt: skip
    path.write_text("".join(json.dumps(r) + "\n" for r in records))
    return path


def test_run_writes_what_was_asked_for_and_leaves_nothing_else(tmp_path: Path) -> None:
    options = Options(
        question_file(tmp_path), tmp_path / "r.json", trec=tmp_path / "r.trec", html=tmp_path / "r.html"
    )
    found = run(options, {"qwen": system})
    assert found.exit_code == 0
    assert sorted(p.name for p in tmp_path.iterdir()) == ["r.html", "r.json", "r.trec", "set.jsonl"]
    assert set(found.written) == {tmp_path / "r.json", tmp_path / "r.trec", tmp_path / "r.html"}
    assert read_result(tmp_path / "r.json").rows == found.results["qwen"].rows
    assert (tmp_path / "r.trec").read_text().splitlines()[0] == "trees Q0 storm#0 1 1.000000 set"


def test_run_fails_against_a_better_baseline(tmp_path: Path) -> None:
    options = Options(question_file(tmp_path), tmp_path / "base.json")
    run(options, {"qwen": system})
    worse = Options(
        options.questions, tmp_path / "new.json", baseline=tmp_path / "base.json", fail_on="right=0.1"
    )
    found = run(worse, {"qwen": lambda: system(lambda q, h: refusal(q))})
    assert found.exit_code == 1
    assert found.worse == ("right went from 0.667 to 0.333 (n 3): worse by 0.333, allowed 0.1",)
    assert found.comparison is not None
    assert found.comparison.lost == ("trees",)
    assert (
        run(replace(worse, fail_on="right=0.4"), {"qwen": lambda: system(lambda q, h: refusal(q))}).exit_code
        == 0
    )


def test_run_opens_settings_one_after_the_other_and_names_their_files(tmp_path: Path) -> None:
    opened: list[str] = []

    def opener(name: str) -> Callable[[], System]:
        def open_system() -> System:
            opened.append(name)
            return system()

        return open_system

    told: list[str] = []
    options = Options(question_file(tmp_path), tmp_path / "r.json")
    found = run(options, {"a": opener("a"), "b/c": opener("b/c")}, lambda i, n, label: told.append(label))
    assert opened == ["a", "b/c"]
    assert [p.name for p in found.written] == ["r.a.json", "r.b-c.json"]
    assert told[0] == "a: How many trees fell?"
    table = side_by_side(found.results)
    assert table.columns == ("Measure", "a", "b/c")
    assert table.rows[-1] == ("McNemar's p against a", "–", "1.000 (0 gained, 0 lost)")


def test_wrong_use_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    path = question_file(tmp_path)

    def never() -> System:
        raise AssertionError("opened")

    with pytest.raises(UsageError, match="--baseline FILE"):
        run(Options(path, fail_on="right=0"), {"a": never})
    with pytest.raises(UsageError, match="one setting at a time"):
        run(Options(path, baseline=path), {"a": never, "b": never})
    with pytest.raises(EvalError, match="not a result file"):
        run(Options(path, baseline=path), {"a": never})
    with pytest.raises(UsageError, match="--limit is 0: ask at least 1 question"):
        run(Options(path, limit=0), {"a": never})


@pytest.mark.parametrize("fail_on", ["right=nan", "right=-1", "right=inf", "right=x"])
def test_what_is_allowed_is_a_number_from_zero_on(fail_on: str) -> None:
    with pytest.raises(UsageError, match="needs a number from 0 on, as in"):
        parse_allowances(fail_on)


@pytest.mark.parametrize(
    "to", [lambda place: {"out": place}, lambda place: {"html": place}, lambda place: {"trec": place}]
)
def test_a_place_that_cannot_be_written_is_refused_before_anything_is_asked(
    tmp_path: Path, to: Callable[[Path], dict[str, Any]]
) -> None:
    path = question_file(tmp_path)
    for wrong in (tmp_path, path / "r.json"):
        with pytest.raises(EvalError, match=f"{wrong} cannot be written: .*; choose another place"):
            run(Options(path, **to(wrong)), {})


def test_a_baseline_that_cannot_be_compared_is_refused_before_anything_is_asked(tmp_path: Path) -> None:
    path, old = question_file(tmp_path), tmp_path / "old.json"
    run(Options(path, old), {"a": system})
    with pytest.raises(UsageError, match=r"this run \(--retrieval-only\) does not measure 'right'"):
        run(Options(path, baseline=old, fail_on="right=0.1", retrieval_only=True), {})
    other = json.loads(old.read_text())
    del other["summary"]["right"]
    old.write_text(json.dumps(other))
    with pytest.raises(UsageError, match="the baseline does not measure 'right'"):
        run(Options(path, baseline=old, fail_on="right=0.1"), {})
    other["rows"] = [row | {"id": "other"} for row in other["rows"]]
    old.write_text(json.dumps(other))
    with pytest.raises(EvalError, match="shares no question with this run"):
        run(Options(path, baseline=old), {})


def test_a_result_without_text_is_written_on_request(tmp_path: Path) -> None:
    run(Options(question_file(tmp_path), tmp_path / "r.json", without_text=True), {"a": system})
    assert "Rain fell" not in (tmp_path / "r.json").read_text()
