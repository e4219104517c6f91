from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from rag.errors import EvalError, UsageError
from rag.eval_judging import find_quote
from rag.eval_questions import Gold, Question, read_jsonl
from rag.eval_sets import half, read_beir, read_questions
from rag.eval_suggest import Suggestion, suggest, write_suggestions
from rag.types import Article
from tests.fakes_eval import ARTICLES, BRIDGE, STORM, passage

BENCH = Path(__file__).parents[2] / "shared" / "bench"

FULL: dict[str, Any] = {
    "id": "q1",
    "type": "multi",
    "question": "Who and where?",
    "history": [["user", "Hello"], ["assistant", "Good day"]],
    "answerable": True,
    "answers": [["Lan", "Lan Tran"], "Hanoi"],
    "evidence": [{"article": "storm", "quote": "on Hà Nội"}, {"quote": "anywhere"}, {"article": "bridge"}],
    "split": "test",
    "colour": {"kept": 1},
}


def lines(path: Path, *records: Any) -> Path:
    path.write_text(
        "".join(f"{r if isinstance(r, str) else json.dumps(r)}\n" for r in records), encoding="utf-8"
    )
    return path


# JSON Lines


def test_a_full_line(tmp_path: Path) -> None:
    assert read_jsonl(lines(tmp_path / "q.jsonl", FULL)) == [
        Question(
            "q1",
            "Who and where?",
            "multi",
            (("user", "Hello"), ("assistant", "Good day")),
            True,
            (("Lan", "Lan Tran"), ("Hanoi",)),
            (Gold("storm", "on Hà Nội"), Gold(None, "anywhere"), Gold("bridge")),
            split="test",
            extra={"colour": {"kept": 1}},
        )
    ]


def test_missing_optional_keys_default_and_empty_lines_are_passed_over(tmp_path: Path) -> None:
    path = lines(tmp_path / "q.jsonl", {"question": "Why?"}, "", {"question": "How?", "id": None})
    assert read_jsonl(path) == [Question("line-1", "Why?"), Question("line-3", "How?")]


def test_a_byte_order_mark_and_windows_line_ends_do_no_harm(tmp_path: Path) -> None:
    path = tmp_path / "q.jsonl"
    path.write_bytes('\ufeff{"id": "a", "question": "Đà Nẵng?"}\r\n'.encode())
    assert read_jsonl(path) == [Question("a", "Đà Nẵng?")]


@pytest.mark.parametrize(
    ("broken", "why"),
    [
        ('{"id": "b", ', "not JSON"),
        ("[1, 2]", "not a JSON object"),
        ({"id": "b"}, '"question" must be a text'),
        ({"question": "  "}, '"question" must be a text'),
        ({"question": "?", "answers": "Hanoi"}, '"answers" must be a list'),
        ({"question": "?", "answers": [[]]}, "empty group"),
        ({"question": "?", "answers": [[7]]}, '"answers" must hold texts'),
        ({"question": "?", "answers": [7]}, "groups of aliases"),
        ({"question": "?", "answerable": "yes"}, '"answerable" must be true or false'),
        ({"question": "?", "history": [["narrator", "Once"]]}, '"history" must hold pairs'),
        ({"question": "?", "evidence": ["storm"]}, '"evidence" must hold objects'),
        ({"question": "?", "evidence": [{"article": 5, "quote": "storm"}]}, '"evidence" must hold objects'),
        ({"question": "?", "id": "a"}, "id 'a' is that of line 1"),
    ],
)
def test_a_broken_line_stops_with_its_number(tmp_path: Path, broken: Any, why: str) -> None:
    path = lines(tmp_path / "q.jsonl", {"id": "a", "question": "Why?"}, broken)
    with pytest.raises(EvalError, match=r"q\.jsonl, line 2: ") as caught:
        read_questions(path)
    assert why in str(caught.value)


def test_what_is_no_question_file_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match="there are no questions at"):
        read_questions(tmp_path / "none.jsonl")
    (tmp_path / "latin.jsonl").write_bytes(b'{"question": "caf\xe9"}')
    with pytest.raises(EvalError, match="not UTF-8"):
        read_questions(tmp_path / "latin.jsonl")
    with pytest.raises(EvalError, match="holds no question"):
        read_questions(lines(tmp_path / "empty.jsonl"))


def test_unreviewed_suggestions_are_not_counted(tmp_path: Path) -> None:
    suggestion = {"id": "s", "question": "?", "reviewed": False}
    found = read_questions(lines(tmp_path / "q.jsonl", FULL, suggestion))
    assert ([q.id for q in found.questions], found.unreviewed) == (["q1"], 1)
    with pytest.raises(EvalError, match=r"only unreviewed questions \(1\)"):
        read_questions(lines(tmp_path / "s.jsonl", suggestion))


def test_splits_and_limits(tmp_path: Path) -> None:
    records = [{"id": str(i), "question": "?", "split": "test" if i % 3 else "train"} for i in range(9)]
    path = lines(tmp_path / "set.jsonl", *records)
    assert [q.id for q in read_questions(path, split="train").questions] == ["0", "3", "6"]
    assert [q.id for q in read_questions(path, split="train", limit=2).questions] == ["0", "3"]
    assert read_questions(path, split="train", limit=2).name == "set train first 2"
    with pytest.raises(EvalError, match="'dev'"):
        read_questions(path, split="dev")


def test_the_halves_cover_a_set_once(tmp_path: Path) -> None:
    path = lines(tmp_path / "set.jsonl", *({"id": f"q{i}", "question": "?"} for i in range(40)))
    one, two = (read_questions(path, split=s).questions for s in ("half1", "half2"))
    assert sorted(q.id for q in (*one, *two)) == sorted(f"q{i}" for i in range(40))
    assert 8 < len(one) < 32
    assert all(half(q.id) == "half1" for q in one)


# SQuAD


def test_squad_style_json(tmp_path: Path) -> None:
    context = "Rain fell on Hanoi. Some 40 trees came down. Nobody was hurt."
    place = context.index("40")
    given = [{"text": text, "answer_start": place} for text in ("40", "40 trees")]
    qas = [
        {"id": "1", "question": "How many?", "answers": given},
        {"id": "2", "question": "Who?", "answers": [], "is_impossible": True},
    ]
    path = tmp_path / "squad.json"
    path.write_text(json.dumps({"data": [{"title": "x", "paragraphs": [{"context": context, "qas": qas}]}]}))
    found = Gold(None, "Some 40 trees came down.")
    assert read_questions(path).questions == (
        Question("1", "How many?", "squad", answers=(("40", "40 trees"),), evidence=(found,)),
        Question("2", "Who?", "null", answerable=False),
    )


def test_json_of_another_shape_says_so(tmp_path: Path) -> None:
    path = tmp_path / "other.json"
    path.write_text('{"rows": []}')
    with pytest.raises(EvalError, match="not SQuAD-style JSON"):
        read_questions(path)


# BEIR


def beir(folder: Path, qrels: str, *queries: dict[str, Any]) -> Path:
    (folder / "qrels").mkdir(parents=True)
    lines(folder / "queries.jsonl", *queries)
    (folder / "qrels" / "test.tsv").write_text(qrels)
    return folder


def test_a_beir_folder(tmp_path: Path) -> None:
    folder = beir(
        tmp_path / "news",
        "query-id\tcorpus-id\tscore\nq1\td1\t1\nq1\td2\t0\nq2\td3\t2\nq3\td4\t1\nq9\td4\t1\n",
        {"_id": "q1", "text": "Where?", "metadata": {"answer": "Tampa", "fakeanswer": "Glendale"}},
        {"_id": "q2", "text": "When?", "metadata": {"answer": [["1 May", "May 1"], "noon"]}},
        {"_id": "q3", "text": "Why?", "metadata": {"answers": ["Because it rained all day."]}},
        {"_id": "q4", "text": "How?", "metadata": {"answerable": False, "answers": [""]}},
        {"_id": "q5", "text": "Not in this split"},
    )
    found = read_questions(folder)
    assert (found.name, found.level, found.unknown) == ("news", "article", 1)
    assert found.questions == (
        Question(
            "q1",
            "Where?",
            "news",
            answers=(("Tampa",),),
            evidence=(Gold("d1"),),
            fakes=("Glendale",),
            judged={"d1": 1, "d2": 0},
        ),
        Question(
            "q2",
            "When?",
            "news",
            answers=(("1 May", "May 1"), ("noon",)),
            evidence=(Gold("d3"),),
            judged={"d3": 2},
        ),
        Question(
            "q3",
            "Why?",
            "news",
            references=("Because it rained all day.",),
            evidence=(Gold("d4"),),
            judged={"d4": 1},
        ),
        Question("q4", "How?", "null", answerable=False),
    )


@pytest.mark.parametrize("row", ["q1\td1", "q1\td1\tyes", "q1 d1 1"])
def test_a_broken_qrels_line_names_its_number(tmp_path: Path, row: str) -> None:
    folder = beir(
        tmp_path / "b", f"query-id\tcorpus-id\tscore\nq1\td1\t1\n{row}\n", {"_id": "q1", "text": "?"}
    )
    with pytest.raises(EvalError, match=r"test\.tsv, line 3"):
        read_beir(folder)


def test_a_folder_without_qrels_says_so(tmp_path: Path) -> None:
    with pytest.raises(EvalError, match=r"qrels.test\.tsv cannot be read"):
        read_beir(tmp_path)


@pytest.mark.skipif(not BENCH.exists(), reason="the sets by others are not here")
@pytest.mark.parametrize(
    ("name", "answerable", "null"),
    [("rgb-en", 200, 0), ("rgb-fact", 50, 0), ("hotpot", 250, 0), ("clapnq", 150, 150)],
)
def test_the_sets_by_others_are_read_whole(name: str, answerable: int, null: int) -> None:
    questions = read_questions(BENCH / name).questions
    assert sum(q.answerable for q in questions) == answerable
    assert sum(not q.answerable for q in questions) == null
    assert all(q.answers or q.references for q in questions if q.answerable)
    assert all(q.fakes for q in questions) is (name == "rgb-fact")


@pytest.mark.skipif(not BENCH.exists(), reason="the sets by others are not here")
def test_every_quotation_of_the_question_file_stands_in_its_raw_article() -> None:
    raw = BENCH.parent / "articles"
    for question in read_questions(BENCH / "articles" / "questions.jsonl").questions:
        for gold in question.evidence:
            [path] = raw.glob(f"{gold.article}.*")
            assert find_quote(path.read_text(encoding="utf-8"), gold.quote), question.id


# Suggestions

PASSAGES = [passage(STORM, i) for i in range(3)] + [passage(BRIDGE, i) for i in range(3)]
NEWS = Article(
    "news",
    "News",
    "The bridge over the Red River now has 40 lamps in all. It rained. Mayor Lan Tran said that the old "
    "bridge will be closed at night. The long bridge was opened to all traffic on 3 May 2024.",
)


def one_passage(article: Article) -> Any:
    sentence_passage = passage(STORM, 0)
    return type(sentence_passage)(f"{article.id}#0", article.id, 0, len(article.text), article.text)


def test_suggestions_ask_for_figures_speakers_and_dates() -> None:
    found = suggest([one_passage(NEWS)], {"news": NEWS}, 10)
    assert [(s.rule, s.question, s.answer) for s in found] == [
        (
            "figure",
            "Which figure is left out: “The bridge over the Red River now has ____ lamps in all.”",
            "40",
        ),
        ("speaker", "Who said that the old bridge will be closed at night?", "Mayor Lan Tran"),
        (
            "date",
            "Which date is left out: “The long bridge was opened to all traffic on ____.”",
            "3 May 2024",
        ),
    ]


def test_a_suggestion_stands_on_its_quote_hides_its_answer_and_is_unreviewed() -> None:
    for suggestion in suggest([one_passage(NEWS)], {"news": NEWS}, 10):
        assert suggestion.quote in NEWS.text
        assert suggestion.answer in suggestion.quote
        assert suggestion.answer not in suggestion.question
        assert suggestion.record()["reviewed"] is False


def test_suggestions_take_the_articles_in_turn_and_stop_at_the_count() -> None:
    other = Article("other", "Other", NEWS.text.replace("bridge", "tunnel"))
    found = suggest([one_passage(NEWS), one_passage(other)], {"news": NEWS, "other": other}, 3)
    assert [s.article for s in found] == ["news", "other", "news"]
    with pytest.raises(UsageError, match="at least one"):
        suggest([], {}, 0)


def test_short_and_leaning_sentences_give_no_question() -> None:
    assert suggest(PASSAGES, ARTICLES, 10) == []


def test_a_generator_may_phrase_but_not_give_the_answer_away() -> None:
    said = iter(["What did it cost?", None, "Was it on 3 May 2024?"])
    rules = suggest([one_passage(NEWS)], {"news": NEWS}, 3)
    found = suggest([one_passage(NEWS)], {"news": NEWS}, 3, phrase=lambda *_: next(said))
    assert [s.question for s in found] == ["What did it cost?", rules[1].question, rules[2].question]
    assert [s.rule for s in found] == ["generator", rules[1].rule, rules[2].rule]


def test_suggestions_are_written_as_a_question_file_and_over_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new" / "suggested.jsonl"
    write_suggestions(path, [Suggestion("How many?", "40", "storm", "Some 40 trees came down.", "figure")])
    [question] = read_jsonl(path)
    assert question.answers == (("40",),)
    assert question.evidence == (Gold("storm", "Some 40 trees came down."),)
    assert not question.reviewed
    with pytest.raises(UsageError, match="exists"):
        write_suggestions(path, [])
