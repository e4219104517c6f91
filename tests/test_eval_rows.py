"""One question asked: its row, its scores, and why it failed."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from rag.eval_questions import Gold, Question
from rag.eval_rows import premise
from rag.eval_sets import QuestionSet
from rag.evaluate import System, evaluate
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
    quoted,
    refusal,
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
