from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from rag import models, ranking
from rag.index import READER_BASE, Index, load_reader
from rag.passages import split
from rag.ranking import AGREED
from rag.reader import READER, VERIFIER, MiniLMReader, best_answers, best_span
from rag.search import find
from rag.types import Hit, Read, SetAside, Turn
from tests.conftest import ARTICLES, WordEncoder, WordReader, article

BRIDGE = ARTICLES[0]


def hit(place: int, score: float) -> Hit:
    source = ARTICLES[place]
    return Hit(split(source)[0], source, score, place + 1)


# What is read, and what comes of it


def test_a_passage_is_read_under_its_headline() -> None:
    text, spans = ranking.reading_of(hit(0, 0.0))
    assert text.startswith("Bridge opens. The mayor opened")
    assert [text[a:b] for a, b in spans] == [
        "The mayor opened the bridge on 3 May 2022.",
        "The bridge cost 40 million euros.",
    ]


def test_reading_moves_hits_by_standard_deviations() -> None:
    """Of two passages the better read gains the weight of reading, the other loses it."""
    hits = [hit(0, 1.0), hit(1, 0.9), hit(2, 0.8)]
    reads = {hits[0].passage.id: Read(-1.0, (0.0, 0.0)), hits[1].passage.id: Read(1.0, (5.0,))}
    gain = ranking.READ_WEIGHTS[0]
    found = ranking.reranked("Who won?", hits, reads)
    assert [h.article.id for h in found] == ["ferry-new", "bridge", "ferry-old"]
    assert [h.rank for h in found] == [1, 2, 3]
    assert [h.score for h in found] == pytest.approx([0.9 + gain, 1.0 - gain, min(0.8, 1.0 - gain)])


def test_a_passage_that_has_what_another_gives_as_its_answer_moves_up() -> None:
    hits = [hit(0, 1.0), hit(1, 0.9), hit(2, 0.8)]
    told = {h.passage.id: Read(99.0, (1.0,)) for h in hits}
    told[hits[2].passage.id] = Read(99.0, (1.0,), (("passengers", 3.0),))
    found = ranking.reranked("Who won?", hits, told)
    assert ["passengers" in h.passage.text for h in hits] == [False, True, True]
    assert [h.article.id for h in found] == ["ferry-new", "ferry-old", "bridge"]
    assert [h.score for h in found] == pytest.approx([0.9 + AGREED, 0.8 + AGREED, 1.0])


def test_hits_that_read_alike_keep_their_order() -> None:
    hits = [hit(0, 1.0), hit(1, 0.9)]
    reads = {h.passage.id: Read(0.0, (1.0,)) for h in hits}
    assert ranking.reranked("Who won?", hits, reads) == hits


def test_a_search_reads_unless_told_not_to(index: Index, encoder: WordEncoder) -> None:
    reader = WordReader("Mondays")
    reading = Index(index.parts, index.manifest, encoder, reader)
    plain = find(reading, "ferry passengers", 4, rerank=False).hits
    assert plain[0].article.id == "ferry-old"
    assert reader.asked == []
    assert find(reading, "ferry passengers", 4).hits[0].article.id == "ferry-new"
    assert reader.asked == ["ferry passengers"]


def test_an_index_loads_what_is_needed_or_all_beforehand(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    loaded = []

    def encoder(name: str) -> WordEncoder:
        loaded.append(name)
        return WordEncoder()

    def reader(adapters: str) -> WordReader:
        loaded.append(adapters.removesuffix(".safetensors"))
        return WordReader("ferry")

    monkeypatch.setattr("rag.index.load_encoder", encoder)
    monkeypatch.setattr("rag.index.load_reader", reader)
    fresh = Index(index.parts, replace(index.manifest, encoder=READER_BASE))
    assert loaded == []
    fresh.search("ferry passengers")
    assert loaded == ["minilm", "reader"]  # a search needs no verifier
    fresh.load()
    assert loaded == ["minilm", "reader", "verifier", "directions"]


def test_a_follow_up_is_read_by_itself_and_with_what_stands_behind_it(
    index: Index, encoder: WordEncoder
) -> None:
    reader = WordReader("Mondays")
    reading = Index(index.parts, index.manifest, encoder, reader)
    history: list[Turn] = [("user", "When does the ferry run?"), ("assistant", "On Mondays.")]
    found = find(reading, "How many passengers does it carry?", 4, history=history)
    assert found.told == "On Mondays."
    leaning = "How many passengers does it carry? - When does the ferry run? - On Mondays."
    assert reader.asked == [leaning, "How many passengers does it carry?"]
    find(reading, "When does the Halvik ferry run?", 4, history=history)
    assert reader.asked[2:] == ["When does the Halvik ferry run?"]


def test_a_question_that_names_nothing_is_searched_and_read_both_ways(
    index: Index, encoder: WordEncoder
) -> None:
    reader = WordReader("Mondays")
    reading = Index(index.parts, index.manifest, encoder, reader)
    history: list[Turn] = [("user", "When does the ferry run?"), ("assistant", "On Mondays.")]
    asked = "Which mayor of the town decided to pay so much?"
    found = find(reading, asked, 4, history=history)
    assert found.perhaps
    assert found.leans
    assert found.behind == 0.25
    assert reader.asked == [f"{asked} - When does the ferry run?", asked]
    searched = find(reading, asked, 4, history=history, rerank=False, join=False)
    both = [find(reading, way, 4, rerank=False, join=False).hits for way in reader.asked[:2]]
    assert list(searched.hits) == ranking.in_turn(both)[:4]
    alone = find(reading, asked, 4, history=history, nameless=False)
    assert not alone.perhaps
    assert not alone.leans
    assert not find(reading, asked, 4).perhaps  # nothing was said before
    dated: list[Turn] = [("user", "What do articles from 2023 say of the ferry?"), ("assistant", "Little.")]
    assert find(reading, asked, 4, history=dated).interval is None


def test_hits_of_several_searches_come_in_turn_each_once() -> None:
    one, other = [hit(0, 3.0), hit(1, 2.0), hit(2, 0.5)], [hit(1, 4.0), hit(3, 1.0)]
    found = ranking.in_turn([one, other])
    ids = [h.passage.id for h in (*one, *other)]
    assert [h.passage.id for h in found] == [ids[0], ids[1], ids[4], ids[2]]
    assert [h.score for h in found] == [3.0, 3.0, 1.0, 0.5]
    assert [h.rank for h in found] == [1, 2, 3, 4]
    assert ranking.in_turn([one]) == [replace(h, rank=n) for n, h in enumerate(one, start=1)]


def test_what_was_said_before_has_its_share() -> None:
    whole, bare = {"a": Read(4.0, (8.0,))}, {"a": Read(0.0, (4.0,))}
    assert ranking.both(whole, bare, 0.25) == {"a": Read(1.0, (5.0,))}
    assert ranking.BEHIND[True] < ranking.BEHIND[False] == 0.5


def test_what_comes_of_both_counts_half() -> None:
    told, other = (("forty", 1.0),), (("nine", 9.0),)
    whole = {"a": Read(1.0, (4.0, 0.0), told), "b": Read(3.0, (2.0,))}
    bare = {"a": Read(2.0, (0.0, 1.0), other), "b": Read(-3.0, (2.0,), other)}
    assert ranking.both(whole, bare, 0.5) == {"a": Read(1.5, (2.0, 0.5), told), "b": Read(0.0, (2.0,))}


def test_there_is_no_reader_beside_another_encoder(index: Index) -> None:
    assert index.reader is None
    assert index.verifier is None
    assert index.read("ferry", index.search("ferry")) == index.verify("ferry", index.search("ferry")) == {}


# Answers within a sentence


def test_the_best_answer_is_the_best_pair_of_ends_in_order() -> None:
    ends = np.array([[9, 9], [0, 4], [3, 1], [1, 2], [9, 9]], dtype=np.float32)
    offsets = np.array([[0, 3], [4, 6], [7, 9], [10, 12], [13, 15]])
    inside = np.array([False, True, True, True, True])
    assert best_span(ends, offsets, inside, (4, 12)) == 5.0  # tokens 2 to 3; 4 + 3 would run backwards
    assert best_span(ends, offsets, inside, (4, 6)) == 4.0
    assert best_span(ends, offsets, inside, (20, 30)) is None


def test_the_best_answers_of_a_passage_do_not_overlap() -> None:
    ends = np.array([[9, 9], [0, 4], [3, 1], [1, 2], [9, -9], [2, 0]], dtype=np.float32)
    offsets = np.array([[0, 3], [4, 6], [7, 9], [10, 12], [13, 13], [13, 15]])
    inside = np.array([False, True, True, True, True, True])
    assert best_answers(ends, offsets, inside) == [((7, 12), 5.0), ((4, 6), 4.0)]
    assert best_answers(ends, offsets, np.array([False, False, True, False, False, False])) == [((7, 9), 4.0)]
    assert best_answers(ends, offsets, np.zeros(6, dtype=bool)) == []


# The real one


@pytest.fixture(scope="module")
def real() -> MiniLMReader:
    if models.installed("minilm") is None:
        pytest.skip("the encoder is not here: `rag models pull`")
    return load_reader(READER)


@pytest.mark.models
def test_the_reader_finds_the_sentence_that_answers(real: MiniLMReader) -> None:
    text, spans = ranking.reading_of(hit(0, 0.0))
    (when,) = real.read("On which day was it inaugurated?", [(text, spans)])
    (cost,) = real.read("How much money was spent on it?", [(text, spans)])
    assert when.sentences[0] > when.sentences[1]
    assert cost.sentences[1] > cost.sentences[0]


@pytest.mark.models
def test_the_reader_gives_its_answers_in_the_words_of_the_passage(real: MiniLMReader) -> None:
    text, spans = ranking.reading_of(hit(0, 0.0))
    (when,) = real.read("On which day was it inaugurated?", [(text, spans)])
    assert "3 May 2022" in when.answers[0][0]
    assert len(when.answers) == 2
    assert all(answer in text for answer, _ in when.answers)


@pytest.mark.models
def test_the_reader_knows_which_passage_answers(real: MiniLMReader) -> None:
    passages = [ranking.reading_of(hit(place, 0.0)) for place in range(4)]
    reads = real.read("How many people took the ferry each day in 2021?", passages)
    assert max(reads, key=lambda r: r.relevance) in reads[1:3]
    again = real.read("How many people took the ferry each day in 2021?", passages)
    assert again == reads


@pytest.mark.models
def test_the_verifier_tells_an_answer_from_what_only_seems_one(real: MiniLMReader) -> None:
    passage = ranking.reading_of(hit(0, 0.0))
    asked = ["What was spent on the bridge?", "How much does it cost to cross the bridge?"]

    def parted(reader: MiniLMReader) -> float:
        answered, missed = (max(reader.read(question, [passage])[0].sentences) for question in asked)
        return answered - missed

    assert parted(load_reader(VERIFIER)) > parted(real) + 3


@pytest.mark.models
def test_a_passage_too_long_to_be_read_whole_has_a_score_for_each_sentence(real: MiniLMReader) -> None:
    text = "A ferry sails. " * 200
    spans = [(i * 15, i * 15 + 14) for i in range(200)]
    (read,) = real.read("What sails?" * 200, [(text, spans)])
    assert len(read.sentences) == 200
    assert read.sentences[-1] == min(read.sentences)


@pytest.mark.models
@pytest.mark.parametrize("question", ["日本語の質問です" * 60, "!" * 400 + " who?", "x" * 2000, "(" * 390])
def test_a_question_of_any_length_leaves_room_for_passages(question: str) -> None:
    if models.installed(READER_BASE) is None:
        pytest.skip("the default weights are not here: `rag models pull`")
    text = "The mayor opened the bridge on 3 May 2022."
    (read,) = load_reader(READER).read(question, [(text, [(0, len(text))])])
    assert np.isfinite([read.relevance, *read.sentences]).all()


def test_a_passage_is_found_and_read_under_its_heading_too() -> None:
    text = "Who pays?\nThe town does."
    source = replace(
        article("a", text, title="A bridge"), body=((10, 24),), set_aside=(SetAside(0, 9, "heading"),)
    )
    (passage,) = split(source)
    assert ranking.passage_text(passage, source) == "A bridge. Who pays? The town does."
    read, ((start, end),) = ranking.reading_of(Hit(passage, source, 1.0, 1))
    assert (read, read[start:end]) == ("A bridge. Who pays? The town does.", "The town does.")
