"""What each event of the chat page does, without Gradio: values in, views of the page out.

Everything about a visitor is in the Visit that is passed in; nothing here is shared between visitors but the
engine, the desk before its model and the feedback file.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Protocol

from rag.errors import RagError, UsageError
from rag.markup import Html, el, join
from rag.page_cards import sources_panel
from rag.page_corpus import adding_log, corpus_view, headline_facts
from rag.page_desk import Desk
from rag.page_export import append_feedback, conversation_markdown, feedback_record
from rag.page_forms import File, read_interval
from rag.page_render import question_list, thread
from rag.page_visit import Exchange, Failed, Page, Step, Verdict, Visit, advance
from rag.types import Answer, Article, Hit, Interval, Progress, Searched, Turn

_NEXT = 3  # questions offered after an answer
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


class Callbacks:
    """The events of the page. ``feedback`` is the file that ratings go to; None shows no rating form."""

    def __init__(
        self, engine: Engine, desk: Desk, feedback: Path | None, today: Callable[[], date] = date.today
    ) -> None:
        self.engine = engine
        self.desk = desk
        self._feedback = feedback
        self._today = today

    # Asking. Each returns or yields the visitor's page as it is then.

    def take(self, visit: Visit, question: str, source: str, start: str | None, end: str | None) -> bool:
        """Take a question into the line; if it cannot be asked, note why on the page and return False."""
        try:
            interval = read_interval(start, end)
            if not question.strip():
                raise UsageError("Type a question first.")
        except UsageError as problem:
            visit.paint(note=_notice(problem))
            return False
        visit.add(question.strip(), source or None, interval)
        visit.paint(note="")
        self._turned(visit)
        return True

    def answer(self, visit: Visit) -> Iterator[Page]:
        """Answer the visitor's oldest question that nobody has begun, if there is one, showing each step."""
        yield visit.page
        with visit.lock:
            ticket = self.desk.join()
            exchange = visit.claim(ticket.stop)
        if exchange is None:
            self.desk.leave(ticket)
            return
        began = time.monotonic()
        steps = self.desk.follow(
            ticket, self._starter(visit, exchange), search_first=not visit.running(before=exchange.number)
        )
        try:
            for step in steps:
                exchange = self._advanced(visit, exchange, step, time.monotonic() - began)
                visit.put(exchange)
                yield self._shown(visit, exchange, step)
        finally:
            visit.put(replace(exchange, status=exchange.status if exchange.finished else "stopped"))
        yield self._turned(visit)

    def stop(self, visit: Visit) -> Page:
        """Stop everything that the visitor has asked and not got yet."""
        visit.stop()
        return self._turned(visit)

    def forget(self, visit: Visit) -> Page:
        """Stop, and clear the page for a new conversation."""
        visit.forget()
        return visit.paint(past=self.welcome(), now="", sources=self._panel(visit), note="")

    def show(self, visit: Visit, number: int, focus: int | str | None) -> Page:
        """Show the sources of an earlier question and bring one of them forward."""
        visit.shown = number
        return visit.paint(sources=self._panel(visit, focus))

    def rate(self, visit: Visit, number: int, verdict: str, comment: str) -> Page:
        """Keep the reader's verdict on an answer in the feedback file."""
        exchange = visit.get(number)
        if exchange is None or self._feedback is None:
            return visit.page
        try:
            if verdict not in _VERDICTS:
                raise UsageError(f"{verdict!r} is not a verdict; choose right, wrong or missing")
            rated = replace(exchange, verdict=_VERDICTS[verdict])
            append_feedback(self._feedback, feedback_record(rated, comment, datetime.now()))
        except UsageError as problem:
            return visit.paint(note=_notice(problem))
        visit.put(rated)
        return self._turned(visit)

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

    def _starter(self, visit: Visit, asked: Exchange) -> Callable[[], Iterator[Progress]]:
        """What begins the answer. The history is read only then: earlier answers may be yet to come."""

        def start() -> Iterator[Progress]:
            visit.settle(before=asked.number)
            history = visit.history(before=asked.number)
            return self.engine.answer_stream(
                asked.question, history, source=asked.source, interval=asked.interval
            )

        return start

    def _advanced(self, visit: Visit, exchange: Exchange, step: Step | None, seconds: float) -> Exchange:
        exchange = replace(exchange, seconds=seconds)
        if step is not None:
            exchange = advance(exchange, step)
        if isinstance(step, Answer):
            asked = {e.question.casefold() for e in visit.exchanges}
            offered = [step.instead] if step.instead else []
            offered += self.engine.suggest(step.hits, _NEXT + len(asked))
            fresh = [q for q in offered if q.casefold() not in asked]
            exchange = replace(exchange, next_questions=tuple(fresh[:_NEXT]))
        return exchange

    def _shown(self, visit: Visit, exchange: Exchange, step: Step | None) -> Page:
        """The page after a step: new sources when there are any."""
        if isinstance(step, Searched | Answer):
            visit.shown = exchange.number
            visit.paint(sources=self._panel(visit))
        if exchange.finished:
            return self._turned(visit)
        return visit.paint(now=self._now(visit))

    def _turned(self, visit: Visit) -> Page:
        """The page after a question came in or was finished."""
        finished = [e for e in visit.exchanges if e.finished]
        past = thread(finished, self._today(), feedback=self._feedback is not None)
        return visit.paint(past=past if visit.exchanges else self.welcome(), now=self._now(visit))

    def _now(self, visit: Visit) -> Html:
        return thread([e for e in visit.exchanges if not e.finished], self._today())

    def _panel(self, visit: Visit, focus: int | str | None = None) -> Html:
        return sources_panel(visit.get(visit.shown), self._today(), focus)

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


def _notice(problem: RagError) -> Html:
    return el("p", str(problem), class_="notice", role="alert")
