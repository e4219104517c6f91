"""What a model's own state says about whether passages answer its question, and which: linear probes.

A model's hidden states tell answerable from unanswerable questions better than its words do (Slobodkin et
al., The Curious Case of Hallucinatory (Un)answerability, EMNLP 2023), and whether one sentence answers, and
which of several, as well. All are logistic regressions on the state after some layer at the end of the
prompt that asks whether passages state the answer; rag/probe_training.py has fitted them, and
probe.safetensors holds their weights for each model.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file

SURE = 3.3  # log-odds of one sentence that no question without an answer came to, of those looked at


@dataclass(frozen=True, slots=True)
class Probe:
    """Directions in the state after ``layer`` layers, each of shape (dimension,): ``weights``, with a bias,
    of passages that answer together, ``better`` of a sentence that does and not another of the same question,
    ``one``, with a bias, of a sentence that answers by itself, whatever the question; None where only the
    others were fitted.
    """

    layer: int
    weights: NDArray[np.float32]
    bias: float
    better: NDArray[np.float32]
    one: NDArray[np.float32] | None = None
    one_bias: float = 0.0

    def answered(self, state: NDArray[np.float32]) -> float:
        """Return the log-odds that the passages answer, from the state, shape (dimension,)."""
        return float(state @ self.weights) + self.bias

    def signals(
        self, together: NDArray[np.float32], alone: Sequence[NDArray[np.float32]]
    ) -> dict[str, float]:
        """Return the log-odds that the passages answer, ``answered``, from the state that they lead to
        together, and that the likeliest of several sentences does by itself, ``one_answers``, from those that
        each leads to alone, with how far it is beyond any doubt, ``one_surely``; without these where no
        sentence was looked at alone.
        """
        said = {"answered": self.answered(together)}
        if self.one is not None and alone:
            likeliest = max(float(state @ self.one) for state in alone) + self.one_bias
            said |= {"one_answers": likeliest, "one_surely": max(0.0, likeliest - SURE)}
        return said

    def answers(self, state: NDArray[np.float32]) -> float:
        """Return how surely one sentence answers, from the state that it alone leads to: less another's, the
        log-odds that it is this one and not the other.
        """
        return float(state @ self.better)


@cache
def probe(model: str) -> Probe | None:
    """Return the probe that was fitted for a generator; None when there is none."""
    return _read().get(model)


def _read() -> Mapping[str, Probe]:
    with as_file(files("rag") / "probe.safetensors") as path:
        tensors = load_file(path)
    names = {name.rsplit("/", 1)[0] for name in tensors}
    return {
        name: Probe(
            int(tensors[f"{name}/layer"][0]),
            tensors[f"{name}/weights"],
            float(tensors[f"{name}/bias"][0]),
            tensors[f"{name}/better"],
            tensors.get(f"{name}/one"),
            float(tensors.get(f"{name}/one_bias", np.zeros(1))[0]),
        )
        for name in names
    }
