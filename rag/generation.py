"""One generation of an index on disk: written whole, proved by its manifest, swapped in by one rename.

The only module that knows the file names inside an index folder:

    CURRENT                     the name of the generation that answers; replaced by one atomic rename
    generations/NAME/           manifest.json (written last), articles.jsonl, passages.jsonl,
                                vectors.faiss, bm25/
    vectors.unfinished          what a build has embedded so far, see rag/unfinished.py
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from datetime import date
from pathlib import Path
from typing import Any

from rag.errors import BrokenIndexError
from rag.lexical import Lexical
from rag.ranking import Parts, units
from rag.types import Article, Encoder, Passage, SetAside
from rag.vectors import Vectors

SCHEMA = 1
REBUILD = "rebuild the index: `rag index --corpus DIR --index DIR --force`"
CURRENT, GENERATIONS, MANIFEST = "CURRENT", "generations", "manifest.json"
UNFINISHED, AGAIN = "vectors.unfinished", "-again"
ARTICLES, PASSAGES, VECTORS, BM25 = "articles.jsonl", "passages.jsonl", "vectors.faiss", "bm25"


@dataclass(frozen=True, slots=True)
class Manifest:
    """What an index is made of; ``files`` maps each file's name to its sha256."""

    schema: int
    encoder: str
    dimension: int
    settings: Mapping[str, int]
    articles: int
    passages: int
    files: Mapping[str, str]

    @property
    def fingerprint(self) -> str:
        """What tells this generation's content from any other's."""
        return hashlib.sha256(json.dumps(dict(self.files), sort_keys=True).encode()).hexdigest()[:12]


def current(folder: Path) -> Path:
    """Return the folder of the generation that answers; BrokenIndexError when there is none."""
    try:
        name = (folder / CURRENT).read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError):
        raise BrokenIndexError(
            f"there is no index in {folder}: build one with `rag index --corpus DIR --index {folder}`"
        ) from None
    return folder / GENERATIONS / Path(name).name


def holds(folder: Path, name: str) -> bool:
    """Whether what is called ``name`` by its content is what answers now."""
    return current(folder).name.removesuffix(AGAIN) == name


def fresh_name(folder: Path, name: str) -> str:
    """Return a name for a generation that is not the current one's, whose files are never touched."""
    try:
        return name + AGAIN if current(folder).name == name else name
    except BrokenIndexError:
        return name


def unfinished(folder: Path) -> Path:
    """Return the file of an index folder for vectors that no generation holds yet."""
    return folder / UNFINISHED


def read_manifest(generation: Path) -> Manifest:
    """Read a generation's manifest; BrokenIndexError when it is missing, damaged or of another schema."""
    path = generation / MANIFEST
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        schema = data["schema"]
        if schema != SCHEMA:
            raise BrokenIndexError(f"{path} has schema {schema}, this version reads {SCHEMA}: {REBUILD}")
        if not isinstance(data["files"], dict):
            raise TypeError("its files are no table")
        return Manifest(**data)
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise BrokenIndexError(f"{path} cannot be read ({type(error).__name__}): {REBUILD}") from None


def verify_files(generation: Path, manifest: Manifest) -> None:
    """Check the sha256 of every file; BrokenIndexError names the first that is missing or damaged."""
    faults = file_faults(generation, manifest)
    if faults:
        raise BrokenIndexError(f"{faults[0]}: {REBUILD}")


def file_faults(generation: Path, manifest: Manifest) -> list[str]:
    """Return one line for each file that is missing or whose bytes are not those that were written."""
    faults = []
    for name, wanted in sorted(manifest.files.items()):
        path = generation / name
        try:
            if sha256(path) != wanted:
                faults.append(f"{path} is damaged (its sha256 is not the manifest's)")
        except FileNotFoundError:  # asking first would not help: another build may retire it in between
            faults.append(f"{path} is missing")
        except OSError as error:
            faults.append(f"{path} cannot be read ({error.strerror})")
    return faults


def check_counts(parts: Parts, manifest: Manifest) -> None:
    """Raise BrokenIndexError unless passages, vectors and BM25 rows are as many as the manifest says, and no
    two passages have the same id.
    """
    counts = {len(parts.passages), len(parts.lexical), manifest.passages}
    wanted = len(units(parts.passages))
    if len(counts) != 1 or len(parts.articles) != manifest.articles or len(parts.vectors) != wanted:
        raise BrokenIndexError(
            f"the index holds {len(parts.articles)} articles, {len(parts.passages)} passages, "
            f"{len(parts.vectors)} vectors and {len(parts.lexical)} BM25 rows, not what its manifest says: "
            f"{REBUILD}"
        )
    if len({passage.id for passage in parts.passages}) != len(parts.passages):
        raise BrokenIndexError(f"two passages of the index have the same id: {REBUILD}")


def read_parts(generation: Path) -> Parts:
    """Read everything of a generation; BrokenIndexError when it cannot be read."""
    try:
        articles = [_article(row) for row in _json_lines(generation / ARTICLES)]
        passages = [_passage(row) for row in _json_lines(generation / PASSAGES)]
        vectors = Vectors.load(generation / VECTORS)
        lexical = Lexical.load(generation / BM25, len(passages))
    except (OSError, ValueError, KeyError, TypeError, RuntimeError) as error:
        raise BrokenIndexError(f"{generation} cannot be read ({type(error).__name__}): {REBUILD}") from None
    return Parts({a.id: a for a in articles}, passages, vectors, lexical)


def write_generation(
    folder: Path,
    name: str,
    parts: Parts,
    encoder: Encoder,
    settings: Mapping[str, int],
    written: Callable[[str], None] = lambda _: None,
) -> Manifest:
    """Write a generation whole, manifest last, verify it by reading it back, then make it the current one.

    ``written`` is told the name of each file as it is finished. Whatever fails or is killed on the way
    leaves the old generation answering; what was half written goes with the next build.
    """
    generation = folder / GENERATIONS / name
    shutil.rmtree(generation, ignore_errors=True)
    (generation / BM25).mkdir(parents=True)
    _write_lines(generation / ARTICLES, map(_article_row, parts.articles.values()))
    _write_lines(generation / PASSAGES, map(asdict, parts.passages))
    parts.vectors.save(generation / VECTORS)
    parts.lexical.save(generation / BM25)
    files = {}
    for path in sorted(p for p in generation.rglob("*") if p.is_file()):
        _flush(path)
        files[path.relative_to(generation).as_posix()] = sha256(path)
        written(path.name)
    manifest = Manifest(
        SCHEMA,
        encoder.name,
        encoder.dimension,
        dict(settings),
        len(parts.articles),
        len(parts.passages),
        files,
    )
    _replace_text(generation / MANIFEST, json.dumps(asdict(manifest), indent=1))
    check_counts(read_parts(generation), read_manifest(generation))
    _replace_text(folder / CURRENT, name + "\n")
    return manifest


def retire_generations(folder: Path, keep: str) -> None:
    """Delete every generation but one."""
    for old in (folder / GENERATIONS).iterdir():
        if old.name != keep:
            shutil.rmtree(old, ignore_errors=True)


def sha256(path: Path) -> str:
    """Return the hexadecimal sha256 of a file."""
    with path.open("rb") as handle:
        return hashlib.file_digest(handle, "sha256").hexdigest()


def _replace_text(path: Path, text: str) -> None:
    partial = path.with_name(path.name + ".partial")
    partial.write_text(text, encoding="utf-8")
    _flush(partial)
    partial.replace(path)


def _flush(path: Path) -> None:
    with path.open("rb") as handle:
        os.fsync(handle.fileno())


def _write_lines(path: Path, rows: Iterable[dict[str, Any]]) -> None:
    with path.open("w", encoding="utf-8") as handle:
        handle.writelines(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _json_lines(path: Path) -> list[dict[str, Any]]:
    with path.open(encoding="utf-8") as handle:
        return [json.loads(line) for line in handle]


def _article_row(article: Article) -> dict[str, Any]:
    row = asdict(article)
    for key in ("published", "not_before"):
        row[key] = row[key].isoformat() if row[key] else None
    return row


def _article(row: dict[str, Any]) -> Article:
    return Article(
        **row
        | {key: date.fromisoformat(row[key]) if row[key] else None for key in ("published", "not_before")}
        | {"body": _spans(row["body"]), "set_aside": tuple(SetAside(**s) for s in row["set_aside"])}
    )


def _passage(row: dict[str, Any]) -> Passage:
    return Passage(**row | {"sentences": _spans(row["sentences"])})


def _spans(rows: Sequence[Sequence[int]]) -> tuple[tuple[int, int], ...]:
    return tuple((start, end) for start, end in rows)
