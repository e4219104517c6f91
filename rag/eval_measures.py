"""The table of what is measured, each measure with its convention, and summaries of rows. Pure.

A row is one question of a result file. ``row["scores"]`` holds its own values by measure; a measure that
says nothing about a row has no value there, so every mean is over the rows it applies to, and n says how
many those are.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.resources import files
from typing import Any, Literal, TypedDict

import numpy as np

from rag.eval_resampling import Array, Estimate, Kind, bootstrap

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Measure:
    """One measure of ``measures.toml``, which says what each field means."""

    name: str
    label: str
    group: str
    convention: str
    better: Literal[-1, 0, 1] = 1
    unit: Literal["share", "seconds", "words"] = "share"
    kind: Literal["mean", "median", "p95", "area", "f1"] = "mean"
    key: str = ""

    @property
    def statistic(self) -> Kind:
        """The statistic that reduces the rows; F1 is a ratio of sums, as a mean is."""
        return "mean" if self.kind == "f1" else self.kind

    def parts(self, row: Row) -> tuple[float, float] | None:
        """Return the row's numerator and denominator, or None when the measure does not apply to it."""
        if self.kind == "f1":
            return _f1_parts(row)
        scores = row["scores"]
        value = scores.get(self.key or self.name)
        if value is None:
            return None
        return (float(value), float(scores["confidence"]) if self.kind == "area" else 1.0)


def _f1_parts(row: Row) -> tuple[float, float] | None:
    """F1 as a ratio of sums: 2 TP / (2 TP + FP + FN), where a positive is an abstention."""
    if row["abstained"] is None:
        return None
    said, meant = bool(row["abstained"]), not row["answerable"]
    return (2.0 * (said and meant), float(said) + float(meant)) if said or meant else None


_TABLE = tomllib.loads(files("rag").joinpath("eval_measures.toml").read_text(encoding="utf-8"))
MEASURES: tuple[Measure, ...] = tuple(Measure(**entry) for entry in _TABLE["measure"])
BY_NAME: Mapping[str, Measure] = {measure.name: measure for measure in MEASURES}


class EstimateRecord(TypedDict):
    """A measure in a result file: its value, how many rows it is over, and the 95% interval's ends."""

    value: float
    n: int
    low: float
    high: float


Summary = dict[str, EstimateRecord]


def summarise(rows: Sequence[Row]) -> Summary:
    """Return every measure that applies to at least one of the rows, with n and interval."""
    found = {measure.name: estimate(measure, rows) for measure in MEASURES}
    return {name: _record(e) for name, e in found.items() if e is not None}


def summarise_by_type(rows: Sequence[Row]) -> dict[str, Summary]:
    """Return the summary of each type of question, in alphabetical order."""
    types = sorted({row["type"] for row in rows})
    return {type_: summarise([row for row in rows if row["type"] == type_]) for type_ in types}


def estimate(measure: Measure, rows: Sequence[Row]) -> Estimate | None:
    """Return a measure over rows with its bootstrap interval, or None when it applies to none of them."""
    parts = [p for row in rows if (p := measure.parts(row)) is not None]
    if not parts:
        return None
    top, bottom = arrays(parts)
    return bootstrap(top, bottom, measure.statistic)


def arrays(parts: Sequence[tuple[float, float]]) -> tuple[Array, Array]:
    """Return numerators and denominators as two arrays of shape (n,)."""
    pairs = np.array(parts, dtype=np.float64)
    return pairs[:, 0], pairs[:, 1]


def _record(e: Estimate) -> EstimateRecord:
    return {"value": round(e.value, 6), "n": e.n, "low": round(e.low, 6), "high": round(e.high, 6)}
