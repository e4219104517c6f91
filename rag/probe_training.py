"""Fits the probe of a generator (rag/probe.py) and its refusals on question files, on the processor.

    python -m rag.probe_training qwen-1.5b states.jsonl --layer 20 --collect eval/hard.jsonl raw
    python -m rag.probe_training qwen-1.5b states.jsonl --layer 20 --collect eval/hard.jsonl raw --without
    python -m rag.probe_training qwen-1.5b states.jsonl --layer 20

The first two ask the questions of a file's ``train`` split over an index and append to states.jsonl what the
model came to, a line a question; what is there is not asked again. With ``--without`` those that have an
answer are asked over the passages that are left when all that hold it are taken away: what is on the topic
and does not answer is what a probe must learn to tell. The last fits the probes and writes
rag/probe.safetensors, then prints how well either kind of question is told apart and how often the right
sentence comes first when each question is judged by a fit that has not seen it, and the gate for
rag/abstention.json, which is fitted on those judgements.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file, save_file

from rag.abstention import fit, logistic
from rag.answer import FOUND, SHOWN, Answerer
from rag.drafting import drained, examine
from rag.eval_metrics import is_right
from rag.eval_questions import Question
from rag.eval_sets import read_questions
from rag.generator import TransformersGenerator
from rag.index import Index
from rag.models import model_path
from rag.models_registry import evidence_head
from rag.parts import parts
from rag.probe import Probe, probe
from rag.search import Found

Floats = NDArray[np.floating[Any]]
Direction = NDArray[np.float32]

RIDGE = 100.0  # few questions, many dimensions
PAIR_RIDGE = 30.0
ONE_RIDGE = 300.0
FOLDS = 10
WITHOUT = "-without"  # behind the id of a question whose answer was taken away
LESS = 0.3  # that such a question counts, beside one that was written to have no answer
NOWHERE = np.zeros(0, dtype=np.float32)  # the direction between sentences, where it is not asked for
WEIGHTS = Path(__file__).with_name("probe.safetensors")


def collect(answerer: Answerer, questions: Sequence[Question], states: Path, without: bool = False) -> None:
    """Ask questions and append what the model came to; a question that is there is not asked again.

    Nor is one of several parts: what the model comes to is about one part alone. ``without`` takes the
    answers away (``unanswerable``).
    """
    asked = [q for each in questions if (q := unanswerable(each) if without else each)]
    known = {row["id"] for row in read_states(states)}
    with states.open("a", encoding="utf-8") as handle:
        for question in asked:
            if question.id in known or len(parts(question.question, date.today())) > 1:
                continue
            row = _examined(answerer, question)
            if row:
                handle.write(json.dumps(row) + "\n")
                handle.flush()
            sys.stderr.write(f"{question.id}\n")


def unanswerable(question: Question) -> Question | None:
    """Return a question that has an answer as one that has none, its id marked; ``answers`` say what is to
    be taken away. None for one without an answer, for one with several, since what is left may answer a part,
    and for one about what changed, which an older value seems to answer.
    """
    if not question.answerable or len(question.answers) != 1 or question.type == "temporal":
        return None
    return replace(question, id=question.id + WITHOUT, answerable=False)


def _found(answerer: Answerer, question: Question) -> Found:
    """Find the passages to read; without those that hold the answer where that is to be taken away."""
    if not question.id.endswith(WITHOUT):
        return answerer.find(question.question, question.history)
    found = answerer.find(question.question, question.history, 2 * FOUND)
    left = [h for h in found.hits if not is_right(f"{h.article.title} {h.passage.text}", question.answers)]
    ranked = [replace(hit, rank=rank) for rank, hit in enumerate(left[:FOUND], start=1)]
    return replace(found, hits=tuple(ranked))


def _examined(answerer: Answerer, question: Question) -> Mapping[str, Any] | None:
    """What the model came to for a question: of the chosen sentences together and of each that was judged
    alone, with whether it holds the answer. None when it came to nothing.
    """
    model, found = answerer.model, _found(answerer, question)
    weighed = answerer.weigh(found)
    if model is None or weighed is None:
        return None
    with model.session() as session:
        steps = examine(session, found, weighed, question.history, SHOWN, probe(model.name))
        examined = drained(steps)
    if examined.together.state is None:
        return None
    return {
        "id": question.id,
        "answerable": question.answerable,
        "state": _rounded(examined.together.state),
        "alone": [_rounded(told.state) for _, told in examined.alone if told.state is not None],
        "holds": [
            question.answerable and is_right(candidate.text, question.answers)
            for candidate, _ in examined.alone
        ],
    }


def _rounded(state: Floats) -> list[float]:
    return [round(float(x), 4) for x in state]


def read_states(path: Path) -> list[Mapping[str, Any]]:
    """Read what was collected; nothing when there is no such file yet."""
    if not path.is_file():
        return []
    return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def fitted(
    table: Floats, truth: Floats, ridge: float = RIDGE, counts: Floats | None = None
) -> tuple[Direction, float]:
    """Return the probe's weights and bias over states as they are, shape (questions, dimension); ``counts``
    is how much each row counts.
    """
    means, spreads, beta = logistic(table, truth, ridge, counts)
    weights = beta[:-1] / spreads
    return weights.astype(np.float32), float(beta[-1] - weights @ means)


def pairs_of(row: Mapping[str, Any]) -> list[Floats]:
    """Return the differences of the states of sentences that hold a question's answer and of others."""
    states = [np.asarray(state) for state in row["alone"]]
    holding = [s for s, holds in zip(states, row["holds"], strict=True) if holds]
    others = [s for s, holds in zip(states, row["holds"], strict=True) if not holds]
    return [one - other for one in holding for other in others]


def fit_better(rows: Sequence[Mapping[str, Any]], ridge: float = PAIR_RIDGE) -> Direction:
    """Fit the probe of single sentences: the direction in which the one state of each pair lies beyond the
    other, by logistic regression of the differences either way. Each question weighs the same.
    """
    each = [pairs for row in rows if (pairs := pairs_of(row))]
    counts = np.concatenate([np.full(len(pairs), 1 / len(pairs)) for pairs in each])
    beyond = np.asarray([pair for pairs in each for pair in pairs])
    table, truth = np.concatenate([beyond, -beyond]), np.repeat([1.0, 0.0], len(beyond))
    return fitted(table, truth, 2 * ridge, np.tile(counts, 2))[0]  # twice: each pair is there twice


def first_right(rows: Sequence[Mapping[str, Any]], ridge: float = PAIR_RIDGE) -> tuple[int, int]:
    """Return for how many questions the sentence that is put first holds the answer, by a fit on the other
    nine tenths of the questions, and for how many any of the sentences does and not all.
    """
    asked = [row for row in rows if pairs_of(row)]
    places, right = np.random.default_rng(0).permutation(len(asked)), 0
    for fold in range(FOLDS):
        out = places[fold::FOLDS]
        direction = fit_better([asked[i] for i in np.setdiff1d(places, out)], ridge)
        right += sum(
            asked[i]["holds"][int(np.argmax(np.asarray(asked[i]["alone"]) @ direction))] for i in out
        )
    return right, len(asked)


def counts_of(rows: Sequence[Mapping[str, Any]]) -> Floats:
    """Return how much each row counts, shape (rows,)."""
    return np.asarray([LESS if str(row["id"]).endswith(WITHOUT) else 1.0 for row in rows])


def fit_together(rows: Sequence[Mapping[str, Any]]) -> tuple[Direction, float]:
    """Fit the direction, and its bias, of passages that answer together."""
    table = np.asarray([row["state"] for row in rows], dtype=np.float64)
    truth = np.asarray([row["answerable"] for row in rows], dtype=np.float64)
    return fitted(table, truth, RIDGE, counts_of(rows))


def fit_one(rows: Sequence[Mapping[str, Any]]) -> tuple[Direction, float]:
    """Fit the direction, and its bias, of a sentence that answers by itself, whatever the question."""
    table = np.asarray([state for row in rows for state in row["alone"]], dtype=np.float64)
    truth = np.asarray([holds for row in rows for holds in row["holds"]], dtype=np.float64)
    return fitted(table, truth, ONE_RIDGE, np.repeat(counts_of(rows), [len(row["alone"]) for row in rows]))


def unseen(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, float]]:
    """Return what a probe says of each row when it was fitted on the other nine tenths of the questions; all
    rows of one question are judged by the same fit, which has seen none of them.
    """
    _, questions = np.unique([str(row["id"]).removesuffix(WITHOUT) for row in rows], return_inverse=True)
    folds = np.random.default_rng(0).permutation(questions.max() + 1)[questions] % FOLDS
    said: list[dict[str, float]] = [{} for _ in rows]
    for fold in range(FOLDS):
        others = [row for row, its in zip(rows, folds, strict=True) if its != fold]
        known = Probe(0, *fit_together(others), NOWHERE, *fit_one(others))
        for place in np.flatnonzero(folds == fold).tolist():
            state, alone = (np.asarray(rows[place][name], dtype=np.float32) for name in ("state", "alone"))
            said[place] = known.signals(state, list(alone))
    return said


def told_apart(scores: Floats, truth: Floats) -> float:
    """Return the area under the ROC curve: how often an answerable question scores above another."""
    yes, no = scores[truth > 0], scores[truth == 0]
    return float(((yes[:, None] > no) + 0.5 * (yes[:, None] == no)).mean())


def train(model: str, layer: int, rows: Sequence[Mapping[str, Any]], write: Any) -> None:
    """Fit probe and gate, write the probe's weights and say what came of it. The gate weighs what the probe
    says, and cuts where both kinds of question weigh the same.
    """
    known, said = Probe(layer, *fit_together(rows), fit_better(rows), *fit_one(rows)), unseen(rows)
    tensors = load_file(WEIGHTS) if WEIGHTS.is_file() else {}
    tensors |= {
        f"{model}/weights": known.weights,
        f"{model}/bias": np.asarray([known.bias], dtype=np.float32),
        f"{model}/layer": np.asarray([layer], dtype=np.int64),
        f"{model}/better": known.better,
        f"{model}/one": np.asarray(known.one),
        f"{model}/one_bias": np.asarray([known.one_bias], dtype=np.float32),
    }
    save_file(tensors, WEIGHTS)
    right, asked = first_right(rows)
    write(f"a sentence with the answer first: {right} of {asked}\n")
    answered = np.asarray([bool(row["answerable"]) for row in rows])
    gate = fit(said, list(answered), counts=counts_of(rows))
    chances = np.asarray([gate.probability(each) for each in said])
    write(f"answered: AUC {told_apart(chances, answered):.3f} over {len(rows)} questions\n")
    kept = chances >= gate.threshold
    write(f"kept {kept[answered].mean():.2f}, refused {(~kept[~answered]).mean():.2f}\n")
    write(json.dumps({model: asdict(gate)}, indent=1) + "\n")


def main(arguments: Sequence[str]) -> None:
    """Collect, or fit."""
    parser = argparse.ArgumentParser(prog="rag.probe_training", description=__doc__)
    parser.add_argument("model")
    parser.add_argument("states", type=Path)
    parser.add_argument("--layer", type=int, required=True, help="layers after which the state is taken")
    parser.add_argument("--collect", nargs=2, type=Path, metavar=("QUESTIONS", "INDEX"))
    parser.add_argument("--without", action="store_true", help="the answers taken away")
    options = parser.parse_args(arguments)
    if options.collect is None:
        if options.without:
            parser.error("--without says how to collect: name --collect QUESTIONS INDEX too")
        if not options.states.is_file():
            parser.error(
                f"there are no states in {options.states}: collect some with --collect QUESTIONS INDEX"
            )
        train(options.model, options.layer, read_states(options.states), sys.stdout.write)
        return
    questions, index = options.collect
    name = options.model
    generator = TransformersGenerator(model_path(name), name, evidence_head(name), options.layer)
    asked = read_questions(questions, "train").questions
    collect(Answerer(Index.open(index), generator), asked, options.states, options.without)


if __name__ == "__main__":
    main(sys.argv[1:])
