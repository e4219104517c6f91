"""What the reader is trained on: questions of a file in SQuAD's format, each over passages like ours.

A question is read over whole sentences around its answer and over passages that do not answer: a near miss of
the same article, and what is left of the paragraph without the answer's sentence, or a near miss of another
article. Which sentences stand around an answer is drawn anew each time.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

from rag.lexical import Lexical
from rag.text import sentences
from rag.types import Span

SHORTEST, LONGEST = 350, 900  # characters of a passage; a longer sentence is one by itself
NEAR, FAR = 6, 4  # near misses of the same article and of others, of the best that BM25 finds
SEARCHED = 60  # paragraphs among which those of other articles are looked for
WITHOUT = 0.35  # of the questions are also read over their own paragraph without its answer
ELSEWHERE = 0.4  # and of some over a near miss of another article; the rest over a second of the same


@dataclass(frozen=True, slots=True)
class Example:
    """A question, its paragraph with the answer's place in it, and near misses: paragraphs without it."""

    question: str
    title: str
    paragraph: str
    start: int
    end: int
    near: tuple[str, ...]
    far: tuple[str, ...] = ()

    @property
    def answer(self) -> str:
        """The words that answer."""
        return self.paragraph[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Row:
    """A question beside a passage, and where in the passage its answer stands; None where it does not."""

    question: str
    passage: str
    answer: Span | None


def examples(path: Path) -> list[Example]:
    """Read the questions of a SQuAD file and find their near misses."""
    articles = json.loads(path.read_text(encoding="utf-8"))["data"]
    paragraphs = [p["context"] for article in articles for p in article["paragraphs"]]
    owners = np.repeat(np.arange(len(articles)), [len(article["paragraphs"]) for article in articles])
    lexical, found, place = Lexical(paragraphs), list[Example](), 0
    for owner, article in enumerate(articles):
        for paragraph in article["paragraphs"]:
            for asked in paragraph["qas"]:
                answer, question = asked["answers"][0], asked["question"].strip()
                scores = lexical.scores(question)
                best = np.argsort(-scores, kind="stable")
                misses = [
                    [paragraphs[i] for i in rows if i != place and not _holds(paragraphs[i], answer["text"])]
                    for rows in (best[owners[best] == owner], best[owners[best] != owner][:SEARCHED])
                ]
                found.append(_example(article, paragraph["context"], question, answer, misses))
            place += 1
    return found


def _example(
    article: dict[str, Any], context: str, question: str, answer: dict[str, Any], misses: list[list[str]]
) -> Example:
    start, (near, far) = answer["answer_start"], misses
    return Example(
        question,
        article["title"].replace("_", " "),
        context,
        start,
        start + len(answer["text"]),
        tuple(near[:NEAR]),
        tuple(far[:FAR]),
    )


def _holds(text: str, answer: str) -> bool:
    return answer.lower() in text.lower()


def rows_of(example: Example, rng: random.Random) -> list[Row]:
    """Return what a question is read over, the passage that answers first; half of the time all stand under
    the article's title, as our passages do under their headlines.
    """
    length, title = rng.randint(SHORTEST, LONGEST), f"{example.title}. " if rng.random() < 0.5 else ""
    a, b = passage(example.paragraph, length, rng, (example.start, example.end))
    answer = (example.start - a + len(title), min(example.end, b) - a + len(title))
    rows = [Row(example.question, title + example.paragraph[a:b], answer)]
    kind, third = rng.random(), None
    if kind < WITHOUT:
        third = remainder(example)
    if third is None:
        third = _miss(example.far if kind < WITHOUT + ELSEWHERE else example.near, length, rng)
    for text in (_miss(example.near, length, rng), third):
        if text is not None and not _holds(text, example.answer):
            rows.append(Row(example.question, title + text, None))
    return rows


def passage(text: str, length: int, rng: random.Random, around: Span | None = None) -> Span:
    """Return the span of some whole sentences of a text, ``length`` characters at most unless one is longer,
    with those that a span ``around`` lies in.
    """
    spans = sentences(text)
    if around is None:
        first = last = rng.randrange(len(spans))
    else:
        first = max((i for i, (a, _) in enumerate(spans) if a <= around[0]), default=0)
        last = max((i for i, (a, _) in enumerate(spans) if a < around[1]), default=0)
    while True:
        wider = [
            (i, j)
            for i, j in ((first - 1, last), (first, last + 1))
            if i >= 0 and j < len(spans) and spans[j][1] - spans[i][0] <= length
        ]
        if not wider:
            return spans[first][0], spans[last][1]
        first, last = rng.choice(wider)


def remainder(example: Example) -> str | None:
    """Return the longer part of a paragraph beside the sentence of its answer; None when little is left."""
    spans = sentences(example.paragraph)
    before = [span for span in spans if span[1] <= example.start]
    after = [span for span in spans if span[0] >= example.end]
    parts = [example.paragraph[p[0][0] : p[-1][1]] for p in (before, after) if p]
    longest = max(parts, key=len, default="")
    return (
        longest[:LONGEST] if len(longest) >= SHORTEST // 4 and not _holds(longest, example.answer) else None
    )


def _miss(misses: Sequence[str], length: int, rng: random.Random) -> str | None:
    """Return a passage of one of the near misses, mostly of the nearest."""
    if not misses:
        return None
    text = misses[min(len(misses) - 1, int(rng.expovariate(1 / 1.5)))]
    a, b = passage(text, length, rng)
    return text[a:b]


def batches(found: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[list[Row]]]:
    """Yield the rows of ``size`` questions at a time, of like length; each question comes once a round."""
    while True:
        order = rng.sample(list(found), len(found))
        for first in range(0, len(order), 8 * size):
            block = [rows_of(example, rng) for example in order[first : first + 8 * size]]
            block.sort(key=lambda rows: max(len(row.passage) for row in rows))
            together = [block[i : i + size] for i in range(0, len(block), size)]
            yield from rng.sample(together, len(together))
