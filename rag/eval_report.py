"""A result as one page that explains itself: no other file, no network, every text escaped."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from importlib.resources import files
from pathlib import Path

from rag import eval_tables as tables
from rag.eval_compare import Comparison
from rag.eval_judging import STAGES
from rag.eval_measures import BY_NAME, MEASURES, EstimateRecord
from rag.eval_plots import Picture, pictures
from rag.eval_report_rows import question, verdict
from rag.eval_results import Result, write_whole
from rag.eval_tables import Table
from rag.markup import Html, el, join

_POLICY = "default-src 'none'; img-src data:; style-src 'unsafe-inline'; script-src 'unsafe-inline'"
_HEADLINE = (
    "right_answerable", "abstention_recall", "fully_cited", "verbatim", "recall@5", "nDCG@10", "total_median",
    "retrieve_median",
)  # fmt: skip
_CARDS = 6


def write_page(
    path: Path,
    result: Result,
    comparison: Comparison | None = None,
    settings: Mapping[str, Result] | None = None,
) -> None:
    """Write the page of a result, with its comparison and the other settings' results when there are any."""
    write_whole(path, page(result, comparison, settings))


def page(
    result: Result, comparison: Comparison | None = None, settings: Mapping[str, Result] | None = None
) -> str:
    """Return the page as HTML."""
    title = f"Evaluation: {result.name}"
    head = el(
        "head",
        el("meta", charset="utf-8"),
        el("meta", http_equiv="Content-Security-Policy", content=_POLICY),
        el("meta", name="viewport", content="width=device-width, initial-scale=1"),
        el("title", title),
        el("style", Html(_asset("eval_report.css"))),
    )
    body = el("body", el("main", *_sections(result, comparison, settings or {})), _script())
    return f"<!doctype html>\n{el('html', head, body, lang='en')}\n"


def _script() -> Html:
    return el("script", Html(_asset("eval_report.js")))


def _asset(name: str) -> str:
    return files("rag").joinpath(name).read_text(encoding="utf-8")


def _sections(
    result: Result, comparison: Comparison | None, settings: Mapping[str, Result]
) -> list[Html | None]:
    return [
        _header(result),
        _headline(result),
        _comparison(comparison) if comparison else None,
        _section(tables.side_by_side(settings)) if settings else None,
        el("h2", "In pictures"),
        el("div", (_figure(p) for p in pictures(result)), class_="plots"),
        _section(tables.stage_table(result)) if result.stages else None,
        _section(tables.type_table(result)),
        el("h2", "All measures"),
        _reading_note(),
        *(_measures(table) for table in tables.summary_tables(result)),
        el("h2", "Every question", id="questions"),
        _key(),
        _filters(result),
        *(question(row, number) for number, row in enumerate(result.rows, start=1)),
        el("h2", "How it was run"),
        _run_facts(result),
    ]


def _header(result: Result) -> Html:
    what = "Finding the evidence" if result.retrieval_only else "Answering from the articles"
    line = (
        f"{len(result.rows)} questions of the set {result.name}, {result.when[:10]}, commit {result.commit}"
    )
    notes = (el("p", note[:1].upper() + note[1:] + ".", class_="note") for note in result.notes)
    return el(
        "header",
        el("h1", f"{what}: {result.name}"),
        el("p", line, class_="byline"),
        el("p", _in_words(result)),
        notes,
    )


def _in_words(result: Result) -> str:
    """Say the outcome in two sentences."""
    name = "success@5" if result.retrieval_only else "right"
    record = result.summary.get(name)
    if record is None:
        return "Nothing in this set could be judged right or wrong."
    did = "had their evidence among the first five passages" if result.retrieval_only else "came out right"
    count = round(record["value"] * record["n"])
    said = f"Of {record['n']} questions, {count} {did} ({record['value']:.0%}; with 95% confidence between "
    said += f"{record['low']:.0%} and {record['high']:.0%})."
    if not result.stages:
        return said
    stage, n = next(iter(result.stages.items()))
    return f"{said} The largest loss, {n} of {sum(result.stages.values())}: {STAGES.get(stage, stage)}."


def _headline(result: Result) -> Html:
    names = [name for name in _HEADLINE if name in result.summary][:_CARDS]
    return el("dl", (_card(name, result.summary[name]) for name in names), class_="figures")


def _card(name: str, record: EstimateRecord) -> Html:
    measure = BY_NAME[name]
    share = measure.unit == "share"
    value = f"{record['value']:.0%}" if share else tables.figure(record["value"], measure)
    low, high = (f"{record['low']:.0%}", f"{record['high']:.0%}") if share else (
        tables.figure(record["low"], measure), tables.figure(record["high"], measure))  # fmt: skip
    return el(
        "div",
        el("dt", measure.label),
        el("dd", value, class_="value"),
        el("dd", f"{low} to {high}; n {record['n']}", class_="span"),
    )


def _figure(picture: Picture) -> Html:
    image = el("img", src=picture.uri, alt=f"{picture.title}: {picture.words}")
    caption = el("figcaption", picture.caption) if picture.caption else None
    return el("figure", el("h3", picture.title), image, caption)


def _section(table: Table) -> Html:
    return join(
        el("h2", table.title), el("p", table.note, class_="note") if table.note else None, grid(table)
    )


def grid(table: Table, means: Mapping[str, str] | None = None) -> Html:
    """Return a table as HTML; ``means`` adds a last column with what each row's first cell means."""
    heads = [_th(text, i >= table.numbers) for i, text in enumerate(table.columns)]
    if means:
        heads.append(el("th", "What it means", scope="col", class_="means"))
    rows = (el("tr", *_cells(row, table.numbers, means)) for row in table.rows)
    label = el("caption", table.title, hidden=True) if table.title else None
    return el("div", el("table", label, el("thead", el("tr", *heads)), el("tbody", rows)), class_="scroll",
              tabindex=0, role="region", aria_label=table.title)  # fmt: skip


def _th(text: str, number: bool) -> Html:
    return el("th", text, scope="col", class_="num" if number else None)


def _cells(row: tuple[str, ...], numbers: int, means: Mapping[str, str] | None) -> Iterable[Html]:
    yield el("th", row[0], scope="row")
    for i, cell in enumerate(row[1:], start=1):
        yield _cell(cell, number=i >= numbers)
    if means:
        yield el("td", means.get(row[0], ""), class_="means")


def _cell(text: str, number: bool) -> Html:
    """A second line of a cell is its small print."""
    first, _, second = text.partition("\n")
    small = el("div", second, class_="span") if second else None
    return el("td", first, small, class_="num" if number else None)


def _measures(table: Table) -> Html:
    means = {measure.label: measure.convention for measure in MEASURES}
    return join(el("h3", table.title), grid(table, means))


def _reading_note() -> Html:
    return el(
        "p",
        "n is the number of questions that a figure is over. The interval is where the figure would fall in "
        "95 of 100 such sets of questions (percentile bootstrap, 2,000 resamples); it cannot show doubt "
        "where every question came out alike.",
        class_="note",
    )


def _comparison(comparison: Comparison) -> Html:
    table = tables.comparison_table(comparison)
    changed = [
        el("p", el("strong", f"{name}: "), ", ".join(ids))
        for name, ids in (("Gained", comparison.gained), ("Lost", comparison.lost))
        if ids
    ]
    return join(el("h2", table.title), el("p", table.note), changed, grid(table))


def _key() -> Html:
    return el(
        "p",
        el("span", el("mark", "quoted in the answer", class_="cited")),
        el("span", el("mark", "evidence that the question file gives", class_="gold")),
        el("span", el("span", "a sentence that no quotation supports", class_="unsupported")),
        class_="note key",
    )


def _filters(result: Result) -> Html:
    types = sorted({row["type"] for row in result.rows})
    verdicts = [v for v in ("right", "wrong", "unjudged") if any(verdict(r) == v for r in result.rows)]
    stages = [(stage, STAGES.get(stage, stage)) for stage in result.stages]
    return el(
        "form",
        el(
            "label",
            "Words",
            el("input", type="search", name="text", placeholder="in question, answer or passage"),
        ),
        _choice("type", "Type", [(t, t) for t in types]),
        _choice("verdict", "Outcome", [(v, v) for v in verdicts]),
        _choice("stage", "Lost at", stages) if stages else None,
        el("button", "Open or close all shown", type="button", name="toggle"),
        el("button", "Clear", type="reset"),
        el("output", aria_live="polite"),
        class_="filters",
        aria_label="Filter the questions",
        hidden=True,
    )


def _choice(name: str, label: str, options: Iterable[tuple[str, str]]) -> Html:
    choices = (el("option", text, value=value) for value, text in [("", "all"), *options])
    return el("label", label, el("select", choices, name=name))


def _run_facts(result: Result) -> Html:
    facts = {"commit": result.commit, "machine": result.machine, "when": result.when}
    facts |= {f"model, {name}": str(value) for name, value in result.models.items()}
    facts |= {name: str(value) for name, value in result.settings.items()}
    return el("dl", (join(el("dt", name), el("dd", value)) for name, value in facts.items()), class_="facts")
