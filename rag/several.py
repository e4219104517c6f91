"""A question with several parts, answered part by part, as a conversation."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from contextlib import closing
from dataclasses import dataclass, replace

from rag.abstention import REFUSAL
from rag.beside import LONGEST_ANSWER, beyond
from rag.excerpts import length
from rag.parts import joined
from rag.types import Answer, Draft, Hit, Progress, Turn

BESIDE_A_SURE_ONE = 0.375  # of the threshold: who is right to ask one of two things mostly is with both


@dataclass(frozen=True, slots=True)
class Share:
    """What one part has of an answer: so many words; whether it is ``alone``, or others need those that it
    leaves.
    """

    words: int = LONGEST_ANSWER
    alone: bool = True

    @property
    def least(self) -> float:
        """From which share of the threshold it is answered."""
        return 1.0 if self.alone else BESIDE_A_SURE_ONE


def whole(question: str) -> Share:
    """Return what a question that asks one thing has."""
    return Share(LONGEST_ANSWER + beyond(question))


def each(
    one: Callable[[str, Sequence[Turn], Share], Generator[Progress]],
    asked: Sequence[str],
    history: Sequence[Turn],
    shown: int,
    threshold: float,
    missing: Callable[[str, Sequence[Hit]], str],
) -> Generator[Progress]:
    """Answer the parts of a question and join what comes of it.

    The words of an answer are shared out evenly, and what a part leaves goes to those after it. A part that
    is less sure than ``threshold`` is answered beside one that is surer, and never without: ``missing`` says
    what it lacks.
    """
    turns, answers, text, left = list(history), list[Answer](), "", LONGEST_ANSWER
    for place, part in enumerate(asked):
        more = beyond(part)
        share = Share(max(0, left) // (len(asked) - place) + more, alone=False)
        with closing(one(part, turns, share)) as steps:
            for step in steps:
                if isinstance(step, Answer):
                    answers.append(step)
                    turns += [("user", part), ("assistant", step.text)]
                    text += "" if step.abstained else f"{step.text} "
                    left -= 0 if step.abstained else max(0, length(step.text) - more)
                elif isinstance(step, Draft):
                    yield Draft(text + step.text)
                elif not answers:  # passages are shown once, while the other parts are looked for
                    yield step
    if all((answer.confidence or 0.0) < threshold for answer in answers):
        answers = [_refused(part, answer, missing) for part, answer in zip(asked, answers, strict=True)]
    yield joined(asked, answers, shown)


def _refused(part: str, answer: Answer, missing: Callable[[str, Sequence[Hit]], str]) -> Answer:
    if answer.abstained:
        return answer
    reason = missing(part, answer.hits)
    return replace(answer, text=REFUSAL, statements=(), timeline=(), abstained=True, reason=reason)
