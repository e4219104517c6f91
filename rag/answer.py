"""A question to an answer: search, read, skim, draft, ground each sentence, answer or abstain.

The model is never trusted to cite: quotations are found and checked after it has written. Knows models only
as ``ChatModel`` and ``Encoder``.
"""

from __future__ import annotations

import re
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TypedDict, Unpack

from rag import abstention, drafting, prompts, reading
from rag.abstention import REFUSAL, Gate, evidence_signals, the_other_way, what_is_missing
from rag.beside import introduced
from rag.checks import check_history, check_question
from rag.clock import Clock
from rag.conversation import asks_for_more
from rag.figures import asks_for_figure, timeline
from rag.generator import TransformersGenerator
from rag.grounding import candidates
from rag.index import Index
from rag.likeness import Likeness
from rag.models import model_path
from rag.models_registry import evidence_head
from rag.neighbours import JOINED, joined
from rag.parts import parts
from rag.probe import probe
from rag.question_dates import QuestionDates
from rag.ranking import reranked
from rag.reading import Reading
from rag.rivals import repeated
from rag.search import Found, find, nothing_found, tidied
from rag.several import Share, each, whole
from rag.small_talk import aside, asked
from rag.statements import grounded, newest_first
from rag.types import (
    Answer,
    ChatModel,
    GeneratorSession,
    Hit,
    Progress,
    Searched,
    Statement,
    TimelineEntry,
    Turn,
)
from rag.verifying import verify
from rag.weighing import Weighed, weigh

FOUND = 20  # passages that are read
SHOWN = 10  # of them that the reader sees, and the only ones that can be cited
NO_MODEL = "none"
_ASKS = re.compile(r"\?[\"'”’»)*_\s]*$")
UNREAD = "unread"  # without a model, and without a reader


class Filters(TypedDict, total=False):
    """Which articles a question is about, as for ``find``."""

    source: str | None
    published_from: date | None
    published_to: date | None


class Answerer:
    """Answers questions over one index with one model, or without any (``model`` None)."""

    def __init__(self, index: Index, model: ChatModel | None, today: date | None = None) -> None:
        self.index = index
        self.model = model
        self._today = today
        self._likeness = Likeness(lambda texts: index.encoder.encode(texts))

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
        check_question(question)
        check_history(history)
        plain = tidied(self.index, question)
        if why := aside(plain, self.index.articles.values()):
            yield from self._set_aside(question, why)
            return
        wanted = parts(plain, self._today or date.today())
        turns = asked(history)
        one = partial(self._one, source=source, published_from=published_from, published_to=published_to)
        if len(wanted) == 1:
            steps = one(plain, turns, whole(plain))
        else:
            steps = each(one, wanted, turns, SHOWN, self._gate.threshold, self._missing)
        with closing(steps):
            for step in steps:
                yield replace(step, question=question) if isinstance(step, Answer) else step

    def _set_aside(self, question: str, why: str) -> Iterator[Progress]:
        """Answer what is not asked of the articles: nothing is searched."""
        found = Found(question, question, None, QuestionDates(), ())
        yield Searched(question, None, ())
        yield self._abstain(found, why, Clock())

    def _one(
        self, question: str, history: Sequence[Turn], share: Share, **filters: Unpack[Filters]
    ) -> Generator[Progress]:
        """Answer a question that asks one thing."""
        clock = Clock()
        found = self.find(question, history, nameless=share.alone, **filters)
        yield Searched(found.standalone_question, found.interval, found.hits[:SHOWN])
        weighed = self.weigh(found, asks_on=share.alone)
        clock.lap("retrieve")  # reading is part of finding
        shown = replace(found, hits=found.hits[:SHOWN])
        if weighed is None:
            yield self._abstain(shown, nothing_found(found, filters.get("source")), clock)
            return
        verified = verify(self.index, found, weighed)
        if verified.turned:
            refused = self._abstain(shown, the_other_way(verified.turned), clock)
            yield replace(refused, confidence=0.0, signals=verified.signals, instead=verified.turned)
            return
        weighed = replace(weighed, signals={**weighed.signals, **verified.signals})
        if self.model is None:
            yield self._extracted(found, weighed, history, share, clock)
        else:
            with self.model.session() as session:
                yield from self._written(session, found, weighed, history, share, clock)

    def find(
        self,
        question: str,
        history: Sequence[Turn] = (),
        k: int = FOUND,
        nameless: bool = True,
        **filters: Unpack[Filters],
    ) -> Found:
        """Find the passages to read for a question that asks one thing; arguments as ``search.find``."""
        return find(
            self.index,
            question,
            k,
            history=history,
            today=self._today,
            rerank=False,
            join=False,
            nameless=nameless,
            **filters,
        )

    def skimmed(
        self, question: str, k: int, history: Sequence[Turn] = (), **filters: Unpack[Filters]
    ) -> Found:
        """Find the best k passages, the first twenty in the order in which the model turns to their sentences
        when it skims them. As ``find`` where one stands out or they are trusted to answer, and for a model
        that cannot skim.
        """
        found = self.find(question, history, max(k + JOINED, FOUND), **filters)
        first = replace(found, hits=found.hits[:FOUND])
        hits, weighed = list(found.hits), self.weigh(first)
        attention: list[float] = []
        if self.model and weighed and not weighed.clear:
            with self.model.session() as session:
                attention = drafting.drained(drafting.skim(session, first, weighed, history))
        if weighed and attention:
            hits = reading.turned_to(hits, weighed, attention)
        elif weighed and weighed.reads:
            hits = reranked(found.standalone_question, hits, weighed.reads)
        return replace(found, hits=tuple(joined(hits)[:k]))

    def weigh(self, found: Found, asks_on: bool = True) -> Weighed | None:
        """Read the passages, and weigh their sentences by that and by likeness; None when there are none.

        A question that leans on one before it ``asks_on``, unless both are parts of one question: what one
        sentence says of both is then wanted for both.
        """
        # What stands beside an order in a paragraph is part of it.
        pool = [c for c in candidates(found.hits) if not prompts.addresses_the_model(c.paragraph)]
        if not pool:
            return None
        pool = [c for c in pool if not _ASKS.search(c.text)] or pool  # an interviewer's question is no answer
        if asks_for_more(found.question):
            pool = [c for c in pool if not repeated(c.text, [found.told])] or pool
        self._likeness.know(self.index.sentence_vectors(found.hits))
        question = found.standalone_question
        cosines = self._likeness(question, [c.text for c in pool])
        reads = self.index.read(question, found.hits)
        if not (found.leans and asks_on):
            return weigh(found, pool, cosines, reads)
        alone = self._likeness(found.question, [c.text for c in pool])
        pairs = zip(cosines, alone, strict=True)
        means = [found.behind * one + (1 - found.behind) * other for one, other in pairs]
        return weigh(found, pool, means, reads, self.index.read(found.question, found.hits))

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

    def _extracted(
        self, found: Found, weighed: Weighed, history: Sequence[Turn], share: Share, clock: Clock
    ) -> Answer:
        """Answer with the best sentence itself."""
        before = drafting.said_before(found, history)
        read = reading.unjudged(reading.settle(found, weighed, [], before, SHOWN, reading.MANY_WORDS))
        signals = weighed.signals
        if not signals:  # nothing reads
            signals = evidence_signals(read.asked, read.chosen, read.chosen[:1], read.nearest)
        chance, answers = self._chance(signals, share)
        made = self._answered(read, "", share, clock) if answers else self._refused(read, clock)
        return replace(made, confidence=chance, signals=signals)

    def _written(
        self,
        session: GeneratorSession,
        found: Found,
        weighed: Weighed,
        history: Sequence[Turn],
        share: Share,
        clock: Clock,
    ) -> Iterator[Progress]:
        """Choose the evidence, decide whether it answers, and write with a model."""
        known = probe(self.model.name) if self.model else None
        examined = yield from drafting.examine(session, found, weighed, history, SHOWN, known)
        read = examined.read
        signals = {**examined.signals(known), **weighed.signals}
        chance, answers = self._chance(signals, share)
        if answers:
            text = yield from drafting.write(session, read, clock.first_token)
            clock.lap("generate")
            made = self._answered(read, text, share, clock)
        else:
            clock.lap("generate")
            made = self._refused(read, clock)
        yield replace(made, confidence=chance, signals=signals)

    @property
    def _gate(self) -> Gate:
        name = self.model.name if self.model else NO_MODEL if self.index.reader else UNREAD
        return abstention.gate(name)

    def _chance(self, signals: Mapping[str, float], share: Share) -> tuple[float, bool]:
        """Return the probability that the question is answered, and whether it is high enough."""
        chance = self._gate.probability(signals)
        return chance, chance >= self._gate.threshold * share.least

    def _answered(self, read: Reading, draft: str, share: Share, clock: Clock) -> Answer:
        """Ground the draft and lay out the answer."""
        made = grounded(read, draft, self._likeness, share.words)
        changed = self._changed(read, made.shown[0])
        shown = newest_first(made.shown, changed, read) if changed else made.shown
        shown = introduced(shown, read, share.words) if share.alone else shown
        clock.lap("ground")
        return replace(self._answer(read.found, shown, changed, clock), dropped=made.dropped)

    def _refused(self, read: Reading, clock: Clock) -> Answer:
        return self._abstain(read.found, self._missing(read.asked, read.found.hits), clock)

    def _missing(self, question: str, hits: Sequence[Hit]) -> str:
        return what_is_missing(question, hits, self.index.tells_of)

    def _changed(self, read: Reading, first: Statement) -> tuple[TimelineEntry, ...]:
        """Return the timeline of the figure that the first sentence gives, if the question asks for one."""
        if not asks_for_figure(read.question):
            return ()
        timeless = not read.found.dates.words and not read.found.leans
        reads = read.reads if timeless else {}
        return timeline(read.quoted_by(first)[0], read.question, read.pool, self._likeness, reads)

    def _answer(
        self, found: Found, shown: Sequence[Statement], changed: tuple[TimelineEntry, ...], clock: Clock
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

    def _abstain(self, found: Found, reason: str, clock: Clock) -> Answer:
        refused = self._answer(found, (), (), clock)
        return replace(refused, text=REFUSAL, abstained=True, reason=reason)


def load_model(name: str) -> ChatModel | None:
    """Load a generator by registry name, folder or hub id; None for "none".

    Raises ModelError when it is not installed or cannot be loaded, UsageError for any other name.
    """
    if name == NO_MODEL:
        return None
    known = probe(name)
    return TransformersGenerator(model_path(name), name, evidence_head(name), known.layer if known else None)
