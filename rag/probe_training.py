"""Fits the probe of a generator (rag/probe.py) and its refusals on question files, on the processor.

    python -m rag.probe_training qwen-1.5b states.jsonl --layer 18 --collect eval/hard.jsonl raw
    python -m rag.probe_training qwen-1.5b states.jsonl --layer 18 --collect eval/questions.jsonl index
    python -m rag.probe_training qwen-1.5b states.jsonl --layer 18

The first two ask the questions of a file's ``train`` split over an index and append to states.jsonl what the
model came to, a line a question; what is there is not asked again. The last fits the probe and writes
rag/probe.safetensors, then prints how well either kind of question is told apart when each is judged by a fit
that has not seen it, and the gate for rag/abstention.json, which is fitted on those judgements.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from rag.abstention import fit, logistic
from rag.answer import Answerer
from rag.eval_questions import Question
from rag.eval_sets import read_questions
from rag.generator import TransformersGenerator
from rag.index import Index
from rag.models import model_path
from rag.models_registry import evidence_head
from rag.parts import parts
from rag.types import Answer, ChatModel, Choice, GeneratorSession

Floats = NDArray[np.floating[Any]]

RIDGE = 300.0  # few questions, many dimensions
FOLDS = 10
SIGNALS = ("states",)  # what the model says, for comparison
WEIGHTS = Path(__file__).with_name("probe.safetensors")


class Recorder:
    """A chat model that keeps the last choice of each question."""

    def __init__(self, model: ChatModel) -> None:
        self.name = model.name
        self.choices: list[Choice] = []
        self._model = model

    @contextmanager
    def session(self) -> Iterator[GeneratorSession]:
        """Open a session whose choices are kept."""
        with self._model.session() as session:
            yield _Recorded(session, self.choices)


class _Recorded:
    def __init__(self, session: GeneratorSession, choices: list[Choice]) -> None:
        self._session, self._choices = session, choices
        self.stream, self.attend = session.stream, session.attend

    def choose(self, messages: Sequence[tuple[str, str]], choices: Sequence[str]) -> Any:
        made = yield from self._session.choose(messages, choices)
        self._choices.append(made)
        return made


def collect(recorder: Recorder, index: Index, questions: Sequence[Question], states: Path) -> None:
    """Ask questions and append what the model came to; a question that is there is not asked again.

    Nor is one of several parts: what the model comes to last is about its last part alone.
    """
    known = {row["id"] for row in read_states(states)}
    answerer = Answerer(index, recorder)
    with states.open("a", encoding="utf-8") as handle:
        for question in questions:
            if question.id in known or len(parts(question.question, date.today())) > 1:
                continue
            recorder.choices.clear()
            answer = answerer.answer(question.question, question.history)
            row = _row(question, answer, recorder.choices)
            if row:
                handle.write(json.dumps(row) + "\n")
                handle.flush()
            sys.stderr.write(f"{question.id}\n")


def _row(question: Question, answer: Answer, choices: Sequence[Choice]) -> Mapping[str, Any] | None:
    """The last choice of a question is about all that was chosen; None when it came to no choice."""
    if not choices or choices[-1].state is None:
        return None
    signals = {name: answer.signals[name] for name in SIGNALS}
    state = [round(float(x), 4) for x in choices[-1].state]
    return {"id": question.id, "answerable": question.answerable, "signals": signals, "state": state}


def read_states(path: Path) -> list[Mapping[str, Any]]:
    """Read what was collected; nothing when there is no such file yet."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fitted(table: Floats, truth: Floats, ridge: float = RIDGE) -> tuple[Floats, float]:
    """Return the probe's weights and bias over states as they are, shape (questions, dimension)."""
    means, spreads, beta = logistic(table, truth, ridge)
    weights = beta[:-1] / spreads
    return weights, float(beta[-1] - weights @ means)


def unseen(table: Floats, truth: Floats, ridge: float = RIDGE) -> Floats:
    """Return each question's log-odds by a fit on the other nine tenths."""
    odds = np.zeros(len(table))
    places = np.random.default_rng(0).permutation(len(table))
    for fold in range(FOLDS):
        out = places[fold::FOLDS]
        kept = np.setdiff1d(places, out)
        weights, bias = fitted(table[kept], truth[kept], ridge)
        odds[out] = table[out] @ weights + bias
    return odds


def told_apart(scores: Floats, truth: Floats) -> float:
    """Return the area under the ROC curve: how often an answerable question scores above another."""
    yes, no = scores[truth > 0], scores[truth == 0]
    return float(((yes[:, None] > no) + 0.5 * (yes[:, None] == no)).mean())


def train(model: str, layer: int, rows: Sequence[Mapping[str, Any]], write: Any) -> None:
    """Fit probe and gate, write the probe's weights and say what came of it. The gate weighs the probe alone,
    and cuts where both kinds of question weigh the same.
    """
    table = np.asarray([row["state"] for row in rows], dtype=np.float64)
    truth = np.asarray([row["answerable"] for row in rows], dtype=np.float64)
    odds = unseen(table, truth)
    weights, bias = fitted(table, truth)
    tensors = load_file(WEIGHTS) if WEIGHTS.is_file() else {}
    tensors |= {
        f"{model}/weights": weights.astype(np.float32),
        f"{model}/bias": np.asarray([bias], dtype=np.float32),
        f"{model}/layer": np.asarray([layer], dtype=np.int64),
    }
    save_file(tensors, WEIGHTS)
    columns = {name: np.asarray([row["signals"][name] for row in rows]) for name in SIGNALS}
    for name, column in {**columns, "answered": odds}.items():
        write(f"{name}: AUC {told_apart(column, truth):.3f} over {len(rows)} questions\n")
    answered = [bool(t) for t in truth]
    gate = fit([{"answered": float(o)} for o in odds], answered)
    kept = np.asarray([gate.probability({"answered": float(o)}) >= gate.threshold for o in odds])
    write(f"kept {kept[truth > 0].mean():.2f}, refused {(~kept[truth == 0]).mean():.2f}\n")
    write(json.dumps({model: asdict(gate)}, indent=1) + "\n")


def main(arguments: Sequence[str]) -> None:
    """Collect, or fit."""
    parser = argparse.ArgumentParser(prog="rag.probe_training", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("states", type=Path)
    parser.add_argument("--layer", type=int, required=True, help="layers after which the state is taken")
    parser.add_argument("--collect", nargs=2, type=Path, metavar=("QUESTIONS", "INDEX"))
    options = parser.parse_args(arguments)
    if options.collect is None:
        train(options.model, options.layer, read_states(options.states), sys.stdout.write)
        return
    questions, index = options.collect
    name = options.model
    generator = TransformersGenerator(model_path(name), name, evidence_head(name), options.layer)
    asked = read_questions(questions, "train").questions
    collect(Recorder(generator), Index.open(index), asked, options.states)


if __name__ == "__main__":
    main(sys.argv[1:])
