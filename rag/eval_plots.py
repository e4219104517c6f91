"""The report's pictures, as SVG images inline: the only importer of matplotlib.

Every picture comes with the words that say what it shows, for readers who cannot see it.
"""

from __future__ import annotations

import base64
import io
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rag.eval_judging import STAGES
from rag.eval_measures import Row
from rag.eval_metrics import abstention_curve, risk_coverage
from rag.eval_results import Result

if TYPE_CHECKING:
    from matplotlib.axes import Axes

INK, MUTED, LINE, BLUE, RED, SAND = "#1f2933", "#52606d", "#d5dbe1", "#2b5f82", "#a4372a", "#c08a2d"
_STYLE = {
    "svg.fonttype": "none",  # text stays text: it scales, and can be selected
    "svg.hashsalt": "report",
    "font.family": "sans-serif",
    "font.sans-serif": ["system-ui", "Segoe UI", "Helvetica", "DejaVu Sans", "sans-serif"],
    "font.size": 10,
    "text.color": INK,
    "axes.edgecolor": MUTED,
    "axes.labelcolor": INK,
    "axes.spines.top": False,
    "axes.spines.right": False,
    "xtick.color": MUTED,
    "ytick.color": INK,
    "figure.facecolor": "none",
    "axes.facecolor": "none",
}


@dataclass(frozen=True, slots=True)
class Picture:
    """A picture as a data URI, what it shows in words, and a caption where the picture needs one."""

    title: str
    uri: str
    words: str
    caption: str = ""


def pictures(result: Result) -> list[Picture]:
    """Return the pictures that the result has the figures for."""
    drawn = (by_type(result), stages(result), risk(result.rows), abstention(result.rows), latency(result))
    return [picture for picture in drawn if picture is not None]


def by_type(result: Result) -> Picture | None:
    """Draw the main measure of each type of question with its interval."""
    name = "success@5" if result.retrieval_only else "right"
    found = [(t, s[name]) for t, s in result.by_type.items() if name in s]
    if not found:
        return None
    title = "Evidence among the first five" if result.retrieval_only else "Right"

    def draw(axes: Axes) -> None:
        for place, (_, e) in enumerate(reversed(found)):
            axes.barh(place, e["value"], color=BLUE, height=0.6)
            axes.plot([e["low"], e["high"]], [place, place], color=INK, lw=1.4, solid_capstyle="butt")
            axes.text(1.02, place, f"{e['value']:.0%}  of {e['n']}", va="center", color=INK)
        axes.set_yticks(range(len(found)), [t for t, _ in reversed(found)])
        axes.set_xlim(0, 1)
        axes.xaxis.set_major_formatter(lambda x, _: f"{x:.0%}")
        axes.set_xlabel("share of questions; the line is the 95% interval")
        axes.tick_params(axis="y", length=0)

    words = "; ".join(f"{t}: {e['value']:.0%} of {e['n']}" for t, e in found)
    return _picture(f"{title}, by type of question", words, draw, height=1.0 + 0.36 * len(found))


def stages(result: Result) -> Picture | None:
    """Draw how many questions each stage lost."""
    found = [(STAGES.get(stage, stage), n) for stage, n in result.stages.items()]
    if not found:
        return None

    def draw(axes: Axes) -> None:
        for place, (label, n) in enumerate(reversed(found)):
            axes.barh(place, n, color=RED, height=0.34)
            axes.text(0, place + 0.22, f"{label}: {n}", va="bottom", color=INK)
        axes.set_yticks([])
        axes.set_ylim(-0.5, len(found) - 0.1)
        axes.set_xlim(0, max(n for _, n in found) * 1.05)
        axes.locator_params(axis="x", integer=True)
        axes.spines["left"].set_visible(False)
        axes.set_xlabel("questions")

    words = "; ".join(f"{label}: {n}" for label, n in found)
    caption = "Each question counts once, at the first stage that lost it."
    return _picture("Where questions were lost", words, draw, caption, height=0.9 + 0.5 * len(found))


def risk(rows: Sequence[Row]) -> Picture | None:
    """Draw the share of wrong answers against the share of questions answered, the surest first."""
    answered = [
        (row["scores"]["confidence"], bool(row["scores"]["wrong"]), row["id"])
        for row in rows
        if "wrong" in row["scores"] and "confidence" in row["scores"]
    ]
    if len(answered) < 2:
        return None
    points = risk_coverage(answered, len(rows))

    def draw(axes: Axes) -> None:
        axes.plot([c for c, _ in points], [r for _, r in points], color=BLUE, lw=2, drawstyle="steps-post")
        axes.plot(*points[-1], "o", color=RED, ms=6)
        _percent_axes(axes, "questions answered, the most confident first", "of these, wrong")
        axes.set_ylim(0, max(0.1, *(r for _, r in points)) * 1.08)

    coverage, wrong = points[-1]
    words = (
        f"{coverage:.0%} of the questions were answered, and {wrong:.0%} of those answers are wrong (dot)."
        " Further left, only the more confident answers are let through."
    )
    return _picture("Risk and coverage", words, draw, words)


def abstention(rows: Sequence[Row]) -> Picture | None:
    """Draw precision and recall of refusing by confidence alone, and where the system stands."""
    known = [
        (row["scores"]["confidence"], row["answerable"]) for row in rows if "confidence" in row["scores"]
    ]
    curve = abstention_curve(known)
    if len(curve) < 2 or all(not answerable for _, answerable in known):
        return None
    refused = [row["answerable"] for row in rows if row["abstained"]]
    null = sum(not row["answerable"] for row in rows)
    caught = sum(not answerable for answerable in refused)

    def draw(axes: Axes) -> None:
        axes.plot([r for _, _, r in curve], [p for _, p, _ in curve], color=SAND, lw=2)
        if refused:
            axes.plot(caught / null, caught / len(refused), "o", color=RED, ms=6)
        _percent_axes(
            axes, "of the unanswerable, refused (recall)", "of the refused, unanswerable (precision)"
        )
        axes.set_ylim(0, 1.04)

    words = (
        f"The system refused {len(refused)} questions, {caught} of the {null} unanswerable ones among them"
        " (dot). The line is what refusing by confidence alone would give, at every threshold."
    )
    return _picture("Refusing to answer", words, draw, words)


def latency(result: Result) -> Picture | None:
    """Draw how long questions took, with the median and the 95th percentile."""
    key = "retrieve" if result.retrieval_only else "total"
    times = [row["scores"][key] for row in result.rows if key in row["scores"]]
    if len(times) < 2 or not max(times):
        return None
    scale, unit = (1000, "ms") if max(times) < 1 else (1, "s")
    marks = [("median", result.summary[f"{key}_median"]), ("95th percentile", result.summary[f"{key}_p95"])]

    def draw(axes: Axes) -> None:
        axes.hist([scale * t for t in times], bins=min(30, max(6, len(times) // 4)), color=BLUE, alpha=0.85)
        for (name, e), style in zip(marks, ("-", "--"), strict=True):
            axes.axvline(
                scale * e["value"],
                color=INK,
                lw=1.2,
                ls=style,
                label=f"{name}: {scale * e['value']:.3g} {unit}",
            )
        axes.set_xlim(left=0)
        axes.set_ylabel("questions")
        axes.set_xlabel(
            f"{unit} from the question to the {'hits' if result.retrieval_only else 'whole answer'}"
        )
        axes.locator_params(axis="y", integer=True)
        axes.legend(frameon=False, loc="lower left", bbox_to_anchor=(0, 1), ncols=2, borderaxespad=0)

    words = "; ".join(f"{name}: {scale * e['value']:.3g} {unit}" for name, e in marks)
    return _picture("Time taken", words, draw)


def _percent_axes(axes: Axes, x: str, y: str) -> None:
    axes.set_xlim(0, 1.02)
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(lambda value, _: f"{value:.0%}")
    axes.set_xlabel(x)
    axes.set_ylabel(y)
    axes.grid(color=LINE, lw=0.7)
    axes.set_axisbelow(True)


def _picture(
    title: str, words: str, draw: Callable[[Any], None], caption: str = "", height: float = 3.1
) -> Picture:
    import matplotlib
    from matplotlib.figure import Figure

    with matplotlib.rc_context(_STYLE):
        figure = Figure(figsize=(5.4, height), layout="constrained")
        draw(figure.add_subplot())
        buffer = io.BytesIO()
        figure.savefig(buffer, format="svg", metadata={"Date": None, "Creator": None})
    data = base64.b64encode(buffer.getvalue()).decode("ascii")
    return Picture(title, f"data:image/svg+xml;base64,{data}", words, caption)
