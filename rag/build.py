"""A folder of articles to a new index generation. The only writer of an index folder.

Only new or changed passages are embedded. A file that can no longer be read keeps its place in the index as
it was last read, and is named.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from rag import generation, passages
from rag.corpus import read_beir_articles, read_corpus
from rag.errors import BrokenIndexError, CorpusError
from rag.generation import Manifest
from rag.lexical import Lexical
from rag.ranking import Parts, passage_text, unit_texts
from rag.types import Article, Encoder, Passage
from rag.unfinished import Unfinished
from rag.vectors import Vectors

UNITS = 2  # what is embedded: counted up when it changes, so that the next build makes vectors anew
BATCH = 64  # passages and sentences embedded between two reports of progress
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did: how many different texts were embedded, and how many had vectors already.
    ``problems`` are the files that could not be read, ``kept`` the ids of those of them that are in the index
    as they were last read, ``ignored`` the files that are no articles by their ending, ``undated`` the ids of
    the articles whose day of publication is not known.
    """

    manifest: Manifest
    embedded: int
    reused: int
    set_aside: dict[str, int]
    problems: tuple[CorpusError, ...]
    unchanged: bool
    kept: tuple[str, ...] = ()
    ignored: tuple[str, ...] = ()
    undated: tuple[str, ...] = ()


def build(
    corpus: Path,
    folder: Path,
    encoder: Encoder,
    *,
    force: bool = False,
    max_bytes: int = 10_000_000,
    report: Report = lambda *_: None,
) -> Built:
    """Index a folder of articles: read, cut, embed what is new, write a generation, swap it in.

    ``force`` embeds everything again. ``report`` is told (stage, done, total). A build that was stopped goes
    on from the vectors that it had made. Raises CorpusError when there is no readable article,
    BrokenIndexError when the index cannot be written or another build is running; the old index then goes on
    answering.
    """
    with _only_writer(folder):
        found = read_corpus(
            corpus, max_bytes=max_bytes, report=lambda *done: report("reading articles", *done)
        )
        old = _old(folder)
        kept = _kept(found.articles, found.problems, old)
        articles = sorted([*found.articles, *kept], key=lambda a: a.id)
        if not articles:
            raise found.problems[0] if found.problems else CorpusError(f"there is no article in {corpus}")
        if force:
            Unfinished(generation.unfinished(folder), encoder).remove()
        reused = None if force or not old else old.made_by(encoder)
        built = build_articles(articles, folder, encoder, old=reused, problems=found.problems, report=report)
        undated = tuple(a.id for a in articles if a.published is None)
        return replace(built, kept=tuple(a.id for a in kept), ignored=found.ignored, undated=undated)


def build_articles(
    articles: Sequence[Article],
    folder: Path,
    encoder: Encoder,
    *,
    old: Parts | None = None,
    problems: tuple[CorpusError, ...] = (),
    report: Report = lambda *_: None,
) -> Built:
    """Index articles that have been read already (``old``: the parts whose vectors can be used again)."""
    cut = [p for article in articles for p in passages.split(article)]
    by_id = {a.id: a for a in articles}
    texts = unit_texts(cut, by_id)
    name = _name(articles, cut, encoder)
    set_aside = {a.id: len(a.set_aside) for a in articles}
    unfinished = Unfinished(generation.unfinished(folder), encoder)
    if old is not None and generation.holds(folder, name):
        unfinished.remove()  # a build that was killed behind its last step leaves it
        manifest = generation.read_manifest(generation.current(folder))
        return Built(manifest, 0, len(set(texts)), set_aside, problems, unchanged=True)
    with _writing(folder):
        vectors, embedded = _embed(texts, _known_vectors(old), encoder, unfinished, report)
        report("indexing words", 0, 0)
        lexical = Lexical([passage_text(p, by_id[p.article_id]) for p in cut])
        parts = Parts(by_id, cut, Vectors(vectors), lexical)
        manifest = _write(folder, generation.fresh_name(folder, name), parts, encoder, report)
        unfinished.remove()
    return Built(manifest, embedded, len(set(texts)) - embedded, set_aside, problems, unchanged=False)


def _write(folder: Path, name: str, parts: Parts, encoder: Encoder, report: Report) -> Manifest:
    settings = {"passage_words": passages.TARGET_WORDS}
    manifest = generation.write_generation(
        folder, name, parts, encoder, settings, lambda file: report(f"writing {file}", 0, 0)
    )
    generation.retire_generations(folder, name)
    return manifest


@contextmanager
def _writing(folder: Path) -> Iterator[None]:
    """Say in one line that an index folder cannot be written, and how to go on."""
    try:
        yield
    except OSError as error:
        full = error.errno == errno.ENOSPC
        remedy = "free some disk space" if full else "choose a folder that can be written"
        raise BrokenIndexError(
            f"the index in {folder} cannot be written ({error.strerror or error}): {remedy} and run it "
            "again; the old index still answers"
        ) from None


def _kept(articles: Sequence[Article], problems: Sequence[CorpusError], old: _Old | None) -> list[Article]:
    """Return the last good reading of each file that cannot be read now, unless another has its id."""
    bad = {str(getattr(p, "article_id", "")) for p in problems} - {a.id for a in articles}
    return [a for id_, a in old.parts.articles.items() if id_ in bad] if old else []


@dataclass(frozen=True, slots=True)
class _Old:
    """The generation that answers until the new one is written."""

    manifest: Manifest
    parts: Parts

    def made_by(self, encoder: Encoder) -> Parts | None:
        """Its parts, if their vectors are this encoder's."""
        same = (self.manifest.encoder, self.manifest.dimension) == (encoder.name, encoder.dimension)
        return self.parts if same else None


def _old(folder: Path) -> _Old | None:
    """Return the current generation; None where there is none, or it is damaged: all is made anew then."""
    try:
        place = generation.current(folder)
        manifest = generation.read_manifest(place)
        generation.verify_files(place, manifest)
        return _Old(manifest, generation.read_parts(place))
    except BrokenIndexError:
        return None


def _known_vectors(old: Parts | None) -> dict[str, NDArray[np.float32]]:
    if old is None:
        return {}
    return dict(zip(unit_texts(old.passages, old.articles), old.vectors.rows(), strict=True))


def _embed(
    texts: Sequence[str],
    known: dict[str, NDArray[np.float32]],
    encoder: Encoder,
    unfinished: Unfinished,
    report: Report,
) -> tuple[NDArray[np.float32], int]:
    """Return the vectors of the texts, shape (n, dimension), and how many had to be made."""
    wanted = dict.fromkeys(texts)
    vectors = known | unfinished.known(t for t in wanted if t not in known)
    missing = [t for t in wanted if t not in vectors]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        made = encoder.encode(batch)
        unfinished.add(batch, made)
        vectors.update(zip(batch, made, strict=True))
        report("embedding passages", start + len(batch), len(missing))
    if not texts:
        return np.zeros((0, encoder.dimension), dtype=np.float32), 0
    return np.stack([vectors[t] for t in texts]), len(missing)


def _name(articles: Sequence[Article], cut: Sequence[Passage], encoder: Encoder) -> str:
    """Name a generation after all that goes into it, so that the same input gives the same name.

    The passages are part of it: another version may cut the same articles in other places.
    """
    digest = hashlib.sha256(f"{generation.SCHEMA} {UNITS} {encoder.name} {passages.TARGET_WORDS}".encode())
    for noun in (*articles, *cut):
        digest.update(repr(noun).encode())
    return digest.hexdigest()[:16]


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process ends, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        handle = (folder / ".lock").open("w")
    except OSError as error:
        raise BrokenIndexError(
            f"{folder} cannot be written ({error.strerror}): choose another folder"
        ) from None
    with handle:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            raise BrokenIndexError(f"another build is writing {folder}: wait until it is done") from None
        yield


def build_beir(beir: Path, folder: Path, encoder: Encoder, report: Report = lambda *_: None) -> Built:
    """Index the corpus.jsonl of a BEIR folder; raises CorpusError or BrokenIndexError as ``build`` does."""
    articles = read_beir_articles(beir)
    with _only_writer(folder):
        old = _old(folder)
        reused = old.made_by(encoder) if old else None
        return build_articles(articles, folder, encoder, old=reused, report=report)
