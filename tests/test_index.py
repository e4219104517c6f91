from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from rag import generation
from rag.build import build_articles
from rag.errors import BrokenIndexError, UsageError
from rag.index import Index, doctor
from rag.lexical import Lexical, terms
from rag.ranking import LEXICAL_WEIGHTS, by_words, holds, unit_texts, units
from rag.records import hit_record
from rag.vectors import Vectors
from tests.conftest import ARTICLES, WordEncoder, article


def ids(index: Index, question: str, **more: object) -> list[str]:
    return [hit.article.id for hit in index.search(question, **more)]  # type: ignore[arg-type]


def test_the_passage_with_the_words_comes_first(index: Index) -> None:
    assert ids(index, "What did the bridge cost?", k=1) == ["bridge"]
    assert ids(index, "tax on rice", k=1) == ["rice"]


def test_hits_are_numbered_and_slices_of_their_articles(index: Index) -> None:
    hits = index.search("ferry passengers at the harbour", k=3)
    assert [hit.rank for hit in hits] == [1, 2, 3]
    assert all(h.article.text[h.passage.start : h.passage.end] == h.passage.text for h in hits)
    assert [h.score for h in hits] == sorted((h.score for h in hits), reverse=True)


def test_the_first_hits_do_not_depend_on_k(index: Index) -> None:
    five = [h.passage.id for h in index.search("harbour ferry", k=5)]
    assert [h.passage.id for h in index.search("harbour ferry", k=2)] == five[:2]


@pytest.mark.parametrize(
    ("filters", "expected"),
    [
        ({"source": "harbour gazette"}, {"ferry-new", "ferry-old"}),
        ({"published_from": date(2022, 1, 1)}, {"bridge", "ferry-new"}),
        ({"published_to": date(2022, 5, 4)}, {"bridge", "ferry-old"}),
        ({"published_from": date(2022, 5, 4), "published_to": date(2022, 5, 4)}, {"bridge"}),
        ({"published_from": date(2030, 1, 1)}, set()),
    ],
)
def test_filters_narrow_and_never_widen(index: Index, filters: dict[str, object], expected: set[str]) -> None:
    assert set(ids(index, "ferry bridge rice", k=9, **filters)) == expected


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ({"question": "  "}, "the question is empty"),
        ({"question": "?!…"}, "has no word"),
        ({"question": "x" * 2001}, "2,001 characters long"),
        ({"question": "ferry", "k": 0}, "k is 0"),
        ({"question": "ferry", "source": "Nobody"}, "no article has the source 'Nobody'"),
        (
            {"question": "ferry", "published_from": date(2024, 1, 2), "published_to": date(2024, 1, 1)},
            "ends before it begins",
        ),
    ],
)
def test_what_cannot_be_searched_is_wrong_use(index: Index, call: dict[str, object], message: str) -> None:
    with pytest.raises(UsageError, match=message):
        index.search(**call)  # type: ignore[arg-type]


def test_a_passage_repeated_word_for_word_counts_once(tmp_path: Path, encoder: WordEncoder) -> None:
    twins = [
        article("a", "The ferry left."),
        article("b", "The ferry left."),
        article("c", "The ferry came."),
    ]
    build_articles(twins, tmp_path, encoder)
    hits = Index.open(tmp_path, encoder).search("ferry left", k=3)
    assert [(h.passage.id, h.copies) for h in hits] == [("a#0", ("b#0",)), ("c#0", ())]
    assert [hit_record(h).get("copies") for h in hits] == [["b#0"], None]


def test_the_same_story_from_two_wires_counts_once_and_other_figures_do_not(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    told = "The ferry carried 600 passengers a day over the river, the harbour office said in its report."
    articles = [
        article("wire-a", told),
        article("wire-b", f"ORSA - {told} It has run since May."),
        article("wire-c", told.replace("600", "900")),
    ]
    build_articles(articles, tmp_path, encoder)
    hits = Index.open(tmp_path, encoder).search("How many passengers did the ferry carry?", 5)
    assert len(hits) == 2
    (folded,) = [h for h in hits if h.copies]
    assert {folded.passage.id, *folded.copies} == {"wire-a#0", "wire-b#0"}


@pytest.mark.parametrize(
    ("question", "weight"),
    [
        ("ferry", 0.2),
        ("ferry bridge harbour mayor cost euros", 0.275),
        ("ferry bridge harbour mayor cost euros museum rice tax", 0.35),
    ],
)
def test_bm25_weighs_more_in_long_questions(question: str, weight: float) -> None:
    assert by_words(question, *LEXICAL_WEIGHTS) == pytest.approx(weight)


def test_units_are_passages_then_sentences_of_those_with_several(index: Index) -> None:
    parts = index.parts
    found = units(parts.passages)
    assert [span for _, span in found[: len(parts.passages)]] == [(p.start, p.end) for p in parts.passages]
    assert {parts.passages[row].article_id for row, _ in found[len(parts.passages) :]} == {
        "bridge",
        "ferry-new",
    }
    assert unit_texts(parts.passages, parts.articles)[0].startswith("Bridge opens (May 2022). The mayor")


def test_opened_again_it_gives_the_same_hits(index: Index, tmp_path: Path, encoder: WordEncoder) -> None:
    again = Index.open(tmp_path / "index", encoder)
    assert again.search("harbour ferry", k=4) == index.search("harbour ferry", k=4)
    assert again.articles == index.articles


@pytest.mark.parametrize(
    "name", ["articles.jsonl", "passages.jsonl", "vectors.faiss", "manifest.json", "bm25"]
)
def test_a_damaged_or_missing_file_is_refused_by_name(
    index: Index, tmp_path: Path, encoder: WordEncoder, name: str
) -> None:
    folder = tmp_path / "index"
    path = generation.current(folder) / name
    path = next(path.iterdir()) if path.is_dir() else path
    path.write_bytes(path.read_bytes()[:-3] + b"xyz")
    with pytest.raises(BrokenIndexError, match=path.name):
        Index.open(folder, encoder)
    assert path.name in doctor(folder)[0]
    path.unlink()
    with pytest.raises(BrokenIndexError, match=path.name):
        Index.open(folder, encoder)


def test_another_schema_is_refused(index: Index, tmp_path: Path) -> None:
    path = generation.current(tmp_path / "index") / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text()) | {"schema": 99}))
    with pytest.raises(BrokenIndexError, match="has schema 99"):
        Index.open(tmp_path / "index")


def test_another_encoder_is_refused(index: Index, tmp_path: Path, encoder: WordEncoder) -> None:
    encoder.name = "other"
    with pytest.raises(BrokenIndexError, match="made by the encoder 'words'"):
        Index.open(tmp_path / "index", encoder)


def test_no_index_names_the_command(tmp_path: Path) -> None:
    with pytest.raises(BrokenIndexError, match="rag index"):
        Index.open(tmp_path / "none")


def test_doctor_finds_a_vector_that_is_not_the_encoders(
    index: Index, tmp_path: Path, encoder: WordEncoder
) -> None:
    assert doctor(tmp_path / "index", encoder) == []

    class Other(WordEncoder):
        def encode(self, texts):  # type: ignore[no-untyped-def]
            return super().encode(texts)[:, ::-1]

    assert "is not what words makes of it" in doctor(tmp_path / "index", Other())[0]


def test_vectors_round_trip_and_score_exactly(tmp_path: Path) -> None:
    rows = np.eye(3, dtype=np.float32)
    Vectors(rows).save(tmp_path / "v")
    loaded = Vectors.load(tmp_path / "v")
    assert loaded.rows().tolist() == rows.tolist()
    assert loaded.scores(np.array([0.0, 0.5, 1.0], dtype=np.float32)).tolist() == [0.0, 0.5, 1.0]
    assert Vectors(rows[:0]).scores(rows[0]).tolist() == []


@pytest.mark.parametrize(
    ("question", "text"),
    [
        ("Vo Van Thuong", "President Võ Văn Thưởng"),
        ("hanoi", "in Hà Nội"),
        ("Hà Nội", "in Hanoi"),
        ("viet nam", "Vietnam grows"),
        ("Việt Nam", "Vietnam grows"),
        ("da nang port", "at Đà Nẵng"),
        ("20bn", "20 billion dollars"),
        ("one third", "1/3 of all"),
        ("70 per cent", "70% of firms"),
        ("Łódź", "from Lodz"),
    ],
)
def test_spellings_meet_in_the_lexical_index(question: str, text: str) -> None:
    lexical = Lexical([text, "nothing of the kind", "other words here"])
    assert lexical.scores(question).argmax() == 0
    assert lexical.scores(question)[0] > 0


def test_terms_are_folded_stems_figures_and_joined_names() -> None:
    assert terms("Hà Nội agreed to 20bn loans") == [
        "ha",
        "noi",
        "agre",
        "20",
        "bn",
        "loan",
        "#20000000000",
        "hanoi",
    ]


def test_a_word_stands_in_the_passages_as_it_is(index: Index) -> None:
    assert [word for word in ("bridge", "bridg", "bridges", "boat", "post") if holds(index.parts, word)] == [
        "bridge"
    ]


def test_lexical_scores_of_nothing_are_zero() -> None:
    assert Lexical([]).scores("ferry").tolist() == []
    assert Lexical(["the of", "ferry"]).scores("the").tolist() == [0.0, 0.0]
    assert Lexical(["the of", "ferry"]).scores("bridge").tolist() == [0.0, 0.0]


@given(st.lists(st.sampled_from(["ferry", "bridge", "rice tax", "mayor"]), min_size=1, max_size=6))
def test_lexical_scores_match_the_formula(texts: list[str]) -> None:
    import math

    scores = Lexical(texts).scores("ferry")
    count, having = len(texts), sum("ferry" in t for t in texts)
    mean = sum(len(t.split()) for t in texts) / count
    idf = math.log(1 + (count - having + 0.5) / (having + 0.5))
    for text, score in zip(texts, scores, strict=True):
        expected = idf * 1 / (1 + 1.2 * (0.25 + 0.75 * 1 / mean)) if text == "ferry" else 0.0
        assert score == pytest.approx(expected, abs=1e-4)


def test_the_fixture_articles_are_what_the_tests_count_on() -> None:
    assert [a.id for a in ARTICLES] == ["bridge", "ferry-new", "ferry-old", "rice"]
