from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import pytest

from rag import eval_results as results
from rag.errors import EvalError, UsageError
from rag.eval_compare import compare, parse_allowances, worse_than_allowed
from rag.eval_measures import BY_NAME
from rag.eval_results import Result, read_result, without_text, write_result
from rag.eval_tables import END, START, comparison_table, readme_block, update_readme
from rag.evaluate import evaluate
from rag.records import hit_record, seconds_record, statement_records
from rag.types import Answer, Seconds, Statement
from tests.fakes_eval import ALL, BRIDGE, QUESTIONS, STORM, quoted, system

# Result files


def test_a_result_file_is_read_as_it_was_written(tmp_path: Path) -> None:
    found = evaluate(QUESTIONS, system())
    write_result(tmp_path / "new" / "r.json", found)
    assert read_result(tmp_path / "new" / "r.json") == found
    data = json.loads((tmp_path / "new" / "r.json").read_text())
    assert {"summary", "by_type", "rows", "settings", "models", "commit", "machine", "when"} <= set(data)


def test_a_file_that_is_no_result_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="cannot be read"):
        read_result(tmp_path / "none.json")
    (tmp_path / "other.json").write_text('{"rows": []}')
    with pytest.raises(EvalError, match="not a result file"):
        read_result(tmp_path / "other.json")


def test_a_result_without_text_keeps_figures_and_no_words() -> None:
    found = evaluate(QUESTIONS, system())
    bare = without_text(found)
    written = json.dumps(bare.rows, ensure_ascii=False)
    for word in ("trees", "Rain", "Lan Tran", "Cheese", "Storm"):
        assert word not in written.replace('"id": "trees"', "")
    assert [row["scores"] for row in bare.rows] == [row["scores"] for row in found.rows]
    assert bare.summary == found.summary


def test_names_of_result_files(tmp_path: Path) -> None:
    assert results.default_path("eval/questions test", "abc123", True, tmp_path).name == (
        "eval-questions-test-retrieval-abc123.json"
    )


def test_the_machine_is_described_and_not_named() -> None:
    import socket

    assert "cores" in results.machine()
    assert socket.gethostname() not in results.machine()


# Comparison


def result(**rights: bool) -> Result:
    rows = [
        {
            "id": id_,
            "question": id_,
            "type": "t",
            "right": right,
            "stage": None,
            "abstained": False,
            "answerable": True,
            "scores": {"right": float(right), "f1": float(right) / 2, "total": 1.0 + right},
        }
        for id_, right in rights.items()
    ]
    return results.summarised(Result("set", rows))


def test_rows_are_paired_gained_lost_and_unchanged() -> None:
    found = compare(result(a=True, b=False, c=True, new=True), result(a=False, b=True, c=True, old=True))
    assert (found.gained, found.lost, found.unchanged) == (("a",), ("b",), 1)
    assert (found.only_new, found.only_old, found.paired) == (("new",), ("old",), 3)
    assert found.test is not None
    assert found.test.p == 1.0
    assert found.differences["right"].change.value == pytest.approx(0)


def test_a_reworded_question_is_not_paired() -> None:
    old = result(a=True, b=True)
    old.rows[0]["question"] = "another"
    assert compare(result(a=True, b=True), old).only_new == ("a",)
    old.rows[0]["question"] = ""  # a result without text vouches by id
    assert compare(result(a=True, b=True), old).only_new == ()


def test_differences_by_hand() -> None:
    found = compare(result(a=True, b=False), result(a=True, b=True)).differences
    assert (found["right"].new, found["right"].old, found["right"].change.value) == (0.5, 1.0, -0.5)
    assert (found["f1"].new, found["f1"].old, found["f1"].p) == (0.25, 0.5, None)
    assert (found["total_median"].new, found["total_median"].old, found["total_median"].worse_by) == (
        1.5,
        2,
        -0.5,
    )


def test_mcnemar_keeps_few_rows_from_deciding() -> None:
    old, new = result(**dict.fromkeys("abcde", True)), result(**dict.fromkeys("abcde", False))
    right = compare(new, old).differences["right"]
    assert (right.change.low, right.change.high, right.p) == (-1, -1, 0.0625)
    assert right.verdict == "no clear change"
    assert compare(new, old).differences["f1"].verdict == "worse"


def test_files_of_other_questions_cannot_be_compared() -> None:
    with pytest.raises(EvalError, match="shares no question"):
        compare(result(a=True), result(b=True))


def test_allowances() -> None:
    assert parse_allowances("right=0.02, recall@5=0.01,f1") == {"right": 0.02, "recall@5": 0.01, "f1": 0.0}
    assert parse_allowances("") == {}
    for text in ("rigth=0.1", "words=1"):
        with pytest.raises(UsageError, match="no measure that can get worse"):
            parse_allowances(text)
    with pytest.raises(UsageError, match="needs a number"):
        parse_allowances("right=much")


@pytest.mark.parametrize(
    ("allowed", "failed"), [("right=0.5", False), ("right=0.49", True), ("total_median=0", False)]
)
def test_worse_than_allowed(allowed: str, failed: bool) -> None:
    comparison = compare(result(a=True, b=False), result(a=True, b=True))
    assert bool(worse_than_allowed(comparison, parse_allowances(allowed))) is failed


def test_slower_is_worse() -> None:
    comparison = compare(result(a=True, b=True), result(a=True, b=False))
    [line] = worse_than_allowed(comparison, {"total_median": 0.1})
    assert line == "total_median went from 1.500 to 2.000 (n 2): worse by 0.500, allowed 0.1"


def test_what_the_runs_do_not_measure_has_not_passed() -> None:
    with pytest.raises(EvalError, match="do not both measure"):
        worse_than_allowed(compare(result(a=True), result(a=True)), {"recall@5": 0.1})


# The README's tables


def test_the_readme_s_tables_are_made_from_results_and_checked(tmp_path: Path) -> None:
    readme = tmp_path / "README.md"
    readme.write_text(f"Before\n{START}\nold\n{END}\nAfter\n")
    found = [replace(evaluate(QUESTIONS, system()), commit="abc", machine="a machine")]
    assert update_readme(readme, found, check=True)
    assert "old" in readme.read_text()
    assert update_readme(readme, found, check=False)
    assert not update_readme(readme, found, check=True)
    text = readme.read_text()
    assert text.startswith("Before\n")
    assert text.endswith("After\n")
    assert "| tiny | by hand | 0.500 (2) |" in text
    assert "commit abc on a machine" in text


def test_a_search_that_a_model_skims_has_a_line_of_its_own() -> None:
    plain = evaluate(QUESTIONS, replace(system(), ask=None))
    block = readme_block([replace(plain, settings={"skim": "small"}), plain])
    assert "| tiny, skimmed by small | " in block
    assert "| tiny | " in block


def test_a_readme_without_markers_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="put the two lines"):
        update_readme(tmp_path / "README.md", [evaluate(QUESTIONS, system())], check=True)
    with pytest.raises(EvalError, match="no result files"):
        readme_block([])


def test_the_newest_result_of_each_set_and_model_counts(tmp_path: Path) -> None:
    old = replace(evaluate(QUESTIONS, system()), when="2026-01-01T00:00:00+00:00", commit="old")
    new = replace(old, when="2026-02-01T00:00:00+00:00", commit="new")
    other = replace(old, models={"generator": "other"}, commit="other")
    for name, each in (("c", old), ("a", new), ("b", other)):
        write_result(tmp_path / f"{name}.json", each)
    assert sorted(r.commit for r in results.newest(tmp_path)) == ["new", "other"]


def test_the_comparison_as_a_table() -> None:
    table = comparison_table(compare(result(a=True, b=False), result(a=True, b=True)))
    assert table.rows[0][:4] == ("Right, all questions", "1.000", "0.500", "-0.500")
    assert "0 gained, 1 lost, 1 unchanged; McNemar's exact p = 1.000" in table.note


def test_every_measure_says_what_it_means() -> None:
    assert len(BY_NAME) > 20
    assert all(measure.convention.endswith(".") and measure.label for measure in BY_NAME.values())


def test_unused_seconds_are_none() -> None:
    assert seconds_record(Seconds())["first_token"] is None


# Records


def test_the_record_of_a_hit() -> None:
    assert hit_record(ALL[1]) == {
        "rank": 2,
        "score": 0.5,
        "passage_id": "storm#1",
        "article_id": "storm",
        "title": "Storm over Hà Nội",
        "source": "Daily",
        "published": "2023-11-27",
        "url": None,
        "start": 21,
        "end": 45,
        "text": "Some 40 trees came down.",
    }


def test_the_records_of_statements_number_each_quotation_once() -> None:
    rain, bridge = quoted(STORM, "Rain fell"), quoted(BRIDGE, "Boats pass.")
    answer = Answer("?", "A. B.", (Statement("A.", (rain,), True), Statement("B.", (bridge, rain))))
    first, second = statement_records(answer)
    assert first == {
        "text": "A.",
        "supported": True,
        "citations": [
            {
                "number": 1,
                "article_id": "storm",
                "passage_id": "storm#0",
                "title": "Storm over Hà Nội",
                "source": "Daily",
                "published": "2023-11-27",
                "url": None,
                "start": 0,
                "end": 9,
                "quote": "Rain fell",
            }
        ],
    }
    assert second["supported"] is False
    assert [(c["number"], c["quote"], c["published"]) for c in second["citations"]] == [
        (2, "Boats pass.", None),
        (1, "Rain fell", "2023-11-27"),
    ]
