"""Files of articles: a folder of texts and saved web pages, or the corpus.jsonl of a BEIR folder.

The only module that knows how articles lie on disk. A file that cannot be used is never skipped in silence:
it becomes an error that names it and the remedy.
"""

from __future__ import annotations

import json
import os
import re
import unicodedata
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any

from rag.corpus_decoding import UndecodableError, decode, decode_archive, decode_page
from rag.corpus_front_matter import (
    FrontMatter,
    FrontMatterError,
    front_matter_if_any,
    read_front_matter,
)
from rag.corpus_html import NoArticleError, Page, is_page, read_page
from rag.errors import CorpusError
from rag.layout import read_layout
from rag.types import Article, Span

MAX_BYTES = 10_000_000
_NAMED_DAY = re.compile(r"((?:19|20)\d\d)[-_]?(\d\d)[-_]?(\d\d)(?!\d)")
_PAGES, _ARCHIVES = (".html", ".htm"), (".mhtml", ".mht")
SUFFIXES = (".txt", ".md", *_PAGES, *_ARCHIVES)
KINDS = ".txt, .md, .html or .mhtml files"


class UnreadableArticleError(CorpusError):
    """One article cannot be read; ``article_id`` is the id that it would have."""

    def __init__(self, article_id: str, message: str) -> None:
        super().__init__(message)
        self.article_id = article_id


@dataclass(frozen=True, slots=True)
class Corpus:
    """The articles of a folder, sorted by id, and one error for each file that could not be read.

    ``ignored`` are the paths, relative to the folder, of files that are no articles by their ending; hidden
    files and README.md are not even counted among them.
    """

    articles: tuple[Article, ...]
    problems: tuple[UnreadableArticleError, ...] = ()
    ignored: tuple[str, ...] = ()


def read_corpus(
    folder: Path,
    *,
    max_bytes: int = MAX_BYTES,
    today: date | None = None,
    report: Callable[[int, int], None] = lambda *_: None,
) -> Corpus:
    """Read all article files (``SUFFIXES``) below a folder, in whatever case the ending is written.

    ``today`` (by default the clock's) bounds the dates that are believed, but for those of front matter. Of
    two files with the same id the second is a problem. ``report`` is told how many files are read, of how
    many. Raises CorpusError when the folder is missing, cannot be listed or holds no article
    file at all; files that cannot be used are returned as problems.
    """
    paths, ignored = _listed(folder)
    articles: dict[str, Article] = {}
    problems: list[UnreadableArticleError] = []
    for place, path in enumerate(paths, start=1):
        report(place, len(paths))
        try:
            article = read_article(path, folder, max_bytes=max_bytes, today=today)
            if article.id in articles:
                remedy = f"has the same id as {articles[article.id].path}; rename one of them"
                raise UnreadableArticleError(article.id, f"{path} {remedy}")
            articles[article.id] = article
        except UnreadableArticleError as error:
            problems.append(error)
    return Corpus(tuple(articles[i] for i in sorted(articles)), tuple(problems), ignored)


def read_article(path: Path, root: Path, *, max_bytes: int = MAX_BYTES, today: date | None = None) -> Article:
    """Read one file; its id is its path below ``root`` without the ending.

    Raises UnreadableArticleError, in one line that names the file and the remedy, when the file cannot be
    opened, is larger than ``max_bytes``, is empty, is a text that is not UTF-8 or a page without an article,
    or has front matter that cannot be used.
    """
    relative = _posix(path.relative_to(root))
    article_id = relative.removesuffix(path.suffix)
    if (shown := _printable(str(path))) != str(path):
        raise UnreadableArticleError(
            _printable(article_id), f"{shown} has a name that is not UTF-8; rename it"
        )
    try:
        text = _decoder(path)(_bytes(path, max_bytes))
        return to_article(text, relative, today=today or date.today())
    except FrontMatterError as error:
        raise UnreadableArticleError(article_id, f"{path}, line {error.line}: {error}") from None
    except (UndecodableError, NoArticleError, _FileError) as error:
        message = str(error).replace("FILE", str(path))
        raise UnreadableArticleError(article_id, f"{path} {message}") from None


def to_article(text: str, path: str, *, today: date) -> Article:
    """Make an article of the text of a file at ``path`` (relative to the corpus folder, with its ending).

    What the front matter of a text or the markup of a page says goes before what the text's form says.
    Raises FrontMatterError, UndecodableError when there is no text, NoArticleError for a page without one.
    """
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    suffix = PurePosixPath(path).suffix
    said, text = _said(text, suffix.lower(), today)
    if not text.strip():
        raise UndecodableError("holds no text; add the article or remove the file")
    layout = read_layout(text, today, said.title)
    named = _day_of_name(path, today) if said.published is None and layout.published is None else None
    return Article(
        id=path.removesuffix(suffix),
        title=layout.title,
        text=text,
        source=said.source or layout.source,
        published=said.published or layout.published or named,
        url=said.url,
        language=said.language or layout.language,
        path=path,
        body=layout.body,
        published_inferred=bool(named) or (layout.published_inferred and said.published is None),
        not_before=None if said.published or named else layout.not_before,
        set_aside=layout.set_aside,
    )


def _day_of_name(path: str, today: date) -> date | None:
    """Return the day at the head of a file's name, "2024-04-02-flood.txt", unless it is yet to come."""
    match = _NAMED_DAY.match(PurePosixPath(path).name)
    try:
        day = date.fromisoformat("-".join(match.groups())) if match else None
    except ValueError:
        return None
    return day if day and day <= today else None


def _said(text: str, suffix: str, today: date) -> tuple[FrontMatter | Page, str]:
    """Return what a file says about its article, and the article's text."""
    if suffix in (*_PAGES, *_ARCHIVES) or is_page(text):
        page = read_page(text, today)
        return page, page.text
    matter = read_front_matter(text) if suffix == ".md" else front_matter_if_any(text)
    return matter, text[matter.length :]


def read_beir_articles(folder: Path) -> tuple[Article, ...]:
    """Read the ``corpus.jsonl`` of a BEIR folder, in the order of the file.

    The text of each document is kept as it is and is all body, a span for each line; its id is ``_id`` and
    its title may be empty. Raises CorpusError, naming file and line, when the file is missing or a line is
    broken, repeats an id or has no text.
    """
    path = folder / "corpus.jsonl"
    try:
        lines = path.read_text(encoding="utf-8-sig").split("\n")
    except UnicodeDecodeError:
        raise CorpusError(f"{path} is not UTF-8 text; save it as UTF-8") from None
    except OSError as error:
        raise CorpusError(f"{path} cannot be read ({error.strerror}); give a BEIR folder") from None
    articles: dict[str, Article] = {}
    for number, line in enumerate(lines, start=1):
        if line.strip():
            article = _beir_article(line, f"{path}, line {number}")
            if article.id in articles:
                raise CorpusError(f"{path}, line {number}: _id {article.id!r} was given before; rename one")
            articles[article.id] = article
    if not articles:
        raise CorpusError(f"{path} holds no document; give a BEIR folder")
    return tuple(articles.values())


def _beir_article(line: str, place: str) -> Article:
    try:
        record: Any = json.loads(line)
    except ValueError as error:
        raise CorpusError(f"{place}: not JSON ({error}); mend the line or remove it") from None
    match record:
        case {"_id": str() | int() as id_, "text": str(text)}:
            title = record.get("title") or ""
            return Article(id=str(id_), title=str(title), text=text, body=_line_spans(text))
    raise CorpusError(f'{place}: needs "_id" and "text"; mend the line or remove it')


def _line_spans(text: str) -> tuple[Span, ...]:
    spans = []
    start = 0
    for line in text.split("\n"):
        inner = line.strip()
        if inner:
            begin = start + line.index(inner)
            spans.append((begin, begin + len(inner)))
        start += len(line) + 1
    return tuple(spans)


def _decoder(path: Path) -> Callable[[bytes], str]:
    suffix = path.suffix.lower()
    return decode_archive if suffix in _ARCHIVES else decode_page if suffix in _PAGES else decode


class _FileError(Exception):
    """The file cannot be opened or is too large."""


def _bytes(path: Path, max_bytes: int) -> bytes:
    try:
        if not path.is_file():
            raise _FileError("is no ordinary file; remove it or put the article in its place")
        with path.open("rb") as handle:
            data = handle.read(max_bytes + 1)
            size = os.fstat(handle.fileno()).st_size
    except OSError as error:
        raise _FileError(f"cannot be read ({error.strerror}); check its permissions") from None
    if len(data) > max_bytes:
        limit = f"{max_bytes / 1e6:g} MB"
        raise _FileError(
            f"has {size / 1e6:.1f} MB and the limit is {limit}; split it into one file an article"
        )
    return data


def _listed(folder: Path) -> tuple[list[Path], tuple[str, ...]]:
    """Return the article files below a folder, sorted, and the other files."""
    if not folder.is_dir():
        what = "is not a folder" if folder.exists() else "does not exist"
        raise CorpusError(f"the folder of articles {folder} {what}; give a folder with {KINDS}")
    files = sorted(_walk(folder))
    articles = [f for f in files if _is_article(f)]
    if not articles:
        raise CorpusError(f"there is no article in {folder}; put {KINDS} there")
    return articles, tuple(_printable(_posix(f.relative_to(folder))) for f in files if not _is_article(f))


def _is_article(path: Path) -> bool:
    return path.suffix.lower() in SUFFIXES


def _walk(folder: Path) -> Iterator[Path]:
    def refuse(error: OSError) -> None:
        raise CorpusError(f"{error.filename} cannot be listed ({error.strerror}); check its permissions")

    for place, folders, names in os.walk(folder, onerror=refuse):
        yield from (Path(place) / name for name in folders if (Path(place) / name).is_symlink())
        folders[:] = [f for f in folders if not f.startswith(".") and not _belongs_to_a_page(f, names)]
        for name in names:
            if not name.startswith(".") and name.lower() != "readme.md":
                yield Path(place) / name


def _belongs_to_a_page(folder: str, names: Iterable[str]) -> bool:
    """Whether a folder holds the pictures and frames of a page that a browser has saved beside it."""
    page = folder.removesuffix("_files")
    return page != folder and any(f"{page}{suffix}" in names for suffix in _PAGES)


def _printable(name: str) -> str:
    """Return a name as it can be printed: bytes that are no UTF-8 are replaced."""
    return os.fsencode(name).decode(errors="replace")


def _posix(path: Path) -> str:
    """Return a path with forward slashes and composed letters, the same on every system."""
    return unicodedata.normalize("NFC", path.as_posix())
