"""Question to ranked passages, over explicit parts: vectors, BM25 and the passages themselves.

Knows nothing of files. Deterministic: every order breaks ties by row, and rows are in passage order.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property
from itertools import accumulate, chain, zip_longest
from typing import TYPE_CHECKING

import numpy as np

from rag.agreement import given
from rag.copies import Originals, Print
from rag.day_words import month
from rag.fusion import best_first, standardised_sum
from rag.lexical import Lexical
from rag.passages import heading_of
from rag.text import content_words, words
from rag.types import Article, Hit, Passage, Read, Span
from rag.vectors import Vectors

if TYPE_CHECKING:
    from numpy.typing import NDArray

CANDIDATES = 100  # that a bonus can move
RERANKED = 20  # first passages that the reader may move
READ_WEIGHTS = (1.0, 0.4)  # of reading beside search, for a question of few and of many words: see there
AGREED = 2.0  # standard deviations, for a passage that holds all that the passages give as answers
ANSWER_SHARE = 0.7  # in reading, of the best answer in a passage; the rest is its relevance
BEHIND = (0.5, 0.25)  # share of what was said before, for a follow-up and for what perhaps is one
# The weight of BM25 beside the vectors, for a question of few and of many words: one vector blurs a question
# that names several things. Measured, see eval/NOTES.md.
LEXICAL_WEIGHTS = (0.2, 0.35)
QUESTION_WORDS = (4, 8)  # content words of a short and of a long question


@dataclass(frozen=True)
class Parts:
    """What a search reads. Row i of BM25 is passage i; row i of the vectors is unit i (see ``units``)."""

    articles: Mapping[str, Article]
    passages: Sequence[Passage]
    vectors: Vectors
    lexical: Lexical

    @cached_property
    def sentence_rows(self) -> dict[tuple[str, int], int]:
        """The vector row of each sentence that has one, by passage id and start."""
        placed = enumerate(units(self.passages))
        return {
            (self.passages[row].id, span[0]): place
            for place, (row, span) in placed
            if place >= len(self.passages)
        }

    @cached_property
    def sentence_owners(self) -> NDArray[np.int64]:
        """The passage row of each vector that is a sentence's, in vector order."""
        owners = [row for row, _ in units(self.passages)[len(self.passages) :]]
        return np.asarray(owners, dtype=np.int64)


def units(passages: Sequence[Passage]) -> list[tuple[int, Span]]:
    """Return what is embedded, in order, as (passage row, span): every passage, then every sentence of
    passages that have more than one. A question is often about one sentence of three.
    """
    whole = [(row, (p.start, p.end)) for row, p in enumerate(passages)]
    return whole + [
        (row, span) for row, p in enumerate(passages) if len(p.sentences) > 1 for span in p.sentences
    ]


def unit_texts(passages: Sequence[Passage], articles: Mapping[str, Article]) -> list[str]:
    """Return what is embedded for each unit: a passage with its headline and month, a sentence bare."""
    return [
        passage_text(passages[row], articles[passages[row].article_id])
        if place < len(passages)
        else articles[passages[row].article_id].text[span[0] : span[1]]
        for place, (row, span) in enumerate(units(passages))
    ]


def passage_text(passage: Passage, article: Article) -> str:
    """What is embedded and counted for a passage: its headline and month, the heading that it stands under,
    then its words.
    """
    day = f" ({month(article.published)})" if article.published else ""
    under = _with_stop(heading_of(passage, article))
    return f"{article.title}{day}. {under}{passage.text}" if article.title else under + passage.text


def _with_stop(heading: str) -> str:
    """Return a heading as a sentence of its own, with what follows at a distance; nothing for none."""
    return f"{heading} " if heading.endswith(("?", "!", ".", ":")) else f"{heading}. " if heading else ""


def search(
    parts: Parts,
    question: str,
    query: NDArray[np.float32],
    k: int,
    keep: Callable[[Article], bool] | None = None,
    bonus: Callable[[Passage, Article], float] | None = None,
) -> list[Hit]:
    """Return the best k passages: dense and BM25 scores standardised and added, near-copies folded.

    ``query`` is the question's unit vector. Only passages of articles for which ``keep`` holds are seen.
    A passage's dense score is the mean of its own cosine and of its best sentence's. ``bonus`` is added to
    the scores of the first candidates (in standard deviations).
    """
    dense, lexical = dense_scores(parts, query), parts.lexical.scores(question)
    rows = np.arange(len(parts.passages))
    if keep is not None:
        kept = {id_ for id_, article in parts.articles.items() if keep(article)}
        rows = np.flatnonzero([p.article_id in kept for p in parts.passages])
    if not len(rows):
        return []
    weight = by_words(question, *LEXICAL_WEIGHTS)
    fused = standardised_sum([dense[rows], lexical[rows]], [1 - weight, weight])
    if bonus is not None:
        for place in best_first(fused)[:CANDIDATES]:
            passage = parts.passages[rows[place]]
            fused[place] += bonus(passage, parts.articles[passage.article_id])
    order = rows[best_first(fused)]
    scores = dict(zip(rows.tolist(), fused.tolist(), strict=True))
    places = [_places(dense, rows), _places(np.where(lexical > 0, lexical, -np.inf), rows)]
    return _hits(parts, order.tolist(), scores, places, k)


def holds(parts: Parts, word: str) -> bool:
    """Whether a folded word stands in the passages as it is, by those that BM25 likes best for it."""
    scores = parts.lexical.scores(word)
    rows = [row for row in best_first(scores)[:RERANKED] if scores[row] > 0]
    return any(
        word in words(passage_text(parts.passages[row], parts.articles[parts.passages[row].article_id]))
        for row in rows
    )


def reading_of(hit: Hit) -> tuple[str, list[Span]]:
    """Return what the reader reads of a hit, headline, heading and passage, and where its sentences stand in
    it.
    """
    headline = f"{hit.article.title}. " if hit.article.title else ""
    headline += _with_stop(heading_of(hit.passage, hit.article))
    offset = len(headline) - hit.passage.start
    return headline + hit.passage.text, [(a + offset, b + offset) for a, b in hit.passage.sentences]


def reranked(question: str, hits: Sequence[Hit], reads: Mapping[str, Read]) -> list[Hit]:
    """Return the hits, those that were read first, in the order of search, reading and agreement together.

    What was not read keeps its order behind them; no score rises from one hit to the next.
    """
    first = [hit for hit in hits if hit.passage.id in reads]
    best = [reads[hit.passage.id].best for hit in first]
    relevance = [reads[hit.passage.id].relevance for hit in first]
    columns = [np.asarray(column, dtype=np.float32) for column in (best, relevance)]
    reading = standardised_sum(columns, [ANSWER_SHARE, 1 - ANSWER_SHARE])
    found = np.asarray([hit.score for hit in first]) + by_words(question, *READ_WEIGHTS) * reading
    answers = given(question, reads.values())
    found += AGREED * np.asarray([answers.agreement(reading_of(hit)[0]) for hit in first])
    read = [replace(first[i], score=round(float(found[i]), 6)) for i in best_first(found)]
    rest = [hit for hit in hits if hit.passage.id not in reads]
    behind = [replace(hit, score=min(hit.score, read[-1].score)) for hit in rest]
    return [replace(hit, rank=rank) for rank, hit in enumerate(read + behind, start=1)]


def both(reads: Mapping[str, Read], bare: Mapping[str, Read], behind: float) -> dict[str, Read]:
    """Return how passages read to a follow-up by itself, ``bare``, and with what stands ``behind`` it of what
    was said before, which has that share: it names the topic, but to a reader it is all asked. What the
    passages give as answers is what they give to the latter.
    """
    return {id_: _mean(read, bare[id_], behind) for id_, read in reads.items()}


def _mean(read: Read, other: Read, share: float) -> Read:
    def mean(one: float, two: float) -> float:
        return share * one + (1 - share) * two

    scores = zip(read.sentences, other.sentences, strict=True)
    return Read(mean(read.relevance, other.relevance), tuple(mean(a, b) for a, b in scores), read.answers)


def in_turn(found: Sequence[Sequence[Hit]]) -> list[Hit]:
    """Return the hits of several searches in turn, each once; no score rises from one hit to the next."""
    once: dict[str, Hit] = {}
    for hit in chain.from_iterable(zip_longest(*found)):
        if hit is not None:
            once.setdefault(hit.passage.id, hit)
    hits = list(once.values())
    least = accumulate((hit.score for hit in hits), min)
    return [
        replace(hit, score=score, rank=rank)
        for rank, (hit, score) in enumerate(zip(hits, least, strict=True), start=1)
    ]


def by_words(question: str, few: float, many: float) -> float:
    """Return a weight that goes from ``few`` to ``many`` with the number of content words of a question."""
    short, long = QUESTION_WORDS
    part = (len(set(content_words(question))) - short) / (long - short)
    return few + (many - few) * min(1.0, max(0.0, part))


def dense_scores(parts: Parts, query: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return each passage's dense score, shape (passages,)."""
    count = len(parts.passages)
    cosines = parts.vectors.scores(query)
    best = cosines[:count].copy()
    owners = parts.sentence_owners
    single = np.ones(count, dtype=bool)
    single[owners] = False
    best[~single] = -1.0
    np.maximum.at(best, owners, cosines[count:])
    return np.asarray((cosines[:count] + best) / 2, dtype=np.float32)


def _places(scores: NDArray[np.float32], rows: NDArray[np.int64]) -> dict[int, int]:
    chosen = rows[np.isfinite(scores[rows])]
    ordered = chosen[best_first(scores[chosen])]
    return {int(row): place for place, row in enumerate(ordered, start=1)}


def _hits(
    parts: Parts,
    order: Sequence[int],
    scores: Mapping[int, float],
    places: Sequence[Mapping[int, int]],
    k: int,
) -> list[Hit]:
    originals, copies = Originals(), dict[int, list[str]]()
    for row in order:
        passage = parts.passages[row]
        own = Print.of(passage.text)
        original = originals.repeated_by(own)
        if original is not None:
            copies[original].append(passage.id)
        elif len(copies) < k:
            originals.add(row, own)
            copies[row] = []
        else:
            break
    dense, lexical = places
    return [
        Hit(
            passage := parts.passages[row],
            parts.articles[passage.article_id],
            round(scores[row], 6),
            rank,
            dense.get(row),
            lexical.get(row),
            tuple(same),
        )
        for rank, (row, same) in enumerate(copies.items(), start=1)
    ]
