from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag import generation, passages
from rag.build import build, build_articles
from rag.errors import BrokenIndexError, CorpusError
from rag.index import Index
from tests.conftest import ARTICLES, WordEncoder, article


@pytest.fixture
def corpus(tmp_path: Path) -> Path:
    folder = tmp_path / "corpus"
    folder.mkdir()
    (folder / "a.txt").write_text("The ferry carried 900 passengers. It was full.\n")
    (folder / "b.txt").write_text("The mayor opened the bridge on Monday morning.\n")
    return folder


def test_a_second_build_embeds_nothing(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    first = build(corpus, tmp_path / "i", encoder)
    encoder.encoded.clear()
    second = build(corpus, tmp_path / "i", encoder)
    assert (first.unchanged, second.unchanged, second.embedded, encoder.encoded) == (False, True, 0, [])


def test_only_the_changed_article_is_embedded_again(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    encoder.encoded.clear()
    (corpus / "b.txt").write_text("The bridge is closed for repairs this week.\n")
    built = build(corpus, tmp_path / "i", encoder)
    assert built.embedded == 1
    assert all("closed for repairs" in text for text in encoder.encoded)


def test_a_deleted_article_is_gone(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    build(corpus, tmp_path / "i", encoder)
    (corpus / "a.txt").unlink()
    build(corpus, tmp_path / "i", encoder)
    assert list(Index.open(tmp_path / "i", encoder).articles) == ["b"]


def test_force_embeds_everything(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    first = build(corpus, tmp_path / "i", encoder)
    again = build(corpus, tmp_path / "i", encoder, force=True)
    assert again.embedded == first.embedded > 0


def test_a_file_that_went_bad_keeps_its_last_good_reading(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    (corpus / "a.txt").write_bytes(b"\xff\xfe\x00broken\x81")
    built = build(corpus, tmp_path / "i", encoder)
    assert len(built.problems) == 1
    assert "a.txt" in str(built.problems[0])
    assert list(Index.open(tmp_path / "i", encoder).articles) == ["a", "b"]


def test_without_a_readable_article_the_old_index_stays(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(CorpusError, match="empty"):
        build(empty, tmp_path / "i", encoder)
    assert len(Index.open(tmp_path / "i", encoder).articles) == 2


def test_a_failed_write_leaves_the_old_generation(
    corpus: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus, tmp_path / "i", encoder)
    before = generation.current(tmp_path / "i")
    (corpus / "b.txt").write_text("The bridge is closed.\n")

    def full(path: Path) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(generation, "_flush", full)
    with pytest.raises(BrokenIndexError, match="free some disk space"):
        build(corpus, tmp_path / "i", encoder)
    assert generation.current(tmp_path / "i") == before
    assert len(Index.open(tmp_path / "i", encoder).articles) == 2


KILLED = """
import os, signal, sys
from pathlib import Path
sys.path.insert(0, {root!r})
from rag import generation, passages
from rag.build import build_articles
from tests.conftest import ARTICLES, WordEncoder
count = 0
def die(*_):
    global count
    count += 1
    if count == {moment}:
        os.kill(os.getpid(), signal.SIGKILL)
flush, replace = generation._flush, Path.replace
generation._flush = lambda path: (die(), flush(path))[1]
Path.replace = lambda self, target: (die(), replace(self, target), die())[1]
build_articles(ARTICLES, Path({folder!r}), WordEncoder())
"""


@pytest.mark.parametrize("moment", [1, 3, 8, 9, 10, 11, 12, 13])
def test_kill_at_any_moment_leaves_a_sound_index(tmp_path: Path, encoder: WordEncoder, moment: int) -> None:
    folder = tmp_path / "i"
    build_articles([article("old", "The old ferry.")], folder, encoder)
    script = KILLED.format(root=str(Path(__file__).parents[1]), moment=moment, folder=str(folder))
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    answering = list(Index.open(folder, encoder).articles)
    assert answering in (["old"], [a.id for a in ARTICLES])
    build_articles(ARTICLES, folder, encoder)
    assert len(Index.open(folder, encoder).articles) == len(ARTICLES)
    assert len(list((folder / "generations").iterdir())) == 1


def test_two_builds_do_not_clash(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    class Nested(WordEncoder):
        def encode(self, texts):  # type: ignore[no-untyped-def]
            with pytest.raises(BrokenIndexError, match="another build is writing"):
                build(corpus, tmp_path / "i", WordEncoder())
            return super().encode(texts)

    build(corpus, tmp_path / "i", Nested())
    assert len(Index.open(tmp_path / "i", encoder).articles) == 2


def test_progress_counts_up_to_the_total(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    seen: list[tuple[str, int, int]] = []
    build(corpus, tmp_path / "i", encoder, report=lambda *x: seen.append(x))
    embedded = [(done, total) for label, done, total in seen if label == "embedding passages"]
    assert embedded[-1][0] == embedded[-1][1] == 4


def test_articles_that_are_cut_in_other_places_make_another_generation(
    corpus: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build(corpus, tmp_path / "i", encoder)
    split = passages.split
    monkeypatch.setattr(passages, "split", lambda article: split(article, 3))
    built = build(corpus, tmp_path / "i", encoder)
    assert not built.unchanged
    assert built.manifest.passages == 3
