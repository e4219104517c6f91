"""An opened index: articles, passages, vectors and BM25 in memory, searched and checked.

Knows no file names: those are ``rag.generation``'s.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import date
from functools import cached_property, lru_cache
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import generation, ranking
from rag.checks import article_filter, check_question
from rag.encoder import SentenceEncoder
from rag.errors import BrokenIndexError, RagError, UsageError
from rag.generation import Manifest
from rag.models import model_path
from rag.neighbours import JOINED, joined
from rag.ranking import Parts
from rag.reader import DIRECTIONS, READER, VERIFIER, MiniLMReader
from rag.spelling import Speller
from rag.types import Article, Encoder, Hit, Passage, PassageReader, Read

READER_BASE = "minilm"


class Index:
    """An opened index. Everything is in memory, so it goes on answering whatever happens on disk."""

    def __init__(
        self,
        parts: Parts,
        manifest: Manifest,
        encoder: Encoder | None = None,
        reader: PassageReader | None = None,
        verifier: PassageReader | None = None,
        direction_reader: PassageReader | None = None,
    ) -> None:
        generation.check_counts(parts, manifest)
        self.parts = parts
        self.manifest = manifest
        self._given_encoder, self._given_reader, self._given_verifier = encoder, reader, verifier
        self._given_direction_reader = direction_reader
        if encoder is not None and (encoder.name, encoder.dimension) != (
            manifest.encoder,
            manifest.dimension,
        ):
            raise BrokenIndexError(
                f"the index was made by the encoder {manifest.encoder!r} ({manifest.dimension} dimensions), "
                f"not by {encoder.name!r} ({encoder.dimension}): {generation.REBUILD}"
            )

    @classmethod
    def open(
        cls, path: str | Path, encoder: Encoder | None = None, reader: PassageReader | None = None
    ) -> Index:
        """Open the current generation of an index folder, after checking each file's sha256.

        Raises BrokenIndexError when there is none, when a file is missing or damaged, or when its schema or
        encoder is another.
        """
        folder = Path(path)
        for attempt in range(3):  # a build may retire the generation between two reads: then look again
            place = generation.current(folder)
            try:
                manifest = generation.read_manifest(place)
                generation.verify_files(place, manifest)
                return cls(generation.read_parts(place), manifest, encoder, reader)
            except BrokenIndexError:
                if attempt == 2 or generation.current(folder) == place:
                    raise
        raise AssertionError("unreachable")  # pragma: no cover

    @cached_property
    def encoder(self) -> Encoder:
        """The encoder that made the index, loaded at the first search."""
        if self._given_encoder is not None:
            return self._given_encoder
        return encoder_of(self.manifest)

    @cached_property
    def reader(self) -> PassageReader | None:
        """What reads the first passages of a search; None beside another encoder than the one it adapts."""
        return self._adapted(self._given_reader, READER)

    @cached_property
    def verifier(self) -> PassageReader | None:
        """What tells whether the best passages answer at all; None where there is no reader."""
        return self._adapted(self._given_verifier, VERIFIER)

    @cached_property
    def direction_reader(self) -> PassageReader | None:
        """What tells who does what to whom; None where there is no reader."""
        return self._adapted(self._given_direction_reader, DIRECTIONS)

    def _adapted(self, given: PassageReader | None, adapters: str) -> PassageReader | None:
        return given if given or self.manifest.encoder != READER_BASE else load_reader(adapters)

    def load(self) -> None:
        """Load encoder, readers and what spells now, so that no search or answer waits for them."""
        _ = self.encoder, self.reader, self.verifier, self.direction_reader
        self.speller.load()

    @property
    def articles(self) -> Mapping[str, Article]:
        """The articles by id."""
        return self.parts.articles

    @cached_property
    def speller(self) -> Speller:
        """What spells a question as the articles do."""
        titles = (article.title for article in self.articles.values())
        texts = [*(passage.text for passage in self.parts.passages), *titles]
        return Speller(texts, lambda word: ranking.holds(self.parts, word))

    def tells_of(self, word: str) -> bool:
        """Whether any passage has a word or an inflection of it."""
        return bool(self.parts.lexical.scores(word).any())

    def sources(self) -> list[str]:
        """The names of the sources in the index, sorted."""
        return sorted({a.source for a in self.articles.values() if a.source})

    def sentence_vectors(self, hits: Sequence[Hit]) -> dict[str, NDArray[np.float32]]:
        """Return the unit vector of each sentence of the hits that has one of its own, by its text."""
        parts, vectors = self.parts, dict[str, NDArray[np.float32]]()
        for hit in hits:
            for start, end in hit.passage.sentences:
                if (row := parts.sentence_rows.get((hit.passage.id, start))) is not None:
                    vectors[hit.article.text[start:end]] = parts.vectors.row(row)
        return vectors

    def search(
        self,
        question: str,
        k: int = 5,
        *,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
        bonus: Callable[[Passage, Article], float] | None = None,
        rerank: bool = True,
        join: bool = True,
        bare: str | None = None,
        perhaps: bool = False,
    ) -> list[Hit]:
        """Return the best k passages for a stand-alone question, best first.

        Dense and BM25 scores are fused (see ``rag.ranking``). ``source`` keeps articles of that source
        (case and accents do not matter); ``published_from`` and ``published_to`` keep articles published in
        that interval, both days included: an article without a date is then left out. ``bonus`` moves
        passages up by standard deviations of the score. ``rerank`` has the first 20 read together with the
        question, a third of a second, or up to one without native bfloat16; without it a search takes a few
        hundredths. ``join`` makes passages that follow one another in their article, among the first ten, one
        hit of 220 words at most (its id is then like "ferry#3-4"). ``bare`` is a follow-up without what
        stands behind it of what was said before: it is read so as well. Where it is one only ``perhaps``, it
        is searched so, too, and passages come from both in turn. Scores compare within one search only. No
        generator is loaded.
        Raises UsageError for a question without a word, a k below 1, an interval that ends before it begins,
        or a source that the index does not hold.
        """
        check_question(question)
        keep = article_filter(self.articles, k, source, published_from, published_to)
        count = max(k + JOINED if join else k, ranking.RERANKED)
        ways = [question, bare] if bare is not None and perhaps else [question]
        vectors = self.encoder.encode(ways)
        found = [
            ranking.search(self.parts, way, vector, count, keep, bonus)
            for way, vector in zip(ways, vectors, strict=True)
        ]
        hits = ranking.in_turn(found)[:count]
        reads = self.read(question, hits[: ranking.RERANKED]) if rerank else {}
        if reads and bare is not None:
            by_itself = self.read(bare, hits[: ranking.RERANKED])
            reads = ranking.both(reads, by_itself, ranking.BEHIND[perhaps])
        ranked = ranking.reranked(question, hits, reads) if reads else hits
        return (joined(ranked) if join else ranked)[:k]

    def read(self, question: str, hits: Sequence[Hit]) -> dict[str, Read]:
        """Return how each hit reads as an answer to a question, by passage id; empty without a reader."""
        return _read(self.reader, question, hits)

    def verify(self, question: str, hits: Sequence[Hit]) -> dict[str, Read]:
        """Return how each hit reads to the verifier, by passage id; empty without one."""
        return _read(self.verifier, question, hits)

    def read_direction(self, question: str, hits: Sequence[Hit]) -> dict[str, Read]:
        """Return how each hit reads to what tells who does what to whom, by passage id; empty without it."""
        return _read(self.direction_reader, question, hits)


def _read(reader: PassageReader | None, question: str, hits: Sequence[Hit]) -> dict[str, Read]:
    if reader is None or not hits:
        return {}
    reads = reader.read(question, [ranking.reading_of(hit) for hit in hits])
    return {hit.passage.id: read for hit, read in zip(hits, reads, strict=True)}


def load_encoder(name: str) -> SentenceEncoder:
    """Load an encoder by its registry name; ModelError when its weights are not here."""
    return SentenceEncoder(Path(model_path(name)), name)


def encoder_of(manifest: Manifest) -> SentenceEncoder:
    """Load the encoder that made an index; BrokenIndexError when it is not known here, ModelError without its
    weights.
    """
    try:
        return load_encoder(manifest.encoder)
    except UsageError:
        raise BrokenIndexError(
            f"the index was made by the encoder {manifest.encoder!r}, which is not known here: "
            f"{generation.REBUILD}"
        ) from None


@lru_cache(maxsize=3)
def load_reader(adapters: str) -> MiniLMReader:
    """Load what reads with these adapters, once; ModelError when the weights that they adapt are not here."""
    return MiniLMReader(Path(model_path(READER_BASE)), adapters)


def doctor(folder: Path, encoder: Encoder | None = None) -> list[str]:
    """Return what is wrong with an index, one line each; empty when it is sound.

    Beyond what opening checks: every passage is the slice of its article that it says, and, when an encoder
    is given, the first vectors are the ones that it makes.
    """
    try:
        place = generation.current(folder)
        manifest = generation.read_manifest(place)
        if faults := generation.file_faults(place, manifest):
            return faults
        index = Index(generation.read_parts(place), manifest, encoder)
    except RagError as error:
        return [str(error)]
    return _passage_faults(index.parts) + (_vector_faults(index.parts, encoder) if encoder else [])


def _passage_faults(parts: Parts) -> list[str]:
    faults = []
    for passage in parts.passages:
        article = parts.articles.get(passage.article_id)
        if article is None:
            faults.append(f"passage {passage.id} belongs to no article")
        elif article.text[passage.start : passage.end] != passage.text:
            faults.append(f"passage {passage.id} is not its article's text at {passage.start}-{passage.end}")
    return faults


def _vector_faults(parts: Parts, encoder: Encoder, sample: int = 3) -> list[str]:
    chosen = parts.passages[:sample]
    made = encoder.encode([ranking.passage_text(p, parts.articles[p.article_id]) for p in chosen])
    kept = parts.vectors.rows()[: len(chosen)]
    return [
        f"the vector of passage {p.id} is not what {encoder.name} makes of it: {generation.REBUILD}"
        for p, a, b in zip(chosen, made, kept, strict=True)
        if float(a @ b) < 0.999
    ]
