"""A question to an answer: search, read, draft, ground each sentence, answer or abstain.

The model is never trusted to cite: quotations are found and checked after it has written. Knows models only
as ``ChatModel`` and ``Encoder``.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

from rag import abstention, prompts, reading
from rag.abstention import REFUSAL
from rag.figures import asks_for_figure, change, leading, timeline
from rag.generator import TransformersGenerator
from rag.grounding import Candidate, Check, candidates, contrasts, coverage, ground, is_fragment, named_terms
from rag.index import Index
from rag.models import model_path
from rag.question_dates import QuestionDates
from rag.search import Found, find, open_index
from rag.settings import Settings
from rag.text import content_words, sentences
from rag.types import (
    Answer,
    ChatModel,
    Draft,
    GeneratorSession,
    Hit,
    Progress,
    Searched,
    Seconds,
    Statement,
    TimelineEntry,
    Turn,
)

SHOWN = 8  # passages that the reader sees and that can be cited
MAX_TOKENS = 96
LONGEST_QUOTE = 45  # words of a quoted sentence that may stand as an answer
NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class _Drafted:
    """What the model wrote and what it made of it; empty where there is no model."""

    text: str = ""
    signals: tuple[tuple[str, float], ...] = ()


class Answerer:
    """Answers questions over one index with one model, or without any (``model`` None)."""

    def __init__(self, index: Index, model: ChatModel | None, today: date | None = None) -> None:
        self.index = index
        self.model = model
        self._today = today

    def stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> Iterator[Progress]:
        """Yield Searched, then drafts, then the Answer; closing the iterator stops the model.

        Raises UsageError for a question or a filter that cannot be used.
        """
        clock = _Clock()
        found = find(
            self.index, question, SHOWN, history=history, source=source,
            published_from=published_from, published_to=published_to, today=self._today,
        )  # fmt: skip
        clock.lap("retrieve")
        yield Searched(found.standalone_question, found.interval, found.hits)
        if not found.hits:
            yield self._abstain(found, _nothing_found(found, source), clock)
            return
        pool = [c for c in candidates(found.hits) if not prompts.addresses_the_model(c.text)]
        if not pool:
            yield self._abstain(found, "the nearest passages hold nothing that can be quoted", clock)
            return
        cosines = self._similarity(found.standalone_question, [c.text for c in pool])
        values = reading.scores(found.standalone_question, pool, cosines)
        chosen = reading.choose(pool, values)
        drafted = _Drafted()
        if self.model is not None:
            with self.model.session() as session:
                drafted = yield from _draft(session, chosen, found.standalone_question, clock)
        clock.lap("generate")
        yield self._judge(found, pool, chosen, max(cosines), drafted, clock)

    def answer(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> Answer:
        """Return the finished answer; arguments and errors are those of ``stream``."""
        steps = self.stream(
            question, history, source=source, published_from=published_from, published_to=published_to
        )
        return next(step for step in steps if isinstance(step, Answer))

    def _similarity(self, text: str, others: Sequence[str]) -> list[float]:
        vectors = self.index.encoder.encode([text, *others])
        return [float(x) for x in vectors[1:] @ vectors[0]]

    def _judge(
        self,
        found: Found,
        pool: Sequence[Candidate],
        chosen: Sequence[Candidate],
        nearest: float,
        drafted: _Drafted,
        clock: _Clock,
    ) -> Answer:
        """Ground the draft, choose between answering and abstaining, and lay out the answer."""
        question = found.standalone_question
        shown, dropped, best = self._grounded(drafted.text, question, pool, chosen)
        signals = dict(drafted.signals) | _evidence_signals(question, drafted.text, chosen, best, nearest)
        chance_of = abstention.gate("model" if self.model else "extractive")
        chance = chance_of.probability(signals)
        changed = self._changed(question, shown[0], pool)
        clock.lap("ground")
        if chance < chance_of.threshold:
            made = self._abstain(found, _what_is_missing(question, found.hits), clock)
            made = replace(made, dropped=(*shown, *dropped))
        else:
            lead = _newest_first(shown, changed, found.dates) if changed else shown
            made = self._answer(found, lead, dropped, changed, clock)
        return replace(made, confidence=chance, signals=signals)

    def _grounded(
        self, text: str, question: str, pool: Sequence[Candidate], chosen: Sequence[Candidate]
    ) -> tuple[list[Statement], list[Statement], Check]:
        """Return the sentences to show, those dropped, and the check of the first.

        A draft of which nothing is supported is repaired by the sentence that fits the question best.
        """
        shown: list[Statement] = []
        dropped: list[Statement] = []
        checks: list[Check] = []
        for start, end in sentences(text):
            statement, check = ground(text[start:end], question, pool, self._similarity)
            (shown if statement.supported else dropped).append(_made_whole(statement))
            checks.append(check)
        if not shown:
            shown.append(Statement(_one_line(chosen[0].text), (chosen[0].evidence(),), supported=True))
        return shown, dropped, checks[0] if checks else Check(1.0)

    def _changed(
        self, question: str, first: Statement, pool: Sequence[Candidate]
    ) -> tuple[TimelineEntry, ...]:
        """Return the timeline of the figure that the first sentence gives, if the question asks for one."""
        quoted = {(e.article_id, e.start) for e in first.evidence}
        anchor = next((c for c in pool if (c.hit.article.id, c.start) in quoted), None)
        if anchor is None or not asks_for_figure(question):
            return ()
        return timeline(anchor, question, pool, self._similarity)

    def _answer(
        self,
        found: Found,
        shown: Sequence[Statement],
        dropped: Sequence[Statement],
        changed: tuple[TimelineEntry, ...],
        clock: _Clock,
    ) -> Answer:
        return Answer(
            question=found.question,
            text=" ".join(s.text for s in shown),
            statements=tuple(shown),
            hits=found.hits,
            timeline=changed,
            model=self.model.name if self.model else NO_MODEL,
            seconds=clock.seconds(),
            standalone_question=found.standalone_question,
            interval=found.interval,
            dropped=tuple(dropped),
        )

    def _abstain(self, found: Found, reason: str, clock: _Clock) -> Answer:
        return Answer(
            question=found.question,
            text=REFUSAL,
            abstained=True,
            reason=reason,
            hits=found.hits,
            model=self.model.name if self.model else NO_MODEL,
            seconds=clock.seconds(),
            standalone_question=found.standalone_question,
            interval=found.interval,
        )


def _draft(
    session: GeneratorSession, chosen: Sequence[Candidate], question: str, clock: _Clock
) -> Generator[Progress, None, _Drafted]:
    block = prompts.passages_block(chosen)
    states = _margin(session.choose(prompts.checking(block, question), prompts.YES + prompts.NO))
    text = ""
    writing = session.stream(prompts.asking(block, question), MAX_TOKENS)
    try:
        while True:
            text = next(writing) or text
            if text:
                clock.first_token()
                yield Draft(text)
    except StopIteration as end:
        chances: tuple[float, ...] = end.value
    finally:
        writing.close()
    review = _margin(session.choose(prompts.reviewing(block, question, text), prompts.YES + prompts.NO))
    signals = {
        "states": states,
        "review": review,
        "fluency": sum(chances) / len(chances),
        "doubt": min(chances),
    }
    return _Drafted(text, tuple(signals.items()))


def _made_whole(statement: Statement) -> Statement:
    """Put the quoted sentence in the place of a bare figure or name, and of one of two contrasted figures."""
    if len(statement.evidence) != 1:
        return statement
    quote = _one_line(statement.evidence[0].quote)
    unclear = is_fragment(statement.text) or contrasts(quote, statement.text)
    return replace(statement, text=quote) if unclear and len(quote.split()) <= LONGEST_QUOTE else statement


def _newest_first(
    shown: Sequence[Statement], changed: Sequence[TimelineEntry], dates: QuestionDates
) -> list[Statement]:
    """Let the value of the right time lead, and tell the others unless one time was asked for."""
    lead = leading(changed, dates)
    first = shown[0]
    if lead.evidence not in first.evidence:
        first = Statement(_one_line(lead.evidence.quote), (lead.evidence,), supported=True)
    others = [] if dates.words else [change(e, lead) for e in reversed(changed) if e.value != lead.value]
    return [first, *others[:2]]


def _margin(chances: Sequence[float]) -> float:
    half = len(chances) // 2
    return max(chances[:half]) - max(chances[half:])


def _evidence_signals(
    question: str, text: str, chosen: Sequence[Candidate], best: Check, nearest: float
) -> dict[str, float]:
    """What the evidence alone says: how near it is, and which of the question's words and names it lacks."""
    read = " ".join(c.text for c in chosen) + " " + " ".join(c.hit.article.title for c in chosen)
    asked = named_terms(question)
    lacking = [t for t in asked if coverage(t, read) < 1]
    written = content_words(text or chosen[0].text)
    new = [w for w in written if coverage(w, question) < 1]
    return {
        "nearest": nearest,
        "covered": coverage(question, read),
        "covered_by_one": max(coverage(question, c.text) for c in chosen),
        "names_lacking": len(lacking) / max(1, len(asked)),
        "news": min(1.0, len(new) / 3),
        "support": best.score,
        "unsupported": float(min(2, len(best.missing))),
    }


def _nothing_found(found: Found, source: str | None) -> str:
    interval = found.interval
    if interval and (interval.start or interval.end):
        span = f"{interval.start or 'the beginning'} to {interval.end or 'today'}"
        return f"no article in the index was published from {span}" + (f" by {source}" if source else "")
    return "no passage in the index matches"


def _what_is_missing(question: str, hits: Sequence[Hit]) -> str:
    """Say in a line what was looked for and is not there."""
    read = " ".join(f"{h.article.title} {h.passage.text}" for h in hits)
    lacking = [t for t in named_terms(question) if coverage(t, read) < 1]
    lacking += [
        w for w in content_words(question) if coverage(w, read) < 1 and w not in " ".join(lacking).lower()
    ]
    if lacking:
        words = ", ".join(f"“{w}”" for w in lacking[:4])
        return f"the nearest passages do not mention {words}"
    return "the nearest passages are about this topic but do not give the answer"


def _one_line(text: str) -> str:
    return " ".join(text.split())


class _Clock:
    """Wall-clock seconds of the stages."""

    def __init__(self) -> None:
        self._start = self._last = time.perf_counter()
        self._first: float | None = None
        self._laps: dict[str, float] = {}

    def lap(self, stage: str) -> None:
        now = time.perf_counter()
        self._laps[stage] = now - self._last
        self._last = now

    def first_token(self) -> None:
        if self._first is None:
            self._first = time.perf_counter() - self._start

    def seconds(self) -> Seconds:
        return Seconds(**self._laps, first_token=self._first, total=time.perf_counter() - self._start)


def load_model(name: str) -> ChatModel | None:
    """Load a generator by registry name, folder or hub id; None for "none".

    Raises ModelError when it is not installed or cannot be loaded, UsageError for any other name.
    """
    return None if name == NO_MODEL else TransformersGenerator(model_path(name), name)


def ask(
    question: str,
    *,
    index: Index | str | Path | None = None,
    model: ChatModel | str | None = None,
    history: Sequence[Turn] = (),
    source: str | None = None,
    published_from: date | None = None,
    published_to: date | None = None,
) -> Answer:
    """Answer a question from an index; ``str(answer)`` reads well.

    ``index`` is an opened index or a folder (default: the settings'), ``model`` a loaded model or a name as
    for ``--model`` (default: the settings'; "none" answers in the articles' own sentences). Load both once
    when asking more than one question. Raises UsageError, BrokenIndexError or ModelError.
    """
    settings = Settings()
    opened = index if isinstance(index, Index) else open_index(Path(index or settings.index))
    chat = load_model(model or settings.model) if model is None or isinstance(model, str) else model
    return Answerer(opened, chat).answer(
        question, history, source=source, published_from=published_from, published_to=published_to
    )
