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
from dataclasses import dataclass
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
from rag.vectors import Vectors

BATCH = 64  # passages and sentences embedded between two reports of progress
Report = Callable[[str, int, int], None]


@dataclass(frozen=True, slots=True)
class Built:
    """What a build did. ``problems`` are the files that were left out or kept as they were before."""

    manifest: Manifest
    embedded: int
    reused: int
    set_aside: dict[str, int]
    problems: tuple[CorpusError, ...]
    unchanged: bool


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

    ``force`` embeds everything again. ``report`` is told (stage, done, total). Raises CorpusError when there
    is no readable article, BrokenIndexError when the index cannot be written or another build is running; the
    old index then goes on answering.
    """
    found = read_corpus(corpus, max_bytes=max_bytes)
    with _only_writer(folder):
        old = None if force else _old_parts(folder, encoder)
        articles = _with_kept(found.articles, found.problems, old)
        if not articles:
            raise found.problems[0] if found.problems else CorpusError(f"there is no article in {corpus}")
        return build_articles(articles, folder, encoder, old=old, problems=found.problems, report=report)


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
    vectors, embedded = _embed(unit_texts(cut, by_id), _known_vectors(old), encoder, report)
    lexical = Lexical([passage_text(p, by_id[p.article_id]) for p in cut])
    parts = Parts(by_id, cut, Vectors(vectors), lexical)
    name = _name(articles, cut, encoder)
    set_aside = {a.id: len(a.set_aside) for a in articles}
    if old is not None and generation.current(folder).name == name:
        manifest = generation.read_manifest(generation.current(folder))
        return Built(manifest, 0, len(vectors), set_aside, problems, unchanged=True)
    manifest = _write(folder, name, parts, encoder, report)
    return Built(manifest, embedded, len(vectors) - embedded, set_aside, problems, unchanged=False)


def _write(folder: Path, name: str, parts: Parts, encoder: Encoder, report: Report) -> Manifest:
    settings = {"passage_words": passages.TARGET_WORDS}
    try:
        manifest = generation.write_generation(
            folder, name, parts, encoder, settings, lambda file: report(f"writing {file}", 0, 0)
        )
    except OSError as error:
        full = error.errno == errno.ENOSPC
        remedy = "free some disk space" if full else "choose a folder that can be written"
        raise BrokenIndexError(
            f"the index in {folder} cannot be written ({error.strerror or error}): {remedy} and run it "
            "again; the old index still answers"
        ) from None
    generation.retire_generations(folder, name)
    return manifest


def _with_kept(
    articles: Sequence[Article], problems: Sequence[CorpusError], old: Parts | None
) -> list[Article]:
    """Add the last good reading of each file that cannot be read now."""
    bad = {str(getattr(p, "article_id", "")) for p in problems}
    kept = [a for id_, a in old.articles.items() if id_ in bad] if old else []
    return sorted([*articles, *kept], key=lambda a: a.id)


def _old_parts(folder: Path, encoder: Encoder) -> Parts | None:
    """Return the current generation when its vectors can be used again, else None."""
    try:
        place = generation.current(folder)
        manifest = generation.read_manifest(place)
        generation.verify_files(place, manifest)
        same = (manifest.encoder, manifest.dimension) == (encoder.name, encoder.dimension)
        return generation.read_parts(place) if same else None
    except BrokenIndexError:
        return None  # missing or damaged: everything is made anew


def _known_vectors(old: Parts | None) -> dict[str, NDArray[np.float32]]:
    if old is None:
        return {}
    return dict(zip(unit_texts(old.passages, old.articles), old.vectors.rows(), strict=True))


def _embed(
    texts: Sequence[str], known: dict[str, NDArray[np.float32]], encoder: Encoder, report: Report
) -> tuple[NDArray[np.float32], int]:
    """Return the vectors of the texts, shape (n, dimension), and how many had to be made."""
    vectors = dict(known)
    missing = [t for t in dict.fromkeys(texts) if t not in vectors]
    for start in range(0, len(missing), BATCH):
        batch = missing[start : start + BATCH]
        vectors.update(zip(batch, encoder.encode(batch), strict=True))
        report("embedding passages", start + len(batch), len(missing))
    if not texts:
        return np.zeros((0, encoder.dimension), dtype=np.float32), 0
    return np.stack([vectors[t] for t in texts]), len(missing)


def _name(articles: Sequence[Article], cut: Sequence[Passage], encoder: Encoder) -> str:
    """Name a generation after all that goes into it, so that the same input gives the same name.

    The passages are part of it: another version may cut the same articles in other places.
    """
    digest = hashlib.sha256(f"{generation.SCHEMA} {encoder.name} {passages.TARGET_WORDS}".encode())
    for noun in (*articles, *cut):
        digest.update(repr(noun).encode())
    return digest.hexdigest()[:16]


@contextmanager
def _only_writer(folder: Path) -> Iterator[None]:
    """Hold the folder's lock; the system lets go of it when the process ends, however it ends."""
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with (folder / ".lock").open("w") as handle:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            yield
    except BlockingIOError:
        raise BrokenIndexError(f"another build is writing {folder}: wait until it is done") from None
    except (FileExistsError, NotADirectoryError, PermissionError) as error:
        raise BrokenIndexError(
            f"{folder} cannot be written ({error.strerror}): choose another folder"
        ) from None


def build_beir(beir: Path, folder: Path, encoder: Encoder, report: Report = lambda *_: None) -> Built:
    """Index the corpus.jsonl of a BEIR folder; raises CorpusError or BrokenIndexError as ``build`` does."""
    articles = read_beir_articles(beir)
    with _only_writer(folder):
        return build_articles(articles, folder, encoder, old=_old_parts(folder, encoder), report=report)
