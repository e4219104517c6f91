"""The command line: parse, call, print. Exit 0 done, 1 a problem found, 2 wrong use."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence
from dataclasses import asdict
from importlib.metadata import version
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.console import Console
from typer.exceptions import TyperException

from rag import models
from rag.answer import Answerer, load_model
from rag.arithmetic import set_up
from rag.build import Built, build
from rag.cli_eval import evaluation
from rag.cli_progress import bar, reporter
from rag.corpus import KINDS
from rag.dates import parse_day
from rag.errors import RagError, UsageError
from rag.index import Index, doctor, load_encoder
from rag.records import answer_record, search_record
from rag.search import find
from rag.settings import for_options
from rag.text import words
from rag.types import Draft, Searched

SETTINGS, WRONG = for_options()
STOPPED = 130  # the exit code of what an interrupt has ended
NAMED = 5  # files that are named in a line
out, err = Console(highlight=False, soft_wrap=True), Console(stderr=True, highlight=False, soft_wrap=True)
app = typer.Typer(
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
    help="Ask a folder of news articles; every sentence of the answer stands on a dated quotation.",
)
weights = typer.Typer(help="List the models, or fetch their weights.", rich_markup_mode=None)
app.add_typer(weights, name="models", invoke_without_command=True)
app.command("eval", help=evaluation.__doc__)(evaluation)

IndexDir = Annotated[Path, typer.Option("--index", help="The folder of the index.")]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for a machine.")]
From = Annotated[str | None, typer.Option("--from", help="Only articles published on this day or later.")]
To = Annotated[str | None, typer.Option("--to", help="Only articles published on this day or earlier.")]
Source = Annotated[str | None, typer.Option(help="Only articles of this source.")]
Model = Annotated[str, typer.Option(help="A model's name, a folder or a hub id; none answers in quotations.")]
Question = Annotated[str, typer.Argument(help="The question, in plain language.")]


@app.callback(invoke_without_command=True)
def _options(show: Annotated[bool, typer.Option("--version", help="Print the version.")] = False) -> None:
    if WRONG:
        raise WRONG
    if show:
        print(f"rag {version('ask-the-articles')}")
        raise typer.Exit


@app.command("index")
def index_(
    corpus: Annotated[Path, typer.Option(help="Articles: .txt, .md or .html files.")] = SETTINGS.corpus,
    index: IndexDir = SETTINGS.index,
    force: Annotated[bool, typer.Option(help="Embed everything again.")] = False,
    as_json: Json = False,
) -> None:
    """Build the index of a folder of articles, or bring it up to date."""
    with bar(err) as progress:
        report = reporter(progress)
        encoder = load_encoder(SETTINGS.embedder)
        built = build(corpus, index, encoder, force=force, max_bytes=_max_bytes(), report=report)
    print(json.dumps(_built_record(built)) if as_json else _built_lines(built, index))
    for problem in built.problems:
        print(f"rag: {problem}", file=sys.stderr)
    if built.problems:
        raise typer.Exit(1)


def _max_bytes() -> int:
    return int(SETTINGS.max_article_mb * 1e6)


def _built_record(built: Built) -> dict[str, Any]:
    return {
        "articles": built.manifest.articles,
        "passages": built.manifest.passages,
        "embedded": built.embedded,
        "reused": built.reused,
        "unchanged": built.unchanged,
        "set_aside": built.set_aside,
        "problems": [str(p) for p in built.problems],
        "kept": list(built.kept),
        "ignored": list(built.ignored),
        "undated": list(built.undated),
    }


def _built_lines(built: Built, index: Path) -> str:
    aside = sum(built.set_aside.values())
    what = (
        "is up to date"
        if built.unchanged
        else f"is built: {built.embedded} texts embedded, {built.reused} kept from before"
    )
    lines = [
        f"{index} {what}; {built.manifest.articles} articles, {built.manifest.passages} passages, "
        f"{aside} parts set aside (captions, teasers, datelines)"
    ]
    if built.ignored:
        lines.append(f"passed over, articles are {KINDS}: {_some(built.ignored)}")
    if built.undated:
        lines.append(f"without a date of publication, give it in front matter: {_some(built.undated)}")
    if built.kept:
        lines.append(f"kept as they were last read: {_some(built.kept)}")
    return "\n".join(lines)


def _some(names: Sequence[str]) -> str:
    more = f" and {len(names) - NAMED} more" if len(names) > NAMED else ""
    return ", ".join(names[:NAMED]) + more


@app.command()
def search(
    question: Question,
    index: IndexDir = SETTINGS.index,
    k: Annotated[int, typer.Option("-k", help="How many passages.")] = 5,
    start: From = None,
    end: To = None,
    source: Source = None,
    rerank: Annotated[bool, typer.Option(help="Read the first passages with the question.")] = True,
    skim: Annotated[str | None, typer.Option(help="A model that skims them, some 3 seconds more.")] = None,
    as_json: Json = False,
) -> None:
    """Find the passages that fit a question best; no generator is loaded, unless it is to skim them."""
    opened, interval = Index.open(index), _interval(start, end)
    if skim is None:
        found = find(opened, question, k, source=source, rerank=rerank, **interval)
    else:
        with err.status("skimming the passages"):
            found = Answerer(opened, load_model(skim)).skimmed(question, k, source=source, **interval)
    _say_what_was_asked(question, found.standalone_question)
    if as_json:
        record = search_record(question, found.standalone_question, found.interval, found.hits)
        print(json.dumps(record, ensure_ascii=False))
    elif found.hits:
        print("\n\n".join(map(str, found.hits)))
    else:
        print("No passage matches.")


@app.command()
def ask(
    question: Question,
    index: IndexDir = SETTINGS.index,
    model: Model = SETTINGS.model,
    start: From = None,
    end: To = None,
    source: Source = None,
    as_json: Json = False,
) -> None:
    """Answer a question with quotations, or say that the articles do not."""
    opened = Index.open(index)
    answerer = Answerer(opened, load_model(model))
    with err.status("searching") as status:
        for step in answerer.stream(question, source=source, **_interval(start, end)):
            if isinstance(step, Searched):
                status.update("reading the passages")
            elif isinstance(step, Draft):
                status.update("writing" if step.text else "reading the passages")
            else:
                answer = step
    _say_what_was_asked(question, answer.standalone_question)
    print(json.dumps(answer_record(answer), ensure_ascii=False) if as_json else str(answer))


def _say_what_was_asked(typed: str, asked: str) -> None:
    if words(typed) != words(asked):
        err.print(f"asked as: {asked}")


def _interval(start: str | None, end: str | None) -> dict[str, Any]:
    return {
        "published_from": parse_day(start, "--from", "first") if start is not None else None,
        "published_to": parse_day(end, "--to", "last") if end is not None else None,
    }


@app.command()
def chat(
    index: IndexDir = SETTINGS.index,
    corpus: Annotated[Path, typer.Option(help="Where articles added on the page go.")] = SETTINGS.corpus,
    model: Model = SETTINGS.model,
    host: Annotated[str, typer.Option(help="The address to listen on.")] = SETTINGS.host,
    port: Annotated[int, typer.Option(help="The port to listen on.")] = SETTINGS.port,
    auth: Annotated[Path | None, typer.Option(help="A file of passwords, see `rag password`.")] = None,
    feedback: Annotated[Path, typer.Option(help="The file that ratings go to.")] = Path(
        "eval/feedback.jsonl"
    ),
) -> None:
    """Open the chat page on this computer."""
    from rag.chat import serve
    from rag.engine import Engine

    with err.status("loading the model"):
        engine = Engine(index, corpus, load_model(model), Path("eval/questions.jsonl"), _max_bytes())
    serve(
        engine,
        host,
        port,
        auth,
        feedback=feedback,
        ready=lambda url: print(f"The page is at {url}", flush=True),
    )


@app.command("doctor")
def doctor_(index: IndexDir = SETTINGS.index) -> None:
    """Check every file and passage of an index; exit 1 with the reasons when something is off."""
    faults = doctor(index)
    if not faults:
        opened = Index.open(index)
        faults = doctor(index, opened.encoder)
    for fault in faults:
        print(f"rag: {fault}", file=sys.stderr)
    if faults:
        raise typer.Exit(1)
    print(f"{index} is sound: {opened.manifest.articles} articles, {opened.manifest.passages} passages")


@app.command()
def password(user: Annotated[str, typer.Argument(help="The user's name.")]) -> None:
    """Print a line for the file that `rag chat --auth` reads; the password is asked for."""
    from rag.page_auth import password_line

    print(password_line(user, typer.prompt("Password", hide_input=True, confirmation_prompt=True, err=True)))


@weights.callback()
def _list_by_default(context: typer.Context) -> None:
    if context.invoked_subcommand is None:
        list_models()


@weights.command("list")
def list_models(as_json: Json = False) -> None:
    """List the models that can be fetched and those that are here."""
    rows = models.rows()
    if as_json:
        print(json.dumps([asdict(row) for row in rows]))
        return
    for row in rows:
        where = (
            row.folder or f"not here: `rag models pull {row.name}` fetches {row.download_bytes / 1e6:,.0f} MB"
        )
        print(f"{row.name:10} {row.role:10} {row.licence:11} {row.repository}\n{'':10} {where}")


@weights.command("pull")
def pull_models(
    name: Annotated[str | None, typer.Argument(help="Default: all that is needed.")] = None,
) -> None:
    """Fetch a model's weights, check them and unpack them once."""
    for wanted in [name] if name else [m.name for m in models.default_models()]:
        with bar(err) as progress:
            folder = models.pull(wanted, reporter(progress))
        print(f"{wanted} is in {folder}")


def main() -> None:
    """Run the command line; errors end as one line on stderr and a status."""
    set_up()
    try:
        status, line = int(app(standalone_mode=False) or 0), "stopped"
        if status != STOPPED:  # typer makes one of an interrupt
            sys.exit(status)
    except RagError as error:
        status, line = error.exit_code, str(error)
    except TyperException as error:
        status, line = UsageError.exit_code, f"{error.format_message()} See `rag --help`."
    except (typer.Abort, KeyboardInterrupt):
        status, line = STOPPED, "stopped"
    except BrokenPipeError:
        os._exit(0)  # the reader of our output has gone
    print(f"rag: {' '.join(line.split())}", file=sys.stderr)
    sys.exit(status)
