"""Retrieval scores by ir_measures, and TREC run files: the only importer of ir_measures.

A *ranking* lists, for each place, the judged units found there: for a set judged by article the article
(each once, at its best passage); for a set judged by evidence the evidence entries that the passage holds,
which may be several or none. A place whose units were all found before holds nothing new but stays a place.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from urllib.parse import quote

from rag.passages import article_of
from rag.types import Hit

Ranking = Sequence[Sequence[str]]
Judgements = Mapping[str, int]

CUTOFFS = (1, 5, 10)
NAMES = ("nDCG@10", "RR@10", *(f"recall@{k}" for k in CUTOFFS), *(f"success@{k}" for k in CUTOFFS))


def roll_up(hits: Iterable[Hit]) -> list[str]:
    """Return the ids of the hits' articles, best first, each at the place of its best passage."""
    return list(dict.fromkeys(hit.passage.article_id for hit in hits))


def listed(hits: Iterable[Hit]) -> list[str]:
    """Return the articles in the order in which a reader meets them: each hit's, then those of the near
    copies that are listed under it.
    """
    passages = (id_ for hit in hits for id_ in (hit.passage.id, *hit.copies))
    return list(dict.fromkeys(article_of(id_) for id_ in passages))


def retrieval_scores(
    judgements: Mapping[str, Judgements], rankings: Mapping[str, Ranking]
) -> dict[str, dict[str, float]]:
    """Return the scores of ``NAMES`` for every judged question: question id -> name -> value.

    ir_measures' nDCG@10, RR@10 (MRR when averaged), R@k as ``recall@k`` and Success@k. A question without a
    ranking, or with an empty one, scores 0 everywhere; one with no unit judged above 0 is left out, since
    nothing could be found for it. Every cutoff counts places: a passage that holds two units gives both, and
    in nDCG they stand one after the other.
    """
    judged = {q: dict(units) for q, units in judgements.items() if any(v > 0 for v in units.values())}
    scores: dict[str, dict[str, float]] = {q: dict.fromkeys(NAMES, 0.0) for q in judged}
    for k in CUTOFFS:
        names = {f"R@{DEPTH}": f"recall@{k}", f"Success@{DEPTH}": f"success@{k}"}
        if k == 10:
            names |= {"nDCG@10": "nDCG@10", "RR": "RR@10"}
        runs = {q: _run(rankings.get(q, ())[:k]) for q in judged}
        for question, name, value in _measure(list(names), judged, runs):
            scores[question][names[name]] = value
    return scores


DEPTH = 10_000  # beyond every run: the places are cut before they are spread into units


def _run(places: Ranking) -> dict[str, float]:
    """Spread places into distinct documents with falling scores; a place with nothing new holds its rank."""
    documents: dict[str, None] = {}
    for i, units in enumerate(places):
        new = [unit for unit in units if unit not in documents]
        documents |= dict.fromkeys(new or [f"\N{SYMBOL FOR NULL}{i}"])
    return {document: float(-i) for i, document in enumerate(documents)}


def _measure(
    names: Sequence[str], judged: Mapping[str, Judgements], runs: Mapping[str, Mapping[str, float]]
) -> list[tuple[str, str, float]]:
    import ir_measures

    measures = [ir_measures.parse_measure(name) for name in names]
    results = ir_measures.iter_calc(measures, judged, {q: run for q, run in runs.items() if run})
    return [(r.query_id, str(r.measure), float(r.value)) for r in results]


def run_file(rankings: Mapping[str, Sequence[str]], tag: str) -> str:
    """Return the text of a TREC run file: ``question Q0 document rank score tag``, the score being 1/rank so
    that every tool keeps the order. White space in an id is percent-encoded, for the format's columns are
    split at it.
    """
    lines = [
        f"{_field(question)} Q0 {_field(document)} {rank} {1 / rank:.6f} {_field(tag)}\n"
        for question, documents in rankings.items()
        for rank, document in enumerate(documents, start=1)
    ]
    return "".join(lines)


def _field(text: str) -> str:
    return "".join(quote(c) if c.isspace() else c for c in text) or "-"
