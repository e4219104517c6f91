"""What a model's own state says about whether passages answer its question, and which: linear probes.

A model's hidden states tell answerable from unanswerable questions better than its words do (Slobodkin et
al., The Curious Case of Hallucinatory (Un)answerability, EMNLP 2023), and which of several sentences answers
as well. Both probes are logistic regressions on the state after some layer at the end of the prompt that asks
whether passages state the answer; rag/probe_training.py has fitted them, and probe.safetensors holds their
weights for each model.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import as_file, files

import numpy as np
from numpy.typing import NDArray
from safetensors.numpy import load_file


@dataclass(frozen=True, slots=True)
class Probe:
    """Directions in the state after ``layer`` layers, each of shape (dimension,): ``weights``, with a bias,
    of all passages that answer, ``better`` of a sentence that does.
    """

    layer: int
    weights: NDArray[np.float32]
    bias: float
    better: NDArray[np.float32]

    def answered(self, state: NDArray[np.float32]) -> float:
        """Return the log-odds that the passages answer, from the state, shape (dimension,)."""
        return float(state @ self.weights) + self.bias

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
        )
        for name in names
    }
