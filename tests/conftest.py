"""Fakes that can be computed in the head, and what every test needs."""

from __future__ import annotations

from collections.abc import Generator, Iterator, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import settings
from numpy.typing import NDArray

from rag import drafting, models
from rag.answer import load_model
from rag.build import build, build_articles
from rag.engine import Engine
from rag.grounding import Candidate
from rag.index import Index, load_encoder
from rag.passages import split
from rag.text import content_words
from rag.types import Article, GeneratorSession, Hit, Read, Span
from tests.fakes_models import EMBEDDER, GENERATOR, FakePython

pytest_plugins = ["tests.screenshots", "tests.page_visits"]

settings.register_profile("untimed", deadline=None)  # how long an example takes is the machine's affair
settings.load_profile("untimed")

SHARED = Path(__file__).resolve().parents[2] / "shared"
VOCABULARY = ("ferry", "harbour", "passengers", "bridge", "mayor", "museum", "rice", "tax")


class WordEncoder:
    """Counts the words of VOCABULARY in a text; one more dimension for texts with none. Unit length."""

    name = "words"
    dimension = len(VOCABULARY) + 1

    def __init__(self) -> None:
        self.encoded: list[str] = []

    def encode(self, texts: Sequence[str], /) -> NDArray[np.float32]:
        self.encoded += texts
        rows = np.zeros((len(texts), self.dimension), dtype=np.float32)
        for row, text in zip(rows, texts, strict=True):
            words = content_words(text)
            row[:-1] = [words.count(word) for word in VOCABULARY]
            row[-1] = 0.0 if row.any() else 1.0
            row /= np.linalg.norm(row)
        return rows


class WordReader:
    """Likes sentences that hold a word: 5 for them, else 0; relevance 1 for their passage, else -1."""

    def __init__(self, word: str) -> None:
        self.word = word
        self.asked: list[str] = []

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
        self.asked.append(question)
        return [
            Read(
                1.0 if self.word in text else -1.0,
                tuple(5.0 if self.word in text[a:b] else 0.0 for a, b in spans),
            )
            for text, spans in passages
        ]


class ScriptedModel:
    """Replies with what it is given, word by word, and says yes with a given margin."""

    name = "scripted"

    def __init__(self, reply: str, margin: float = 2.0) -> None:
        self.reply, self.margin = reply, margin
        self.prompts: list[list[tuple[str, str]]] = []
        self.open_sessions = 0

    @contextmanager
    def session(self) -> Iterator[GeneratorSession]:
        self.open_sessions += 1
        try:
            yield self
        finally:
            self.open_sessions -= 1

    def stream(
        self, messages: Sequence[tuple[str, str]], max_tokens: int
    ) -> Generator[str, None, tuple[float, ...]]:
        self.prompts.append(list(messages))
        words = self.reply.split()
        for n in range(1, len(words) + 1):
            yield " ".join(words[:n])
        return tuple(-0.1 for _ in words)

    def attend(
        self, messages: Sequence[tuple[str, str]], spans: Sequence[Span], question: Span
    ) -> Generator[None, None, list[float]]:
        """A model that cannot tell."""
        yield
        return []

    def choose(
        self, messages: Sequence[tuple[str, str]], choices: Sequence[str]
    ) -> Generator[None, None, tuple[float, ...]]:
        self.prompts.append(list(messages))
        yield
        half = len(choices) // 2
        return (self.margin,) * half + (0.0,) * (len(choices) - half)

    def state(self, messages: Sequence[tuple[str, str]]) -> Generator[None, None, NDArray[np.float32] | None]:
        """A model of which no layer is known."""
        yield from ()
        return None


class StatefulModel(ScriptedModel):
    """Comes to a state of two numbers."""

    def state(self, messages: Sequence[tuple[str, str]]) -> Generator[None, None, NDArray[np.float32] | None]:
        self.prompts.append(list(messages))
        yield
        return self.state_of(messages[-1][1])

    def state_of(self, prompt: str) -> NDArray[np.float32]:
        return np.asarray([0.5, -2.0], dtype=np.float32)


def vector(*values: float) -> NDArray[np.float32]:
    return np.asarray(values, dtype=np.float32)


def article(id_: str, *paragraphs: str, title: str = "", **more: object) -> Article:
    """An article whose body is the given paragraphs, one a line."""
    text, body = "", []
    for paragraph in paragraphs:
        body.append((len(text), len(text) + len(paragraph)))
        text += paragraph + "\n"
    return Article(id_, title, text, body=tuple(body), path=f"{id_}.txt", **more)  # type: ignore[arg-type]


def candidate(text: str, id_: str = "a", score: float = 0.0, **more: object) -> Candidate:
    """The only sentence of an article; ``more`` are the article's fields."""
    source = article(id_, text, **more)  # type: ignore[arg-type]
    (passage,) = split(source)
    return Candidate(Hit(passage, source, score, 1), 0, len(text), text)


ARTICLES = [
    article(
        "bridge", "The mayor opened the bridge on 3 May 2022. The bridge cost 40 million euros.",
        title="Bridge opens", published=date(2022, 5, 4), source="Northern Post",
    ),
    article(
        "ferry-new", "The ferry carried 900 passengers a day, the harbour office said.",
        "The harbour museum is closed on Mondays.",
        title="Ferry traffic grows", published=date(2024, 6, 1), source="Harbour Gazette",
    ),
    article(
        "ferry-old", "The ferry carried about 600 passengers a day, the harbour office said.",
        title="Ferry in numbers", published=date(2021, 6, 1), source="Harbour Gazette",
    ),
    article("rice", "Rice farmers want the tax on rice lowered by 5 per cent.", title="Farmers"),
]  # fmt: skip


@pytest.fixture(autouse=True)
def drafts_of_any_length(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Sentences that can be computed in the head are short: drafts are written from them all the same."""
    if request.node.get_closest_marker("models") is None:
        monkeypatch.setattr(drafting, "DRAFTED_FROM", 0)


@pytest.fixture
def encoder() -> WordEncoder:
    return WordEncoder()


@pytest.fixture
def index(tmp_path: Path, encoder: WordEncoder) -> Index:
    """The four articles, built and opened."""
    build_articles(ARTICLES, tmp_path / "index", encoder)
    return Index.open(tmp_path / "index", encoder)


@pytest.fixture
def python(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> FakePython:
    """Two tiny models, an empty home, no hub, and child processes that are under the test's control."""
    fake = FakePython()
    monkeypatch.setenv("RAG_HOME", str(tmp_path / "home"))
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setattr("rag.models_registry.registry", lambda: (GENERATOR, EMBEDDER))
    monkeypatch.setattr("rag.models.registry", lambda: (GENERATOR, EMBEDDER))
    monkeypatch.setattr("rag.models._run", fake)
    return fake


@pytest.fixture
def shared() -> Path:
    """Material that is not part of the project; tests that want it are skipped without it."""
    if not SHARED.is_dir():
        pytest.skip("there is no ../shared beside the project")
    return SHARED


@pytest.fixture(scope="session")
def real_engine(tmp_path_factory: pytest.TempPathFactory) -> Engine:
    """The articles of the project with the real encoder and the real default model."""
    if models.installed("qwen-1.5b") is None or models.installed("minilm") is None:
        pytest.skip("the default weights are not here: `rag models pull`")
    folder = tmp_path_factory.mktemp("real") / "index"
    corpus = Path(__file__).parents[1] / "corpus"
    build(corpus, folder, load_encoder("minilm"))
    return Engine(folder, corpus, load_model("qwen-1.5b"), corpus.parent / "eval" / "questions.jsonl")
