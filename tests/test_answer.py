from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from rag import abstention, drafting, prompts
from rag.abstention import REFUSAL, Gate
from rag.answer import Answerer
from rag.build import build_articles
from rag.errors import UsageError
from rag.grounding import candidates
from rag.index import Index
from rag.search import find
from rag.types import Answer, Draft, Read, Searched, Span, Turn, citation_numbers
from tests.conftest import ScriptedModel, WordEncoder, WordReader, article

TODAY = date(2026, 1, 1)


@pytest.fixture(autouse=True)
def by_margin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answer when the model says yes; without a model, when the verifier finds an answer, or without that too
    when a sentence covers the question.
    """
    gates = {
        "scripted": Gate({"states": 1.0}, {"states": 0.0}, {"states": 1.0}, 0.0, 0.5),
        "none": Gate({"verified": 1.0}, {"verified": 2.5}, {"verified": 1.0}, 0.0, 0.5),
        "unread": Gate({"covered": 9.0}, {"covered": 0.5}, {"covered": 1.0}, 0.0, 0.5),
    }
    monkeypatch.setattr(abstention, "gate", gates.__getitem__)


def test_a_supported_sentence_is_shown_with_its_quotation(index: Index) -> None:
    model = ScriptedModel("The bridge cost 40 million euros.")
    answer = Answerer(index, model, TODAY).answer("What did the bridge cost?")
    assert not answer.abstained
    statement = answer.statements[0]
    assert statement.text == "The bridge cost 40 million euros."
    (evidence,) = statement.evidence
    assert (evidence.article_id, evidence.quote) == ("bridge", "The bridge cost 40 million euros.")
    assert (evidence.source, evidence.published) == ("Northern Post", date(2022, 5, 4))
    assert index.articles["bridge"].text[evidence.start : evidence.end] == evidence.quote
    assert str(answer).startswith("The bridge cost 40 million euros. [1]")
    assert "\n[1] Bridge opens (Northern Post, 2022-05-04)\n" in str(answer)
    elsewhere = replace(answer, text="Elsewhere.")  # a quotation that the answer does not hold is told
    assert "\n[1] “The bridge cost 40 million euros.” - Bridge opens (Northern Post, 2022-05-04)\n" in str(
        elsewhere
    )


def test_talk_around_a_question_and_misspelt_words_change_nothing(index: Index) -> None:
    model = ScriptedModel("The bridge cost 40 million euros.")
    plain = Answerer(index, model, TODAY).answer("What did the bridge cost?")
    typed = "Hello! I'm new here. What did the brigde cost? Keep it short, please."
    answer = Answerer(index, model, TODAY).answer(typed)
    assert (answer.question, answer.standalone_question) == (typed, "What did the bridge cost?")
    assert (answer.statements, answer.hits) == (plain.statements, plain.hits)


def test_what_was_asked_before_is_taken_without_talk_too(index: Index) -> None:
    history: list[Turn] = [("user", "Hi! What did the brigde cost? Thanks"), ("assistant", REFUSAL)]
    found = find(index, "Can you tell me when it opened?", history=history, today=TODAY)
    assert found.standalone_question == "when it opened? - What did the bridge cost?"


def test_who_wants_more_is_not_told_the_same_again(index: Index) -> None:
    answerer = Answerer(index, None, TODAY)
    first = answerer.answer("What did the bridge cost?")
    history: list[Turn] = [("user", "What did the bridge cost?"), ("assistant", first.text)]
    more = answerer.answer("Tell me more", history)
    assert more.standalone_question == "Tell me more - What did the bridge cost?"
    assert more.statements
    assert not {e.quote for s in more.statements for e in s.evidence} & {
        e.quote for s in first.statements for e in s.evidence
    }


def test_the_model_reads_nothing_that_asked_nothing(index: Index) -> None:
    model = ScriptedModel("The bridge cost 40 million euros.")
    history: list[Turn] = [
        ("user", "When did the bridge open?"),
        ("assistant", "In May."),
        ("user", "Thanks!"),
    ]
    Answerer(index, model, TODAY).answer("And what did it cost?", [*history, ("assistant", REFUSAL)])
    read = str(model.prompts)
    assert "When did the bridge open?" in read
    assert "Thanks!" not in read


@pytest.mark.parametrize("said", ["Thanks!", "Which articles do you have?"])
def test_what_asks_nothing_of_the_articles_is_not_searched(index: Index, said: str) -> None:
    searched, answer = Answerer(index, ScriptedModel("Yes."), TODAY).stream(said)
    assert isinstance(searched, Searched)
    assert isinstance(answer, Answer)
    assert (searched.hits, answer.hits, answer.abstained, answer.question) == ((), (), True, said)


def test_the_parts_of_a_question_are_those_without_talk(index: Index) -> None:
    typed = "How are you? What did the bridge cost and who built it? Thanks!"
    answer = Answerer(index, ScriptedModel("."), TODAY).answer(typed)
    assert answer.question == typed
    assert answer.standalone_question == "What did the bridge cost? Who built it?"


def test_an_invented_figure_is_dropped_and_the_evidence_shown_instead(index: Index) -> None:
    answer = Answerer(index, ScriptedModel("The bridge cost 90 million euros."), TODAY).answer(
        "What did the bridge cost?"
    )
    assert [s.text for s in answer.dropped] == ["The bridge cost 90 million euros."]
    assert "90" not in answer.text
    assert all(s.supported and s.evidence for s in answer.statements)


@pytest.mark.parametrize(
    ("question", "shortest", "written"),
    [
        ("What did the bridge cost?", 6, True),
        ("What did the bridge cost?", 7, False),
        ("What costs did the bridge have?", 6, False),
    ],
)
def test_nothing_is_drafted_from_a_short_sentence_or_for_a_list(
    index: Index, monkeypatch: pytest.MonkeyPatch, question: str, shortest: int, written: bool
) -> None:
    monkeypatch.setattr(drafting, "DRAFTED_FROM", shortest)
    answer = Answerer(index, ScriptedModel("The bridge cost 90 million euros."), TODAY).answer(question)
    assert bool(answer.dropped) is written
    assert answer.statements[0].text == "The bridge cost 40 million euros."
    assert answer.seconds.first_token is not None


def test_only_the_supported_sentences_of_a_draft_are_shown(index: Index) -> None:
    model = ScriptedModel("The bridge cost 40 million euros. The minister wept with joy in Oslo.")
    answer = Answerer(index, model, TODAY).answer("What did the bridge cost?")
    assert answer.statements[0].text == "The bridge cost 40 million euros."
    assert [s.text for s in answer.dropped] == ["The minister wept with joy in Oslo."]


def test_what_was_read_comes_first_and_is_told(index: Index, encoder: WordEncoder) -> None:
    reading = Index(index.parts, index.manifest, encoder, WordReader("Mondays"))
    model = ScriptedModel("The harbour museum is closed on Mondays.")
    searched, *_, answer = Answerer(reading, model, TODAY).stream("ferry passengers")
    assert isinstance(searched, Searched)
    assert isinstance(answer, Answer)
    assert searched.hits[0].article.id == "ferry-old"  # shown at once, before anything is read
    assert answer.hits[0].article.id == "ferry-new"
    assert answer.signals == {"states": 2.0, "one_states": 2.0, "answer": 5.0, "relevance": 1.0}


def test_a_model_that_says_no_makes_the_one_refusal(index: Index) -> None:
    answer = Answerer(index, ScriptedModel("It cost 40 million euros.", margin=-2.0), TODAY).answer(
        "Who built Rome?"
    )
    assert (answer.abstained, answer.text, answer.statements) == (True, REFUSAL, ())
    assert answer.reason == "the nearest passages do not mention “Rome”"
    assert answer.hits


def test_steps_come_in_order_and_drafts_grow(index: Index) -> None:
    steps = list(
        Answerer(index, ScriptedModel("It cost 40 million euros."), TODAY).stream("What did the bridge cost?")
    )
    assert isinstance(steps[0], Searched)
    assert isinstance(steps[-1], Answer)
    drafts = [s.text for s in steps if isinstance(s, Draft)]
    written = [text for text in drafts if text]
    assert drafts == [""] * (1 + 6 + 1) + written  # skimming, six sentences by themselves, all together
    assert written == ["It", "It cost", "It cost 40", "It cost 40 million", "It cost 40 million euros."]


def test_closing_the_stream_ends_the_session(index: Index) -> None:
    model = ScriptedModel("It cost 40 million euros.")
    stream = Answerer(index, model, TODAY).stream("What did the bridge cost?")
    while not isinstance(next(stream), Draft):
        assert model.open_sessions <= 1
    assert model.open_sessions == 1
    stream.close()  # type: ignore[attr-defined]
    assert model.open_sessions == 0


def test_without_a_model_the_answer_is_the_articles_own_sentences(index: Index) -> None:
    answer = Answerer(index, None, TODAY).answer("What did the bridge cost?")
    assert answer.model == "none"
    assert [s.text for s in answer.statements] == [s.evidence[0].quote for s in answer.statements]
    assert "The bridge cost 40 million euros." in answer.text


@pytest.mark.parametrize(("word", "abstained"), [("40", False), ("zebra", True)])
def test_without_a_model_the_verifier_says_whether_passages_answer(
    index: Index, encoder: WordEncoder, word: str, abstained: bool
) -> None:
    reading = Index(index.parts, index.manifest, encoder, WordReader("bridge"), WordReader(word))
    answer = Answerer(reading, None, TODAY).answer("What did the bridge cost?")
    assert answer.abstained is abstained
    assert answer.signals["verified"] == (0.0 if abstained else 5.0)


def test_the_verifier_reads_the_passages_that_the_reader_finds_best(
    index: Index, encoder: WordEncoder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.verifying.VERIFIED", 1)
    question = "What did the bridge cost?"
    for best, verified in (("Mondays", 0.0), ("40", 5.0)):
        reading = Index(index.parts, index.manifest, encoder, WordReader(best), WordReader("40"))
        assert Answerer(reading, None, TODAY).answer(question).signals["verified"] == verified


class ToldOfVietnamese(WordReader):
    """Finds every passage likelier to tell of Vietnamese in Japan than the other way round."""

    def read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
        self.asked.append(question)
        score = 5.0 if question == "How many Vietnamese work in Japan?" else 3.0
        return [Read(score, (score,) * len(spans)) for _, spans in passages]


@pytest.mark.parametrize(("surer_as_asked", "abstained"), [(False, True), (True, False)])
def test_a_people_and_a_country_in_each_others_place_are_refused_unless_the_reader_knows_better(
    tmp_path: Path, encoder: WordEncoder, surer_as_asked: bool, abstained: bool
) -> None:
    class Direction(WordReader):
        def read(self, question: str, passages: Sequence[tuple[str, Sequence[Span]]]) -> list[Read]:
            score = 5.0 if surer_as_asked and question.startswith("How many Japanese") else 3.0
            return [Read(score, (score,) * len(spans)) for _, spans in passages]

    crowd = article("crowd", "Some 9,000 Vietnamese live in Japan.")
    build_articles([crowd], tmp_path / "index", encoder)
    index = Index.open(tmp_path / "index", encoder)
    readers = WordReader("9,000"), WordReader("9,000"), Direction("")
    reading = Index(index.parts, index.manifest, encoder, *readers)
    answer = Answerer(reading, None, TODAY).answer("How many Japanese people live in Vietnam?")
    assert answer.abstained is abstained
    assert answer.instead == ("How many Vietnamese people live in Japan?" if abstained else None)


@pytest.mark.parametrize("model", [None, ScriptedModel("600")])
def test_what_is_only_told_the_other_way_round_is_refused(
    index: Index, encoder: WordEncoder, model: ScriptedModel | None
) -> None:
    directions = ToldOfVietnamese("")
    readers = WordReader("ferry"), WordReader("ferry"), directions
    reading = Index(index.parts, index.manifest, encoder, *readers)
    answer = Answerer(reading, model, TODAY).answer("How many Japanese work in Vietnam?")
    assert (answer.abstained, answer.confidence, answer.signals) == (True, 0.0, {"verified": 5.0})
    assert (
        answer.reason
        == "the nearest passages tell it the other way round: “How many Vietnamese work in Japan?”"
    )
    assert answer.instead == "How many Vietnamese work in Japan?"
    assert 0 < len(answer.hits) <= 10
    assert model is None or not model.prompts  # nothing is read by a model that need not be
    told = Answerer(reading, None, TODAY).answer("How many Vietnamese work in Japan?")
    assert not told.abstained
    assert told.instead is None


def test_what_leans_on_another_question_is_not_turned_round(index: Index, encoder: WordEncoder) -> None:
    directions = ToldOfVietnamese("")
    readers = WordReader("ferry"), WordReader("ferry"), directions
    reading = Index(index.parts, index.manifest, encoder, *readers)
    history: list[Turn] = [("user", "How many Japanese work in Vietnam?"), ("assistant", REFUSAL)]
    Answerer(reading, None, TODAY).answer("Where do they live?", history)
    assert directions.asked == []


def test_a_figure_that_changed_leads_with_the_newest(index: Index) -> None:
    model = ScriptedModel("The ferry carried about 600 passengers a day.")
    answer = Answerer(index, model, TODAY).answer("How many passengers did the ferry carry a day?")
    assert [(e.value, e.day) for e in answer.timeline] == [
        ("about 600", date(2021, 6, 1)),
        ("900", date(2024, 6, 1)),
    ]
    assert "900" in answer.statements[0].text
    assert "600" in answer.text
    assert all(s.evidence for s in answer.statements)


def test_as_of_a_year_takes_the_figure_of_that_year(index: Index) -> None:
    model = ScriptedModel("The ferry carried 900 passengers a day.")
    answer = Answerer(index, model, TODAY).answer("How many passengers did the ferry carry a day in 2021?")
    assert "600" in answer.statements[0].text


def test_nothing_published_in_the_interval_says_so(index: Index) -> None:
    model = ScriptedModel("Never asked.")
    answer = Answerer(index, model, TODAY).answer("the bridge", published_from=date(2030, 1, 1))
    assert answer.abstained
    assert answer.reason == "no article in the index was published from 2030-01-01 to today"
    assert model.prompts == []


def test_every_citation_is_of_a_hit_that_is_shown(index: Index) -> None:
    answer = Answerer(index, ScriptedModel("The ferry carried 900 passengers a day."), TODAY).answer(
        "ferry passengers?"
    )
    shown = {h.passage.id for h in answer.hits}
    assert {e.passage_id for e in citation_numbers(answer)} <= shown


def test_an_unusable_question_never_reaches_the_model(index: Index) -> None:
    model = ScriptedModel("x")
    with pytest.raises(UsageError, match="empty"):
        Answerer(index, model, TODAY).answer(" ")
    assert model.prompts == []


def test_passages_are_fenced_data_in_the_prompt(index: Index) -> None:
    model = ScriptedModel("It cost 40 million euros.")
    Answerer(index, model, TODAY).answer("What did the bridge cost?")
    roles = [[role for role, _ in prompt] for prompt in model.prompts]
    assert roles == [["system", "user"]] * (6 + 1 + 1)  # does each say it? do they together? what is it?
    asked = model.prompts[-1][1][1]
    assert asked.index("<passages>") < asked.index("40 million") < asked.index("</passages>")
    assert model.prompts[-1][0] == ("system", prompts.SYSTEM)


def test_a_follow_up_is_compared_by_itself_and_with_what_stands_behind_it(
    index: Index, encoder: WordEncoder
) -> None:
    answerer = Answerer(index, None, TODAY)
    found = answerer.find(
        "What did it cost?", [("user", "Who opened the bridge?"), ("assistant", "The mayor.")]
    )
    assert found.leans
    weighed = answerer.weigh(found)
    assert weighed
    bare, whole, *others = encoder.encode(
        [found.question, found.standalone_question, *(c.text for c in weighed.sentences)]
    )
    assert weighed.nearest == pytest.approx(max((bare @ other + whole @ other) / 2 for other in others))


def test_each_of_the_first_sentences_is_judged_by_itself(index: Index) -> None:
    model = ScriptedModel("It cost 40 million euros.")
    Answerer(index, model, TODAY).answer("What did the bridge cost?")
    alone = [prompt[1][1] for prompt in model.prompts[:6]]
    everything = [c.text for c in candidates(index.search("bridge", k=9))]
    assert [sum(text in asked for text in everything) for asked in alone] == [1] * 6
    assert all(asked.endswith(prompts.CHECK) for asked in alone)


def test_a_sentence_that_refers_back_is_judged_and_shown_with_the_one_before(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    told = "The Halvik ferry is 40 metres long. It carried 900 passengers."
    build_articles([article("ferry", told)], tmp_path / "index", encoder)
    model = ScriptedModel("It carried 900 passengers.")
    answerer = Answerer(Index.open(tmp_path / "index", encoder), model, TODAY)
    answer = answerer.answer("How many passengers were carried?")
    alone = [prompt[1][1] for prompt in model.prompts[:2]]
    assert [told in asked for asked in alone] == [True, False]
    assert answer.text == told
    assert [s.evidence[0].quote for s in answer.statements] == [told[:35], told[36:]]


@pytest.mark.parametrize(
    ("told", "dated", "year_together"),
    [
        ("The Halvik ferry carries 900 passengers.", {"not_before": date(2024, 10, 11)}, False),
        ("The Halvik ferry carries 900 passengers.", {"not_before": date(2026, 1, 1)}, True),
        ("The Halvik ferry carries 900 passengers.", {"published": date(2025, 2, 1)}, True),
        ("The Halvik ferry carries 900 passengers in 2025.", {"not_before": date(2024, 10, 11)}, True),
    ],
)
def test_a_time_that_an_undated_article_may_be_of_is_not_for_the_model_to_confirm(
    tmp_path: Path, encoder: WordEncoder, told: str, dated: dict[str, Any], year_together: bool
) -> None:
    build_articles([article("ferry", told, **dated)], tmp_path / "index", encoder)
    model = ScriptedModel(told)
    answerer = Answerer(Index.open(tmp_path / "index", encoder), model, TODAY)
    answerer.answer("How many passengers does the Halvik ferry carry in 2025?")
    alone, together, written = (prompt[1][1].partition("Question: ")[2] for prompt in model.prompts)
    assert [" in 2025?" in asked for asked in (alone, together, written)] == [
        True, year_together, year_together,
    ]  # fmt: skip


def test_a_follow_up_is_read_with_what_was_said_before(index: Index) -> None:
    model = ScriptedModel("The bridge cost 40 million euros.")
    history = [("user", "What did the bridge cost?"), ("assistant", "I will look it up.")]
    assert Answerer(index, model, TODAY).find("And who opened it?", history).turns == 1  # type: ignore[arg-type]
    answer = Answerer(index, model, TODAY).answer("And who opened it?", history)  # type: ignore[arg-type]
    assert answer.standalone_question.startswith("And who opened it? - What did the bridge cost?")
    asked = model.prompts[-1][1][1]
    assert "Reader: What did the bridge cost?" in asked
    assert asked.endswith("Question: And who opened it?")


def test_a_follow_up_that_rules_complete_is_asked_whole(index: Index) -> None:
    model = ScriptedModel("The ferry carried 900 passengers a day.")
    history: list[Turn] = [
        ("user", "How many passengers did the ferry carry in 2021?"),
        ("assistant", "The ferry carried about 600 passengers a day."),
    ]
    Answerer(index, model, TODAY).answer("And in 2024?", history)
    asked = [prompt[-1][1].partition("</passages>")[2].strip() for prompt in model.prompts]
    assert asked[-1] == "Question: How many passengers did the ferry carry in 2024?"
    assert {a.splitlines()[0] for a in asked} == {asked[-1]}


def test_without_a_model_too_a_follow_up_is_answered_with_something_new(
    tmp_path: Path, encoder: WordEncoder
) -> None:
    text = "Five papers on the Halvik ferry were signed. They deal with fares."
    build_articles([article("ferry", text)], tmp_path / "index", encoder)
    answerer = Answerer(Index.open(tmp_path / "index", encoder), None, TODAY)
    history: list[Turn] = [
        ("user", "Which papers on the Halvik ferry were signed?"),
        ("assistant", "Five papers on the Halvik ferry were signed."),
    ]
    answer = answerer.answer("What are they?", history)
    assert [s.text for s in answer.statements] == [text[:44], text[45:]]


def test_according_to_the_passage_is_left_to_the_citation(index: Index) -> None:
    model = ScriptedModel("According to the passage, the bridge cost 40 million euros.")
    answer = Answerer(index, model, TODAY).answer("What did the bridge cost?")
    assert answer.statements[0].text == "The bridge cost 40 million euros."


def test_an_interviewers_question_is_no_answer(encoder: WordEncoder, tmp_path: Path) -> None:
    source = article("talk", "What will the mayor do when the bridge is open? I shall buy a ferry.")
    build_articles([source], tmp_path / "i", encoder)
    answer = Answerer(Index.open(tmp_path / "i", encoder), None, TODAY).answer("What will the mayor do?")
    assert "What will" not in answer.text
