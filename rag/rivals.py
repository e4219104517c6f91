"""Sentences to show beside the best one, where the model's judgement does not tell them apart. Pure.

Which of the first three sentences is the answer a small model often cannot say; that it is among them it
mostly can (eval/NOTES.md). What stands in them is for the reader to compare, each with its date.
"""

from __future__ import annotations

from collections.abc import Sequence

from rag.agreement import Given
from rag.grounding import Candidate
from rag.matching import coverage
from rag.text import words

CLOSE = 1.0  # log-odds between two sentences of which the model cannot say which is better
NEAR = 2.5  # log-odds, for a sentence with another answer, or a newer one
ANOTHER = 0.05  # share of what the passages give as answers, that a sentence has and those before have not
MOST = 2  # sentences beside the best
ALREADY_SAID = 0.8  # share of a sentence's words
RUN = 8  # words in a row that are no chance


def rivals(
    best_first: Sequence[Candidate],
    values: Sequence[float],
    given: Given,
    told: str = "",
    timeless: bool = True,
) -> list[Candidate]:
    """Return the sentences to show beside the first: those whose value (log-odds) is as good, or nearly as
    good and which hold another answer of those that the passages give, or come from a newer article, which
    may say how the story went on, where the question is ``timeless``. What only says the same is left out.

    ``told`` is what the reader was told before. Who asks on after a sentence mostly wants more of what it is
    about: beside it stands the best of its passage that is new.
    """
    first = best_first[0]
    shown, said, later = [first], given.standing_in(first.text), list[Candidate]()
    nothing_new = bool(told) and repeated(first.text, [told])
    for candidate, value in zip(best_first[1:], values[1:], strict=False):
        answers = given.standing_in(candidate.text)
        if repeated(candidate.text, [c.text for c in shown]) or (answers and answers <= said):
            continue
        another = given.share(answers - said) >= ANOTHER
        same = candidate.hit.passage.id == first.hit.passage.id
        new = nothing_new and same and not repeated(candidate.text, [told])
        if new or values[0] - value < (NEAR if another else CLOSE):
            shown.append(candidate)
            said |= answers
            nothing_new = nothing_new and not new
        elif timeless and values[0] - value < NEAR and _newer(candidate, first):
            later.append(candidate)  # where there is room
    return [*shown[1:], *later][:MOST]


def _newer(one: Candidate, other: Candidate) -> bool:
    """Whether a sentence is from an article that is known to be newer than another's."""
    day, before = one.hit.article.day, other.hit.article.day
    return day is not None and before is not None and day > before


def repeated(text: str, said: Sequence[str]) -> bool:
    """Whether some texts together say a sentence already, or nearly."""
    return coverage(text, " ".join(said)) >= ALREADY_SAID


def quoted(sentences: Sequence[Candidate], told: str) -> set[str]:
    """Return the ids of the articles of which what the reader was told quotes one of these sentences, or a
    good piece of one.
    """
    said = _runs(told)
    return {c.hit.article.id for c in sentences if not said.isdisjoint(_runs(c.text))}


def _runs(text: str) -> set[tuple[str, ...]]:
    in_order = words(text)
    return {tuple(in_order[i : i + RUN]) for i in range(len(in_order) - RUN + 1)}
