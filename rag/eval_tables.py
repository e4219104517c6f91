"""Results as tables: the same rows for the terminal, the report and the README."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from rag.errors import EvalError
from rag.eval_compare import Comparison, compare
from rag.eval_judging import STAGES
from rag.eval_measures import BY_NAME, MEASURES, EstimateRecord, Measure
from rag.eval_results import Result, write_whole

START, END = "<!-- tables:start -->", "<!-- tables:end -->"


@dataclass(frozen=True, slots=True)
class Table:
    """A table of texts. ``numbers`` is the place of the first column of figures, set flush right."""

    title: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    numbers: int = 1
    note: str = ""


def figure(value: float, measure: Measure) -> str:
    """Return a value in its measure's unit: shares to three places, seconds with their unit."""
    if measure.unit == "seconds":
        digits = 1 if abs(value) < 0.01 else 0
        return f"{1000 * value:.{digits}f} ms" if abs(value) < 1 else f"{value:.1f} s"
    return f"{value:.1f}" if measure.unit == "words" else f"{value:.3f}"


def interval(low: float, high: float, measure: Measure) -> str:
    """Return an interval in its measure's unit."""
    return f"{figure(low, measure)} to {figure(high, measure)}"


def summary_tables(result: Result) -> list[Table]:
    """Return one table a group of measures: value, 95% interval and n of each that applies."""
    found = []
    for group in dict.fromkeys(m.group for m in MEASURES):
        rows = [_summary_row(m, result.summary[m.name]) for m in MEASURES if _has(m, group, result)]
        if rows:
            found.append(Table(group, ("Measure", "Value", "95% interval", "n"), tuple(rows)))
    return found


def _has(measure: Measure, group: str, result: Result) -> bool:
    return measure.group == group and measure.name in result.summary


def _summary_row(measure: Measure, record: EstimateRecord) -> tuple[str, ...]:
    value = figure(record["value"], measure)
    return (measure.label, value, interval(record["low"], record["high"], measure), str(record["n"]))


_BY_TYPE = ("right", "f1", "citation_precision", "fully_cited", "refused_answerable", "nDCG@10", "recall@5")


def type_table(result: Result) -> Table:
    """Return the main measures of each type of question, each with its interval and n."""
    shown = [BY_NAME[name] for name in _BY_TYPE if name in result.summary]
    rows = [
        (type_, *(_cell(summary.get(m.name), m) for m in shown)) for type_, summary in result.by_type.items()
    ]
    note = "Each figure with its 95% interval and the number of questions that it is over."
    return Table("By type of question", ("Type", *(m.label for m in shown)), tuple(rows), note=note)


def _cell(record: EstimateRecord | None, measure: Measure) -> str:
    if record is None:
        return "–"
    span = interval(record["low"], record["high"], measure)
    return f"{figure(record['value'], measure)}\n{span}; n {record['n']}"


def stage_table(result: Result) -> Table:
    """Return how many questions each stage lost: where the next improvement is to be had."""
    total = sum(result.stages.values())
    rows = tuple((STAGES.get(s, s), str(n), f"{n / total:.0%}") for s, n in result.stages.items())
    note = f"{total} of {len(result.rows)} questions were lost; each counts at the first stage that lost it."
    return Table("Where questions were lost", ("Stage", "Questions", "Share"), rows, note=note)


def comparison_table(comparison: Comparison) -> Table:
    """Return every measure of two runs over their paired questions."""
    rows = tuple(
        (
            d.measure.label,
            figure(d.old, d.measure),
            figure(d.new, d.measure),
            f"{'+' if d.change.value >= 0 else ''}{figure(d.change.value, d.measure)}",
            interval(d.change.low, d.change.high, d.measure),
            str(d.change.n),
            "–" if d.p is None else f"{d.p:.3f}",
            d.verdict,
        )
        for d in comparison.differences.values()
    )
    columns = ("Measure", "Baseline", "This run", "Change", "95% interval", "n", "McNemar's p", "Verdict")
    return Table("Against the baseline", columns, rows, note=comparison_note(comparison))


def comparison_note(c: Comparison) -> str:
    """Return the comparison in words: rows gained, lost and unchanged, and McNemar's p."""
    lines = [f"{c.paired} questions paired with the baseline of commit {c.old_commit}."]
    if c.test:
        lines.append(
            f"Right answers: {c.test.gained} gained, {c.test.lost} lost, {c.unchanged} unchanged; "
            f"McNemar's exact p = {c.test.p:.3f}."
        )
    if c.only_new or c.only_old:
        lines.append(f"Without a partner: {len(c.only_new)} here, {len(c.only_old)} in the baseline.")
    return " ".join(lines)


def side_by_side(results: Mapping[str, Result]) -> Table:
    """Return several settings' results over the same questions, a column each.

    A column after the first also says how right answers differ from the first setting's (McNemar's p).
    """
    shown = [m for m in MEASURES if any(m.name in r.summary for r in results.values())]
    rows = [(m.label, *(_cell(r.summary.get(m.name), m) for r in results.values())) for m in shown]
    first = next(iter(results.values()))
    tests = [_test(result, first) for result in results.values()]
    if any(tests):
        rows.append((f"McNemar's p against {next(iter(results))}", *(test or "–" for test in tests)))
    note = "Each figure with its 95% interval and the number of questions that it is over."
    return Table("Settings side by side", ("Measure", *results), tuple(rows), note=note)


def _test(result: Result, first: Result) -> str:
    if result is first or result.retrieval_only or first.retrieval_only:
        return ""
    test = compare(result, first).test
    return f"{test.p:.3f} ({test.gained} gained, {test.lost} lost)" if test else ""


def markdown(table: Table) -> str:
    """Return a table as GitHub-flavoured Markdown, its figures flush right."""
    rules = ["---:" if i >= table.numbers else "---" for i in range(len(table.columns))]
    lines = [table.columns, rules, *table.rows]
    return "\n".join(
        "| " + " | ".join(cell.replace("|", "\\|").replace("\n", "<br>") for cell in line) + " |"
        for line in lines
    )


# The README's tables

_RETRIEVAL = ("nDCG@10", "RR@10", "recall@1", "recall@5", "recall@10", "retrieve_median")
_ANSWERS = (
    "shown@5", "right_answerable", "refused_answerable", "abstention_recall", "f1", "fully_cited",
    "citation_precision", "verbatim", "words", "total_median", "total_p95",
)  # fmt: skip


def readme_block(results: Sequence[Result]) -> str:
    """Return the README's tables, generated from result files; "n" stands beside every figure."""
    if not results:
        raise EvalError("there are no result files to make tables from: run rag eval first")
    answered = [r for r in results if not r.retrieval_only]
    by_search = sorted(results, key=lambda r: r.retrieval_only)
    once = {_searched(r): r for r in by_search}  # the search is the same for all models
    parts = [
        "**Retrieval**",
        markdown(_sets_table([once[name] for name in sorted(once)], _RETRIEVAL, models=False)),
    ]
    if answered:
        parts += ["**Answers**", markdown(_sets_table(answered, _ANSWERS, models=True))]
    runs = sorted({f"commit {r.commit} on {r.machine}" for r in results})
    parts.append("Value and, in brackets, the number of questions. Measured with " + "; ".join(runs) + ".")
    return "\n\n".join(parts)


def _sets_table(results: Sequence[Result], names: Sequence[str], models: bool) -> Table:
    shown = [BY_NAME[n] for n in names if any(n in r.summary for r in results)]
    heads = ("Questions", "Model") if models else ("Questions",)
    rows = [
        (
            *((r.name, _model(r)) if models else (_searched(r),)),
            *(_short(r.summary.get(m.name), m) for m in shown),
        )
        for r in results
        if any(m.name in r.summary for m in shown)
    ]
    return Table("", (*heads, *(m.label for m in shown)), tuple(rows), numbers=len(heads))


def _searched(result: Result) -> str:
    skim = result.settings.get("skim")
    return f"{result.name}, skimmed by {skim}" if skim else result.name


def _model(result: Result) -> str:
    return str(result.models.get("generator", "–"))


def _short(record: EstimateRecord | None, measure: Measure) -> str:
    return "–" if record is None else f"{figure(record['value'], measure)} ({record['n']})"


def update_readme(path: Path, results: Sequence[Result], check: bool) -> bool:
    """Put the generated tables between the markers of a Markdown file; return whether it differed.

    With ``check`` the file is left as it is. Raises EvalError when the file lacks the markers.
    """
    old = path.read_text(encoding="utf-8") if path.exists() else ""
    head, start, rest = old.partition(START)
    _, end, tail = rest.partition(END)
    if not start or not end:
        raise EvalError(f"{path} has no {START} … {END}: put the two lines where the tables belong")
    new = f"{head}{START}\n{readme_block(results)}\n{END}{tail}"
    if new != old and not check:
        write_whole(path, new)
    return new != old
