"""Answer or abstain: one probability, one threshold, decided before anything is written. Pure.

A logistic regression whose weights ``fit`` finds on questions that are not the test; they stand in
abstention.json. Two kinds of signals are enough: the log-odds that the chosen sentences state the answer
together and that the best of them does by itself, as a probe (rag/probe.py) reads them in the model's state,
or for a model that no probe is known for as it says them; and the scores of the best answers that verifier
and reader find, the only ones without a generator. A dozen others add nothing, or mislead (eval/NOTES.md).
One sentence that answers beyond any doubt counts for more than its share: what stands around it may hide it.
A question that leans on several before it must be surer: the more was said, the more passages look like
answers.
"""

from __future__ import annotations

import json
import math
from collections.abc import Callable, Mapping, Sequence, Set
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

import numpy as np
from numpy.typing import NDArray

from rag.errors import EvalError
from rag.grounding import Candidate, missing_dates, named_terms
from rag.matching import coverage, uncovered
from rag.text import content_words, words
from rag.types import Hit

# The signals that earn their place (eval/NOTES.md), the first of which is always there.
WITH_PROBE = ("answered", "one_answers", "verified", "answer")
WITH_MODEL = ("states", "one_states")
WITHOUT = ("verified", "answer")
WITHOUT_READER = ("nearest", "names_lacking", "dates_lacking", "covered")  # nor a generator
OTHER = "other"  # a generator that nothing was fitted for
REFUSAL = "The articles do not say."
NAMED = 4  # of what is missing


@dataclass(frozen=True, slots=True)
class Gate:
    """A fitted choice: the weight, mean and spread of each signal, a bias, and where to cut."""

    weights: Mapping[str, float]
    means: Mapping[str, float]
    spreads: Mapping[str, float]
    bias: float
    threshold: float

    def probability(self, signals: Mapping[str, float]) -> float:
        """Return the probability that the passages answer the question; 0 to 1. A signal that is not there
        says nothing either way.
        """
        total = self.bias + sum(
            w * (signals.get(name, self.means[name]) - self.means[name]) / self.spreads[name]
            for name, w in self.weights.items()
        )
        return 1 / (1 + math.exp(-max(-30.0, min(30.0, total))))


@cache
def gate(model: str) -> Gate:
    """Return the gate that was fitted for a generator: "none" for answers without one, "unread" for those
    that no reader has read for either.

    Each model has its own idea of a sure yes; one that was never fitted gets a gate that was fitted for
    another on what any model can say.
    """
    data = json.loads((files("rag") / "abstention.json").read_text(encoding="utf-8"))
    return Gate(**data.get(model, data[OTHER]))


def evidence_signals(
    question: str, read: Sequence[Candidate], quoted: Sequence[Candidate], nearest: float
) -> dict[str, float]:
    """Return what the evidence alone says about whether the question is answered.

    ``read`` are the sentences that were read, best first, ``quoted`` those that the answer would stand on,
    ``nearest`` the best cosine of a sentence and the question.
    """
    text = " ".join([*(c.text for c in read), *(c.hit.article.title for c in read)])
    asked, lacking = named_terms(question), _lacking(question, uncovered(question, text))
    return {
        "nearest": nearest,
        "covered": coverage(question, text),
        "names_lacking": len(lacking) / max(1, len(asked)),
        "dates_lacking": float(bool(missing_dates(question, quoted))),
    }


def what_is_missing(question: str, hits: Sequence[Hit], told_of: Callable[[str], bool]) -> str:
    """Say in a line what was looked for and is not there: names and figures that the hits lack, or else words
    that no article has. ``told_of`` says whether any article has a folded word.
    """
    read = " ".join(f"{h.article.title} {h.passage.text}" for h in hits)
    missing = uncovered(question, read)
    if lacking := _lacking(question, missing):
        return f"the nearest passages do not mention {_listed(lacking)}"
    nowhere = [w for w in dict.fromkeys(content_words(question)) if w in missing and not told_of(w)]
    if nowhere:
        return f"no article mentions {_listed(nowhere)}: other words may find it"
    return "no passage that was found states it"


def _listed(terms: Sequence[str]) -> str:
    return ", ".join(f"“{' '.join(term.split())}”" for term in terms[:NAMED])


def the_other_way(turned: str) -> str:
    """Say that passages answer a question ``turned`` round, not the one that was asked."""
    return f"the nearest passages tell it the other way round: “{turned}”"


def _lacking(question: str, missing: Set[str]) -> list[str]:
    """Return what a question names and of which words are missing."""
    return [term for term in named_terms(question) if not missing.isdisjoint(words(term))]


def fit(
    rows: Sequence[Mapping[str, float]],
    answered: Sequence[bool],
    threshold: float = 0.5,
    ridge: float = 3.0,
    counts: NDArray[np.floating[Any]] | None = None,
) -> Gate:
    """Fit a gate by ridge logistic regression (Newton's method) with both classes weighing the same.

    ``rows`` are signals; one that a row lacks counts as their mean. ``answered`` says which questions the
    passages answer, ``counts`` how much each counts, 1 if not given.
    """
    names = sorted({name for row in rows for name in row})
    table = np.asarray([[row.get(name, math.nan) for name in names] for row in rows], dtype=np.float64)
    table = np.where(np.isnan(table), np.nanmean(table, axis=0), table)
    truth = np.asarray(answered, dtype=np.float64)
    means, spreads, beta = logistic(table, truth, ridge, counts)
    return Gate(
        _named(names, beta[:-1]), _named(names, means), _named(names, spreads), float(beta[-1]), threshold
    )


def logistic(
    table: NDArray[np.floating[Any]],
    truth: NDArray[np.floating[Any]],
    ridge: float,
    weights: NDArray[np.floating[Any]] | None = None,
) -> tuple[NDArray[np.float64], NDArray[np.float64], NDArray[np.float64]]:
    """Return means and spreads of the columns, and the weights of the standardised columns with a bias last.

    ``table`` has shape (rows, columns), ``truth`` is 0 or 1, shape (rows,), as ``weights`` (1 each if not
    given), which count beside what makes both kinds weigh the same.
    """
    means, spreads = table.mean(axis=0), table.std(axis=0)
    spreads[spreads < 1e-3] = 1.0  # the same for all: it says nothing
    design = np.hstack([(table - means) / spreads, np.ones((len(table), 1))])
    balance = np.where(truth > 0, 0.5 / truth.mean(), 0.5 / (1 - truth.mean()))
    if weights is not None:
        balance = balance * weights
    penalty = ridge * np.diag([1.0] * table.shape[1] + [0.0])
    beta = np.zeros(design.shape[1])
    for _ in range(50):
        chance = 1 / (1 + np.exp(-design @ beta))
        slope = design.T @ (balance * (truth - chance)) - penalty @ beta
        curve = (design * (balance * chance * (1 - chance))[:, None]).T @ design + penalty
        step = np.linalg.solve(curve, slope)
        beta += step
        if np.abs(step).max() < 1e-8:
            break
    return means, spreads, beta


def fit_rows(rows: Sequence[Mapping[str, Any]]) -> Gate:
    """Fit a gate from the rows of a result of ``rag eval``.

    The threshold is the one at which the shares of answerable questions kept and of unanswerable ones refused
    are largest together, each row judged by a fit that has not seen it. Raises EvalError when the rows hold
    no signals or only one kind of question.
    """
    usable = [row for row in rows if row.get("signals")]
    truth = [bool(row["answerable"]) for row in usable]
    if len(set(truth)) < 2:
        raise EvalError(
            "a fit needs answerable and unanswerable questions with signals: run rag eval on both"
        )
    kinds = (WITH_PROBE, WITH_MODEL, WITHOUT, WITHOUT_READER)
    used = next(names for names in kinds if all(names[0] in row["signals"] for row in usable))
    table = [{name: row["signals"][name] for name in used if name in row["signals"]} for row in usable]
    unseen = [
        fit(table[:i] + table[i + 1 :], truth[:i] + truth[i + 1 :]).probability(row)
        for i, row in enumerate(table)
    ]
    return fit(table, truth, _best_cut(unseen, truth))


def _best_cut(chances: Sequence[float], truth: Sequence[bool]) -> float:
    def gain(cut: float) -> float:
        kept = sum(t and c >= cut for c, t in zip(chances, truth, strict=True)) / sum(truth)
        refused = sum(not t and c < cut for c, t in zip(chances, truth, strict=True)) / (
            len(truth) - sum(truth)
        )
        return kept + refused

    return max((round(0.02 * i, 2) for i in range(5, 48)), key=lambda cut: (gain(cut), -abs(cut - 0.5)))


def _named(names: Sequence[str], values: np.ndarray) -> dict[str, float]:
    return {name: round(float(v), 5) for name, v in zip(names, values, strict=True)}
