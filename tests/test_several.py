"""A question with several parts, answered part by part."""

from __future__ import annotations

from collections.abc import Generator, Sequence

from rag.abstention import REFUSAL
from rag.several import Share, each, whole
from rag.types import Answer, Draft, Progress, Searched, Statement, Turn

CUT = 0.5


class Scripted:
    """Answers each part with so many words and so surely, if its share allows that."""

    def __init__(self, **parts: tuple[float, int]) -> None:
        self.parts, self.shares, self.histories = parts, list[Share](), list[list[Turn]]()

    def one(self, part: str, history: Sequence[Turn], share: Share) -> Generator[Progress]:
        self.shares.append(share)
        self.histories.append(list(history))
        chance, words = self.parts[part]
        text = " ".join([part] * words)
        yield Searched(part, None, ())
        yield Draft(text)
        if chance >= CUT * share.least:
            yield Answer(part, text, statements=(Statement(text, supported=True),), confidence=chance)
        else:
            yield Answer(part, REFUSAL, abstained=True, reason="of nothing", confidence=chance)

    def ask(self) -> tuple[Answer, list[Progress]]:
        steps = list(each(self.one, list(self.parts), [], 10, CUT, lambda part, hits: f"no {part}"))
        answer = steps[-1]
        assert isinstance(answer, Answer)
        return answer, steps


def test_the_words_of_an_answer_are_shared_out_and_what_one_leaves_goes_to_the_next() -> None:
    model = Scripted(a=(0.9, 10), b=(0.9, 40), c=(0.9, 3))
    model.ask()
    assert [share.words for share in model.shares] == [20, 25, 10]
    assert not any(share.alone for share in model.shares)
    assert whole("a").alone


def test_a_list_has_more_words_and_takes_none_of_the_others() -> None:
    listed = "which ports"
    model = Scripted(**{listed: (0.9, 20), "b": (0.9, 3)})  # forty words and three
    model.ask()
    assert [share.words for share in model.shares] == [30 + 40, 60]
    assert [whole(listed).words, whole("b").words] == [100, 60]


def test_a_refused_part_takes_no_words() -> None:
    model = Scripted(a=(0.1, 10), b=(0.9, 5))
    answer, _ = model.ask()
    assert [share.words for share in model.shares] == [30, 60]
    assert answer.reason == "the articles do not say: a"


def test_a_part_that_is_less_sure_is_answered_beside_one_that_is_surer() -> None:
    answer, _ = Scripted(a=(0.2, 1), b=(0.9, 1)).ask()
    assert (answer.text, answer.reason) == ("a b", None)


def test_it_is_not_answered_without_one_that_is_surer() -> None:
    answer, _ = Scripted(a=(0.2, 1), b=(0.1, 1)).ask()
    assert (answer.abstained, answer.text, answer.statements) == (True, REFUSAL, ())
    assert answer.reason == "a no a; b of nothing"
    assert answer.confidence == 0.2


def test_parts_are_a_conversation_and_their_drafts_follow_each_other() -> None:
    model = Scripted(a=(0.9, 1), b=(0.9, 2))
    _, steps = model.ask()
    assert model.histories == [[], [("user", "a"), ("assistant", "a")]]
    assert [s.text for s in steps if isinstance(s, Draft)] == ["a", "a b b"]
    assert sum(isinstance(s, Searched) for s in steps) == 1
