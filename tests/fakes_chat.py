"""A deterministic engine for the chat page: five invented articles and scripted answers, no model.

What it answers depends on words in the question: "passengers" gives a figure that changed, "harbour" two
sentences, "was she" a follow-up, "slow" waits at ``gate`` after its first draft, "fail" and "crash" go wrong;
anything else is refused.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import date

from rag.errors import CorpusError, ModelError
from rag.types import (
    Answer,
    Article,
    Draft,
    Evidence,
    Hit,
    Interval,
    Passage,
    Progress,
    Searched,
    SetAside,
    Statement,
    TimelineEntry,
    Turn,
)

TODAY = date(2026, 5, 2)
REFUSAL = "The articles do not say."


def _article(id_: str, title: str, paragraphs: Sequence[str], aside: int = 0, **fields: object) -> Article:
    """An article whose last ``aside`` paragraphs are set aside as teasers."""
    text = "\n".join(paragraphs)
    spans, start = [], 0
    for line in paragraphs:
        spans.append((start, start + len(line)))
        start += len(line) + 1
    kept, set_aside = spans[: len(spans) - aside], spans[len(spans) - aside :]
    return Article(
        id_,
        title,
        text,
        body=tuple(kept),
        set_aside=tuple(SetAside(s, e, "teaser") for s, e in set_aside),
        **fields,  # type: ignore[arg-type]
    )


FERRY_2022 = _article(
    "ferry-2022",
    "Halvik ferry ends its first full year ahead of plan",
    [
        "The electric ferry between Halvik and Sorvær carried 1.2 million passengers in 2021, its first full "
        "year, the operator said on Monday.",
        "Two vessels make the crossing in nineteen minutes. A third is being fitted out and should join them "
        "before the summer.",
        "The county paid 340 million kroner for the boats and the quays. It expects the line to cover its "
        "running costs within four years.",
    ],
    source="The Halvik Post",
    published=date(2022, 3, 14),
    url="https://halvikpost.example/ferry-first-year",
    language="en",
)
FERRY_2023 = _article(
    "ferry-2023",
    "Ferry fills up while the Sorvær bridge is mended",
    [
        "Passenger numbers on the Halvik line rose to 1.5 million over the past twelve months as repairs "
        "closed the bridge at Sorvær to cars.",
        "Crews now sail until midnight on weekdays. The union has asked for two more masters and a shorter "
        "shift in winter.",
        "Bridge engineers expect to reopen one lane in the spring.",
    ],
    source="Northern Courier",
    published=date(2023, 9, 2),
    url="https://courier.example/ferry-fills-up",
    language="en",
)
FERRY_UNDATED = _article(
    "ferry-undated",
    "Ministry counts on the sea road",
    [
        "The transport ministry puts traffic on the Halvik ferry at 1.9 million passengers a year and calls "
        "the line a sea road that has come to stay.",
        "The figure was given at a hearing held on 11 October 2024 and printed in its record.",
    ],
    source="Northern Courier",
    not_before=date(2024, 10, 11),
    language="en",
)
HARBOUR = _article(
    "harbour",
    "Nguyễn Thị Lan to lead the harbour authority",
    [
        "HALVIK, January 20 - The board of the harbour authority has chosen Nguyễn Thị Lan as its director, "
        "the first from outside the county.",
        "Lan ran the container terminal at Hải Phòng for six years. She takes office on 1 March and succeeds "
        "Øystein Brandvold, who retires.",
        "“A port is a promise to be there tomorrow,” she told the board.",
        "See also: Ten photographs of the winter storm",
        "See also: What the new parking rules mean for you",
    ],
    aside=2,
    source="The Halvik Post",
    published=date(2024, 1, 20),
    published_inferred=True,
    language="en",
)
FREIGHT = _article(
    "freight",
    "Łódź and Halvik agree on a freight link",
    [
        "A weekly train will tie the yards at Łódź to the quays at Halvik, with a ferry in between.",
        "The first wagons carry furniture one way and fish the other.",
    ],
    source="Baltic Freight Weekly",
    published=date(2025, 6, 30),
    url="https://freight.example/lodz-halvik",
    language="en",
)
HOSTILE = _article(
    "hostile",
    "Read this <script>alert('title')</script>",
    ["Words {{7*7}} ${7*7} `x` \\u0041 <img src=x onerror=alert(1)> </style> <b>bold</b> $$a$$ *b*"],
    source="<i>Nobody</i>",
    published=date(2025, 1, 1),
    url="javascript:alert(1)",
)
ARTICLES = (FERRY_2022, FERRY_2023, FERRY_UNDATED, HARBOUR, FREIGHT)


def passage(article: Article, number: int) -> Passage:
    """The article's paragraph with this number, from 0, as a passage."""
    start, end = article.body[number]
    return Passage(f"{article.id}#{number}", article.id, start, end, article.text[start:end])


def hits(*found: tuple[Article, int]) -> tuple[Hit, ...]:
    """Hits in the order given; scores fall from 1."""
    return tuple(
        Hit(passage(a, n), a, 1.0 - rank / 10, rank, dense_rank=rank, lexical_rank=rank)
        for rank, (a, n) in enumerate(found, start=1)
    )


def quote(article: Article, words: str) -> Evidence:
    """The words as evidence, found in the article's body."""
    start = article.text.index(words)
    home = next(n for n, (s, e) in enumerate(article.body) if s <= start < e)
    return Evidence(
        article.id,
        f"{article.id}#{home}",
        start,
        start + len(words),
        words,
        article.title,
        article.source,
        article.published,
        article.url,
    )


FERRY_HITS = hits((FERRY_UNDATED, 0), (FERRY_2023, 0), (FERRY_2022, 0), (FERRY_2022, 1), (FREIGHT, 0))
Q22 = quote(FERRY_2022, "carried 1.2 million passengers in 2021")
Q23 = quote(FERRY_2023, "rose to 1.5 million over the past twelve months")
Q24 = quote(FERRY_UNDATED, "puts traffic on the Halvik ferry at 1.9 million passengers a year")
FERRY_ANSWER = Answer(
    question="How many passengers does the Halvik ferry carry?",
    text="The ministry puts it at 1.9 million passengers a year. It was 1.5 million in the twelve months to "
    "September 2023 and 1.2 million in 2021.",
    statements=(
        Statement("The ministry puts it at 1.9 million passengers a year.", (Q24,), True),
        Statement(
            "It was 1.5 million in the twelve months to September 2023 and 1.2 million in 2021.",
            (Q23, Q22),
            True,
        ),
    ),
    hits=FERRY_HITS,
    timeline=(
        TimelineEntry("1.2 million", date(2022, 3, 14), False, Q22),
        TimelineEntry("1.5 million", date(2023, 9, 2), False, Q23),
        TimelineEntry("1.9 million", date(2024, 10, 11), True, Q24),
    ),
    model="scripted",
    dropped=(Statement("The line is the busiest in the north."),),
)
HARBOUR_HITS = hits((HARBOUR, 0), (HARBOUR, 1), (FERRY_2022, 2))
LAN = quote(HARBOUR, "has chosen Nguyễn Thị Lan as its director")
OFFICE = quote(HARBOUR, "She takes office on 1 March")
HARBOUR_ANSWER = Answer(
    question="Who leads the harbour authority?",
    text="Nguyễn Thị Lan was chosen as director. She takes office on 1 March.",
    statements=(
        Statement("Nguyễn Thị Lan was chosen as director.", (LAN,), True),
        Statement("She takes office on 1 March.", (OFFICE,), True),
    ),
    hits=HARBOUR_HITS,
    model="scripted",
)
TURNING, TURNED = "How much freight goes from Vigo to Łódź?", "How much freight goes from Łódź to Vigo?"
NEXT = {
    "ferry-undated": (
        "What did the county pay for the boats?",
        "Why was the bridge at Sorvær closed?",
        "How long is the crossing?",
    ),
    "harbour": ("Whom does Nguyễn Thị Lan succeed?", "Where did she work before?"),
}
EXAMPLES = (
    "How many passengers does the Halvik ferry carry?",
    "Who leads the harbour authority?",
    "What will the train from Łódź carry?",
)


class FakeEngine:
    """The page's engine, scripted. ``closed`` is set when an answer's iterator has been closed early."""

    def __init__(self, articles: Sequence[Article] = ARTICLES) -> None:
        self._articles = list(articles)
        self.gate = threading.Event()
        self.closed = threading.Event()
        self.asked: list[tuple[str, tuple[Turn, ...], str | None, Interval | None]] = []

    def answer_stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        source: str | None = None,
        interval: Interval | None = None,
    ) -> Iterator[Progress]:
        """Play the script for the question."""
        self.asked.append((question, tuple(history), source, interval))
        answer = scripted(question, interval)
        yield Searched(answer.standalone_question or question, interval, answer.hits)
        if "fail" in question:
            raise ModelError("the weights of 'scripted' are missing; run rag models pull")
        if "crash" in question:
            raise ValueError("a defect")
        if not answer.abstained:
            yield from self._drafts(question, answer)
        yield answer

    def _drafts(self, question: str, answer: Answer) -> Iterator[Progress]:
        finished = False
        try:
            words = answer.text.split()
            for n in range(2, len(words) + 1):
                yield Draft(" ".join(words[:n]))
                if "slow" in question:
                    self.gate.wait(0.02)
                    if not self.gate.is_set():
                        yield from self._hold(words, n)
            finished = True
        finally:
            if not finished:
                self.closed.set()

    def _hold(self, words: Sequence[str], n: int) -> Iterator[Progress]:
        while not self.gate.wait(0.02):
            yield Draft(" ".join(words[: max(n, 9)]))

    def search(
        self,
        question: str,
        k: int = 10,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> Sequence[Hit]:
        """The hits of the scripted answer, of one source if asked."""
        return [h for h in scripted(question, None).hits if source in (None, h.article.source)][:k]

    def articles(self) -> Sequence[Article]:
        """All articles."""
        return self._articles

    def sources(self) -> Sequence[str]:
        """The names of the sources, in order."""
        return sorted({a.source for a in self._articles if a.source})

    def suggest(self, hits: Sequence[Hit] = (), k: int = 3) -> Sequence[str]:
        """Questions that belong to the best hit, or else the examples."""
        return (NEXT.get(hits[0].article.id, EXAMPLES) if hits else EXAMPLES)[:k]

    def add(self, files: Sequence[tuple[str, bytes]]) -> Iterator[tuple[float, str]]:
        """Add every file that is UTF-8 and not empty; refuse the others by name."""
        added = []
        for n, (name, content) in enumerate(files, start=1):
            try:
                text = content.decode("utf-8")
            except UnicodeDecodeError:
                yield n / (len(files) + 1), f"{name} refused: it is not UTF-8 text"
                continue
            added.append(_article(name.rpartition(".")[0], text.splitlines()[0], text.splitlines()))
            yield n / (len(files) + 1), f"{name} read"
        if not added:
            raise CorpusError("no file could be read; the index is as it was")
        self._articles += added
        yield 1.0, f"Added: {len(added)} of {len(files)}. The new index is in use."

    def reload(self) -> None:
        """Nothing to do."""


def scripted(question: str, interval: Interval | None) -> Answer:
    """The answer to a question, by the words in it."""
    folded = question.casefold()
    if "was she" in folded or "succeed" in folded:
        return _named(HARBOUR_ANSWER, question, "When was Nguyễn Thị Lan made director?", interval)
    if "passengers" in folded or "slow" in folded:
        return _named(FERRY_ANSWER, question, question, interval)
    if "harbour" in folded:
        return _named(HARBOUR_ANSWER, question, question, interval)
    if "hostile" in folded:
        return _hostile_answer(question)
    found = hits((FREIGHT, 1), (FERRY_2023, 1), (HARBOUR, 2))
    instead = TURNED if question == TURNING else None
    reason = "no passage is about this; the nearest are about other things"
    return Answer(
        question,
        REFUSAL,
        (),
        True,
        reason,
        found,
        model="none",
        standalone_question=question,
        interval=interval,
        instead=instead,
    )


def _hostile_answer(question: str) -> Answer:
    """An answer whose every text tries to become markup."""
    evidence = quote(HOSTILE, "<img src=x onerror=alert(1)>")
    text = "It says <img src=x onerror=alert(2)>."
    return Answer(question, text, (Statement(text, (evidence,), True),), hits=hits((HOSTILE, 0)), model="<b>")


def _named(answer: Answer, question: str, standalone: str, interval: Interval | None) -> Answer:
    return replace(answer, question=question, standalone_question=standalone, interval=interval)
