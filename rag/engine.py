"""What a long-running door needs: the current index, the model, and articles that can be added meanwhile.

Called from several threads. Readers keep the index that they began with; a new one is swapped in whole.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator, Sequence
from datetime import date
from pathlib import Path, PurePosixPath
from tempfile import TemporaryDirectory

from rag import generation
from rag.answer import Answerer
from rag.build import build
from rag.corpus import KINDS, MAX_BYTES, SUFFIXES, UnreadableArticleError, read_article
from rag.errors import CorpusError
from rag.eval_questions import read_jsonl
from rag.index import Index, encoder_of
from rag.next_questions import from_passages, nearest, still_answered
from rag.search import find
from rag.types import Article, ChatModel, Hit, Interval, Progress, Turn

File = tuple[str, bytes]
LONGEST_NAME = 200  # bytes; file systems end at 255


class Engine:
    """One index folder, its corpus folder and one model behind a page or a service.

    ``questions`` is a question file; those that the articles still answer are offered to readers. Articles
    that are added may have ``max_bytes``.
    """

    def __init__(
        self,
        index: Path,
        corpus: Path,
        model: ChatModel | None,
        questions: Path | None = None,
        max_bytes: int = MAX_BYTES,
    ) -> None:
        self._folder, self._corpus, self._model, self._max_bytes = index, corpus, model, max_bytes
        self._building = threading.Lock()
        self._questions = read_jsonl(questions) if questions and questions.is_file() else []
        self._encoder = encoder_of(generation.read_manifest(generation.current(index)))
        self.reload()

    def answer_stream(
        self,
        question: str,
        history: Sequence[Turn] = (),
        *,
        source: str | None = None,
        interval: Interval | None = None,
    ) -> Iterator[Progress]:
        """Yield Searched, then drafts, then the Answer; closing the iterator stops the model."""
        return Answerer(self._index, self._model).stream(
            question,
            history,
            source=source,
            published_from=interval.start if interval else None,
            published_to=interval.end if interval else None,
        )

    def search(
        self,
        question: str,
        k: int = 10,
        source: str | None = None,
        published_from: date | None = None,
        published_to: date | None = None,
    ) -> Sequence[Hit]:
        """Return the best passages for a question as it was typed, best first; loads no language model."""
        found = find(
            self._index, question, k, source=source, published_from=published_from, published_to=published_to
        )
        return found.hits

    def articles(self) -> Sequence[Article]:
        """Return the articles that are indexed now, by id."""
        return [article for _, article in sorted(self._index.articles.items())]

    def sources(self) -> Sequence[str]:
        """Return the names of the sources that are indexed now."""
        return self._index.sources()

    def suggest(self, hits: Sequence[Hit] = (), k: int = 3) -> Sequence[str]:
        """Return questions that the articles answer: of the hits' articles, or of all without hits."""
        near = list(dict.fromkeys(hit.article.id for hit in hits))
        return nearest(self._ready, near, k) or nearest(self._ready, [], k)

    def add(self, files: Sequence[File]) -> Iterator[tuple[float, str]]:
        """Add articles to the corpus folder and swap the new index in, while others go on asking.

        Yields the part done, 0 to 1, with a line about each file. Raises CorpusError when nothing could be
        added, BrokenIndexError when another build is running or the disk is full; nothing is lost then.
        """
        with TemporaryDirectory() as folder:
            good: list[tuple[Path, str]] = []
            for n, (name, content) in enumerate(files, start=1):
                problem = self._stage(Path(folder), name, content)
                if problem is None:
                    good.append((Path(folder) / _plain(name), _plain(name)))
                yield 0.3 * n / len(files), f"{name} refused: {problem}" if problem else f"{name} read"
            if not good:
                raise CorpusError("no file could be added; the index is as it was")
            self._corpus.mkdir(parents=True, exist_ok=True)
            for staged, name in good:
                (self._corpus / name).write_bytes(staged.read_bytes())
        yield 0.5, "Embedding the new passages"
        with self._building:
            built = build(self._corpus, self._folder, self._encoder, max_bytes=self._max_bytes)
        self.reload()
        yield (
            1.0,
            f"Added {len(good)} of {len(files)}. The index now holds {built.manifest.articles} articles.",
        )

    def reload(self) -> None:
        """Open the newest index, should another program have built one."""
        with self._building:
            index = Index.open(self._folder, self._encoder)
            index.load()
            asked = still_answered(self._questions, index.articles)
            self._ready = asked + from_passages(index.parts.passages, index.articles)
            self._index = index

    def _stage(self, folder: Path, name: str, content: bytes) -> str | None:
        """Write a file aside and read it as an article; return why it cannot be one."""
        path = folder / _plain(name)
        if path.suffix.lower() not in SUFFIXES:
            return f"only {KINDS} are articles"
        if path.stem.lower() == "readme" or len(path.name.encode()) > LONGEST_NAME:
            return "no article can have this name; rename the file"
        if path.stem in {there.stem for home in (self._corpus, folder) for there in _articles_in(home)}:
            return "an article of this name is there already; rename the file to add it beside"
        path.write_bytes(content)
        try:
            read_article(path, folder, max_bytes=self._max_bytes)
        except UnreadableArticleError as error:
            path.unlink()
            return str(error).replace(str(path), name).removeprefix(name).strip(" ,:")
        return None


def _articles_in(folder: Path) -> list[Path]:
    """The files of a folder that would be articles; none where there is no folder yet."""
    return [path for path in folder.glob("*") if path.suffix.lower() in SUFFIXES]


def _plain(name: str) -> str:
    """Return the last part of a file name, so that no upload leaves the folder."""
    return PurePosixPath(name.replace("\\", "/")).name.lstrip(".") or "article.txt"
