"""A question to an answer: search, read, draft, ground each sentence, answer or abstain.

The model is never trusted to cite: quotations are found and checked after it has written. Knows models only
as ``ChatModel`` and ``Encoder``.
"""

from __future__ import annotations

import re
import time
from collections.abc import Generator, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import abstention, prompts, reading
from rag.abstention import REFUSAL, evidence_signals, what_is_missing
from rag.conversation import earlier
from rag.figures import asks_for_figure, change, leading, timeline
from rag.generator import TransformersGenerator
from rag.grounding import Candidate, Check, candidates, contrasts, ground, is_fragment
from rag.index import Index
from rag.models import model_path
from rag.question_dates import QuestionDates
from rag.search import Found, find, open_index
from rag.settings import Settings
from rag.text import sentences
from rag.types import (
    Answer,
    ChatModel,
    Draft,
    GeneratorSession,
    Progress,
    Searched,
    Seconds,
    Statement,
    TimelineEntry,
    Turn,
)

_PREAMBLE = re.compile(r"^(?:according to|based on) the (?:passages?|articles?|text),? ", re.IGNORECASE)
SHOWN = 8  # passages that the reader sees and that can be cited
MAX_TOKENS = 96
LONGEST_QUOTE = 45  # words of a quoted sentence that may stand as an answer
SURE = 1.0  # log-odds of yes; right answers of the training questions have 2.7 in the middle
VECTORS_KEPT = 20_000  # 30 MB
NO_MODEL = "none"


@dataclass(frozen=True, slots=True)
class _Read:
    """What was found for a question and which of its sentences are read, best first."""

    found: Found
    pool: Sequence[Candidate]
    chosen: Sequence[Candidate]
    nearest: float
    earlier: str

    @property
    def question(self) -> str:
        """The question as it can be understood alone."""
        return self.found.standalone_question

    @property
    def asked(self) -> str:
        """The question without what was said before: that the passages speak of that proves nothing."""
        added = self.question.startswith(self.found.question.strip())
        return self.found.question if added else self.question

    def quoted_by(self, statement: Statement) -> list[Candidate]:
        """The sentences that a statement quotes."""
        quoted = {(e.article_id, e.start) for e in statement.evidence}
        return [c for c in self.pool if (c.hit.article.id, c.start) in quoted]


class Answerer:
    """Answers questions over one index with one model, or without any (``model`` None)."""

    def __init__(self, index: Index, model: ChatModel | None, today: date | None = None) -> None:
        self.index = index
        self.model = model
        self._today = today
        self._vectors: dict[str, NDArray[np.float32]] = {}  # of sentences met before: they come up again

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
        pool = [c for c in candidates(found.hits) if not prompts.addresses_the_model(_paragraph(c))]
        if not pool:
            yield self._abstain(found, _nothing_found(found, source), clock)
            return
        read = self._read(found, pool, history)
        if self.model is None:
            yield self._judge(read, "", {}, None, clock)
            return
        with self.model.session() as session:
            text, signals = yield from _draft(session, read, clock)
            clock.lap("generate")
            yield self._judge(read, text, signals, session, clock)

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

    def _read(self, found: Found, pool: Sequence[Candidate], history: Sequence[Turn]) -> _Read:
        cosines = self._similarity(found.standalone_question, [c.text for c in pool])
        values = reading.scores(found.standalone_question, pool, cosines)
        if found.dates.order == "latest":
            values = reading.favour_newest(pool, values)
        chosen = reading.choose(pool, values)
        follows = found.standalone_question != found.question
        return _Read(found, pool, chosen, max(cosines), earlier(history) if follows else "")

    def _similarity(self, text: str, others: Sequence[str]) -> list[float]:
        """Return the cosine of a text and each of the others."""
        if len(self._vectors) > VECTORS_KEPT:
            self._vectors = {}
        known = self._vectors  # another thread may replace the dictionary, not this one's view of it
        new = [t for t in dict.fromkeys([text, *others]) if t not in known]
        known.update(zip(new, self.index.encoder.encode(new), strict=True))
        return [float(known[other] @ known[text]) for other in others]

    def _judge(
        self,
        read: _Read,
        draft: str,
        signals: dict[str, float],
        session: GeneratorSession | None,
        clock: _Clock,
    ) -> Answer:
        """Ground the draft, choose between answering and abstaining, and lay out the answer."""
        shown, dropped, best = self._grounded(read, draft)
        if session is not None:
            shown, signals["confirms"] = _confirmed(session, read, shown)
        quoted = read.quoted_by(shown[0])
        signals |= evidence_signals(read.asked, draft, read.chosen, quoted, best, read.nearest)
        gate = abstention.gate(self.model.name if self.model else NO_MODEL)
        chance = gate.probability(signals)
        changed = self._changed(read, shown[0])
        clock.lap("ground")
        if chance < gate.threshold:
            reason = what_is_missing(read.asked, read.found.hits)
            made = replace(self._abstain(read.found, reason, clock), dropped=(*shown, *dropped))
        else:
            lead = _newest_first(shown, changed, read.found.dates) if changed else shown
            made = replace(self._answer(read.found, lead, changed, clock), dropped=tuple(dropped))
        return replace(made, confidence=chance, signals=signals)

    def _grounded(self, read: _Read, draft: str) -> tuple[list[Statement], list[Statement], Check]:
        """Return the sentences to show, those dropped, and the check of the first.

        A draft of which nothing is supported is repaired once: by the sentence that it misses least when only
        its wording strays, else by the sentence that fits the question best.
        """
        shown: list[Statement] = []
        dropped: list[Statement] = []
        checks: list[Check] = []
        draft = _without_preamble(draft)
        for start, end in sentences(draft):
            statement, check = ground(draft[start:end], read.question, read.pool, self._similarity)
            (shown if statement.supported else dropped).append(_made_whole(statement))
            checks.append(check)
        if not shown:
            near = checks[0].nearest if checks and not checks[0].missing else None
            shown.append(quotation(near or read.chosen[0]))
        return shown, dropped, checks[0] if checks else Check(1.0)

    def _changed(self, read: _Read, first: Statement) -> tuple[TimelineEntry, ...]:
        """Return the timeline of the figure that the first sentence gives, if the question asks for one."""
        if not asks_for_figure(read.question):
            return ()
        return timeline(read.quoted_by(first)[0], read.question, read.pool, self._similarity)

    def _answer(
        self, found: Found, shown: Sequence[Statement], changed: tuple[TimelineEntry, ...], clock: _Clock
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
        )

    def _abstain(self, found: Found, reason: str, clock: _Clock) -> Answer:
        refused = self._answer(found, (), (), clock)
        return replace(refused, text=REFUSAL, abstained=True, reason=reason)


def _draft(
    session: GeneratorSession, read: _Read, clock: _Clock
) -> Generator[Progress, None, tuple[str, dict[str, float]]]:
    """Let the model write; return the text and what its probabilities say."""
    block = prompts.passages_block(read.chosen, newest_first=read.found.dates.order == "latest")
    asked = read.found.question if read.earlier else read.question
    states = _margin(session, prompts.checking(block, asked, read.earlier))
    text = ""
    writing = session.stream(prompts.asking(block, asked, read.earlier), MAX_TOKENS)
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
    return text, {"states": states, "fluency": sum(chances) / len(chances), "doubt": min(chances)}


def _confirmed(
    session: GeneratorSession, read: _Read, shown: Sequence[Statement]
) -> tuple[list[Statement], float]:
    """Return the sentences with how sure the model is that their quotations answer the question.

    Where it doubts, the sentence that fits the question best gets a chance to do better.
    """
    sure = _confirms(session, read.question, shown[0])
    other = quotation(read.chosen[0])
    if sure >= SURE or other.evidence == shown[0].evidence:
        return list(shown), sure
    better = _confirms(session, read.question, other)
    return ([other], better) if better > sure else (list(shown), sure)


def _confirms(session: GeneratorSession, question: str, statement: Statement) -> float:
    quotes = " ".join(f"{_one_line(e.quote)} ({e.title})" for e in statement.evidence)
    return _margin(session, prompts.confirming(quotes, question, statement.text))


def quotation(candidate: Candidate) -> Statement:
    """Return a sentence of the articles as a statement of its own."""
    return Statement(_one_line(candidate.text), (candidate.evidence(),), supported=True)


def _margin(session: GeneratorSession, messages: Sequence[prompts.Message]) -> float:
    """Return the log-odds of yes against no."""
    chances = session.choose(messages, prompts.YES + prompts.NO)
    return max(chances[: len(prompts.YES)]) - max(chances[len(prompts.YES) :])


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


def _without_preamble(draft: str) -> str:
    """Take away "According to the passages,": the citation says it better."""
    text = _PREAMBLE.sub("", draft)
    return text[:1].upper() + text[1:] if text != draft else draft


def _paragraph(candidate: Candidate) -> str:
    """Return the whole paragraph of a sentence: what stands beside an order is part of it."""
    article = candidate.hit.article
    around = (article.text[a:b] for a, b in article.body if a <= candidate.start < b)
    return next(around, candidate.text)


def _nothing_found(found: Found, source: str | None) -> str:
    interval = found.interval
    if not found.hits and interval:
        span = f"{interval.start or 'the beginning'} to {interval.end or 'today'}"
        return f"no article in the index was published from {span}" + (f" by {source}" if source else "")
    return "no passage in the index can be quoted for this"


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
