"""Figures in text: "500,000", "half a million", "20bn", "USD 30 billion", "70 per cent", "one third". Pure.

Every figure becomes an exact value (a Fraction) and a kind, so that spellings of the same figure compare
equal and a figure that the evidence does not hold can be told from one that it does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from fractions import Fraction

from rag.text import lowered

MOST_DIGITS = 30  # of a figure; longer runs are no figures, and Python reads no number of some thousands
_UNITS = (
    "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
    "seventeen eighteen nineteen"
).split()
_TENS = "twenty thirty forty fifty sixty seventy eighty ninety".split()
_ORDINALS = (
    "zeroth first second third fourth fifth sixth seventh eighth ninth tenth eleventh twelfth thirteenth "
    "fourteenth fifteenth sixteenth seventeenth eighteenth nineteenth twentieth"
).split()
_SCALES = {
    "hundred": 100, "thousand": 1000, "million": 10**6, "billion": 10**9, "trillion": 10**12,
    "dozen": 12, "m": 10**6, "mn": 10**6, "mln": 10**6, "bn": 10**9, "tn": 10**12, "k": 1000,
    "nghin": 1000, "trieu": 10**6, "ty": 10**9,
}  # fmt: skip
_CARDINALS = {w: i for i, w in enumerate(_UNITS)} | {w: 10 * i for i, w in enumerate(_TENS, start=2)}
_PARTS = {"half": 2, "third": 3, "thirds": 3, "quarter": 4, "quarters": 4, "fifth": 5, "fifths": 5}

_DIGITS = r"\d{1,3}(?:,\d{3})+(?:\.\d+)?|\d+(?:\.\d+)?"
_CARDINAL = "|".join(sorted(_CARDINALS, key=len, reverse=True))
_SCALE = r"hundred|thousand|million|billion|trillion|dozen|mln|bn|mn|tn"
_PERCENT = r"\s?%|\s?per\s?cent\b|\s?percent\b|\s?percentage points?\b"
_FIGURE = re.compile(
    rf"""
    (?P<fraction>\b\d+/\d+\b(?!/))
  | (?P<words_fraction>\b(?:
        (?P<fraction_top>{_CARDINAL}|an?(?=[ ]\w+[ ]of\b|[ ]half\b))[ -]
        (?P<fraction_bottom>half|thirds?|quarters?|fifths?)
      | (?P<half>half))\b
      (?:[ ](?:of\ )?an?[ ](?P<half_scale>million|billion|trillion|dozen)\b)?)
  | (?P<ordinal>\b(?:\d+(?:st|nd|rd|th)|{"|".join(_ORDINALS[1:])})\b)
  | (?:(?<![\w.,])(?P<digits>{_DIGITS})(?:[ -]?(?P<digit_scale>{_SCALE}|[mk](?=\b)))?
     | \b(?P<cardinal>(?:an?(?=[ ](?:hundred|thousand|million|billion|trillion|dozen)\b)|{_CARDINAL})
          (?:[ -](?:and[ ])?(?:{_CARDINAL}|hundred|thousand|million|billion|trillion|dozen))*)\b)
    (?P<percent>{_PERCENT})?
    """,
    re.VERBOSE | re.IGNORECASE,
)
_CURRENCIES = {
    "$": "usd", "usd": "usd", "us$": "usd", "dollar": "usd", "€": "eur", "eur": "eur", "euro": "eur",
    "£": "gbp", "¥": "jpy", "yen": "jpy", "jpy": "jpy", "vnd": "vnd", "dong": "vnd",
}  # fmt: skip
_BEFORE = re.compile(r"(us\$|[$€£¥]|\b(?:usd|eur|vnd|jpy))\s?$", re.IGNORECASE)
_HEDGE = re.compile(
    r"(?:\b(?:about|around|some|nearly|almost|over|approximately|roughly|circa|under|more than|less than|"
    r"fewer than|up to|at least|at most|as many as)|~)\s*$",
    re.IGNORECASE,
)
_AFTER = re.compile(r"^[\s-]?(usd|us dollars?|dollars?|eur|euros?|yen|jpy|vnd|dong)\b", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Quantity:
    """A figure at ``text[start:end]``: its value and its kind ("number", "percent", "ordinal", "fraction" or
    a currency code).
    """

    value: Fraction
    kind: str
    start: int
    end: int

    @property
    def key(self) -> tuple[Fraction, str]:
        """What two spellings of one figure share."""
        return (self.value, self.kind)

    @property
    def term(self) -> str:
        """A token for the lexical index that every spelling of the figure shares."""
        return f"#{self.value}{'%' if self.kind == 'percent' else ''}"


def quantities(text: str) -> list[Quantity]:
    """Find the figures of a text in order. Years and days of the month are numbers like any other here."""
    return [q for m in _FIGURE.finditer(text) if (q := _quantity(text, m)) is not None]


def hedge(text: str, figure: Quantity) -> str:
    """Return the words before a figure of a text that leave it open: "about", "more than"; mostly none."""
    found = _HEDGE.search(text[: figure.start])
    return found.group().strip() if found else ""


def _quantity(text: str, match: re.Match[str]) -> Quantity | None:
    start, end = match.span()
    if sum(c.isdigit() for c in match.group()) > MOST_DIGITS:
        return None
    if match["fraction"]:
        top, bottom = match["fraction"].split("/")
        return Quantity(Fraction(int(top), int(bottom)), "fraction", start, end) if int(bottom) else None
    if match["words_fraction"]:
        return _fraction_in_words(match)
    if match["ordinal"]:
        return Quantity(Fraction(_ordinal(lowered(match["ordinal"]))), "ordinal", start, end)
    value = _value(match)
    if value is None:
        return None
    if match["percent"]:
        return Quantity(value, "percent", start, end)
    before, after = _BEFORE.search(text, max(0, start - 5), start), _AFTER.search(text[end : end + 12])
    if before:
        return Quantity(value, _currency(before[1]), before.start(1), end)
    if after:
        return Quantity(value, _currency(after[1]), start, end + after.end())
    return Quantity(value, "number", start, end)


def _currency(word: str) -> str:
    word = lowered(word).removeprefix("us ")
    return _CURRENCIES.get(word) or _CURRENCIES[word.rstrip("s")]


def _ordinal(word: str) -> int:
    return _ORDINALS.index(word) if word in _ORDINALS else int(re.sub(r"\D", "", word))


def _fraction_in_words(match: re.Match[str]) -> Quantity:
    top, bottom = lowered(match["fraction_top"] or ""), lowered(match["fraction_bottom"] or match["half"])
    share = Fraction(_CARDINALS.get(top, 1), _PARTS[bottom])
    if match["half_scale"]:
        return Quantity(share * _SCALES[lowered(match["half_scale"])], "number", *match.span())
    return Quantity(share, "fraction", *match.span())


def _value(match: re.Match[str]) -> Fraction | None:
    if match["digits"]:
        scale = lowered(match["digit_scale"] or "")
        return Fraction(match["digits"].replace(",", "")) * _SCALES.get(scale, 1)
    total, current = 0, 0
    for word in re.split(r"[ -]+", lowered(match["cardinal"])):
        if word in ("a", "an"):
            current = 1
        elif word in _CARDINALS:
            current += _CARDINALS[word]
        elif word == "hundred":
            current = max(1, current) * 100
        elif word in _SCALES:
            total, current = total + max(1, current) * _SCALES[word], 0
    return Fraction(total + current)
