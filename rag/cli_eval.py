"""`rag eval`: options in, tables out. Thin: what is measured is in rag/evaluate.py."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict
from functools import partial
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn
from rich.table import Table

from rag import eval_results as results
from rag import eval_tables as tables
from rag.abstention import fit_rows
from rag.answer import NO_MODEL, Answerer, load_model
from rag.build import build_beir
from rag.errors import UsageError
from rag.eval_suggest import suggest, write_suggestions
from rag.evaluate import Options, Outcomes, Search, System, run
from rag.index import Index, load_encoder
from rag.search import find
from rag.settings import for_options
from rag.types import Hit, Turn

SETTINGS, _ = for_options()  # what is wrong with them rag.cli says
DERIVED = Path("eval/out")  # indexes of BEIR folders; safe to delete
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)


def evaluation(
    questions: Annotated[Path | None, typer.Argument(help="A question file (.jsonl, SQuAD .json).")] = None,
    beir: Annotated[Path | None, typer.Option(help="A BEIR folder instead of a question file.")] = None,
    index: Annotated[Path | None, typer.Option(help="The folder of the index.")] = None,
    result: Annotated[Path | None, typer.Option("--out", help="Where the result goes (JSON).")] = None,
    retrieval_only: Annotated[bool, typer.Option(help="Measure the search alone, without a model.")] = False,
    model: Annotated[str, typer.Option(help="A model's name, a folder, a hub id, or none.")] = SETTINGS.model,
    skim: Annotated[str | None, typer.Option(help="With --retrieval-only: a model that skims.")] = None,
    split: Annotated[str | None, typer.Option(help="Only questions of this split (or half1, half2).")] = None,
    limit: Annotated[int | None, typer.Option(help="Only the first questions.")] = None,
    resume: Annotated[bool, typer.Option(help="Go on where a stopped run ended.")] = False,
    baseline: Annotated[Path | None, typer.Option(help="Compare with this result, row by row.")] = None,
    fail_on: Annotated[str, typer.Option(help="Exit 1 when worse, as in right=0.02,recall@5=0.01.")] = "",
    html: Annotated[Path | None, typer.Option(help="Write a report page.")] = None,
    trec: Annotated[Path | None, typer.Option(help="Write the ranking as a TREC run file.")] = None,
    compare: Annotated[
        list[str] | None,
        typer.Option(help="Settings (a .toml file or a model's name) side by side; repeat it."),
    ] = None,
    without_text: Annotated[bool, typer.Option(help="Leave all article text out of the result.")] = False,
    suggestions: Annotated[int | None, typer.Option("--suggest", help="Propose questions to review.")] = None,
    readme: Annotated[
        Path | None, typer.Option("--tables", help="Bring the tables in a README up to date.")
    ] = None,
    fitted: Annotated[
        list[Path] | None,
        typer.Option("--fit", help="Fit the refusals to a result and print them; repeat it."),
    ] = None,
    check: Annotated[
        bool, typer.Option(help="With --tables: exit 1 when they differ, change nothing.")
    ] = False,
) -> None:
    """Ask a question set and report what was right, what was cited, what was refused and what failed."""
    if readme is not None:
        _tables(readme, check)
        return
    if fitted:
        _fit(fitted)
        return
    if suggestions is not None:
        _suggest(index or SETTINGS.index, suggestions, result or Path("eval/suggestions.jsonl"))
        return
    if (questions is None) == (beir is None):
        raise UsageError("name a question file or --beir DIR, one of the two")
    if skim is not None and not retrieval_only:
        raise UsageError(f"--skim {skim} orders a search: add --retrieval-only")
    if skim is not None and compare:
        raise UsageError("--skim and --compare do not go together: compare without it")
    options = Options(
        questions or beir or Path(),
        result,
        split,
        limit,
        resume,
        baseline,
        fail_on,
        html,
        trec,
        without_text,
        retrieval_only,
    )
    where = index or (DERIVED / f"index-{beir.resolve().name}" if beir else SETTINGS.index)
    systems = {
        name: partial(_system, where, beir, settings, retrieval_only)
        for name, settings in _settings(compare or [], model, skim).items()
    }
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn())
    with Progress(*columns, console=err, transient=True, disable=not err.is_terminal) as bar:
        task = bar.add_task("starting", total=None)
        outcomes = run(
            options,
            systems,
            lambda done, total, label: bar.update(task, completed=done, total=total, description=label[:50]),
        )
    _show(outcomes)
    raise typer.Exit(outcomes.exit_code)


def _settings(compared: list[str], model: str, skim: str | None) -> Mapping[str, Mapping[str, Any]]:
    """Return each setting's name and values; a .toml file may hold ``model``, ``index`` and ``rerank``."""
    if not compared:
        return {model: {"model": model} | ({"skim": skim} if skim else {})}
    found: dict[str, Mapping[str, Any]] = {}
    for name in compared:
        if not name.endswith(".toml"):
            found[name] = {"model": name}
            continue
        try:
            values = tomllib.loads(Path(name).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"{name} cannot be read as TOML ({error})") from None
        if unknown := set(values) - {"model", "index", "rerank"}:
            raise UsageError(f"{name} has the unknown key {sorted(unknown)[0]!r}: use model, index, rerank")
        found[Path(name).stem] = {"model": model} | values
    return found


def _system(where: Path, beir: Path | None, settings: Mapping[str, Any], retrieval_only: bool) -> System:
    folder = Path(settings.get("index", where))
    if beir is not None:
        build_beir(beir, folder, load_encoder(SETTINGS.embedder))
    opened = Index.open(folder)
    models = {"embedder": opened.manifest.encoder, "generator": settings.get("skim", NO_MODEL)}
    ask: Callable[..., Any] | None = None
    if not retrieval_only:
        answerer = Answerer(opened, load_model(settings["model"]))
        ask = answerer.answer
        models["generator"] = settings["model"]
    return System(
        search=_search(opened, bool(settings.get("rerank", True)), settings.get("skim")),
        ask=ask,
        articles=opened.articles,
        settings=dict(settings) | {"indexed": opened.manifest.fingerprint},
        models=models,
        confidence=lambda answer: answer.confidence,
    )


def _search(opened: Index, rerank: bool, skim: str | None) -> Search:
    """Return the search to measure, warm, so that the first question's time is like the others'."""
    skimmer = Answerer(opened, load_model(skim)) if skim else None

    def search(question: str, history: Sequence[Turn], k: int) -> Sequence[Hit]:
        if skimmer:
            return skimmer.skimmed(question, k, history).hits
        return find(opened, question, k, history=history, rerank=rerank).hits

    search("warm", (), 1)
    return search


def _show(outcomes: Outcomes) -> None:
    for found in outcomes.results.values():
        shown = [*tables.summary_tables(found), tables.type_table(found), tables.stage_table(found)]
        for table in shown if len(outcomes.results) == 1 else []:
            _print(table)
        for note in found.notes:
            out.print(note)
    if len(outcomes.results) > 1:
        _print(tables.side_by_side(outcomes.results))
    if outcomes.comparison:
        _print(tables.comparison_table(outcomes.comparison))
    for path in outcomes.written:
        out.print(f"written: {path}")
    for line in outcomes.worse:
        err.print(f"rag: {line}")


def _print(table: tables.Table) -> None:
    if not table.rows:
        return
    drawn = Table(title=table.title, title_justify="left", caption=table.note or None, caption_justify="left")
    for place, column in enumerate(table.columns):
        drawn.add_column(column, justify="right" if place >= table.numbers else "left")
    for row in table.rows:
        drawn.add_row(*row)
    out.print(drawn)


def _tables(readme: Path, check: bool) -> None:
    differed = tables.update_readme(readme, results.newest(), check)
    if differed and check:
        err.print(f"rag: the tables in {readme} are not those of eval/results: run `make tables`")
        raise typer.Exit(1)
    out.print(f"{readme} is {'brought up to date' if differed else 'up to date'}")


def _fit(fitted: list[Path]) -> None:
    measured = [results.read_result(path) for path in fitted]
    models = sorted({str(each.models.get("generator")) for each in measured})
    if len(models) > 1:
        raise UsageError(f"the results are of several models ({', '.join(models)}): fit one at a time")
    gate = fit_rows([row for each in measured for row in each.rows])
    out.print_json(data={models[0]: asdict(gate)})


def _suggest(index: Path, count: int, path: Path) -> None:
    opened = Index.open(index)
    found = suggest(opened.parts.passages, opened.articles, count)
    write_suggestions(path, found)
    out.print(
        f'{len(found)} proposals are in {path}: edit them, and remove "reviewed": false from those you accept'
    )
