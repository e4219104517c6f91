"""Did a change help? Two results over the same questions, row by row, and several side by side. Pure."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from rag.errors import EvalError, UsageError
from rag.eval_measures import BY_NAME, MEASURES, Measure, Row, arrays
from rag.eval_resampling import LEVEL, STATISTICS, Estimate, McNemar, mcnemar, paired_bootstrap
from rag.eval_results import Result


@dataclass(frozen=True, slots=True)
class Difference:
    """A measure over the paired rows of two runs: its value in each, and new minus old with the interval.

    ``p`` is McNemar's when each pair is either yes or no in both runs; it then decides the verdict, since
    the bootstrap is too sure of itself when few rows differ.
    """

    measure: Measure
    new: float
    old: float
    change: Estimate
    p: float | None = None

    @property
    def worse_by(self) -> float:
        """How much worse the new run is (negative: better; 0 when neither way is better)."""
        return -self.measure.better * self.change.value

    @property
    def verdict(self) -> str:
        """Whether the test tells the two apart: "better", "worse", "changed", or "no clear change"."""
        if self.change.low <= 0 <= self.change.high or (self.p is not None and self.p >= 1 - LEVEL):
            return "no clear change"
        if not self.measure.better:
            return "changed"
        return "worse" if self.worse_by > 0 else "better"


@dataclass(frozen=True, slots=True)
class Comparison:
    """Two runs, paired by question. ``gained`` and ``lost`` are ids of rows that became right or wrong;
    ``only_new`` and ``only_old`` those without a partner, or whose question was reworded.
    """

    gained: tuple[str, ...]
    lost: tuple[str, ...]
    unchanged: int
    test: McNemar | None
    differences: Mapping[str, Difference]
    only_new: tuple[str, ...]
    only_old: tuple[str, ...]
    paired: int
    old_commit: str


def compare(new: Result, old: Result) -> Comparison:
    """Compare a result with a baseline over the questions that both hold.

    The test of right answers is McNemar's; every other difference has a paired bootstrap interval. Raises
    EvalError when they share no question.
    """
    before = {row["id"]: row for row in old.rows}
    pairs = [(row, before[row["id"]]) for row in new.rows if _same(row, before.get(row["id"]))]
    if not pairs:
        raise EvalError(
            "the baseline shares no question with this run: give the baseline of this question set"
        )
    judged = [(a, b) for a, b in pairs if a["right"] is not None and b["right"] is not None]
    gained = tuple(a["id"] for a, b in judged if a["right"] and not b["right"])
    lost = tuple(a["id"] for a, b in judged if b["right"] and not a["right"])
    paired = {a["id"] for a, _ in pairs}
    return Comparison(
        gained,
        lost,
        len(judged) - len(gained) - len(lost),
        mcnemar([a["right"] for a, _ in judged], [b["right"] for _, b in judged]) if judged else None,
        {m.name: d for m in MEASURES if (d := _difference(m, pairs)) is not None},
        tuple(row["id"] for row in new.rows if row["id"] not in paired),
        tuple(row["id"] for row in old.rows if row["id"] not in paired),
        len(pairs),
        old.commit,
    )


def _same(row: Row, other: Row | None) -> bool:
    """Whether two rows are of one question; a result without text vouches by id alone."""
    if other is None:
        return False
    texts = row.get("question"), other.get("question")
    return texts[0] == texts[1] or not all(texts)


def _difference(measure: Measure, pairs: Sequence[tuple[Row, Row]]) -> Difference | None:
    """Pair a measure. A mean keeps every pair that either run has a value for, so that what each is a mean of
    stays what it says; a median or percentile needs both values.
    """
    if measure.kind == "area":
        return None
    parts = [(measure.parts(a), measure.parts(b)) for a, b in pairs]
    if measure.statistic == "mean":
        kept = [(a or (0.0, 0.0), b or (0.0, 0.0)) for a, b in parts if a or b]
    else:
        kept = [(a, b) for a, b in parts if a and b]
    if not any(a[1] for a, _ in kept) or not any(b[1] for _, b in kept):
        return None
    new, old = arrays([a for a, _ in kept]), arrays([b for _, b in kept])
    statistic = STATISTICS[measure.statistic]
    change = paired_bootstrap(new, old, measure.statistic)
    return Difference(measure, float(statistic(*new)), float(statistic(*old)), change, _p(kept))


def _p(pairs: Sequence[tuple[tuple[float, float], tuple[float, float]]]) -> float | None:
    """McNemar's p of pairs that are all yes or no, or None."""
    if not all(bottom == 1.0 and top in (0.0, 1.0) for pair in pairs for top, bottom in pair):
        return None
    return mcnemar([new[0] == 1.0 for new, _ in pairs], [old[0] == 1.0 for _, old in pairs]).p


def parse_allowances(text: str) -> dict[str, float]:
    """Read ``--fail-on``: "right=0.02,recall@5=0.01" allows right answers to fall by 0.02 and so on, in each
    measure's own unit. Raises UsageError, naming the part, on an unknown measure or a number that is none.
    """
    allowed = {}
    for part in filter(None, (piece.strip() for piece in text.split(","))):
        name, _, number = (piece.strip() for piece in part.partition("="))
        if name not in BY_NAME or not BY_NAME[name].better:
            known = ", ".join(m.name for m in MEASURES if m.better)
            raise UsageError(f"--fail-on: {name!r} is no measure that can get worse; choose from {known}")
        try:
            allowed[name] = float(number or "0")
        except ValueError:
            allowed[name] = math.nan
        if not 0 <= allowed[name] < math.inf:
            raise UsageError(f"--fail-on: {part!r} needs a number from 0 on, as in {name}=0.02")
    return allowed


def worse_than_allowed(comparison: Comparison, allowed: Mapping[str, float]) -> list[str]:
    """Return one line for each named measure that is worse than allowed; empty when none is.

    Raises EvalError when the two runs do not both measure it: what cannot be compared has not passed.
    """
    lines = []
    for name, limit in allowed.items():
        found = comparison.differences.get(name)
        if found is None:
            raise EvalError(
                f"--fail-on: the two runs do not both measure {name!r}; measure it or leave it out"
            )
        if found.worse_by > limit + 1e-9:
            change = f"{found.old:.3f} to {found.new:.3f}"
            lines.append(f"{name} went from {change} (n {found.change.n}): worse by {found.worse_by:.3f}, "
                         f"allowed {limit:g}")  # fmt: skip
    return lines
