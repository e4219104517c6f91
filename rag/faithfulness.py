"""When a quotation says more surely what a sentence says, and is shown in its place. Pure.

A sentence that has passed every check of ``grounding`` may still tie what the question says to a quotation
that says nothing of it, turn round who did what to whom, or give one of two figures. Each of these is
cheap to suspect and costly to prove, and a quotation is never wrong about itself.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date, timedelta
from itertools import combinations, pairwise

from rag.dates import DateMention, PartialDate, agrees, mentions
from rag.grounding import clauses, is_fragment, plain_figures, same_figure, wording
from rag.matching import inflected, joined_words
from rag.quantities import hedge
from rag.text import STOPWORDS, content_words, words

_ASIDE = re.compile(r"[,;:()\[\]—–]|\s-\s")
HALF_A_YEAR = timedelta(days=183)

# Stop words that change what is said: "invests the most" is not said by "invests".
_DEGREES = frozenset(
    "above after again against all any before below both down each either every few further less least more "
    "most never no nor not once only over same than under until up without".split()
)


def says_more(sentence: str, quote: str, published: date | None = None) -> bool:
    """Whether a supported sentence should give way to its quotation.

    It does when it is a bare figure or name, has a word, figure or date that the quotation has not, leaves
    out that a figure is no exact one, is pieced together of words that stand apart there or in another order,
    or gives one of two figures or dates that the quotation sets side by side. ``published`` is when that was:
    it gives a day its year.
    """
    return (
        is_fragment(sentence)
        or bool(unsaid(sentence, quote))
        or not _same_figures(sentence, quote)
        or not all(_dated(told, quote, published) for told in mentions(sentence))
        or _pieced_together(sentence, quote)
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


def _same_figures(sentence: str, quote: str) -> bool:
    """Whether each figure of a sentence stands in a quotation, and as surely: "630" is not "around 630"."""
    return all(
        any(
            same_figure(figure, other) and (not hedge(quote, other) or bool(hedge(sentence, figure)))
            for other in plain_figures(quote)
        )
        for figure in plain_figures(sentence)
    )


def _dated(told: DateMention, quote: str, published: date | None) -> bool:
    """Whether a quotation has a date of a sentence, or all but its year, and was published near it. A date
    that stands in an article elsewhere may be that of something else.
    """
    near = bool(published and told.first and abs(told.first - published) <= HALF_A_YEAR)
    ends = [end for other in mentions(quote) for end in (other.opening, other.closing)]
    return all(any(_has(there, end, near) for there in ends) for end in (told.opening, told.closing))


def _has(there: PartialDate, told: PartialDate, near: bool) -> bool:
    """Whether a date has all that is told of it; its year may be left out ``near`` its publication."""
    year = told.year in (None, there.year) or (near and there.year is None)
    return year and told.month in (None, there.month) and told.day in (None, there.day)


def _pieced_together(sentence: str, quote: str) -> bool:
    """Whether a sentence has the words of a quotation in another order, or leaves out some between them, but
    for what stands between commas as a whole: "beat him in the final" for "beat him in the heat and reached
    the final", or "Japan gave Vietnam" for "Vietnam gave Japan". What it leaves out before and after makes
    nothing new; the passive voice is harmless, as is the quotation then shown.
    """
    single = {*words(sentence), *words(quote)}
    told = [word for word in _as_single(wording(sentence), single) if word not in STOPWORDS]
    placed = [
        (part, word)
        for part, text in enumerate(_ASIDE.split(wording(quote)))
        for word in _as_single(text, single)
        if word not in STOPWORDS
    ]
    reached = {place for place, (_, word) in enumerate(placed) if told and inflected(told[0], word)}
    for word in told[1:]:
        after = (place for place, (_, there) in enumerate(placed) if inflected(word, there))
        reached = {b for b in after if any(a < b and _goes_on(placed, a, b) for a in reached)}
    return bool(told) and not reached


def _goes_on(placed: Sequence[tuple[int, str]], a: int, b: int) -> bool:
    """Whether the word at ``b`` follows that at ``a`` at once, or behind whole parts between commas."""
    whole = placed[a + 1][0] != placed[a][0] and placed[b][0] != placed[b - 1][0]
    return b == a + 1 or whole


def _as_single(text: str, single: set[str]) -> list[str]:
    """Return the words of a text, two as one where that is written as one too: "vietnam" for "Viet Nam"."""
    told: list[str] = []
    for word in words(text):
        if told and told[-1] + word in single:
            told[-1] += word
        else:
            told.append(word)
    return told


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
