"""Does the evidence say what a sentence says? Checks on figures, dates, names and quoted words. Pure.

The idea of attributing each sentence after generation is that of RARR (Gao et al., ACL 2023); the checks are
exact ones, because a small model's usual mistakes are a wrong figure, a wrong name or the other of two
figures in one sentence. Similarity of meaning comes in as a function, so that no model is known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from itertools import pairwise

from rag.dates import DateMention, PartialDate, agrees, mentions
from rag.matching import added_words, coverage, has_word
from rag.names import missing_names, names
from rag.quantities import Quantity, quantities
from rag.text import content_words, fold, words
from rag.types import Evidence, Hit, Statement

SUPPORT = 0.55  # fitted on the training questions, see eval/NOTES.md; never lowered until something fits
NEWS = 0.75  # the share of the words that a sentence adds to its question that must stand in the quotations
CONTEXT = 500  # characters before a quotation in which "he" and "the ministry" have their names
MAX_QUOTES = 2

# Cosines of (one sentence, each of several).
Similarity = Callable[[str, Sequence[str]], Sequence[float]]

_QUOTED = re.compile(r"[\"“«]([^\"“”«»]{3,})[\"”»]")
_NEGATION = re.compile(r"\b(?:not|no|never|none|without|nor|neither|\w+n't)\b", re.IGNORECASE)
_NOT_ONLY = re.compile(r"\bnot (?:only|just|merely|least)\b", re.IGNORECASE)
_CLAUSE = re.compile(
    r"[;:()–—]|,(?!\d)|\b(?:while|whereas|but|compared (?:with|to)|against|and)\b", re.IGNORECASE
)


@dataclass(frozen=True, slots=True)
class Candidate:
    """A sentence of a hit that could be quoted: ``hit.article.text[start:end] == text``."""

    hit: Hit
    start: int
    end: int
    text: str

    @property
    def place(self) -> int:
        """Which sentence of its passage it is, from 0."""
        return [start for start, _ in self.hit.passage.sentences].index(self.start)

    @property
    def paragraph(self) -> str:
        """The whole paragraph that it stands in."""
        article = self.hit.article
        around = (article.text[a:b] for a, b in article.body if a <= self.start < b)
        return next(around, self.text)

    def evidence(self) -> Evidence:
        """The sentence as a quotation."""
        article = self.hit.article
        return Evidence(
            article.id, self.hit.passage.id, self.start, self.end, self.text,
            article.title, article.source, article.published, article.url,
        )  # fmt: skip


@dataclass(frozen=True, slots=True)
class Check:
    """How far quotations carry a sentence: ``missing`` names what they lack, ``score`` is 0 to 1."""

    score: float
    missing: tuple[str, ...] = ()

    @property
    def supported(self) -> bool:
        """Whether nothing is missing and the rest agrees well enough."""
        return not self.missing and self.score >= SUPPORT


def candidates(hits: Iterable[Hit]) -> list[Candidate]:
    """Return the sentences of the hits, best hit first, each once."""
    found: dict[tuple[str, int], Candidate] = {}
    for hit in hits:
        for start, end in hit.passage.sentences:
            text = hit.article.text[start:end]
            found.setdefault((hit.article.id, start), Candidate(hit, start, end, text))
    return list(found.values())


def ground(
    sentence: str, question: str, pool: Sequence[Candidate], similarity: Similarity
) -> tuple[Statement, Check]:
    """Find the one or two quotations that carry a sentence; unsupported when none do.

    Every figure, date, name and quoted phrase of the sentence must stand in the quotations (a name of the
    question, or one that the sentences before give, may stand near them), and the words must agree. Returns
    the statement and the check of its quotations, or of the nearest miss.
    """
    if not pool:
        return Statement(sentence), Check(0.0, ("evidence",))
    probe = f"{question} {sentence}" if is_fragment(sentence) else sentence
    cosines = similarity(probe, [c.text for c in pool])
    checks = [check(sentence, question, [c], cosine) for c, cosine in zip(pool, cosines, strict=True)]
    order = sorted(range(len(pool)), key=lambda i: (len(checks[i].missing), -checks[i].score, i))
    best = order[0]
    if checks[best].supported:
        return Statement(sentence, (pool[best].evidence(),), supported=True), checks[best]
    for second in order[1:]:
        if set(checks[second].missing) >= set(checks[best].missing):
            continue
        pair = [pool[best], pool[second]]
        both = check(sentence, question, pair, max(cosines[best], cosines[second]))
        if both.supported:
            return Statement(sentence, tuple(c.evidence() for c in pair), supported=True), both
    return Statement(sentence), checks[best]


def is_fragment(sentence: str) -> bool:
    """Whether a reply is a bare figure or name that means nothing without its question."""
    return len(sentence.split()) < 6 or sentence.rstrip("\"”'’)")[-1:] not in (".", "!", "?")


def check(sentence: str, question: str, quoted: Sequence[Candidate], cosine: float) -> Check:
    """Compare a sentence with quotations taken together."""
    texts, close = [c.text for c in quoted], nearby(quoted)
    missing = [
        *missing_dates(sentence, quoted),
        *_missing_figures(sentence, question, texts, close),
        *missing_names(sentence, question, close, [c.hit.article.text for c in quoted]),
        *[q for q in _QUOTED.findall(sentence) if not any(fold(q).strip(" ,.") in fold(t) for t in texts)],
        *(["not"] if not _same_polarity(sentence, question, texts) else []),
    ]
    # A word of the question may stand near the quotation: "It cost 40 million" answers for the bridge.
    asked = set(content_words(question))
    known = [w for text in close for w in words(text) if w in asked]
    agreement = coverage(sentence, " ".join([*texts, *known]))
    told = _tells(sentence, question, texts, close)
    return Check((agreement + max(0.0, cosine)) / 2 if told else 0.0, tuple(missing))


def nearby(quoted: Sequence[Candidate]) -> list[str]:
    """Return the quotations, what stands before them and the headlines: the names for "he" are there."""
    before = [c.hit.article.text[max(0, c.start - CONTEXT) : c.start] for c in quoted]
    return [*(c.text for c in quoted), *before, *(c.hit.article.title for c in quoted)]


def missing_dates(sentence: str, quoted: Sequence[Candidate]) -> list[str]:
    """Return the dates of a sentence that neither the quotations, what is near them, nor the days on which
    their articles were published agree with. The year of a day that the quotation gives without one may
    stand anywhere in the article; that an article is not older than some year dates nothing that it tells.
    """
    there = [m for text in nearby(quoted) for m in mentions(text)]
    years: set[int | None] = {None}
    for article in {c.hit.article.id: c.hit.article for c in quoted}.values():
        if day := article.published:
            when = PartialDate(day.year, day.month, day.day)
            there.append(DateMention(0, 0, when, when))
        years |= {d.year for d in (article.published, article.not_before) if d}
        years |= {m.opening.year for m in mentions(article.text)}
    return [
        sentence[m.start : m.end]
        for m in mentions(sentence)
        if not any(agrees(m, o) and (o.opening.year or m.opening.year in years) for o in there)
    ]


def _missing_figures(sentence: str, question: str, texts: Sequence[str], nearby: Sequence[str]) -> list[str]:
    asked = {q.value for q in quantities(question)}
    missing = []
    for figure in plain_figures(sentence):
        places = nearby if figure.value in asked else texts
        if not any(same_figure(figure, other) for text in places for other in quantities(text)):
            missing.append(sentence[figure.start : figure.end])
        elif figure.value not in asked and not any(_same_role(sentence, figure, text) for text in texts):
            missing.append(f"{sentence[figure.start : figure.end]} in that role")
    return missing


def _tells(sentence: str, question: str, texts: Sequence[str], nearby: Sequence[str]) -> bool:
    """Whether enough of what a sentence adds to its question stands in the quotations, names also near them.
    Figures and dates, which may be written otherwise, are checked by themselves.

    The question's own words agree with many a quotation, and would carry a false premise along with them.
    """
    added = added_words(wording(sentence), question)
    there = " ".join([*texts, *(name for text in nearby for name in names(text))])
    return not added or coverage(" ".join(added), there) >= NEWS


def wording(sentence: str) -> str:
    """Return a sentence without its figures and dates, which may be written otherwise and have checks of
    their own.
    """
    exact = [(m.start, m.end) for m in mentions(sentence)]
    exact += [(q.start, q.end) for q in quantities(sentence)]
    return "".join(" " if any(a <= i < b for a, b in exact) else c for i, c in enumerate(sentence))


def plain_figures(text: str) -> list[Quantity]:
    """Return the figures that are not part of a date, nor the word "one", which is mostly a pronoun."""
    dates = [(m.start, m.end) for m in mentions(text)]
    return [
        q
        for q in quantities(text)
        if not any(a <= q.start < b for a, b in dates) and fold(text[q.start : q.end]) not in ("one", "first")
    ]


def same_figure(one: Quantity, other: Quantity) -> bool:
    """Whether two figures are the same: neither is 4 the fourth, nor 4 per cent."""
    apart = ("percent", "ordinal")
    return one.value == other.value and all((one.kind == k) == (other.kind == k) for k in apart)


def _same_role(sentence: str, figure: Quantity, text: str) -> bool:
    """Whether the clause with this figure fits the sentence at least as well as clauses with other figures.

    "620,000 Vietnamese visit Japan, while 710,000 Japanese travel to Vietnam" holds both figures, but only
    one of them is the number of Vietnamese.
    """
    wanted = set(content_words(sentence))
    here, elsewhere = [], []
    for clause in clauses(text):
        figures = quantities(clause)
        there = set(words(clause))
        fit = sum(1.0 if w in there else 0.5 * has_word(w, there) for w in wanted if not w[0].isdigit())
        if any(same_figure(figure, other) for other in figures):
            here.append(fit)
        elif any(other.kind == figure.kind for other in figures):
            elsewhere.append(fit)
    if not here:  # the figure itself was cut in two, or stands in another quotation
        return any(same_figure(figure, other) for other in quantities(text))
    return max(here) >= max(elsewhere, default=0) - 1


def clauses(text: str) -> list[str]:
    """Cut a sentence at punctuation and at "and", "while", "but"; nothing is lost."""
    cuts = [0, *(m.start() for m in _CLAUSE.finditer(text)), len(text)]
    return [text[a:b] for a, b in pairwise(cuts)]


def _same_polarity(sentence: str, question: str, texts: Sequence[str]) -> bool:
    """Whether the sentence and the clause that it fits best agree on "not"."""
    wanted = set(content_words(sentence))
    parts = [clause for text in texts for clause in clauses(text)]
    fits = [sum(has_word(w, set(words(c))) for w in wanted) for c in parts]
    closest = parts[fits.index(max(fits))]
    here, there = negated(sentence), negated(closest)
    if here:
        return there or negated(question) or any(negated(text) for text in texts)
    return not there or negated(question)


def negated(text: str) -> bool:
    """Whether a text says that something is not so; "not only" does not."""
    return bool(_NEGATION.search(_NOT_ONLY.sub(" ", text)))


def named_terms(question: str) -> list[str]:
    """Return what a question names: capitalised words and figures; any answer must be about them."""
    figures = [question[q.start : q.end] for q in plain_figures(question)]
    return list(dict.fromkeys([*names(question), *figures]))
