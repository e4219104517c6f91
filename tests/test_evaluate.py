from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvalError, UsageError
from rag.eval_judging import find_quote, in_passage, is_cited
from rag.eval_measures import summarise
from rag.eval_questions import Gold, Question
from rag.eval_results import Result, read_result
from rag.eval_rows import premise
from rag.eval_sets import QuestionSet
from rag.eval_tables import side_by_side
from rag.evaluate import Options, System, evaluate, run
from rag.records import hit_record, seconds_record, statement_records
from rag.types import Answer, Hit, Statement, Turn
from tests.fakes_eval import (
    ALL,
    ARTICLES,
    BRIDGE,
    MAYOR,
    MOON,
    QUESTIONS,
    STORM,
    TREES,
    answered,
    ask,
    hits,
    passage,
    quoted,
    refusal,
    search,
    system,
)

ROWS = evaluate(QUESTIONS, system()).rows


def row_of(
    question: Question, answer: Answer, found: Sequence[Hit] = ALL, level: Any = "evidence"
) -> dict[str, Any]:
    def find(text: str, history: Sequence[Turn], k: int) -> Sequence[Hit]:
        return found

    one = System(find, lambda text, history: answer, ARTICLES)
    return evaluate(QuestionSet("one", (question,), level), one).rows[0]


# Rows


def test_a_row_has_the_contract_s_keys_and_shapes() -> None:
    row = ROWS[0]
    answer = ask(TREES.question, ())
    assert {"id", "type", "question", "answer", "abstained", "right", "hits", "statements", "seconds"} <= set(
        row
    )
    assert (row["id"], row["type"], row["answer"], row["abstained"], row["right"], row["stage"]) == (
        "trees", "fact", "Some 40 trees fell.", False, True, None,
    )  # fmt: skip
    assert row["hits"] == [dict(hit_record(hit)) for hit in answer.hits]
    assert row["statements"] == [dict(s) for s in statement_records(answer)]
    assert row["seconds"] == dict(seconds_record(answer.seconds))


def test_the_scores_of_a_right_answer() -> None:
    scores = ROWS[0]["scores"]
    assert scores["right"] == scores["right_answerable"] == 1
    assert scores["f1"] == pytest.approx(2 / (4 + 1), abs=1e-6)  # said: some 40 trees fell; wanted: 40
    assert (scores["recall@1"], scores["recall@5"], scores["RR@10"]) == (0, 1, 0.5)  # second of the hits
    assert (scores["citation_recall"], scores["citation_precision"], scores["fully_cited"]) == (1, 1, 1)
    assert (scores["verbatim"], scores["evidence_cited"], scores["words"]) == (1, 1, 4)
    assert (scores["shown@1"], scores["shown@5"]) == (0, 1)
    assert (scores["refused_answerable"], scores["wrong"], scores["confidence"]) == (0, 0, 1)
    assert (scores["retrieve"], scores["first_token"], scores["total"]) == (0.25, 0.5, 2.0)
    assert "abstention_precision" not in scores


def test_the_scores_of_a_refusal() -> None:
    scores = ROWS[2]["scores"]
    assert (ROWS[2]["right"], scores["abstention_recall"], scores["abstention_precision"]) == (True, 1, 1)
    for name in ("f1", "words", "citation_recall", "wrong", "recall@5", "shown@5", "refused_answerable"):
        assert name not in scores
    refused = row_of(TREES, refusal("?"))
    assert (refused["right"], refused["scores"]["f1"], refused["scores"]["abstention_precision"]) == (
        False,
        0,
        0,
    )


def test_a_refusal_that_names_the_answer_is_not_right() -> None:
    assert row_of(TREES, replace(refusal("?"), text="Nothing about 40 trees."))["right"] is False


def test_a_quotation_that_is_not_the_article_s_text_is_not_verbatim() -> None:
    shifted = replace(quoted(STORM, "Some 40 trees came down."), start=0)
    row = row_of(TREES, answered("?", "Some 40 trees.", shifted, quoted(STORM, "Rain")))
    assert row["scores"]["verbatim"] == 0.5


def test_a_quotation_is_judged_with_the_day_of_its_article_or_the_earliest_that_it_can_be() -> None:
    rain = quoted(STORM, "Rain")
    undated = {STORM.id: replace(STORM, published=None, not_before=date(2024, 10, 1))}
    assert premise(rain, undated) == f"{STORM.title}. 1 October 2024. Rain"
    assert premise(replace(rain, published=date(2023, 5, 2)), {}) == f"{STORM.title}. 2 May 2023. Rain"


def test_fooled_means_the_planted_answer_without_the_true_one() -> None:
    planted = replace(TREES, fakes=("90",))
    assert row_of(planted, answered("?", "90 trees fell."))["scores"]["fooled"] == 1
    assert row_of(planted, answered("?", "40, not 90, trees fell."))["scores"]["fooled"] == 0
    assert row_of(planted, refusal("?"))["scores"]["fooled"] == 0


def test_with_model_answers_alone_nothing_is_right_or_wrong() -> None:
    question = Question(
        "long", "What happened?", references=("Rain fell on Hanoi",), evidence=(Gold("storm"),)
    )
    row = row_of(question, answered("?", "Rain fell."))
    assert (row["right"], row["stage"], row["scores"]["f1"]) == (None, None, pytest.approx(4 / 6, abs=1e-6))
    assert "right" not in row["scores"]
    refused = row_of(question, refusal("?"))
    assert (refused["right"], refused["stage"]) == (None, "wrongly_refused")


def test_articles_are_judged_by_their_best_passage() -> None:
    question = Question("b", "?", evidence=(Gold("bridge"),), judged={"bridge": 1, "storm": 0})
    row = row_of(question, refusal("?"), level="article")
    assert (row["scores"]["RR@10"], row["scores"]["recall@1"], row["scores"]["recall@5"]) == (0.5, 0, 1)
    assert row["retrieved"] == ["storm", "bridge"]


def test_nothing_found_is_a_miss() -> None:
    row = row_of(TREES, refusal("?", ()), found=())
    assert (row["scores"]["nDCG@10"], row["scores"]["recall@10"], row["scores"]["right"]) == (0, 0, 0)


# Evidence


def test_a_quote_is_found_whatever_its_white_space_and_typography() -> None:
    text = "He said:\n“the  free—and open” sea. the free-and open sea"
    assert find_quote(text, 'said: "the free-and open"') == [(3, 29)]
    assert find_quote("aa aa", "aa") == [(0, 2), (3, 5)]
    assert find_quote(text, " ") == []


def test_a_passage_holds_evidence_from_half_of_it_on() -> None:
    second = passage(STORM, 1)
    start, end = second.start, second.end
    size = end - start
    assert in_passage(("storm", start - size, end), second)  # exactly half of the quotation
    assert not in_passage(("storm", start - size - 1, start + size // 2), second)
    assert in_passage(("storm", start - 500, end + 500), second)  # the passage lies inside it
    assert not in_passage(("bridge", start, end), second)


def test_a_citation_is_of_the_evidence_from_half_of_the_shorter_on() -> None:
    assert is_cited(("storm", 10, 50), "storm", (45, 55))
    assert not is_cited(("storm", 10, 50), "storm", (46, 56))
    assert not is_cited(("storm", 10, 50), "bridge", (10, 50))
    assert not is_cited(("storm", 10, 50), "storm", (20, 20))


# Why it failed


def stage(question: Question, answer: Answer, found: Sequence[Hit] = ALL) -> str:
    return str(row_of(question, answer, found)["stage"])


def test_evidence_that_is_not_in_the_corpus() -> None:
    gone = replace(TREES, evidence=(Gold("elsewhere", "40 trees came down"),))
    assert stage(gone, answered("?", "12 trees.")) == "not_in_corpus"
    changed = replace(TREES, evidence=(Gold("storm", "40 oaks came down"),))
    assert stage(changed, refusal("?")) == "not_in_corpus"


def test_evidence_that_the_search_did_not_find() -> None:
    assert (
        stage(TREES, refusal("?", hits((STORM, 0))), found=hits((STORM, 0), (BRIDGE, 0))) == "not_retrieved"
    )


def test_evidence_that_was_ranked_out_of_what_is_read() -> None:
    assert stage(TREES, refusal("?", hits((STORM, 0)))) == "ranked_out"


def test_evidence_that_was_read_and_not_used() -> None:
    assert stage(TREES, answered("?", "90 fell.", quoted(STORM, "Rain fell on Hà Nội."))) == "not_used"


def test_an_answer_that_the_check_dropped() -> None:
    assert stage(TREES, refusal("?", dropped=["40 trees fell."])) == "dropped"
    wrong = replace(answered("?", "Rain fell."), dropped=(Statement("40 trees fell."),))
    assert stage(TREES, wrong) == "dropped"


def test_a_refusal_with_the_evidence_in_front_of_it() -> None:
    assert stage(TREES, refusal("?")) == "wrongly_refused"
    assert stage(TREES, refusal("?", dropped=["It rained."])) == "wrongly_refused"


def test_a_wrong_answer_that_cites_the_evidence() -> None:
    assert stage(TREES, answered("?", "90.", quoted(STORM, "Some 40 trees came down."))) == "wrongly_answered"


def test_an_answer_to_what_has_none() -> None:
    assert stage(MOON, answered("?", "Cheese.")) == "wrongly_answered"


def test_without_evidence_only_the_later_stages_can_be_told() -> None:
    blind = replace(TREES, evidence=())
    assert stage(blind, refusal("?", ())) == "wrongly_refused"
    assert stage(blind, answered("?", "90.")) == "wrongly_answered"


BOTH = Question(
    "both",
    "How many trees, and who is mayor?",
    answers=(("40",), ("Lan Tran",)),
    evidence=(Gold("storm", "40 trees came down"), Gold("storm", "mayor is Lan Tran")),
)


def test_of_several_parts_the_missing_one_is_to_blame() -> None:
    assert stage(BOTH, answered("?", "40 trees.", shown=hits((STORM, 1)))) == "ranked_out"
    assert stage(BOTH, answered("?", "Lan Tran.", shown=hits((STORM, 1)))) == "not_used"
    assert stage(BOTH, refusal("?", hits((STORM, 1)))) == "ranked_out"


def test_entries_that_say_the_same_are_alternatives() -> None:
    either = replace(TREES, evidence=(Gold("elsewhere", "40 trees"), Gold("storm", "40 trees came down")))
    assert stage(either, refusal("?")) == "wrongly_refused"


def test_retrieval_alone_has_stages_too() -> None:
    found = evaluate(
        QuestionSet("r", (TREES, MOON, replace(MAYOR, evidence=(Gold("x", "y"),)))), system(ask=None)
    )
    assert [row["stage"] for row in found.rows] == [None, None, "not_in_corpus"]
    assert found.retrieval_only


def test_counts_of_stages() -> None:
    assert evaluate(QUESTIONS, system()).stages == {"ranked_out": 1}


# Retrieval only


def test_retrieval_only_rows_keep_ten_articles() -> None:
    def many(text: str, history: Sequence[Turn], k: int) -> Sequence[Hit]:
        """Nine passages of each of twenty articles."""
        [one] = hits((STORM, 0))
        return [
            replace(one, passage=replace(one.passage, article_id=a), article=replace(STORM, id=a))
            for a in (f"a{i // 9}" for i in range(180))
        ][:k]

    world = {f"a{i}": STORM for i in range(20)}
    row = evaluate(QuestionSet("r", (TREES,)), System(many, None, world)).rows[0]
    assert [hit["article_id"] for hit in row["hits"]] == [f"a{i // 9}" for i in range(82)]
    assert (row["answer"], row["abstained"], row["right"]) == (None, None, None)
    assert row["seconds"]["retrieve"] >= 0
    assert row["seconds"]["total"] is None


def test_where_there_are_fewer_articles_a_row_ends_when_each_was_seen() -> None:
    row = evaluate(QuestionSet("r", (TREES,)), system(ask=None)).rows[0]
    assert [hit["passage_id"] for hit in row["hits"]] == [hit.passage.id for hit in ALL]


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
    assert found.notes == ("1 questions could not be asked and count as missed",)


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


def test_a_result_without_text_is_written_on_request(tmp_path: Path) -> None:
    run(Options(question_file(tmp_path), tmp_path / "r.json", without_text=True), {"a": system})
    assert "Rain fell" not in (tmp_path / "r.json").read_text()
