"""When a quotation says more surely what a sentence says, and is shown in its place. Pure.

A sentence that has passed every check of ``grounding`` may still tie what the question says to a quotation
that says nothing of it, turn round who did what to whom, or give one of two figures. Each of these is
cheap to suspect and costly to prove, and a quotation is never wrong about itself.
"""

from __future__ import annotations

from itertools import combinations, pairwise

from rag.dates import agrees, mentions
from rag.grounding import clauses, is_fragment, plain_figures, wording
from rag.matching import inflected, joined_words
from rag.names import names
from rag.text import content_words, words

# Stop words that change what is said: "invests the most" is not said by "invests".
_DEGREES = frozenset(
    "above after again against all any before below both down each either every few further less least more "
    "most never no nor not once only over same than under until up without".split()
)


def says_more(sentence: str, quote: str) -> bool:
    """Whether a supported sentence should give way to its quotation.

    It does when it is a bare figure or name, has a word that the quotation has not (figures and dates, which
    may be written otherwise, are checked by ``grounding``), names what both name in another order, or gives
    one of two figures or dates that the quotation sets side by side.
    """
    return (
        is_fragment(sentence)
        or bool(unsaid(sentence, quote))
        or _turned_round(sentence, quote)
        or contrasts(quote, sentence)
    )


def unsaid(sentence: str, quote: str) -> list[str]:
    """Return the words of a sentence that carry meaning and that a quotation does not have, figures and
    dates aside.

    "signed" is there where "signs" is, but "minister" is not where "ministry" is, and "Viet Nam" is there
    where "Vietnam" is.
    """
    plain = wording(sentence)
    there = {*words(quote), *words(wording(quote)), *joined_words(quote)}
    written_apart = {w for one, other in pairwise(words(plain)) if one + other in there for w in (one, other)}
    return [
        word
        for word in dict.fromkeys([*content_words(plain), *(w for w in words(plain) if w in _DEGREES)])
        if word not in written_apart and not any(inflected(word, other) for other in there)
    ]


def _turned_round(sentence: str, quote: str) -> bool:
    """Whether the names that both have stand in another order: "Japan gave Vietnam" for "Vietnam gave Japan".
    The passive voice does the same and is harmless, as is the quotation then shown.
    """
    named = {part for name in (*names(sentence), *names(quote)) for part in words(name)}
    told = list(dict.fromkeys(w for w in words(quote) if w in named))
    places = [told.index(w) for w in dict.fromkeys(words(sentence)) if w in told]
    return places != sorted(places)


def contrasts(quote: str, sentence: str) -> bool:
    """Whether a quotation sets figures of one kind, or dates, side by side of which the sentence gives only
    one.

    Which of two was meant is where a small model goes wrong unseen; a reader who sees both does not.
    """
    kinds = [(q.kind, q.value) for clause in clauses(quote) for q in plain_figures(clause)]
    given = {(q.kind, q.value) for q in plain_figures(sentence)}
    told = mentions(sentence)
    dates = [(m, any(agrees(m, other) for other in told)) for m in mentions(quote)]
    return any(
        one[0] == other[0] and one[1] != other[1] and (one in given) != (other in given)
        for one, other in combinations(kinds, 2)
    ) or any(
        here != there and not agrees(one, other) for (one, here), (other, there) in combinations(dates, 2)
    )
