"""What the reader is trained on: questions of a file in SQuAD's format, each over passages like ours.

A question is read over whole sentences around its answer and over passages that do not answer: a near miss of
the same article, and what is left of the paragraph without the answer's sentence, or a near miss of another
article. Which sentences stand around an answer is drawn anew each time.

SQuAD's questions are near the words of their paragraphs, and a name, a date or a figure answers most.
eval/reworded.jsonl says some of them in other words, eval/explained.jsonl asks what a clause answers: why,
how, what for. Beside them stand questions that the same part of a paragraph seems to answer and does not;
eval/exchanged.jsonl has those that turn a relation round ("How many Japanese live in Vietnam?").

eval/stories.json is news in the format of SQuAD 2.0: four invented articles a story, months apart, each with
its headline and with questions that it seems to answer and none of the four does.
"""

from __future__ import annotations

import json
import random
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np

from rag.errors import UsageError
from rag.lexical import Lexical
from rag.text import content_words, sentences
from rag.types import Span

SHORTEST, LONGEST = 350, 900  # characters of a passage; a longer sentence is one by itself
LEAST = 80  # characters of what is left without the answer
NEAR, FAR = 6, 4  # near misses of the same article and of others, of the best that BM25 finds
SEARCHED = 60  # paragraphs among which those of other articles are looked for
WITHOUT = 0.35  # of the questions are also read over their own paragraph without its answer
ELSEWHERE = 0.4  # and of some over a near miss of another article; the rest over a second of the same
ALONE = 0.6  # of the questions with a misleading one beside them are read over one passage less
BESIDE = 0.5  # as many questions in SQuAD's words as there are in others


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
    misleading: str | None = None  # a question that the paragraph seems to answer
    headlines: Mapping[str, str] = field(default_factory=dict)  # of near misses that have their own

    @property
    def answer(self) -> str:
        """The words that answer."""
        return self.paragraph[self.start : self.end]


@dataclass(frozen=True, slots=True)
class Reworded:
    """A question of a SQuAD file said in other words, or with an ``answer`` of its own, and one that a part
    of its paragraph seems to answer and does not, as far as these could be written; ``part`` is that part,
    with the answer in it. Both are spans of the paragraph. Instead of the latter question ``exchanged`` may
    say which two spans of SQuAD's own question change places there (as in PAWS, Zhang et al., NAACL 2019).
    """

    part: Span
    question: str | None = None
    misleading: str | None = None
    answer: Span | None = None
    exchanged: tuple[Span, Span] | None = None


@dataclass(frozen=True, slots=True)
class Row:
    """A question beside a passage, and where in the passage its answer stands; None where it does not."""

    question: str
    passage: str
    answer: Span | None


Asked = tuple[int, str, Mapping[str, Any]]  # the article's place, the paragraph, the question


def examples(path: Path, reworded: Mapping[str, Reworded] | None = None, seed: int = 0) -> list[Example]:
    """Read the questions of a SQuAD file and find their near misses.

    Where some are ``reworded``, by id, only these are taken, each in its other words and over its part of the
    paragraph, and ``BESIDE`` times as many of the rest as they stand, drawn by ``seed``.
    """
    articles = _articles(path)
    library = _Library(articles)
    asked = [(owner, p["context"], question) for owner, p in library.placed for question in p["qas"]]
    found, reworded = list[Example](), reworded or {}
    for owner, context, question in _drawn(asked, reworded, seed) if reworded else asked:
        said = reworded.get(question["id"]) or Reworded((0, len(context)))
        start, end = said.answer or _answer(question)
        as_asked = question["question"].strip()
        words = said.question or as_asked
        misleading = exchanged(as_asked, *said.exchanged) if said.exchanged else said.misleading
        near, far = library.misses(owner, words, context[start:end])
        title, (a, b) = articles[owner]["title"].replace("_", " "), said.part
        found.append(Example(words, title, context[a:b], start - a, end - a, near, far, misleading))
    return found


def exchanged(text: str, first: Span, second: Span) -> str:
    """Return a text in which two spans, the first before the second, have changed places."""
    (a, b), (c, d) = first, second
    return text[:a] + text[c:d] + text[b:c] + text[a:b] + text[d:]


def _articles(path: Path, *needed: str) -> Sequence[Mapping[str, Any]]:
    """Return the articles of a file in SQuAD's format, the paragraphs of which have what else is ``needed``;
    UsageError for any other file.
    """
    try:
        articles: Sequence[Mapping[str, Any]] = json.loads(path.read_text(encoding="utf-8"))["data"]
        for paragraph in (p for article in articles for p in article["paragraphs"]):
            for name in ("context", "qas", *needed):
                paragraph[name]
    except (ValueError, KeyError, TypeError) as error:
        wanted = "".join(f", each paragraph with its {name}" for name in needed)
        raise UsageError(f"{path} is not in SQuAD's format{wanted}: {error!r}") from error
    return articles


class _Library:
    """Paragraphs with the place of the article that each belongs to, searched for near misses."""

    def __init__(self, articles: Sequence[Mapping[str, Any]]) -> None:
        self.placed = [(owner, p) for owner, article in enumerate(articles) for p in article["paragraphs"]]
        self._texts = [paragraph["context"] for _, paragraph in self.placed]
        self._owners = np.asarray([owner for owner, _ in self.placed])
        self._lexical = Lexical(self._texts)

    def misses(self, owner: int, question: str, answer: str) -> tuple[tuple[str, ...], tuple[str, ...]]:
        """Return the best paragraphs without the answer of the same article, and of others."""
        best = np.argsort(-self._lexical.scores(question), kind="stable")
        same = self._owners[best] == owner
        near = _without(self._texts, best[same], answer, NEAR)
        return near, _without(self._texts, best[~same][:SEARCHED], answer, FAR)


def _answer(question: Mapping[str, Any]) -> Span:
    """Return where the first answer of a question stands in its paragraph."""
    answer = question["answers"][0]
    return answer["answer_start"], answer["answer_start"] + len(answer["text"])


def _drawn(asked: Sequence[Asked], reworded: Mapping[str, Reworded], seed: int) -> list[Asked]:
    """Return the reworded questions and some of the rest."""
    rng = random.Random(seed)  # noqa: S311  # a choice, not a secret
    said = [each for each in asked if each[2]["id"] in reworded]
    rest = [each for each in asked if each[2]["id"] not in reworded]
    return said + rng.sample(rest, min(len(rest), round(BESIDE * len(said))))


def stories(path: Path) -> list[Example]:
    """Read news in the format of SQuAD 2.0: a story is an article there, each of its articles a paragraph
    with a ``title`` of its own. A question without an answer goes with the one of the same article whose
    answer's sentence it shares most words with.
    """
    library = _Library(_articles(path, "title"))
    headlines = {article["context"]: article["title"] for _, article in library.placed}
    found = list[Example]()
    for owner, article in library.placed:
        text = article["context"]
        asked = [q for q in article["qas"] if not q["is_impossible"]]
        beside = _beside(text, asked, [q["question"] for q in article["qas"] if q["is_impossible"]])
        for question, misleading in zip(asked, beside, strict=True):
            (start, end), words = _answer(question), question["question"]
            near, far = library.misses(owner, words, text[start:end])
            found.append(Example(words, article["title"], text, start, end, near, far, misleading, headlines))
    return found


def _beside(text: str, asked: Sequence[Mapping[str, Any]], misleading: Sequence[str]) -> list[str | None]:
    """Return for each question one without an answer, each once, those that share most words first."""
    spans = sentences(text)
    places = [next(span for span in reversed(spans) if span[0] <= _answer(q)[0]) for q in asked]
    told = [set(content_words(text[a:b])) for a, b in places]
    shared = [
        (-len(told[i] & set(content_words(words))), i, j)
        for i in range(len(asked))
        for j, words in enumerate(misleading)
    ]
    found = dict[int, int]()
    for _, i, j in sorted(shared):
        if i not in found and j not in found.values():
            found[i] = j
    return [misleading[found[i]] if i in found else None for i in range(len(asked))]


def read_reworded(*paths: Path) -> dict[str, Reworded]:
    """Read questions in other words, and those with answers of their own, by an id that their paragraph has
    in SQuAD; UsageError for any other file.
    """
    found = dict[str, Reworded]()
    for path in paths:
        try:
            lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
            found |= {line["id"]: _reworded(line) for line in lines}
        except (ValueError, KeyError, TypeError) as error:
            raise UsageError(f"{path} does not hold questions in other words: {error!r}") from error
    return found


def _reworded(line: Mapping[str, Any]) -> Reworded:
    def span(pair: Sequence[int]) -> Span:
        first, last = pair
        return first, last

    answer = span(line["answer"]) if "answer" in line else None
    places = (span(line["exchanged"][0]), span(line["exchanged"][1])) if "exchanged" in line else None
    part = (line["start"], line["end"])
    return Reworded(part, line.get("question"), line.get("misleading"), answer, places)


def _without(texts: Sequence[str], rows: Iterable[int], answer: str, most: int) -> tuple[str, ...]:
    """Return the first texts, ``most`` at most, that do not hold an answer."""
    return tuple(islice((texts[row] for row in rows if not _holds(texts[row], answer)), most))


def _holds(text: str, answer: str) -> bool:
    return answer.lower() in text.lower()


def rows_of(example: Example, rng: random.Random) -> list[Row]:
    """Return what a question is read over, the passage that answers first; half of the time all stand under
    the article's title, as our passages do under their headlines.
    """
    length, titled = rng.randint(SHORTEST, LONGEST), rng.random() < 0.5
    title = f"{example.title}. " if titled else ""
    a, b = passage(example.paragraph, length, rng, (example.start, example.end))
    answer = (example.start - a + len(title), example.end - a + len(title))
    rows = [Row(example.question, title + example.paragraph[a:b], answer)]
    kind, third = rng.random(), None
    if kind < WITHOUT and (left := remainder(example)):
        third = title + left
    if third is None:
        misses = example.far if kind < WITHOUT + ELSEWHERE else example.near
        third = _miss(example, misses, length, titled, rng)
    near = _miss(example, example.near, length, titled, rng)
    others = [text for text in (near, third) if text is not None]
    if example.misleading is not None:
        rows.append(Row(example.misleading, rows[0].passage, None))
        others = [rng.choice(others)] if others and rng.random() < ALONE else others
    return rows + [Row(example.question, text, None) for text in others]


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
    little = len(longest) < LEAST or _holds(longest, example.answer)
    return None if little else longest[:LONGEST]


def _miss(
    example: Example, misses: Sequence[str], length: int, titled: bool, rng: random.Random
) -> str | None:
    """Return a passage of one of the near misses, mostly of the nearest; under its headline, if so asked."""
    if not misses:
        return None
    text = misses[min(len(misses) - 1, int(rng.expovariate(1 / 1.5)))]
    a, b = passage(text, length, rng)
    return (f"{example.headlines.get(text, example.title)}. " if titled else "") + text[a:b]


def batches(found: Sequence[Example], size: int, rng: random.Random) -> Iterator[list[list[Row]]]:
    """Yield the rows of ``size`` questions at a time, of like length; each question comes once a round."""
    while True:
        order = rng.sample(list(found), len(found))
        for first in range(0, len(order), 8 * size):
            block = [rows_of(example, rng) for example in order[first : first + 8 * size]]
            block.sort(key=lambda rows: max(len(row.passage) for row in rows))
            together = [block[i : i + size] for i in range(0, len(block), size)]
            yield from rng.sample(together, len(together))
