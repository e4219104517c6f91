"""What a model's own state says about whether the passages answer its question: a linear probe.

A model's hidden states tell answerable from unanswerable questions better than its words do (Slobodkin et
al., The Curious Case of Hallucinatory (Un)answerability, EMNLP 2023). The probe is a logistic regression on
the state after some layer at the end of the prompt that asks whether the passages state the answer;
rag/probe_training.py has fitted it, and probe.safetensors holds its weights for each model.
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
    """A direction in the state after ``layer`` layers: ``weights`` of shape (dimension,) and a bias."""

    layer: int
    weights: NDArray[np.float32]
    bias: float

    def answered(self, state: NDArray[np.float32]) -> float:
        """Return the log-odds that the passages answer, from the state, shape (dimension,)."""
        return float(state @ self.weights) + self.bias


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
        )
        for name in names
    }
