from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from rag import generation, passages
from rag.build import build, build_articles
from rag.errors import BrokenIndexError, CorpusError
from rag.index import Index, doctor
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
    monkeypatch.setattr(passages, "split", lambda article: split(article, 5))
    built = build(corpus, tmp_path / "i", encoder)
    assert not built.unchanged
    assert built.manifest.passages == 3


def test_of_two_files_with_one_id_the_first_is_kept_and_nothing_else(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    (corpus / "a.md").write_text("Quite another story of the library and its mayor.\n")
    built = build(corpus, tmp_path / "i", encoder)
    assert [str(p).endswith("has the same id as a.md; rename one of them") for p in built.problems] == [True]
    index = Index.open(tmp_path / "i", encoder)
    assert index.articles["a"].path == "a.md"
    assert [p.id for p in index.parts.passages] == ["a#0", "b#0"]
    assert (built.kept, doctor(tmp_path / "i")) == ((), [])


def test_an_index_with_two_passages_of_one_id_is_refused(tmp_path: Path, encoder: WordEncoder) -> None:
    twice = [article("a", "The old ferry."), article("a", "The new ferry.")]
    with pytest.raises(BrokenIndexError, match="two passages of the index have the same id"):
        build_articles(twice, tmp_path / "i", encoder)
    assert not (tmp_path / "i" / "CURRENT").exists()


def test_force_keeps_what_cannot_be_read_any_more(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    build(corpus, tmp_path / "i", encoder)
    (corpus / "a.txt").write_bytes(b"\xff\xfe\x00broken\x81")
    built = build(corpus, tmp_path / "i", encoder, force=True)
    assert built.kept == ("a",)
    assert list(Index.open(tmp_path / "i", encoder).articles) == ["a", "b"]


class Stopped(WordEncoder):
    """Is stopped at its third batch."""

    def encode(self, texts):  # type: ignore[no-untyped-def]
        if len(self.encoded) >= 2:
            raise KeyboardInterrupt
        return super().encode(texts)


def test_a_build_that_was_stopped_goes_on_where_it_was(
    corpus: Path, tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.build.BATCH", 1)
    stopped = Stopped()
    with pytest.raises(KeyboardInterrupt):
        build(corpus, tmp_path / "i", stopped)
    built = build(corpus, tmp_path / "i", encoder)
    assert (len(stopped.encoded), built.embedded, built.reused) == (2, 2, 2)
    assert sorted(stopped.encoded + encoder.encoded) == sorted(set(stopped.encoded + encoder.encoded))
    assert doctor(tmp_path / "i", encoder) == []
    assert sorted(p.name for p in (tmp_path / "i").iterdir()) == [".lock", "CURRENT", "generations"]


@pytest.mark.parametrize("moment", [1, 5, 9, 12])
def test_kill_while_all_is_made_anew_leaves_a_sound_index(
    tmp_path: Path, encoder: WordEncoder, moment: int
) -> None:
    folder = tmp_path / "i"
    build_articles(ARTICLES, folder, encoder)
    script = KILLED.format(root=str(Path(__file__).parents[1]), moment=moment, folder=str(folder))
    done = subprocess.run([sys.executable, "-c", script], env=os.environ, check=False, capture_output=True)
    assert done.returncode == -signal.SIGKILL, done.stderr.decode()
    assert [a.id for a in ARTICLES] == list(Index.open(folder, encoder).articles)
    build_articles(ARTICLES, folder, encoder, old=Index.open(folder, encoder).parts)
    assert doctor(folder, encoder) == []


def test_the_same_articles_made_anew_are_up_to_date_afterwards(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    for _ in range(2):
        assert not build(corpus, tmp_path / "i", encoder, force=True).unchanged
        assert build(corpus, tmp_path / "i", encoder).unchanged


def test_reading_is_told_and_what_was_passed_over(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    (corpus / "c.pdf").write_bytes(b"%PDF")
    (tmp_path / "elsewhere").mkdir()
    (corpus / "link").symlink_to(tmp_path / "elsewhere")
    seen: list[tuple[str, int, int]] = []
    built = build(corpus, tmp_path / "i", encoder, report=lambda *x: seen.append(x))
    assert seen[:2] == [("reading articles", 1, 2), ("reading articles", 2, 2)]
    assert built.ignored == ("c.pdf", "link")


def test_a_file_whose_name_is_no_text_is_named(corpus: Path, tmp_path: Path, encoder: WordEncoder) -> None:
    Path(os.fsdecode(os.fsencode(corpus) + b"/caf\xe9.txt")).write_text("It closed.\n")
    built = build(corpus, tmp_path / "i", encoder)
    assert [str(p) for p in built.problems] == [
        f"{corpus}/caf\ufffd.txt has a name that is not UTF-8; rename it"
    ]
    assert built.manifest.articles == 2


def test_a_generation_that_goes_while_it_is_checked_is_a_fault_and_no_crash(
    tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_articles(ARTICLES, tmp_path / "i", encoder)
    place = generation.current(tmp_path / "i")
    manifest = generation.read_manifest(place)
    monkeypatch.setattr(Path, "is_file", lambda path: True)
    (place / "articles.jsonl").unlink()
    assert generation.file_faults(place, manifest) == [f"{place / 'articles.jsonl'} is missing"]


def test_a_manifest_without_its_files_is_damaged(tmp_path: Path, encoder: WordEncoder) -> None:
    build_articles(ARTICLES, tmp_path / "i", encoder)
    path = generation.current(tmp_path / "i") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"files": []}))
    with pytest.raises(BrokenIndexError, match="cannot be read"):
        Index.open(tmp_path / "i", encoder)


def test_an_index_that_is_up_to_date_keeps_no_unfinished_vectors(
    corpus: Path, tmp_path: Path, encoder: WordEncoder
) -> None:
    build(corpus, tmp_path / "i", encoder)
    left = generation.unfinished(tmp_path / "i")
    left.write_bytes(b"words 9\n")
    assert build(corpus, tmp_path / "i", encoder).unchanged
    assert not left.exists()
