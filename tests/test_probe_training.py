"""How a probe is fitted: what is collected, what is fitted to it, and what is said of it."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from numpy.typing import NDArray
from safetensors.numpy import load_file

from rag import probe_training
from rag.answer import Answerer
from rag.eval_questions import Question
from rag.index import Index
from rag.probe_training import (
    LESS,
    WITHOUT,
    collect,
    counts_of,
    first_right,
    fit_better,
    fit_one,
    fit_together,
    fitted,
    main,
    pairs_of,
    read_states,
    told_apart,
    train,
    unseen,
)
from tests.conftest import ScriptedModel, StatefulModel


def question(number: int, text: str) -> Question:
    return Question(f"q{number}", text)


def test_states_are_collected_once(index: Index, tmp_path: Path) -> None:
    states = tmp_path / "states.jsonl"
    model = StatefulModel("The bridge cost 40 million euros.")
    answerer = Answerer(index, model)
    first = Question("q1", "What did the bridge cost?", answers=(("40 million",),))
    collect(answerer, [first], states)
    asked = len(model.prompts)
    several = question(3, "Who opened the bridge, and what did it cost?")
    collect(answerer, [first, several], states)
    assert len(model.prompts) == asked  # it is there
    collect(answerer, [first, Question("q2", "Who sold the bridge?", answerable=False)], states)
    answered, refused = read_states(states)
    assert [answered["id"], refused["id"]] == ["q1", "q2"]
    assert answered["state"] == [0.5, -2.0]
    assert answered["alone"] == [[0.5, -2.0]] * len(answered["holds"])
    assert sum(answered["holds"]) == 1
    assert len(refused["alone"]) == len(refused["holds"])
    assert not any(refused["holds"])  # whatever they say, it is no answer


def test_nothing_is_collected_from_a_model_without_a_known_layer(index: Index, tmp_path: Path) -> None:
    answerer = Answerer(index, ScriptedModel("The bridge cost 40 million euros."))
    collect(answerer, [question(1, "What did the bridge cost?")], tmp_path / "states.jsonl")
    assert read_states(tmp_path / "states.jsonl") == []


def test_states_are_collected_over_what_is_left_without_the_answer(index: Index, tmp_path: Path) -> None:
    states, model = tmp_path / "states.jsonl", StatefulModel("The bridge cost 40 million euros.")
    answers = (("40 million",),)
    changed = Question("q2", "What did the bridge cost?", type="temporal", answers=answers)
    two = Question("q3", "What did the bridge cost?", answers=(*answers, ("euros",)))
    none = Question("q4", "Who sold the bridge?", answerable=False)
    asked = [Question("q1", "What did the bridge cost?", answers=answers), changed, two, none]
    collect(Answerer(index, model), asked, states, without=True)
    (row,) = read_states(states)
    assert (row["id"], row["answerable"]) == ("q1-without", False)
    assert not any(row["holds"])
    assert model.prompts
    assert not any("40 million" in said for prompt in model.prompts for _, said in prompt)
    collect(Answerer(index, model), asked[:1], states)
    assert [row["answerable"] for row in read_states(states)] == [False, True]


def judged_rows(count: int) -> list[dict[str, object]]:
    """Questions of which the second of three sentences holds the answer; the first number tells."""
    rng = np.random.default_rng(2)
    rows: list[dict[str, object]] = []
    for _ in range(count):
        states = rng.normal(size=(3, 6))
        states[1, 0] += 8.0
        rows.append({"alone": states.tolist(), "holds": [False, True, False]})
    return rows


def test_pairs_of_a_sentence_that_holds_the_answer_and_another() -> None:
    row = {"alone": [[1.0, 2.0], [4.0, 4.0], [0.0, 1.0]], "holds": [False, True, False]}
    assert [pair.tolist() for pair in pairs_of(row)] == [[3.0, 2.0], [4.0, 3.0]]
    assert pairs_of({"alone": [], "holds": []}) == []
    assert pairs_of({"alone": [[1.0, 2.0]], "holds": [True]}) == []  # there is no other


def test_a_fit_to_pairs_finds_the_direction_and_puts_the_right_sentence_first() -> None:
    rows = judged_rows(30)
    assert int(np.argmax(np.abs(fit_better(rows, ridge=1.0)))) == 0
    everything = {"alone": [[1.0] * 6] * 3, "holds": [True] * 3}
    assert first_right([*rows, everything], ridge=1.0) == (30, 30)  # one that all hold tells nothing


def rows_of(states: NDArray[np.floating[Any]], names: Sequence[str]) -> list[dict[str, Any]]:
    """Questions of which every other is answerable, with one sentence that was looked at alone."""
    return [
        {"id": name, "answerable": bool(i % 2), "state": state, "alone": [state], "holds": [bool(i % 2)]}
        for i, (name, state) in enumerate(zip(names, states.tolist(), strict=True))
    ]


def test_a_fit_finds_the_direction_and_judges_what_it_has_not_seen() -> None:
    rng = np.random.default_rng(1)
    truth = np.arange(60) % 2.0
    table = rng.normal(size=(60, 8))
    table[:, 3] += 4 * truth
    weights, bias = fitted(table, truth, ridge=1.0)
    assert int(np.argmax(np.abs(weights))) == 3
    assert told_apart(table @ weights + bias, truth) > 0.95
    rows = rows_of(table, [str(i) for i in range(60)])
    assert [int(np.argmax(np.abs(fit(rows)[0]))) for fit in (fit_together, fit_one)] == [3, 3]
    for signal in ("answered", "one_answers"):
        assert told_apart(np.asarray([said[signal] for said in unseen(rows)]), truth) > 0.95
    noise = rows_of(rng.normal(size=(60, 40)), [str(i) for i in range(60)])
    guessed = np.asarray([said["answered"] for said in unseen(noise)])
    assert told_apart(guessed, truth) < 0.75  # seen, noise would be told apart


def test_the_rows_of_one_question_are_judged_by_a_fit_that_has_seen_none_of_them() -> None:
    twice = np.repeat(np.eye(40), 2, axis=0)
    truth = np.arange(80) % 2.0  # every question once with its answer and once without
    rows = rows_of(twice, [f"q{i // 2}{'' if i % 2 else WITHOUT}" for i in range(80)])
    assert np.ptp([said["answered"] for said in unseen(rows)]) < 1e-3  # nothing to go by
    apart = rows_of(twice, [str(i) for i in range(80)])
    misled = np.asarray([said["answered"] for said in unseen(apart)])  # by the other row of the same question
    assert told_apart(misled, truth) < 0.5


def test_a_question_whose_answer_was_taken_away_counts_less() -> None:
    assert counts_of([{"id": "q1"}, {"id": "q1-without"}]).tolist() == [1.0, LESS]


def test_how_often_one_scores_above_another() -> None:
    assert told_apart(np.asarray([2.0, 1.0, 1.0, 0.0]), np.asarray([1.0, 1.0, 0.0, 0.0])) == 0.875


def test_training_writes_the_weights_and_tells_the_gate(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(probe_training, "WEIGHTS", tmp_path / "probe.safetensors")
    rows = [
        {
            "id": str(i),
            "answerable": bool(i % 2),
            "state": [float(i % 2), float(i % 3)],
            "alone": [[0.0, float(i % 3)], [float(i % 2), 1.0]],
            "holds": [False, bool(i % 2)],
        }
        for i in range(20)
    ]
    told: list[str] = []
    train("tiny", 5, rows, told.append)
    assert "answered: AUC 1.000 over 20 questions\n" in told
    assert "a sentence with the answer first: 10 of 10\n" in told
    printed = json.loads(told[-1])["tiny"]
    assert list(printed["weights"]) == ["answered", "one_answers", "one_surely"]
    assert told[-2] == "kept 1.00, refused 1.00\n"
    written = load_file(tmp_path / "probe.safetensors")
    assert written["tiny/layer"].tolist() == [5]
    assert written["tiny/better"][0] > abs(written["tiny/better"][1])


@pytest.mark.parametrize(
    ("more", "said"), [([], "there are no states in nothing.jsonl"), (["--without"], "name --collect")]
)
def test_what_cannot_be_fitted_is_said_in_a_line(
    more: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(SystemExit) as stopped:
        main(["qwen-1.5b", "nothing.jsonl", "--layer", "20", *more])
    assert stopped.value.code == 2
    assert said in capsys.readouterr().err
