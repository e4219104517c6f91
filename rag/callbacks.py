"""What each event of the chat page does, without Gradio: values in, views of the page out.

Everything about a visitor is in the Visit that is passed in; nothing here is shared between visitors but the
engine, the desk before its model and the feedback file.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from rag.cards import sources_panel
from rag.desk import Desk
from rag.errors import RagError, UsageError
from rag.export import append_feedback, conversation_markdown, feedback_record
from rag.markup import Html, el, join
from rag.render import question_list, thread
from rag.render_corpus import adding_log, corpus_view, headline_facts
from rag.types import Answer, Article, Hit, Interval, Progress, Searched, Turn
from rag.visit import Exchange, Failed, Step, Verdict, Visit, advance
from rag.wording import scope

File = tuple[str, bytes]  # name, content

_VERDICTS: dict[str, Verdict] = {"right": "right", "wrong": "wrong", "missing": "missing"}


class Engine(Protocol):
    """What the page needs of the system. Methods are called from several threads at once."""

    def answer_stream(
        self, question: str, history: Sequence[Turn] = (), *, source: str | None, interval: Interval | None
    ) -> Iterator[Progress]:
        """Yield Searched, then drafts, then the Answer; closing the iterator stops the model."""
        ...

    def search(
        self,
        question: str,
        k: int = 10,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> Sequence[Hit]:
        """Return the best passages, best first; loads no language model."""
        ...

    def articles(self) -> Sequence[Article]:
        """Return the articles that are indexed now."""
        ...

    def sources(self) -> Sequence[str]:
        """Return the names of the sources that are indexed now."""
        ...

    def suggest(self, hits: Sequence[Hit] = (), k: int = 3) -> Sequence[str]:
        """Return questions that the articles can answer, near the hits or, without hits, about the whole."""
        ...

    def add(self, files: Sequence[File]) -> Iterator[tuple[float, str]]:
        """Add articles and swap the new index in. Yield the part done, 0 to 1, and a line that says what was
        done or which file is refused and why. Raises CorpusError when nothing could be added.
        """
        ...

    def reload(self) -> None:
        """Open the newest index, should another program have built one."""
        ...


@dataclass(frozen=True, slots=True)
class View:
    """Parts of the page to replace; None leaves a part as it is."""

    box: str | None = None
    note: Html | None = None
    past: Html | None = None
    now: Html | None = None
    sources: Html | None = None
    busy: bool | None = None


class Callbacks:
    """The events of the page. ``feedback`` is the file that ratings go to; None shows no rating form."""

    def __init__(
        self, engine: Engine, desk: Desk, feedback: Path | None, today: Callable[[], date] = date.today
    ) -> None:
        self.engine = engine
        self.desk = desk
        self._feedback = feedback
        self._today = today

    # Asking

    def take(self, visit: Visit, question: str, source: str, start: str | None, end: str | None) -> View:
        """Take a question from the box into the line, or say why it cannot be asked and leave it there."""
        try:
            interval = read_interval(start, end)
            if not question.strip():
                raise UsageError("Type a question first.")
        except UsageError as problem:
            return View(note=el("p", str(problem), class_="notice", role="alert"))
        visit.add(question.strip(), source or None, interval)
        return View(box="", note=Html(), past=self._past(visit), now=self._now(visit), busy=True)

    def answer(self, visit: Visit) -> Iterator[View]:
        """Answer the visitor's oldest question that nobody has begun, showing each step."""
        with visit.lock:
            ticket = self.desk.join()
            exchange = visit.claim(ticket.stop)
        if exchange is None:
            self.desk.leave(ticket)
            return
        began = time.monotonic()
        first = not visit.running(before=exchange.number)
        asked = exchange

        def start() -> Iterator[Progress]:
            history = visit.history(before=asked.number)
            return self.engine.answer_stream(
                asked.question, history, source=asked.source, interval=asked.interval
            )

        try:
            for step in self.desk.follow(ticket, start, search_first=first):
                exchange = self._advanced(exchange, step, time.monotonic() - began)
                visit.put(exchange)
                yield self._view(visit, exchange, step)
        finally:
            visit.put(replace(exchange, status=exchange.status if exchange.finished else "stopped"))
        yield View(past=self._past(visit), now=self._now(visit), busy=visit.running())

    def stop(self, visit: Visit) -> View:
        """Stop everything that the visitor has asked and not got yet."""
        visit.stop()
        return View(past=self._past(visit), now=self._now(visit), busy=False)

    def forget(self, visit: Visit) -> View:
        """Stop, and clear the page for a new conversation."""
        visit.forget()
        return replace(self.stop(visit), sources=self._panel(visit), note=Html())

    def show(self, visit: Visit, number: int, focus: int | str | None) -> View:
        """Show the sources of an earlier question and bring one of them forward."""
        visit.shown = number
        return View(sources=self._panel(visit, focus))

    def rate(self, visit: Visit, number: int, verdict: str, comment: str) -> View:
        """Keep the reader's verdict on an answer in the feedback file."""
        exchange = visit.get(number)
        if exchange is None or self._feedback is None:
            return View()
        try:
            if verdict not in _VERDICTS:
                raise UsageError(f"{verdict!r} is not a verdict; choose right, wrong or missing")
            rated = replace(exchange, verdict=_VERDICTS[verdict])
            append_feedback(self._feedback, feedback_record(rated, comment, datetime.now()))
        except UsageError as problem:
            return View(note=el("p", str(problem), class_="notice", role="alert"))
        visit.put(rated)
        return View(past=self._past(visit))

    def markdown(self, visit: Visit) -> str:
        """Return the conversation as Markdown."""
        return conversation_markdown(visit.exchanges, self._today())

    def ask_once(self, question: str, source: str | None, start: str | None, end: str | None) -> Answer:
        """Answer one question for a program, in its turn.

        Raises UsageError for a date that cannot be read and RagError when the question cannot be answered.
        """
        interval = read_interval(start, end)
        for step in self.desk.follow(
            self.desk.join(), lambda: self.engine.answer_stream(question, source=source, interval=interval)
        ):
            if isinstance(step, Answer):
                return step
            if isinstance(step, Failed):
                raise RagError(step.problem)
        raise RagError("the page was closed before the question was answered; ask it again")

    # What is on the page

    def welcome(self) -> Html:
        """Return what the page says before the first question."""
        questions = self.engine.suggest((), 4)
        return el(
            "div",
            el("h2", "What would you like to know?"),
            el(
                "p",
                "Every sentence of an answer stands on words quoted from the articles. When they do not say, "
                "the answer says so.",
            ),
            join(el("h3", "For example"), question_list(questions)) if questions else None,
            class_="welcome",
        )

    def masthead(self) -> Html:
        """Return the head of the page: its name and what it answers from."""
        facts = f"{headline_facts(self.engine.articles())}. Nothing leaves this computer."
        dark = el("button", "Dark", type="button", id="dark", aria_pressed="false")
        return el("header", el("h1", "Ask the articles"), el("p", facts), dark, class_="masthead")

    def corpus(self) -> Html:
        """Return the view of what is indexed."""
        return corpus_view(self.engine.articles(), self._today())

    def _past(self, visit: Visit) -> Html:
        if not visit.exchanges:
            return self.welcome()
        finished = [e for e in visit.exchanges if e.finished]
        return thread(finished, self._today(), feedback=self._feedback is not None)

    def _now(self, visit: Visit) -> Html:
        return thread([e for e in visit.exchanges if not e.finished], self._today())

    def _panel(self, visit: Visit, focus: int | str | None = None) -> Html:
        return sources_panel(visit.get(visit.shown), self._today(), focus)

    def _advanced(self, exchange: Exchange, step: Step | None, seconds: float) -> Exchange:
        exchange = replace(exchange, seconds=seconds)
        if step is not None:
            exchange = advance(exchange, step)
        if isinstance(step, Answer):
            exchange = replace(exchange, next_questions=tuple(self.engine.suggest(step.hits, 3)))
        return exchange

    def _view(self, visit: Visit, exchange: Exchange, step: Step | None) -> View:
        if not isinstance(step, Searched | Answer):
            return View(now=self._now(visit))
        visit.shown = exchange.number
        past = self._past(visit) if exchange.finished else None
        return View(past=past, now=self._now(visit), sources=self._panel(visit))

    # Adding articles

    def add(self, files: Sequence[File]) -> Iterator[Html]:
        """Add articles, yielding the log as it grows; what was indexed before stays when this fails."""
        if not files:
            yield adding_log([], None, "Drop a file or paste a text first.")
            return
        lines: list[str] = []
        try:
            for share, line in self.engine.add(files):
                lines.append(line)
                yield adding_log(lines, share)
        except RagError as problem:
            yield adding_log(lines, None, str(problem))
        else:
            yield adding_log(lines, None)


def article_files(
    paths: Sequence[str], title: str, source: str, published: str | None, text: str
) -> list[File]:
    """Return the dropped files and the pasted article, if any. Raises UsageError as ``pasted_file`` does."""
    files = [(Path(path).name, Path(path).read_bytes()) for path in paths]
    pasted = [pasted_file(title, source, published, text)] if title.strip() or text.strip() else []
    return files + pasted


def pasted_file(title: str, source: str, published: str | None, text: str) -> File:
    """Return pasted text as an article file with front matter.

    Raises UsageError when the title or the text is missing or the date cannot be read.
    """
    if not title.strip() or not text.strip():
        raise UsageError("A pasted article needs a headline and its text.")
    day = read_day(published, "Published")
    fields = {"title": title.strip(), "source": source.strip() or None, "published": day and day.isoformat()}
    front = [f"{key}: {json.dumps(value, ensure_ascii=False)}" for key, value in fields.items() if value]
    name = "-".join("".join(c if c.isalnum() else " " for c in title.lower()).split())[:60] or "pasted"
    return f"{name}.md", "\n".join(["---", *front, "---", "", text.strip(), ""]).encode()


def filters_label(source: str | None, start: str | None, end: str | None) -> str:
    """Return what the folded filters say: "Filters: all sources, any date"."""
    try:
        return f"Filters: {scope(source, read_interval(start, end))}"
    except UsageError as problem:
        return f"Filters: {problem}"


def read_interval(start: str | None, end: str | None) -> Interval | None:
    """Return the dates of the filter; None when both are empty.

    Raises UsageError naming a date that cannot be read, or dates that run backwards.
    """
    first, last = read_day(start, "From"), read_day(end, "To")
    if first and last and first > last:
        raise UsageError(f"The dates run backwards: from {first} to {last}. Change one of them.")
    return Interval(first, last) if first or last else None


def read_day(text: str | None, name: str) -> date | None:
    """Return a date written YYYY-MM-DD; None when the text is empty. Raises UsageError when it is no date."""
    if not text or not text.strip():
        return None
    try:
        return date.fromisoformat(text.strip()[:10])
    except ValueError:
        raise UsageError(f"{name}: {text.strip()!r} is not a date. Write it as 2024-05-31.") from None
