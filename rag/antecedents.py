"""Sentences that cannot be understood alone: who "he" is, says the one before. Pure.

No resolution of references, which would need a parser or a model: a pronoun that opens a sentence mostly
stands for what the sentence before names (Hobbs, Resolving Pronoun References, Lingua 44, 1978, searches
the sentences before, nearest first), so the two are read and shown together.
"""

from __future__ import annotations

import re

from rag.grounding import Candidate
from rag.prompts import addresses_the_model

_REFERS_BACK = re.compile(
    r"(?:He|She|They|His|Her|Their|Its)\b"
    r"|It (?!(?:is|was|will be|has been|would be) (?:[\w-]+ ){1,3}(?:that|to|for)\b)"  # "it is hoped that"
    r"|(?:These|Those|Both) (?!days|years|who|which)"
    r"|This (?:is|was|will|would|has|had|means|meant|makes|made)\b"
)


def refers_back(text: str) -> bool:
    """Whether a sentence begins with a word for something that only the sentence before can name."""
    return bool(_REFERS_BACK.match(text))


def antecedent(candidate: Candidate) -> Candidate | None:
    """Return the sentence that says what one refers back to, the one before it in its passage.

    None for a sentence that stands alone, for the first of a passage, and where the one before refers back
    too or stands in a paragraph that addresses the model, which is not read.
    """
    hit, place = candidate.hit, candidate.place
    if place == 0 or not refers_back(candidate.text):
        return None
    start, end = hit.passage.sentences[place - 1]
    before = Candidate(hit, start, end, hit.article.text[start:end])
    return None if refers_back(before.text) or addresses_the_model(before.paragraph) else before


def understood(candidate: Candidate) -> list[Candidate]:
    """Return a sentence with what is needed to understand it: its antecedent, if it has one, and itself."""
    before = antecedent(candidate)
    return [before, candidate] if before else [candidate]
