"""Reads a question and a passage together: how likely the passage answers, and in which sentence.

MiniLM, the encoder of the index, with low-rank adapters (Hu et al., LoRA, ICLR 2022) that rag/reader_training
has learned on SQuAD 1.1 (Rajpurkar et al., EMNLP 2016). A pair of vectors cannot tell "who invited whom"; a
reader that sees both texts at once can. There are three sets of adapters: the reader's find where an answer
stands, the verifier's, trained further on questions of our own, tell whether there is one (Hu et al., Read +
Verify, AAAI 2019), and those for directions, trained further on relations turned round, whether a question or
its reverse is answered. One set does another's work worse (eval/NOTES.md).
"""

from __future__ import annotations

import threading
from collections.abc import Mapping, Sequence
from importlib.resources import as_file, files
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.arithmetic import fast_dtype
from rag.types import Read, Span

READER, VERIFIER, DIRECTIONS = "reader.safetensors", "verifier.safetensors", "directions.safetensors"
ADAPTED = (  # the linear maps of a layer that have an adapter
    "attention.self.query", "attention.self.key", "attention.self.value",
    "attention.output.dense", "intermediate.dense", "output.dense",
)  # fmt: skip
SCALE = 2.0  # of what an adapter adds
LONGEST_QUESTION, QUESTION_TOKENS = 400, 128  # characters and tokens; what stands behind them is not read
TOKENS = 320  # of question and passage together; a passage of 110 words has about 160
BATCH = 10
LONGEST_SPAN = 25  # tokens of an answer
LONGEST_ANSWER = 12  # tokens of one that is told: a name, a date, a figure
ANSWERS = 2  # of a passage that are told


class MiniLMReader:
    """MiniLM from a local folder, with the ``adapters`` of a file; one reading at a time."""

    def __init__(self, folder: Path, adapters: str) -> None:
        from safetensors.torch import load_file
        from transformers import AutoModel, AutoTokenizer

        with as_file(files("rag") / adapters) as path:
            learned = load_file(path)
        self._lock = threading.Lock()  # the tokenizer cannot be used by two threads at once
        self._tokenizer: Any = AutoTokenizer.from_pretrained(str(folder), local_files_only=True)
        model: Any = AutoModel.from_pretrained(str(folder), local_files_only=True)
        _merge(dict(model.named_modules()), learned)
        self._model = model.to(fast_dtype()).eval()
        self._heads = {name: learned[f"heads.{name}"].float() for name in HEADS}

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
        """Return how each passage, given as text and the spans of its sentences in it, answers a question."""
        found: dict[int, Read] = {}
        by_length = sorted(range(len(passages)), key=lambda i: len(passages[i][0]))
        with self._lock:
            asked = self._cut(question)
            for first in range(0, len(passages), BATCH):  # like lengths together: less padding
                places = by_length[first : first + BATCH]
                batch = [passages[i] for i in places]
                found |= zip(places, self._read(asked, batch), strict=True)
        return [found[i] for i in range(len(passages))]

    def _cut(self, question: str) -> str:
        """Return as much of a question as leaves room for a passage."""
        question = question[:LONGEST_QUESTION]
        offsets = self._tokenizer(question, add_special_tokens=False, return_offsets_mapping=True)
        ends = [end for _, end in offsets["offset_mapping"]]
        return question if len(ends) <= QUESTION_TOKENS else question[: ends[QUESTION_TOKENS - 1]]

    def _read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
        import torch
        from torch.nn.functional import linear

        encoded = self._tokenizer(
            [question] * len(passages), [text for text, _ in passages], truncation="only_second",
            max_length=TOKENS, padding=True, return_offsets_mapping=True, return_tensors="pt",
        )  # fmt: skip
        offsets = encoded.pop("offset_mapping").numpy()
        with torch.inference_mode():
            states = self._model(**encoded).last_hidden_state.float()
            ends = linear(states, self._heads["span.weight"], self._heads["span.bias"]).numpy()
            relevance = linear(states[:, 0], self._heads["rel.weight"], self._heads["rel.bias"]).numpy()
        reads = []
        for row, (text, sentences) in enumerate(passages):
            in_passage = np.asarray([part == 1 for part in encoded.sequence_ids(row)])
            scores = [best_span(ends[row], offsets[row], in_passage, span) for span in sentences]
            answers = best_answers(ends[row], offsets[row], in_passage)
            told = tuple((text[a:b], score) for (a, b), score in answers)
            reads.append(Read(float(relevance[row, 0]), _filled(scores), told))
        return reads


HEADS = ("span.weight", "span.bias", "rel.weight", "rel.bias")


def best_span(
    ends: NDArray[np.float32], offsets: NDArray[np.int64], in_passage: NDArray[np.bool_], sentence: Span
) -> float | None:
    """Return the score of the best answer within a sentence: that of its first token and of its last, added.

    ``ends`` has a score of beginning and of ending an answer for each token, shape (tokens, 2), ``offsets``
    each token's characters. None when no token of the sentence was read.
    """
    inside = in_passage & (offsets[:, 0] >= sentence[0]) & (offsets[:, 1] <= sentence[1])
    rows = np.flatnonzero(inside & (offsets[:, 1] > offsets[:, 0]))
    if not len(rows):
        return None
    return float(_span_scores(ends[rows], LONGEST_SPAN).max())


def best_answers(
    ends: NDArray[np.float32], offsets: NDArray[np.int64], in_passage: NDArray[np.bool_]
) -> list[tuple[Span, float]]:
    """Return where the best answers of a passage stand, in characters, and their scores, best first.

    Arguments as for ``best_span``. No two overlap; there are ``ANSWERS`` at most.
    """
    rows = np.flatnonzero(in_passage & (offsets[:, 1] > offsets[:, 0]))
    if not len(rows):
        return []
    scores, found = _span_scores(ends[rows], LONGEST_ANSWER), list[tuple[Span, float]]()
    while len(found) < ANSWERS and np.isfinite(scores.max()):
        first, last = np.unravel_index(scores.argmax(), scores.shape)
        span = int(offsets[rows[first], 0]), int(offsets[rows[last], 1])
        found.append((span, float(scores[first, last])))
        scores[: last + 1, first:] = -np.inf  # what overlaps begins before its end and ends after its start
    return found


def _span_scores(ends: NDArray[np.float32], longest: int) -> NDArray[np.float32]:
    """Return the score of each span by its first and last token, shape (tokens, tokens); those that end
    before they begin, or are too long, have none.
    """
    places = np.arange(len(ends))
    distance = places[None, :] - places[:, None]
    scores = ends[:, 0][:, None] + ends[:, 1][None, :]
    return np.where((distance >= 0) & (distance < longest), scores, -np.inf)


def _filled(scores: Sequence[float | None]) -> tuple[float, ...]:
    """A sentence beyond what was read is as little of an answer as the worst that was."""
    lowest = min((s for s in scores if s is not None), default=0.0)
    return tuple(lowest if score is None else score for score in scores)


def _merge(modules: Mapping[str, Any], learned: Mapping[str, Any]) -> None:
    """Add each adapter to the weight that it adapts: afterwards reading costs no more than embedding."""
    for name in {key.removesuffix(".a") for key in learned if key.endswith(".a")}:
        added = SCALE * (learned[f"{name}.b"].float() @ learned[f"{name}.a"].float())
        modules[name].weight.data += added
