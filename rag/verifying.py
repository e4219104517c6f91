"""Do the passages that were read best answer the question at all, and the question that was asked?"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from rag.index import Index
from rag.search import Found
from rag.turned import NEAR, exchanged, tells_both_ways, told_the_other_way, turned_round
from rag.weighing import Weighed

VERIFIED = 5  # passages that are verified, those that the reader finds best: more tell no more


@dataclass(frozen=True, slots=True)
class Verified:
    """What the verifier says for and against an answer, empty without one, and the question ``turned`` round
    where passages answer that instead.
    """

    signals: Mapping[str, float] = field(default_factory=dict)
    turned: str | None = None


def verify(index: Index, found: Found, weighed: Weighed) -> Verified:
    """Read the passages that were read best once more, with the verifier."""
    read = [hit for hit in found.hits if hit.passage.id in weighed.whole]
    best = sorted(read, key=lambda hit: -weighed.whole[hit.passage.id].best)[:VERIFIED]
    question = found.question if found.perhaps else found.standalone_question
    verified = list(index.verify(question, best).values())
    if not verified:
        return Verified()
    signals = {"verified": max(each.best for each in verified)}
    turned = None if found.leans else turned_round(question)
    if turned is None or tells_both_ways(question, weighed.sentences[0].text):
        return Verified(signals)
    asked, other = (list(index.read_direction(each, best).values()) for each in (question, turned))
    told = told_the_other_way(asked, other) or (
        exchanged(question, [c.text for c in weighed.sentences[:NEAR]])
        and not told_the_other_way(other, asked)
    )
    return Verified(signals, turned if told else None)
