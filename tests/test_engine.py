"""The engine behind the page: articles that are added while it runs. No real weights."""

from __future__ import annotations

from pathlib import Path

import pytest

from rag.build import build
from rag.engine import Engine
from rag.errors import CorpusError
from tests.conftest import WordEncoder
from tests.test_corpus_html import PAGE

FERRY = "The ferry carried about 600 passengers a day in the summer, the harbour master said on Friday."


@pytest.fixture
def engine(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Engine:
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "ferry.txt").write_text(FERRY, encoding="utf-8")
    encoder = WordEncoder()
    monkeypatch.setattr("rag.engine.encoder_of", lambda manifest: encoder)
    build(tmp_path / "corpus", tmp_path / "index", encoder)
    return Engine(tmp_path / "index", tmp_path / "corpus", None)


def test_texts_and_web_pages_are_added_and_found(engine: Engine, tmp_path: Path) -> None:
    said = list(
        engine.add([("crane.HTML", PAGE.encode()), ("../rice.txt", b"Rice costs more, a mayor said.")])
    )
    assert said == [
        (0.15, "crane.HTML read"),
        (0.3, "../rice.txt read"),
        (0.5, "Embedding the new passages"),
        (1.0, "Added 2 of 2. The index now holds 3 articles."),
    ]
    assert [a.id for a in engine.articles()] == ["crane", "ferry", "rice"]
    assert engine.sources() == ["The Halvik Post"]
    assert engine.search("Who said that rice costs more?")[0].article.id == "rice"
    assert (tmp_path / "corpus" / "rice.txt").is_file()
    assert not (tmp_path / "rice.txt").exists()


def test_a_file_that_cannot_be_added_is_named_and_the_others_are(engine: Engine) -> None:
    page, ferry = PAGE.encode(), FERRY.encode()
    files = [("a.pdf", b"%PDF"), ("ferry.html", page), ("b.html", b"<html></html>"), ("b.txt", ferry)]
    files += [("b.md", ferry)]
    assert [line for _, line in engine.add(files)] == [
        "a.pdf refused: only .txt, .md, .html or .mhtml files are articles",
        "ferry.html refused: an article of this name is there already; rename the file to add it beside",
        "b.html refused: holds no article that can be made out; save its text as a .txt file",
        "b.txt read",
        "b.md refused: an article of this name is there already; rename the file to add it beside",
        "Embedding the new passages",
        "Added 1 of 5. The index now holds 2 articles.",
    ]


def test_when_nothing_can_be_added_all_is_as_it_was(engine: Engine, tmp_path: Path) -> None:
    steps = engine.add([("a.pdf", b"%PDF")])
    assert next(steps) == (0.3, "a.pdf refused: only .txt, .md, .html or .mhtml files are articles")
    with pytest.raises(CorpusError, match="no file could be added; the index is as it was"):
        next(steps)
    assert [path.name for path in (tmp_path / "corpus").iterdir()] == ["ferry.txt"]


@pytest.mark.parametrize("name", ["README.md", "readme.txt", "x" * 250 + ".txt"])
def test_a_name_that_no_article_can_have_is_refused(engine: Engine, name: str) -> None:
    said = next(engine.add([(name, FERRY.encode())]))[1]
    assert said == f"{name} refused: no article can have this name; rename the file"


def test_a_search_reads_a_question_as_it_was_typed(engine: Engine) -> None:
    assert engine.search("articles from 1999 about the ferry, thanks!") == ()
    assert [hit.article.id for hit in engine.search("Hi! Could you tell me about the ferry?")] == ["ferry"]
