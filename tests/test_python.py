"""What Python programs call."""

from __future__ import annotations

import weakref
from collections.abc import Generator, Sequence
from concurrent.futures import ThreadPoolExecutor
from datetime import date
from pathlib import Path
from threading import Event

import pytest

from rag import Index, ask, python, retrieve
from rag.build import build_articles
from rag.engine import Engine
from rag.errors import ModelError, UsageError
from rag.search import open_index
from rag.types import ChatModel, Hit, Span
from tests.conftest import ARTICLES, ScriptedModel, WordEncoder, WordReader


class Skimmer(ScriptedModel):
    """Turns to what holds a word, where it is one that can skim."""

    def __init__(self, word: str) -> None:
        super().__init__("")
        self.word, self.skimmed = word, 0

    def attend(
        self, messages: Sequence[tuple[str, str]], spans: Sequence[Span], question: Span
    ) -> Generator[None, None, list[float]]:
        yield
        self.skimmed += 1
        text = messages[-1][1]
        return [100.0 * (self.word in text[a:b]) for a, b in spans] if self.word else []


@pytest.fixture(autouse=True)
def _nothing_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(python, "_NAMED", python._Named())


def ids(question: str, index: Index, skim: ChatModel | str | None = None, k: int = 9) -> list[str]:
    return [hit.article.id for hit in retrieve(question, k, index=index, skim=skim)]


def test_passages_are_found_without_a_generator(index: Index) -> None:
    found = retrieve("How many passengers has the ferry?", 2, index=index, published_from=date(2024, 1, 1))
    assert [(hit.rank, hit.article.id) for hit in found] == [(1, "ferry-new")]


def test_a_model_that_skims_lifts_what_the_question_turns_to(index: Index) -> None:
    plain = ids("Is the ferry dear?", index)
    assert plain[0] != "rice"
    assert set(plain) == {"bridge", "ferry-new", "ferry-old", "rice"}
    skimmed = ids("Is the ferry dear?", index, Skimmer("tax"))
    assert skimmed[0] == "rice"
    assert sorted(skimmed) == sorted(plain)
    assert ids("Is the ferry dear?", index, Skimmer("tax"), k=1) == ["rice"]


def test_no_score_rises_and_ranks_are_counted(index: Index) -> None:
    found = retrieve("Is the ferry dear?", 9, index=index, skim=Skimmer("tax"))
    assert [hit.rank for hit in found] == [1, 2, 3, 4]
    assert sorted((hit.score for hit in found), reverse=True) == [hit.score for hit in found]


def test_a_model_that_cannot_skim_changes_nothing(index: Index) -> None:
    assert ids("Is the ferry dear?", index, Skimmer("")) == ids("Is the ferry dear?", index)


def test_passages_are_read_once_however_they_are_ordered(index: Index, encoder: WordEncoder) -> None:
    for model in (Skimmer("tax"), Skimmer("")):
        reader = WordReader("Mondays")
        ids("Is the ferry dear?", Index(index.parts, index.manifest, encoder, reader), model)
        assert reader.asked == ["Is the ferry dear?"]


def test_a_model_that_cannot_skim_leaves_what_was_read_in_its_order(
    index: Index, encoder: WordEncoder
) -> None:
    read = Index(index.parts, index.manifest, encoder, WordReader("tax"))
    plain = retrieve("Is the ferry dear?", 9, index=read)
    assert retrieve("Is the ferry dear?", 9, index=read, skim=Skimmer("")) == plain


def test_nothing_is_skimmed_where_passages_are_trusted(index: Index, encoder: WordEncoder) -> None:
    class Sure(WordReader):
        """Trusts every passage that it is shown."""

        def read(self, question, passages):  # type: ignore[no-untyped-def]
            return [type(r)(9.0, r.sentences) for r in super().read(question, passages)]

    trusted, model = Index(index.parts, index.manifest, encoder, Sure("ferry")), Skimmer("tax")
    assert ids("Is the ferry dear?", trusted, model)[0] != "rice"
    assert model.skimmed == 0


def test_a_question_that_cannot_be_used_is_refused_as_without_a_model(index: Index) -> None:
    with pytest.raises(UsageError, match="has no word"):
        retrieve("?!", index=index, skim=Skimmer("tax"))


def test_models_and_indexes_are_taken_by_name(
    index: Index, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = {"skimmer": Skimmer("tax"), "none": None}
    monkeypatch.setattr(python, "load_model", loaded.__getitem__)
    monkeypatch.setattr(python, "open_index", {tmp_path: index}.__getitem__)
    assert retrieve("Is the ferry dear?", 1, index=tmp_path, skim="skimmer")[0].article.id == "rice"
    assert ask("Is the ferry dear?", index=str(tmp_path), model="none").model == "none"


def test_a_named_model_is_loaded_once_until_another_is_named(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded: list[str] = []

    def load(name: str) -> ChatModel:
        loaded.append(name)
        return Skimmer("tax")

    monkeypatch.setattr(python, "load_model", load)
    for name in ("one", "one", "other"):
        ask("Is the ferry dear?", index=index, model=name)
        retrieve("Is the ferry dear?", index=index, skim=name)
    assert loaded == ["one", "other"]


def test_the_last_model_is_gone_before_another_is_loaded(monkeypatch: pytest.MonkeyPatch) -> None:
    kept: list[weakref.ref[ScriptedModel]] = []

    def load(_name: str) -> ChatModel:
        assert [model() for model in kept] == [None] * len(kept)
        model = ScriptedModel("")
        kept.append(weakref.ref(model))
        return model

    monkeypatch.setattr(python, "load_model", load)
    for name in ("one", "other"):
        assert python._loaded(name) is kept[-1]()
    assert len(kept) == 2


def test_who_asks_while_a_model_is_loaded_gets_that_one(monkeypatch: pytest.MonkeyPatch) -> None:
    loading, go = Event(), Event()
    loaded: list[str] = []

    def load(name: str) -> ChatModel:
        loaded.append(name)
        loading.set()
        assert go.wait(10)
        return ScriptedModel("")

    monkeypatch.setattr(python, "load_model", load)
    with ThreadPoolExecutor(2) as pool:
        first = pool.submit(python._loaded, "one")
        assert loading.wait(10)
        second = pool.submit(python._loaded, "one")
        go.set()
        assert first.result(10) is second.result(10)
    assert loaded == ["one"]


def test_what_could_not_be_loaded_is_not_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(name: str) -> ChatModel:
        raise ModelError(f"{name} is not here")

    monkeypatch.setattr(python, "load_model", load)
    for _ in range(2):
        with pytest.raises(ModelError, match="one is not here"):
            python._loaded("one")


@pytest.mark.models
def test_skimming_finds_what_a_question_says_in_other_words(real_engine: Engine) -> None:
    question = (
        "In the view of Hanoi's chief diplomat, what has to grow first now that the relationship is closer?"
    )
    index, model = real_engine._index, real_engine._model
    assert model is not None

    def place(found: Sequence[Hit]) -> int:
        return next(hit.rank for hit in found if "Greater political trust" in hit.passage.text)

    assert place(retrieve(question, 20, index=index, skim=model)) == 1
    assert place(retrieve(question, 20, index=index)) > 1


def test_an_index_folder_is_opened_once_however_many_ask(
    tmp_path: Path, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    build_articles(ARTICLES, tmp_path / "one" / "index", encoder)
    build_articles(ARTICLES[:1], tmp_path / "two" / "index", encoder)
    opened: list[Path] = []
    whole = Index.open

    def counted(folder: Path) -> Index:
        opened.append(folder)
        return whole(folder, encoder)

    monkeypatch.setattr(Index, "open", counted)
    monkeypatch.chdir(tmp_path / "one")
    with ThreadPoolExecutor(8) as threads:
        found = list(threads.map(lambda _: open_index(Path("index")), range(16)))
    assert len(opened) == len({id(index) for index in found}) == 1
    monkeypatch.chdir(tmp_path / "two")
    assert len(open_index(Path("index")).articles) == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"published_from": "2023-01-01"}, "published_from is '2023-01-01': give a datetime.date"),
        ({"published_to": 2023}, "published_to is 2023: give a datetime.date"),
        ({"source": ""}, "no article has the source ''"),
        ({"k": 2.5}, "k is 2.5: ask for at least 1 passage"),
        ({"history": ["And then?"]}, r"turn 1 of the history is 'And then\?': give \(role, text\)"),
        ({"history": [("user", "a"), ("system", "b")]}, r"turn 2 of the history is \('system', 'b'\)"),
    ],
)
def test_what_cannot_be_used_is_named(index: Index, wrong: dict[str, object], said: str) -> None:
    with pytest.raises(UsageError, match=said):
        retrieve("How many passengers?", **({"index": index} | wrong))  # type: ignore[arg-type]
    if "k" not in wrong:
        with pytest.raises(UsageError, match=said):
            ask("How many passengers?", **({"index": index, "model": "none"} | wrong))  # type: ignore[arg-type]


@pytest.mark.parametrize("question", ["caf\udce9 in Japan", None, 3])
def test_what_is_no_text_is_no_question(index: Index, question: str) -> None:
    with pytest.raises(UsageError, match="is not a text in UTF-8: type it anew"):
        retrieve(question, index=index)
