"""A question as it was typed to hits: made stand-alone, its dates read, searched. Loads no generator."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from pathlib import Path
from threading import Lock

from rag import generation
from rag.checks import MAX_QUESTION, check_history, check_question
from rag.conversation import last_answer, standalone
from rag.index import Index
from rag.plain_question import plain
from rag.question_dates import QuestionDates, question_dates
from rag.ranking import BEHIND
from rag.small_talk import asked
from rag.types import Article, Hit, Interval, Passage, Turn

DATE_BONUS = 0.5  # standard deviations, for a passage of the time that the question names
LATEST_BONUS = 0.3  # for the newest article, falling to 0 for the oldest


@dataclass(frozen=True, slots=True)
class Found:
    """What a search found. ``question`` is what was asked, see ``tidied``, ``interval`` the publication
    interval that narrowed it, None when none did; ``told`` what was answered last before the question,
    ``turns`` how many questions were asked before it; ``perhaps`` marks a question that names nothing: it may
    lean on these, or begin anew.
    """

    question: str
    standalone_question: str
    interval: Interval | None
    dates: QuestionDates
    hits: tuple[Hit, ...]
    told: str = ""
    turns: int = 0
    perhaps: bool = False

    @property
    def leans(self) -> bool:
        """Whether what was said before stands behind the question, for it says too little by itself."""
        asked = self.question.strip()
        return self.standalone_question != asked and self.standalone_question.startswith(asked)

    @property
    def behind(self) -> float:
        """The share of what stands behind it, for a question that leans, in reading and likeness."""
        return BEHIND[self.perhaps]

    @property
    def asked(self) -> str:
        """The question without what stands behind it of what was said before."""
        return self.question if self.leans else self.standalone_question


def find(
    index: Index,
    question: str,
    k: int = 5,
    *,
    history: Sequence[Turn] = (),
    source: str | None = None,
    published_from: date | None = None,
    published_to: date | None = None,
    today: date | None = None,
    rerank: bool = True,
    join: bool = True,
    nameless: bool = True,
) -> Found:
    """Search an index with a question as it was typed, see ``tidied``.

    A follow-up is completed from ``history``. Dates that the question names lift passages of that time; words
    about publication ("articles from 2023") narrow the search, as the two filters do, which win over words.
    One that names nothing may be one, and is searched both ways, unless it is known to be none (not
    ``nameless``). ``today`` is what "last year" counts from, the current day by default; ``rerank`` and
    ``join`` as in ``Index.search``.
    Raises UsageError as ``Index.search`` does.
    """
    check_question(question)
    check_history(history)
    question = tidied(index, question)
    history = [(role, tidied(index, text) if role == "user" else text) for role, text in asked(history)]
    today = today or date.today()
    alone = standalone(question, history, today)
    whole = standalone(question, history, today, nameless=True) if nameless else alone
    perhaps = alone == question != whole
    dates = question_dates(alone, today)  # what may begin anew is not narrowed by what was said before
    alone = whole if perhaps else alone
    interval = _filter(dates, published_from, published_to)
    turns = sum(role == "user" for role, _ in history)
    found = Found(question, alone, interval, dates, (), last_answer(history), turns, perhaps)
    hits = index.search(
        alone[:MAX_QUESTION],
        k,
        source=source,
        published_from=interval.start if interval else None,
        published_to=interval.end if interval else None,
        bonus=_bonus(index, dates) if dates else None,
        rerank=rerank,
        join=join,
        bare=question if found.leans else None,
        perhaps=perhaps,
    )
    return replace(found, hits=tuple(hits))


def tidied(index: Index, question: str) -> str:
    """Return a question without the talk around it, its misspelt words spelt as the articles do."""
    return index.speller.corrected(plain(question))


def nothing_found(found: Found, source: str | None) -> str:
    """Say in a line why there is nothing to answer from."""
    interval = found.interval
    if not found.hits and interval:
        span = f"{interval.start or 'the beginning'} to {interval.end or 'today'}"
        return f"no article in the index was published from {span}" + (f" by {source}" if source else "")
    return "no passage in the index can be quoted for this"


def open_index(folder: Path) -> Index:
    """Open an index folder, and only once as long as the same generation answers."""
    with _OPENING:  # who asks first while it is opened waits for it
        return _opened(folder.resolve(), generation.current(folder))


@lru_cache(maxsize=2)
def _opened(folder: Path, _current: Path) -> Index:
    return Index.open(folder)


_OPENING = Lock()


def _filter(dates: QuestionDates, start: date | None, end: date | None) -> Interval | None:
    if start or end:
        return Interval(start, end)
    spoken = [w.interval for w in dates.words if w.basis == "publication"]
    return spoken[0] if len(spoken) == 1 and dates.order is None else None


def _bonus(index: Index, dates: QuestionDates) -> Callable[[Passage, Article], float]:
    days = sorted({day for a in index.articles.values() if (day := a.day)})
    newest_first = dates.order != "earliest"

    def bonus(passage: Passage, article: Article) -> float:
        day = article.day
        value = 0.0
        if dates.words and (dates.named_in(passage.text) or (day is not None and day in dates)):
            value += DATE_BONUS
        if dates.order and day and len(days) > 1:
            place = days.index(day) / (len(days) - 1)
            value += LATEST_BONUS * (place if newest_first else 1 - place)
        return value

    return bonus
