from __future__ import annotations

import itertools
import json
import random
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from safetensors.numpy import load_file

from rag import models, reader_examples, reader_training
from rag.errors import UsageError
from rag.reader_examples import (
    SHORTEST,
    Example,
    Reworded,
    Row,
    batches,
    examples,
    exchanged,
    passage,
    read_reworded,
    remainder,
    rows_of,
    stories,
)
from rag.reader_training import Trainee

FERRY = "The ferry left Halvik at nine."
GREEN = "The ferry was painted green."
BAKER = "The baker sells bread to the ferry."


def seeded(seed: int = 1) -> random.Random:
    return random.Random(seed)  # noqa: S311  # an order, not a secret


def example(**changes: object) -> Example:
    said = {
        "question": "When did it leave?",
        "title": "The ferry",
        "paragraph": FERRY,
        "start": 25,
        "end": 29,
    }
    return Example(**{**said, "near": (GREEN,), "far": (BAKER,), **changes})  # type: ignore[arg-type]


def article(title: str, *paragraphs: tuple[str, str, str]) -> dict[str, object]:
    """Of a SQuAD file: each paragraph with a question and its answer."""
    said = [
        {
            "context": context,
            "qas": [
                {
                    "id": question,
                    "question": question,
                    "answers": [{"text": answer, "answer_start": context.index(answer)}],
                }
            ],
        }
        for context, question, answer in paragraphs
    ]
    return {"title": title, "paragraphs": said}


@pytest.fixture
def squad(tmp_path: Path) -> Path:
    path = tmp_path / "squad.json"
    ferry = article(
        "The_ferry",
        (FERRY, "When did the ferry leave?", "nine"),
        (GREEN, "Which colour has the ferry?", "green"),
    )
    data = [ferry, article("The_baker", (BAKER, "What does the baker sell?", "bread"))]
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return path


def test_examples_carry_the_answer_and_near_misses_of_their_article_and_of_others(squad: Path) -> None:
    first, second, third = examples(squad)
    assert first == example(question="When did the ferry leave?")
    assert second.answer == "green"
    assert (third.title, third.near, set(third.far)) == ("The baker", (), {FERRY, GREEN})


def test_a_paragraph_that_holds_the_answer_is_no_near_miss(squad: Path) -> None:
    data = json.loads(squad.read_text(encoding="utf-8"))
    data["data"][1]["paragraphs"][0]["context"] = "The baker opens at Nine. He sells bread."
    data["data"][1]["paragraphs"][0]["qas"][0]["answers"][0] = {"text": "bread", "answer_start": 34}
    squad.write_text(json.dumps(data), encoding="utf-8")
    first, second, _ = examples(squad)
    assert first.far == ()
    assert second.far == ("The baker opens at Nine. He sells bread.",)


@given(st.integers(0, 10_000))
def test_the_answer_stands_where_its_row_says_and_in_no_other_row(seed: int) -> None:
    paragraph = " ".join(f"In year {year} the ferry carried {year * 7} people." for year in range(1, 40))
    start = paragraph.index("140")
    asked = example(paragraph=paragraph, start=start, end=start + 3, near=(GREEN, FERRY), far=(BAKER,))
    first, *others = rows_of(asked, seeded(seed))
    assert first.answer is not None
    assert first.passage[slice(*first.answer)] == "140"
    assert 1 <= len(others) <= 2
    assert all(row.answer is None and "140" not in row.passage for row in others)


def test_a_misleading_question_is_read_over_the_same_passage_and_has_no_answer_there() -> None:
    asked = example(misleading="Who steered it?")
    for seed in range(20):
        first, second, *others = rows_of(asked, seeded(seed))
        assert (second.question, second.passage, second.answer) == ("Who steered it?", first.passage, None)
        assert first.answer is not None
        assert {row.question for row in others} == {"When did it leave?"}


def test_reworded_questions_are_read_over_their_part_beside_half_as_many_others(
    squad: Path, tmp_path: Path
) -> None:
    data = json.loads(squad.read_text(encoding="utf-8"))
    ferry = data["data"][0]["paragraphs"][0]
    ferry["context"] = f"It rained. {FERRY} It was full."
    ferry["qas"][0]["answers"][0]["answer_start"] += 11
    squad.write_text(json.dumps(data), encoding="utf-8")
    lines = [
        {"id": "When did the ferry leave?", "start": 11, "end": 41, "question": "When did the boat go?"},
        {"id": "Which colour has the ferry?", "start": 0, "end": 28, "misleading": "Who painted the ferry?"},
    ]
    path = tmp_path / "reworded.jsonl"
    path.write_text("".join(json.dumps(line) + "\n" for line in lines), encoding="utf-8")
    said = read_reworded(path)
    assert said["Which colour has the ferry?"] == Reworded((0, 28), misleading="Who painted the ferry?")
    first, second, third = examples(squad, said)
    assert (first.question, first.paragraph, first.answer) == ("When did the boat go?", FERRY, "nine")
    assert (second.question, second.misleading) == ("Which colour has the ferry?", "Who painted the ferry?")
    assert (third.question, third.misleading) == ("What does the baker sell?", None)
    assert examples(squad, said) == [first, second, third]


def test_a_question_with_an_answer_of_its_own_takes_that(squad: Path, tmp_path: Path) -> None:
    place = FERRY.index("left")
    line = {"id": "When did the ferry leave?", "start": 0, "end": 30, "answer": [place, place + 4]}
    path, other = tmp_path / "explained.jsonl", tmp_path / "reworded.jsonl"
    path.write_text(json.dumps({**line, "question": "what did the boat do"}) + "\n", encoding="utf-8")
    other.write_text('{"id": "x", "start": 0, "end": 5, "question": "Why?"}\n', encoding="utf-8")
    said = read_reworded(path, other)
    assert said["x"] == Reworded((0, 5), "Why?")
    first, *_ = examples(squad, said)
    assert (first.question, first.answer) == ("what did the boat do", "left")


def test_a_question_whose_names_change_places_stands_beside_it(squad: Path, tmp_path: Path) -> None:
    question = "Which colour has the ferry?"  # 6 to 12 is "colour", 21 to 26 "ferry"
    line = {"id": question, "start": 0, "end": 28, "exchanged": [[6, 12], [21, 26]]}
    path = tmp_path / "exchanged.jsonl"
    path.write_text(json.dumps(line) + "\n", encoding="utf-8")
    first, *_ = examples(squad, read_reworded(path))
    assert (first.question, first.misleading) == (question, "Which ferry has the colour?")


@given(st.text(max_size=40), st.data())
def test_what_is_exchanged_twice_is_as_it_was(text: str, data: st.DataObject) -> None:
    a, b, c, d = sorted(data.draw(st.integers(0, len(text))) for _ in range(4))
    once = exchanged(text, (a, b), (c, d))
    assert exchanged(once, (a, a + d - c), (a + d - b, d)) == text


@pytest.mark.parametrize("name", ["reworded", "explained", "exchanged"])
def test_what_is_written_for_training_is_one_question_of_each_kind_over_a_part(name: str) -> None:
    path = Path(__file__).parents[1] / "eval" / f"{name}.jsonl"
    lines = path.read_text(encoding="utf-8").splitlines()
    said = read_reworded(path)
    assert len(said) == len(lines)  # no id twice
    for one in said.values():
        assert 0 <= one.part[0] < one.part[1]
        if name == "explained":
            assert one.answer is not None
            assert one.part[0] <= one.answer[0] < one.answer[1] <= one.part[1]
        for question in filter(None, (one.question, one.misleading)):
            assert name == "explained" or question.endswith("?")  # some stand as in a search box
            assert 3 <= len(question.split()) <= 40
    share = {"reworded": 0.9, "explained": 0.5, "exchanged": 1.0}[name]
    beside = sum(one.misleading is not None or one.exchanged is not None for one in said.values())
    assert beside >= share * len(said)


def test_why_does_not_tell_whether_there_is_an_answer() -> None:
    """What has none was asked with "why" three times as often; nearly half of it was left out."""
    said = read_reworded(Path(__file__).parents[1] / "eval" / "explained.jsonl").values()
    answered = [one.question.lower() for one in said if one.question]
    misleading = [one.misleading.lower() for one in said if one.misleading]
    with_why = [sum(question.startswith("why") for question in each) for each in (answered, misleading)]
    assert 0.5 < with_why[0] / with_why[1] < 2


def told(*questions: tuple[str, str | None]) -> dict[str, object]:
    """A paragraph of a story: each question with its answer, or with none."""
    text = "The ferry sank on Monday. The mayor blamed fog."
    qas = [
        {
            "id": str(n),
            "question": question,
            "is_impossible": answer is None,
            "answers": [{"text": answer, "answer_start": text.index(answer)}] if answer else [],
        }
        for n, (question, answer) in enumerate(questions)
    ]
    return {"title": "Ferry sinks", "published": "2024-01-02", "context": text, "qas": qas}


def news(tmp_path: Path, *questions: tuple[str, str | None]) -> list[Example]:
    later = {"title": "Ferry raised", "published": "2024-05-06", "context": GREEN, "qas": []}
    baker = {"title": "Baker opens", "published": "2024-01-02", "context": BAKER, "qas": []}
    data = [
        {"title": "ferry", "paragraphs": [told(*questions), later]},
        {"title": "b", "paragraphs": [baker]},
    ]
    path = tmp_path / "stories.json"
    path.write_text(json.dumps({"data": data}), encoding="utf-8")
    return stories(path)


def test_questions_of_a_story_have_its_other_articles_as_near_misses(tmp_path: Path) -> None:
    (asked,) = news(tmp_path, ("Who was at fault?", "fog"))
    assert (asked.title, asked.answer, asked.near, asked.far) == ("Ferry sinks", "fog", (GREEN,), (BAKER,))
    assert asked.misleading is None


def test_a_question_without_an_answer_stands_beside_the_one_of_its_sentence(tmp_path: Path) -> None:
    first, second, third = news(
        tmp_path,
        ("When did it sink?", "Monday"),
        ("What did the mayor blame?", "fog"),
        ("Which day was it?", "on Monday"),
        ("Whom did the mayor blame?", None),
        ("Why did the ferry sink?", None),
    )
    assert (first.misleading, second.misleading, third.misleading) == (
        "Why did the ferry sink?",
        "Whom did the mayor blame?",
        None,
    )


def test_a_near_miss_of_a_story_stands_under_its_own_headline(tmp_path: Path) -> None:
    (asked,) = news(tmp_path, ("Who was at fault?", "fog"))
    drawn = {row.passage for seed in range(60) for row in rows_of(asked, seeded(seed))[1:]}
    assert {GREEN, f"Ferry raised. {GREEN}", BAKER, f"Baker opens. {BAKER}"} <= drawn
    assert not {text for text in drawn if text.startswith("Ferry sinks. The ferry was")}


@pytest.mark.parametrize("text", ["{", "[]", '{"data": [{"paragraphs": [{"context": "a", "qas": []}]}]}'])
def test_a_file_that_is_no_news_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.json"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(
        UsageError, match=r"other\.json is not in SQuAD's format, each paragraph with its title"
    ):
        stories(path)


@pytest.mark.parametrize("text", ["{", "[]", '{"id": "a"}'])
def test_a_file_without_questions_in_other_words_is_named_in_one_line(tmp_path: Path, text: str) -> None:
    path = tmp_path / "other.jsonl"
    path.write_text(text, encoding="utf-8")
    with pytest.raises(UsageError, match=r"other\.jsonl does not hold questions in other words"):
        read_reworded(path)


def test_stories_hold_four_articles_and_each_answer_stands_where_it_is_said_to() -> None:
    path = Path(__file__).parents[1] / "eval" / "stories.json"
    data = json.loads(path.read_text(encoding="utf-8"))["data"]
    asked = [q for story in data for article in story["paragraphs"] for q in article["qas"]]
    assert len({q["id"] for q in asked}) == len({q["question"] for q in asked}) == len(asked)
    for story in data:
        days = [date.fromisoformat(article["published"]) for article in story["paragraphs"]]
        assert len(days) == 4
        assert days == sorted(days)
        for article in story["paragraphs"]:
            for q in article["qas"]:
                assert bool(q["answers"]) != q["is_impossible"]
                for answer in q["answers"]:
                    start = answer["answer_start"]
                    assert article["context"][start : start + len(answer["text"])] == answer["text"]
    impossible = [q["is_impossible"] for q in asked]
    assert 0.45 < sum(impossible) / len(impossible) < 0.55
    with_why = [q["is_impossible"] for q in asked if q["question"].lower().startswith("why")]
    assert 0.4 < sum(with_why) / len(with_why) < 0.6


def test_no_paragraph_is_written_about_twice() -> None:
    folder = Path(__file__).parents[1] / "eval"
    one, other = (read_reworded(folder / f"{name}.jsonl") for name in ("reworded", "explained"))
    assert one.keys().isdisjoint(other)


def test_half_of_the_rows_stand_under_their_title() -> None:
    titled = [rows_of(example(), seeded(seed))[0].passage.startswith("The ferry. The") for seed in range(40)]
    assert {True, False} == set(titled)


@given(st.integers(0, 10_000), st.integers(50, 400))
def test_a_passage_is_of_whole_sentences_and_no_longer_than_asked(seed: int, length: int) -> None:
    text = " ".join(f"Sentence number {n} ends here." for n in range(30))
    at = text.index("number 17")
    a, b = passage(text, length, seeded(seed), (at, at + 9))
    assert a <= at
    assert b - a <= length
    assert text[a:b].startswith("Sentence")
    assert text[a:b].endswith("here.")
    assert b - a > length - len("Sentence number 17 ends here. ")  # nothing more would have fitted


def test_a_sentence_that_is_too_long_is_a_passage_by_itself() -> None:
    assert passage("Short. " + "X" * 50 + ". Short.", 20, seeded(), (10, 12)) == (7, 58)


def test_what_is_left_of_a_paragraph_is_the_longer_part_without_the_answer() -> None:
    rest = "The crew had breakfast. " * (SHORTEST // 40)
    asked = example(paragraph=f"A bell rang. {FERRY} {rest.strip()}", start=38, end=42)
    assert asked.answer == "nine"
    assert remainder(asked) == rest.strip()
    assert remainder(example()) is None  # nothing is left
    assert remainder(example(paragraph=asked.paragraph + " It was nine.", start=38, end=42)) is None


def test_batches_hold_each_question_once_a_round() -> None:
    found = [example(question=f"Question {n}?", paragraph=FERRY * (1 + n % 5)) for n in range(40)]
    drawn = list(itertools.islice(batches(found, 4, seeded()), 20))
    for round_ in (drawn[:10], drawn[10:]):
        asked = [rows[0].question for batch in round_ for rows in batch]
        assert sorted(asked) == sorted(e.question for e in found)
        assert all(len(batch) == 4 for batch in round_)


@pytest.mark.models
def test_training_learns_and_what_runs_have_learned_is_averaged(squad: Path, tmp_path: Path) -> None:
    folder = models.installed("minilm")
    if folder is None:
        pytest.skip("the encoder is not here: `rag models pull`")
    found, rows = examples(squad), [rows_of(e, seeded()) for e in examples(squad)]
    trainee = Trainee(folder, rank=4)
    before = trainee.loss(rows).item()
    ticks = itertools.count(0.0, 1.0)  # a second a step
    steps = reader_training.train(trainee, found, 12.0, 1e-3, lambda _step, _loss: None, ticks.__next__)
    after = trainee.loss(rows).item()
    assert steps == 11
    assert after < before
    one, two, mean = (tmp_path / f"{name}.safetensors" for name in ("one", "two", "mean"))
    trainee.save(one, steps)
    Trainee(folder, rank=8, seed=1).save(two, 0)  # adapters that add nothing yet
    reader_training.average([one, one], two.with_name("same.safetensors"), rank=4)
    same = Trainee(folder, rank=4, start=two.with_name("same.safetensors"))
    assert same.loss(rows).item() == pytest.approx(after, abs=0.05)
    reader_training.average([one, two], mean, rank=4)
    name = "encoder.layer.0.intermediate.dense"
    learned, half = load_file(one), load_file(mean)
    added, shared = (each[f"{name}.b"].astype(np.float32) @ each[f"{name}.a"] for each in (learned, half))
    assert shared == pytest.approx(added / 2, abs=1e-3)
    with pytest.raises(UsageError, match=r"two\.safetensors has adapters of another rank: "):
        Trainee(folder, rank=4, start=two)


@pytest.mark.models
def test_an_answer_beyond_what_is_read_costs_nothing() -> None:
    folder = models.installed("minilm")
    if folder is None:
        pytest.skip("the encoder is not here: `rag models pull`")
    trainee = Trainee(folder, rank=1)
    far = "The ferry sails. " * 200 + FERRY
    unread = Row("When did it leave?", far, (len(far) - 5, len(far) - 1))
    read = Row("When did it leave?", FERRY, (25, 29))
    both = trainee.loss([[read], [unread]]).item()
    assert 0 < both < 2 * trainee.loss([[read]]).item()
    assert trainee.loss([[unread]]).item() < 2.0  # of whether it answers alone
    assert reader_examples.LONGEST < 5 * reader_training.TOKENS  # so it is rare
