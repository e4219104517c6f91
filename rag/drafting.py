"""What the model does for an answer: skim the passages, judge the best sentences, write a draft.

Each step yields a Draft now and then, so that a reader who leaves stops the model.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Mapping, Sequence
from typing import TypeVar

from rag import prompts, reading
from rag.grounding import Candidate
from rag.reading import Reading, Weighed
from rag.search import Found
from rag.types import Choice, Draft, GeneratorSession

T = TypeVar("T")
MAX_TOKENS = 96
JUDGED = 5  # sentences about which the model is asked one by one


def compare(
    session: GeneratorSession, found: Found, weighed: Weighed, earlier: str, shown: int, *, probed: bool
) -> Generator[Draft, None, tuple[Reading, Mapping[str, float]]]:
    """Skim the sentences and judge the best one by one; return what comes of it, and the signals it gave.

    A model too small to skim orders worse than likeness. Its doubt still counts unless it is ``probed``.
    """
    asked = found.question if earlier else found.standalone_question
    skimmed = reading.first_words(weighed.sentences, reading.SKIMMED_WORDS)
    attention = yield from skim(session, skimmed, asked, earlier)
    if attention:
        read = reading.settle(found, weighed, attention, earlier, shown, reading.FEW_WORDS)
        odds = yield from each_states(session, read)
        return reading.judge(read, odds), {"one_states": max(odds)}
    read = reading.likeliest(found, weighed, earlier, shown, reading.MANY_WORDS)
    return read, {} if probed else {"one_states": max((yield from each_states(session, read)))}


def skim(
    session: GeneratorSession, pool: Sequence[Candidate], question: str, earlier: str
) -> Generator[Draft, None, list[float]]:
    """Return how much the question turns to each sentence; empty when this model cannot tell."""
    return (yield from _reading(session.attend(*prompts.skimming(pool, question, earlier))))


def each_states(session: GeneratorSession, read: Reading) -> Generator[Draft, None, list[float]]:
    """Return the model's log-odds that a sentence states the answer, for each of the first by itself."""
    odds = []
    for candidate in read.pool[:JUDGED]:
        choice = yield from _checked(session, prompts.passages_block([candidate]), read)
        odds.append(_odds(choice))
    return odds


def states(session: GeneratorSession, read: Reading) -> Generator[Draft, None, tuple[float, Choice]]:
    """Return the model's log-odds that the chosen sentences state the answer together, and its choice."""
    choice = yield from _checked(session, _block(read, read.chosen), read)
    return _odds(choice), choice


def _checked(session: GeneratorSession, block: str, read: Reading) -> Generator[Draft, None, Choice]:
    messages = prompts.checking(block, _asked(read), read.earlier)
    return (yield from _reading(session.choose(messages, prompts.YES + prompts.NO)))


def _odds(choice: Choice) -> float:
    """The log-odds of yes against no."""
    return max(choice.chances[: len(prompts.YES)]) - max(choice.chances[len(prompts.YES) :])


def write(
    session: GeneratorSession, read: Reading, first_word: Callable[[], None]
) -> Generator[Draft, None, str]:
    """Let the model answer from the best sentence. ``first_word`` is called once."""
    text = ""
    block = _block(read, [read.best])
    writing = session.stream(prompts.asking(block, _asked(read), read.earlier), MAX_TOKENS)
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


def _asked(read: Reading) -> str:
    """What is asked of the model: a follow-up as it was typed, with what was said before beside it."""
    return read.found.question if read.earlier else read.question


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
