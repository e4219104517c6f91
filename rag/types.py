"""The nouns of the project: frozen values that every other module speaks in.

Knows nothing of files, models or libraries, and imports nothing of ours. Character offsets are Python
string indices: ``article.text[start:end]`` is always the text in question.
"""

from __future__ import annotations

from collections.abc import Generator, Mapping, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from datetime import date
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Role = Literal["user", "assistant"]
Turn = tuple[Role, str]
Span = tuple[int, int]


@dataclass(frozen=True, slots=True)
class SetAside:
    """A stretch of an article's text that is not the story: a caption, a teaser, a dateline."""

    start: int
    end: int
    reason: str


@dataclass(frozen=True, slots=True)
class Article:
    """One article as it was read.

    ``text`` is the text of the file without front matter, its lines ended by "\\n", or of a web page that of
    its article; offsets count its characters. ``body`` lists the paragraphs that are the story; only they are
    indexed. ``published`` is None when the text does not give the date; ``not_before`` is then the latest
    past date that the text mentions. ``published_inferred`` marks a date whose year was taken from the text,
    or that was taken from the file's name.
    """

    id: str
    title: str
    text: str
    source: str | None = None
    published: date | None = None
    url: str | None = None
    language: str | None = None
    path: str = ""
    body: tuple[Span, ...] = ()
    published_inferred: bool = False
    not_before: date | None = None
    set_aside: tuple[SetAside, ...] = ()

    @property
    def day(self) -> date | None:
        """The day it was published or, where that is not known, the earliest that it can be."""
        return self.published or self.not_before


@dataclass(frozen=True, slots=True)
class Passage:
    """A run of whole sentences; ``article.text[start:end] == text``. ``sentences`` are their spans in it."""

    id: str
    article_id: str
    start: int
    end: int
    text: str
    sentences: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True)
class Hit:
    """A passage that a search returned, best first; ``rank`` starts at 1.

    ``dense_rank`` and ``lexical_rank`` are the places each retriever gave the passage (None: not among its
    candidates). ``copies`` are the ids of passages elsewhere that say the same words.
    """

    passage: Passage
    article: Article
    score: float
    rank: int
    dense_rank: int | None = None
    lexical_rank: int | None = None
    copies: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Headline, source, date and the passage, as a reader would cite it."""
        where = ", ".join(str(x) for x in (self.article.source, self.article.published) if x)
        place = f" ({where})" if where else ""
        return f"{self.rank}. {self.article.title}{place}: {self.passage.text}"


@dataclass(frozen=True, slots=True)
class Interval:
    """Publication dates asked for, both ends included; None leaves an end open."""

    start: date | None = None
    end: date | None = None

    def __contains__(self, day: date) -> bool:
        """Whether the day lies in the interval."""
        return (self.start is None or self.start <= day) and (self.end is None or day <= self.end)


@dataclass(frozen=True, slots=True)
class Evidence:
    """A verbatim quotation: ``article.text[start:end] == quote``."""

    article_id: str
    passage_id: str
    start: int
    end: int
    quote: str
    title: str
    source: str | None = None
    published: date | None = None
    url: str | None = None


@dataclass(frozen=True, slots=True)
class Statement:
    """One sentence of an answer with the quotations that it stands on."""

    text: str
    evidence: tuple[Evidence, ...] = ()
    supported: bool = False


@dataclass(frozen=True, slots=True)
class TimelineEntry:
    """One value of a figure that changed. ``day`` is the publication date, or the earliest day that the
    article can be from when ``day_is_bound``; None when neither is known.
    """

    value: str
    day: date | None
    day_is_bound: bool
    evidence: Evidence


@dataclass(frozen=True, slots=True)
class Seconds:
    """Wall-clock seconds of each stage; ``first_token`` counts from the question."""

    retrieve: float = 0.0
    generate: float = 0.0
    ground: float = 0.0
    first_token: float | None = None
    total: float = 0.0


@dataclass(frozen=True, slots=True)
class Answer:
    """What the reader gets. ``reason`` says why when ``abstained``, and otherwise which part of
    the question has no answer, if any; ``dropped`` are sentences that the model
    wrote and no quotation supported: they are never shown as fact. ``signals`` are what the choice between
    answering and abstaining was made from, ``confidence`` the probability of an answer that came out of it.
    ``instead`` is a question that the passages answer and that was not asked: the same, turned round.
    """

    question: str
    text: str
    statements: tuple[Statement, ...] = ()
    abstained: bool = False
    reason: str | None = None
    hits: tuple[Hit, ...] = ()
    timeline: tuple[TimelineEntry, ...] = ()
    model: str = "none"
    seconds: Seconds = field(default_factory=Seconds)
    standalone_question: str = ""
    interval: Interval | None = None
    dropped: tuple[Statement, ...] = ()
    confidence: float | None = None
    signals: Mapping[str, float] = field(default_factory=dict)
    instead: str | None = None

    def __str__(self) -> str:
        """The answer with its numbered sources under it, each with its quotation where that is more than what
        the answer says already, and what has no answer.
        """
        numbers = citation_numbers(self)
        lines = [" ".join([_marked(s, numbers) for s in self.statements]) if self.statements else self.text]
        for item, number in numbers.items():
            where = ", ".join(str(x) for x in (item.source, item.published) if x)
            place = f" ({where})" if where else ""
            quoted = "" if item.quote in self.text else f"“{item.quote}” - "
            lines.append(f"[{number}] {quoted}{item.title}{place}")
        if self.reason:
            lines.append(f"({self.reason})")
        return "\n".join(lines)


def citation_numbers(answer: Answer) -> dict[Evidence, int]:
    """Number the distinct quotations of an answer from 1, in the order in which they are first used; those
    that only its timeline uses come last.
    """
    used = [item for s in answer.statements for item in s.evidence]
    ordered = dict.fromkeys([*used, *(entry.evidence for entry in answer.timeline)])
    return {item: number for number, item in enumerate(ordered, start=1)}


def _marked(statement: Statement, numbers: dict[Evidence, int]) -> str:
    return statement.text + "".join(f" [{numbers[item]}]" for item in statement.evidence)


# What an answer in the making tells its reader, in this order: Searched once, Draft many times, Answer once.


@dataclass(frozen=True, slots=True)
class Searched:
    """The search is done: these passages can be shown now."""

    standalone_question: str
    interval: Interval | None
    hits: tuple[Hit, ...]


@dataclass(frozen=True, slots=True)
class Draft:
    """The whole text that the model has written so far, not yet checked; empty while it reads."""

    text: str


Progress = Searched | Draft | Answer


class Encoder(Protocol):
    """Texts to unit vectors. ``name`` and ``dimension`` go into the manifest of an index."""

    name: str
    dimension: int

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        """Return one unit vector a text, shape (len(texts), dimension)."""
        ...


@dataclass(frozen=True, slots=True)
class Read:
    """How a passage reads as an answer to a question: log-odds that it holds one, for each of its
    sentences the score of the best answer in it, and its best answers with their scores.
    """

    relevance: float
    sentences: tuple[float, ...]
    answers: tuple[tuple[str, float], ...] = ()

    @property
    def best(self) -> float:
        """The score of the best answer in any of its sentences."""
        return max(self.sentences)


class PassageReader(Protocol):
    """Reads a question and passages together."""

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
        """Return how each passage, given as text and the spans of its sentences in it, answers a question."""
        ...


class GeneratorSession(Protocol):
    """The prompts of one question; what they begin with in common is read once."""

    def stream(
        self, messages: Sequence[tuple[str, str]], max_tokens: int
    ) -> Generator[str, None, tuple[float, ...]]:
        """Yield the reply so far, growing; return the log-probability of each token, the end mark included.

        Closing the iterator stops the model.
        """
        ...

    def attend(
        self, messages: Sequence[tuple[str, str]], spans: Sequence[Span], question: Span
    ) -> Generator[None, None, list[float]]:
        """Return how much the question, a span of the last message, attends to each of the spans before it.

        Empty for a model of which this is not known. Yields now and then; closing it stops the model.
        """
        ...

    def choose(
        self, messages: Sequence[tuple[str, str]], choices: Sequence[str]
    ) -> Generator[None, None, tuple[float, ...]]:
        """Return the log-probability of each choice's first token as the first token of the reply.

        Yields now and then; closing it stops the model.
        """
        ...

    def state(self, messages: Sequence[tuple[str, str]]) -> Generator[None, None, NDArray[np.float32] | None]:
        """Return the hidden state that the model comes to at the end of a prompt, shape (dimension,).

        None for a model of which no layer is known that says something. Yields now and then; closing it stops
        the model.
        """
        ...


class ChatModel(Protocol):
    """A chat model; deterministic, one session at a time."""

    name: str

    def session(self) -> AbstractContextManager[GeneratorSession]:
        """Open a session in which nothing has been read yet."""
        ...
