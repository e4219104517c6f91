"""What the model does for an answer: skim the passages, judge the best sentences, write a draft.

Each step yields a Draft now and then, so that a reader who leaves stops the model.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from dataclasses import dataclass
from typing import TypeVar

import numpy as np
from numpy.typing import NDArray

from rag import prompts, reading
from rag.antecedents import understood
from rag.conversation import earlier
from rag.excerpts import length
from rag.grounding import Candidate
from rag.probe import Probe
from rag.reading import Reading
from rag.search import Found
from rag.types import Draft, GeneratorSession, Turn
from rag.wanted import asks_for_list
from rag.weighing import JUDGED, Weighed

T = TypeVar("T")
MAX_TOKENS = 96
DRAFTED_FROM = 24  # words of a sentence: a shorter one gains nothing by being written anew, nor does a list


@dataclass(frozen=True, slots=True)
class Told:
    """What a model tells of whether passages answer: the state that it comes to, or where nothing is known of
    that, the log-odds of its yes against its no.
    """

    state: NDArray[np.float32] | None = None
    odds: float = 0.0


@dataclass(frozen=True, slots=True)
class Examined:
    """What the model came to before it writes: the sentences in its order, what it told of each of those that
    it was asked about alone (none where that was clear), and of the chosen ones together.
    """

    read: Reading
    alone: Sequence[tuple[Candidate, Told]]
    together: Told

    def signals(self, known: Probe | None) -> Mapping[str, float]:
        """Return what all this says for an answer."""
        if known and self.together.state is not None:
            states = [told.state for _, told in self.alone if told.state is not None]
            return known.signals(self.together.state, states)
        alone = [told.odds for _, told in self.alone]
        return {"states": self.together.odds} | ({"one_states": max(alone)} if alone else {})


def examine(
    session: GeneratorSession,
    found: Found,
    weighed: Weighed,
    history: Sequence[Turn],
    shown: int,
    known: Probe | None,
) -> Generator[Draft, None, Examined]:
    """Let the model find the sentences that answer: by likeness where that is clear, else it skims them and
    judges the best one by one. Where that is clear but doubtful it does so too, but whether to answer is told
    by what stands out: compared, more is taken for an answer, and more follow-ups are refused
    (eval/NOTES.md).
    """
    before = said_before(found, history)
    clear = known is not None and weighed.clear
    if clear:
        read = reading.unjudged(reading.settle(found, weighed, [], before, shown, reading.FEW_WORDS))
        together = yield from _told_together(session, read)
        if not weighed.doubtful:
            return Examined(read, [], together)
    attention = yield from skim(session, found, weighed, history)
    words = reading.FEW_WORDS if attention or known else reading.MANY_WORDS
    read = reading.settle(found, weighed, attention, before, shown, words)
    alone: list[tuple[Candidate, Told]] = []
    for candidate in read.pool[:JUDGED]:
        block = prompts.passages_block(understood(candidate))
        told = yield from _told(session, prompts.checking(block, read.asked, read.before))
        alone.append((candidate, told))
    read = _judged(read, [told for _, told in alone], known)
    if clear:
        return Examined(read, [], together)  # refusals stay those of what stands out
    return Examined(read, alone, (yield from _told_together(session, read)))


def _told_together(session: GeneratorSession, read: Reading) -> Generator[Draft, None, Told]:
    block = _block(read, read.chosen)
    return (yield from _told(session, prompts.checking(block, _timeless(read), read.before)))


def _judged(read: Reading, alone: Sequence[Told], known: Probe | None) -> Reading:
    """Put the sentences in the order of what the model's state says of each. A model that no probe is known
    for orders worse by its words than likeness does.
    """
    states = [told.state for told in alone if told.state is not None]
    if known and len(states) == len(alone):
        return reading.judged(read, [known.answers(state) for state in states])
    return reading.unjudged(read)


def skim(
    session: GeneratorSession, found: Found, weighed: Weighed, history: Sequence[Turn]
) -> Generator[Draft, None, list[float]]:
    """Return how much the question turns to each of the first sentences; empty when the model cannot tell."""
    before = earlier(history) if found.leans else ""
    pool = reading.first_words(weighed.sentences, reading.SKIMMED_WORDS)
    return (yield from _reading(session.attend(*prompts.skimming(pool, found.asked, before))))


def said_before(found: Found, history: Sequence[Turn]) -> str:
    """Return what was said before, for a follow-up: the reader was told that already."""
    return earlier(history) if found.standalone_question != found.question else ""


def drained(steps: Generator[object, None, T]) -> T:
    """Return what a generator returns."""
    try:
        while True:
            next(steps)
    except StopIteration as end:
        value: T = end.value
        return value


def _told(session: GeneratorSession, messages: Sequence[prompts.Message]) -> Generator[Draft, None, Told]:
    state = yield from _reading(session.state(messages))
    if state is not None:
        return Told(state)
    chances = yield from _reading(session.choose(messages, prompts.YES + prompts.NO))
    yes, no = chances[: len(prompts.YES)], chances[len(prompts.YES) :]
    return Told(odds=max(yes) - max(no))


def write(
    session: GeneratorSession, read: Reading, first_word: Callable[[], None]
) -> Generator[Draft, None, str]:
    """Let the model answer from the best sentence where that may become shorter by it, which is then itself
    the answer if not. ``first_word`` is called once.
    """
    if asks_for_list(read.question) or length(read.best.text) < DRAFTED_FROM:
        first_word()
        return ""
    text = ""
    block = _block(read, [read.best])
    writing = session.stream(prompts.asking(block, _timeless(read), read.before), MAX_TOKENS)
    try:
        for new in writing:
            if new and not text:
                first_word()
            text = new or text
            yield Draft(text)
    finally:
        writing.close()
    return text


def _block(read: Reading, sentences: Sequence[Candidate]) -> str:
    return prompts.passages_block(sentences, newest_first=read.found.dates.order == "latest")


def _timeless(read: Reading) -> str:
    """What is asked of it where the best sentence is found: without the times that this may be of, as far as
    anyone can say (its article is undated, and it names none). The model does not believe what no date
    confirms. Not before: where others are dated, the time tells which is best.
    """
    dates, article = read.found.dates, read.best.hit.article
    dated = article.published is not None or dates.named_in(read.best.text) is not None
    if read.found.leans or dated or article.not_before is None:
        return read.asked
    return dates.without(read.question, article.not_before)


def _reading(steps: Generator[None, None, T]) -> Generator[Draft, None, T]:
    """Say that the model reads for as long as it does."""
    try:
        while True:
            next(steps)
            yield Draft("")
    except StopIteration as end:
        value: T = end.value
        return value
    finally:
        steps.close()
