"""The probe of a model's state, and what an answer does with it."""

from __future__ import annotations

from collections.abc import Generator, Sequence
from dataclasses import replace
from datetime import date

import numpy as np
import pytest
from numpy.typing import NDArray

from rag.abstention import Gate, gate
from rag.answer import Answerer
from rag.index import Index
from rag.probe import SURE, Probe, probe
from rag.types import Answer, Span
from tests.conftest import StatefulModel, vector


def test_log_odds_by_hand() -> None:
    one = Probe(3, vector(2.0, 0.5), 0.25, vector(-1.0, 1.0))
    assert one.answered(vector(1.0, -3.0)) == 0.75
    assert one.answers(vector(1.0, -3.0)) == -4.0
    state, alone = vector(1.0, -3.0), [vector(1.0, 0.0), vector(0.0, 4.0)]
    assert one.signals(state, alone) == {"answered": 0.75}  # nothing is known of single sentences
    both = replace(one, one=vector(3.0, 0.25), one_bias=0.5)
    assert both.signals(state, alone) == {
        "answered": 0.75,
        "one_answers": 3.5,
        "one_surely": pytest.approx(3.5 - SURE),
    }
    doubted = replace(both, one_bias=0.0)
    assert doubted.signals(state, alone) == {"answered": 0.75, "one_answers": 3.0, "one_surely": 0.0}
    assert both.signals(state, []) == {"answered": 0.75}


@pytest.mark.parametrize(("model", "wide", "deep"), [("qwen-1.5b", 1536, 28), ("qwen-0.5b", 896, 24)])
def test_the_shipped_probes_are_for_our_models_and_their_gates_use_them(
    model: str, wide: int, deep: int
) -> None:
    known = probe(model)
    assert known is not None
    assert known.weights.shape == known.better.shape == (wide,)
    assert 0 < known.layer <= deep
    assert known.one is None or known.one.shape == (wide,)
    signals = known.signals(vector(*[0.0] * wide), [vector(*[0.0] * wide)])
    assert set(signals) == set(gate(model).weights) - {"verified", "answer", "deep"}  # what reading says


def test_an_unknown_model_has_no_probe() -> None:
    assert probe("some other model") is None


def test_what_the_probe_says_is_a_signal_where_there_is_a_probe(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    known = Probe(1, vector(1.0, 1.0), 0.25, vector(0.0, 0.0))
    monkeypatch.setattr("rag.answer.probe", {"scripted": known}.get)
    model = StatefulModel("The bridge cost 40 million euros.")
    answer = Answerer(index, model, date(2026, 1, 1)).answer("What did the bridge cost?")
    assert answer.signals["answered"] == -1.25
    monkeypatch.setattr("rag.answer.probe", {}.get)
    other = Answerer(index, model, date(2026, 1, 1)).answer("What did the bridge cost?")
    assert "answered" not in other.signals


def asked(index: Index, monkeypatch: pytest.MonkeyPatch, model: StatefulModel, *, probed: bool) -> Answer:
    """Ask a model, with a probe or without; it answers whatever is asked."""
    known = Probe(1, vector(1.0, 1.0), 0.0, vector(1.0, 0.0))
    monkeypatch.setattr("rag.answer.probe", {"scripted": known}.get if probed else {}.get)
    monkeypatch.setattr("rag.abstention.gate", lambda _name: Gate({}, {}, {}, 0.0, 0.5))
    return Answerer(index, model, date(2026, 1, 1)).answer("What did the bridge cost?")


class Attentive(StatefulModel):
    """Pays most attention to what stands first."""

    def attend(
        self, messages: Sequence[tuple[str, str]], spans: Sequence[Span], question: Span
    ) -> Generator[None, None, list[float]]:
        yield
        return [-float(i) for i in range(len(spans))]


JUDGED = 5


# Two prompts ask whether the best sentences say it and what it is; those before, whether each says it.
@pytest.mark.parametrize(
    ("kind", "probed", "sure", "trusted", "prompts"),
    [
        (Attentive, True, 99.0, 1.1, JUDGED + 2),
        (Attentive, True, -9.0, 1.1, 2),  # the first sentence is far ahead
        (Attentive, True, 99.0, 0.0, 2),  # the passages are trusted
        (Attentive, False, -9.0, 0.0, JUDGED + 2),  # doubt about each counts where there is no probe
        (StatefulModel, True, 99.0, 1.1, JUDGED + 2),  # too small to skim
        (StatefulModel, False, -9.0, 0.0, JUDGED + 2),
    ],
)
def test_sentences_are_judged_where_that_helps(
    kind: type[StatefulModel],
    probed: bool,
    sure: float,
    trusted: float,
    prompts: int,
    index: Index,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("rag.weighing.SURE", sure)
    monkeypatch.setattr("rag.weighing.LIKELY_TRUE", 0.0)
    monkeypatch.setattr("rag.weighing.TRUSTED", trusted)
    monkeypatch.setattr("rag.drafting.JUDGED", JUDGED)
    model = kind("The bridge cost 40 million euros.")
    answer = asked(index, monkeypatch, model, probed=probed)
    assert len(model.prompts) == prompts
    assert ("one_states" in answer.signals) != probed
    assert answer.statements[0].text == "The bridge cost 40 million euros."


class Ferry(StatefulModel):
    """Knows a sentence about the ferry when it sees one, and takes it for the answer."""

    def state_of(self, prompt: str) -> NDArray[np.float32]:
        return vector(9.0 * ("900 passengers" in prompt), 0.0)


def test_the_sentence_that_the_state_speaks_for_is_the_best(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.weighing.SURE", 99.0)
    monkeypatch.setattr("rag.weighing.TRUSTED", 1.1)
    answer = asked(index, monkeypatch, Ferry("Nothing."), probed=True)
    assert answer.statements[0].text == "The ferry carried 900 passengers a day, the harbour office said."
    unknown = asked(index, monkeypatch, Ferry("Nothing."), probed=False)
    assert unknown.statements[0].text == "The bridge cost 40 million euros."


class Wary(Ferry):
    """Believes no sentence together with the bridge's price, however well another answers."""

    def state_of(self, prompt: str) -> NDArray[np.float32]:
        if "40 million" in prompt:
            return vector(-9.0, -9.0)  # weighs -18 in all
        return super().state_of(prompt)


def test_what_stands_out_but_is_doubtful_is_compared_and_refused_by_itself(
    index: Index, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("rag.weighing.SURE", -9.0)  # the first sentence stands out
    monkeypatch.setattr("rag.weighing.LIKELY_TRUE", 0.0)
    certain = asked(index, monkeypatch, Ferry("Nothing."), probed=True)
    assert certain.statements[0].text == "The bridge cost 40 million euros."
    monkeypatch.setattr("rag.weighing._doubtful", lambda *_: True)
    compared = asked(index, monkeypatch, Ferry("Nothing."), probed=True)
    assert compared.statements[0].text == "The ferry carried 900 passengers a day, the harbour office said."
    assert compared.signals.keys() == certain.signals.keys()
    assert asked(index, monkeypatch, Wary("Nothing."), probed=True).signals == {"answered": -18.0}
