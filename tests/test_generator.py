"""The real small model: our decoding loop against the library's own, and what a session promises."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

import pytest

from rag import models
from rag.drafting import drained
from rag.errors import ModelError
from rag.generator import TransformersGenerator, _draft, hand_back_memory
from rag.lower_layers import lower_layers
from rag.models_registry import evidence_head
from rag.stopping import Stopped, stopping_when

PASSAGES = (
    "The new bridge over the Orsa cost 40 million euros, the mayor said. It was opened on 3 May 2022. "
    "Before that a ferry carried 600 passengers a day between the two banks of the river."
)


def asking(question: str) -> list[tuple[str, str]]:
    return [("system", "Answer in one sentence."), ("user", f"{PASSAGES}\n\nQuestion: {question}")]


def finish(stream: Generator[str, None, tuple[float, ...]]) -> tuple[str, tuple[float, ...]]:
    text = ""
    try:
        while True:
            text = next(stream) or text
    except StopIteration as end:
        return text, end.value


@pytest.fixture(scope="module")
def model() -> TransformersGenerator:
    folder = models.installed("qwen-0.5b")
    if folder is None:
        pytest.skip("qwen-0.5b is not here: `rag models pull qwen-0.5b`")
    return TransformersGenerator(folder, "qwen-0.5b")


@pytest.fixture(scope="module")
def exact(model: TransformersGenerator) -> TransformersGenerator:
    """The same in float32: with fewer bits rounding may turn a near tie between two tokens."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("rag.generator.eight_bits_are_faster", lambda: False)
        patch.setattr("rag.generator.has_tiles", lambda: False)
        twin = TransformersGenerator(models.installed(model.name) or "", model.name)
    twin._model = twin._model.float()
    return twin


@pytest.mark.models
def test_a_session_hands_its_memory_back_however_it_ends(
    model: TransformersGenerator, monkeypatch: pytest.MonkeyPatch
) -> None:
    ended: list[str] = []
    monkeypatch.setattr("rag.generator.hand_back_memory", lambda: ended.append("handed back"))
    with model.session():
        assert ended == []
    assert ended == ["handed back"]
    with pytest.raises(KeyError), model.session():
        raise KeyError("the reader left")
    assert ended == ["handed back"] * 2


def test_memory_can_be_handed_back_anywhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """Also where the C library has no such function."""
    hand_back_memory()
    monkeypatch.setattr("ctypes.CDLL", lambda _name: object())
    hand_back_memory()


@pytest.mark.models
@pytest.mark.parametrize(
    "question", ["What did the bridge cost?", "When was it opened?", "Tell the whole story."]
)
def test_the_text_is_that_of_plain_greedy_decoding(exact: TransformersGenerator, question: str) -> None:
    with exact.session() as session:
        text, chances = finish(session.stream(asking(question), 40))
    tokenizer: Any = exact._tokenizer
    prompt = tokenizer.apply_chat_template(
        [{"role": r, "content": c} for r, c in asking(question)],
        add_generation_prompt=True,
        return_tensors="pt",
        return_dict=True,
    )
    plain = exact._model.generate(**prompt, max_new_tokens=60, do_sample=False)
    expected = tokenizer.decode(plain[0, prompt["input_ids"].shape[1] :], skip_special_tokens=True).strip()
    assert expected.startswith(text)  # the last draft of ours may run a few tokens over 40
    assert all(chance <= 0 for chance in chances)


@pytest.mark.models
def test_what_was_asked_before_in_a_session_changes_nothing(exact: TransformersGenerator) -> None:
    with exact.session() as session:
        alone, _ = finish(session.stream(asking("What did the bridge cost?"), 40))
    with exact.session() as session:
        drained(session.choose(asking("Was there a ferry? Reply yes or no."), ["Yes", "No"]))
        finish(session.stream(asking("How many passengers?"), 40))
        after, _ = finish(session.stream(asking("What did the bridge cost?"), 40))
    assert after == alone


@pytest.mark.models
def test_closing_the_stream_frees_the_model_for_the_next(model: TransformersGenerator) -> None:
    with model.session() as session:
        stream = session.stream(asking("Tell the whole story."), 60)
        while not next(stream):
            pass
        stream.close()
    with model.session() as session:
        assert "40 million" in finish(session.stream(asking("What did the bridge cost?"), 40))[0]


@pytest.mark.models
def test_a_stop_is_heard_in_the_middle_of_a_prompt(model: TransformersGenerator) -> None:
    layers = iter(range(9))
    with pytest.raises(Stopped), stopping_when(lambda: next(layers) == 3), model.session() as session:
        drained(session.choose(asking("Was there a ferry? Reply yes or no."), ["Yes", "No"]))
    with model.session() as session:
        assert "40 million" in finish(session.stream(asking("What did the bridge cost?"), 40))[0]


@pytest.mark.models
def test_choices_are_log_probabilities(model: TransformersGenerator) -> None:
    with model.session() as session:
        steps = session.choose(
            asking("Did the bridge cost 40 million euros? Reply yes or no."), ["Yes", "No"]
        )
        yes, no = drained(steps)
    assert yes < 0
    assert no < 0


@pytest.mark.models
def test_the_lower_layers_tell_the_state_after_them(exact: TransformersGenerator) -> None:
    import torch

    asked = asking("Did the bridge cost 40 million euros? Reply yes or no.")
    with exact.session() as session:
        assert drained(session.state(asked)) is None
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(exact, "_lower", lower_layers(exact._model, 7))
        with exact.session() as session:
            other = drained(session.state(asking("How many passengers?")))  # part of the prompt is read
            state = drained(session.state(asked))
            finish(session.stream(asked, 5))  # by all layers
            again = drained(session.state(asked))
            ids = session._encode(asked, session._whole)  # type: ignore[attr-defined]
    with torch.inference_mode():
        whole = exact._model(torch.tensor([ids]), output_hidden_states=True).hidden_states[7][0, -1]
    assert other is not None
    assert state is not None
    assert again is not None
    assert state.shape == (896,)
    assert float(abs(whole.numpy() - state).max()) < 1e-2
    assert float(abs(again - state).max()) < 1e-2
    assert float(abs(other - state).max()) > 1e-1


def test_a_folder_without_a_model_is_named() -> None:
    with pytest.raises(ModelError, match="no-such-folder"):
        TransformersGenerator("no-such-folder", "x")


def test_drafts_are_what_followed_the_same_words_before() -> None:
    assert _draft([1, 2, 3, 4, 5, 9, 1, 2, 3]) == [4, 5, 9, 1, 2, 3]
    assert _draft([7, 8, 5, 0, 7, 8]) == [5, 0, 7, 8]
    assert _draft([1, 2, 3]) == []


def attended(session: Any, question: str) -> list[float]:
    """How much the question turns to each sentence of PASSAGES."""
    messages = asking(question)
    content = messages[-1][1]
    sentences = PASSAGES.replace(". ", ".|").split("|")
    spans = [(content.index(s), content.index(s) + len(s)) for s in sentences]
    return drained(session.attend(messages, spans, (content.index(question), len(content))))


@pytest.mark.models
@pytest.mark.parametrize(
    ("question", "best"), [("What did the bridge cost?", 0), ("How many passengers a day?", 2)]
)
def test_a_question_turns_to_the_sentence_that_answers_it(question: str, best: int) -> None:
    folder = models.installed("qwen-1.5b")
    if folder is None:
        pytest.skip("qwen-1.5b is not here: `rag models pull qwen-1.5b`")
    model = TransformersGenerator(folder, "qwen-1.5b", evidence_head("qwen-1.5b"))
    with model.session() as session:
        values = attended(session, question)
        again = attended(session, question)
    assert values.index(max(values)) == best
    assert values == again
    assert model._model.config._attn_implementation == "sdpa"


@pytest.mark.models
def test_a_model_without_an_evidence_head_cannot_tell(model: TransformersGenerator) -> None:
    with model.session() as session:
        assert attended(session, "What did the bridge cost?") == []


@pytest.mark.models
def test_skimming_changes_nothing_of_what_is_written(model: TransformersGenerator) -> None:
    folder = models.installed(model.name) or ""
    skimming = TransformersGenerator(folder, model.name, (11, 2))
    with model.session() as session:
        alone, _ = finish(session.stream(asking("What did the bridge cost?"), 40))
    with skimming.session() as session:
        assert len(attended(session, "When was it opened?")) == 3
        after, _ = finish(session.stream(asking("What did the bridge cost?"), 40))
    assert after == alone
