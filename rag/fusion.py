"""Several rankings to one. Pure; the order of the inputs never matters and ties break by id."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

RRF_K = 60  # Cormack, Clarke and Büttcher, SIGIR 2009


def ranks(scores: Mapping[str, float]) -> dict[str, int]:
    """Return each id's place, from 1: best score first, ties by id."""
    ordered = sorted(scores, key=lambda id_: (-scores[id_], id_))
    return {id_: place for place, id_ in enumerate(ordered, start=1)}


def reciprocal_rank(rankings: Sequence[Mapping[str, int]], k: int = RRF_K) -> dict[str, float]:
    """Reciprocal rank fusion: the sum of 1 / (k + rank) over the rankings that hold the id."""
    fused: dict[str, float] = {}
    for ranking in rankings:
        for id_, place in ranking.items():
            fused[id_] = fused.get(id_, 0.0) + 1.0 / (k + place)
    return fused
