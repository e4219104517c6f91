"""Folding, words and sentences. Pure functions on strings; knows nothing of articles or models."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from rag.types import Span

# Letters that Unicode does not decompose, and typography that readers do not type.
_FOLD = str.maketrans(
    {
        "đ": "d", "Đ": "d", "ł": "l", "Ł": "l", "ø": "o", "Ø": "o", "ı": "i", "æ": "ae", "Æ": "ae",
        "œ": "oe", "Œ": "oe", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th", "ħ": "h", "ŧ": "t",
        "‘": "'", "’": "'", "‚": "'", "‛": "'", "ʼ": "'", "`": "'", "´": "'", "“": '"', "”": '"', "„": '"',
        "«": '"', "»": '"', "‐": "-", "‑": "-", "‒": "-", "–": "-", "—": "-", "―": "-", "−": "-",
        "\u00ad": "", "\u200b": "", "\u200c": "", "\u200d": "", "\ufeff": "",
    }
)  # fmt: skip

_TAKEN_FOR = str.maketrans("ſıİ\N{KELVIN SIGN}", "siik")
_WORD = re.compile(r"\d+(?:[.,]\d+)*|[^\W\d_]+(?:'[^\W\d_]+)?", re.UNICODE)


@lru_cache(maxsize=8192)
def fold(text: str) -> str:
    """Return the text for matching: no case, accents, đ/ł/ø/ı/ß variants, typographic quotes or dashes,
    and single spaces. Compatibility forms are decomposed (Unicode NFKD).
    """
    plain = unicodedata.normalize("NFKD", text.translate(_FOLD)).casefold().translate(_FOLD)
    return " ".join("".join(c for c in plain if not unicodedata.combining(c)).split())


def lowered(word: str) -> str:
    """Return what a pattern that ignores case has matched in lower case: to it the dotless i, the long s of
    old prints and the sign of Kelvin are an i, an s and a k, which ``str.lower`` leaves as they are.
    """
    return word.translate(_TAKEN_FOR).lower()


def words(text: str) -> list[str]:
    """Return the folded words and numbers of a text in order; "500,000" stays one word, "Sơn's" is "son"."""
    return [w.removesuffix("'s") for w in _WORD.findall(fold(text))]


STOPWORDS = frozenset(
    "a about above according after again against all also am an and any are article articles as at be "
    "because been before being below between both but by called can could did do does doing done down "
    "during each either else ever few for from further give had has have having he her here hers herself "
    "him himself his how i if in into is it its itself just like many may me mention mentioned might more "
    "most much must my myself name no nor not now of off on once one only or other our ours out over own "
    "per please said same say says shall she should since so some such tell than that the their theirs "
    "them then there these they this those through to too two under until up upon us very was we were "
    "what when where which while who whom whose why will with would yes you your yours".split()
)  # fmt: skip


def content_words(text: str) -> list[str]:
    """Return the folded words of a text that carry meaning: no stop words, no single letters."""
    return [w for w in words(text) if w not in STOPWORDS and (len(w) > 1 or w.isdigit())]


def contains(text: str, phrase: str) -> bool:
    """Whether the folded phrase stands in the folded text at word boundaries."""
    needle = fold(phrase)
    return bool(needle) and bool(re.search(rf"(?<!\w){re.escape(needle)}(?!\w)", fold(text)))


# Abbreviations after which a full stop rarely ends a sentence.
_ABBREVIATIONS = frozenset(
    "mr mrs ms dr prof st jr sr gen gov sen rep rev hon col capt lt sgt adm pres pm no nos vol vs etc fig "
    "inc ltd co corp jan feb mar apr jun jul aug sep sept oct nov dec approx dept est eds cf ca al".split()
)
_END = re.compile(r"""[.!?…]+["'”’»)\]]*(?=\s|$)""")
_ENTRY = re.compile(r"\d{1,3}")  # "1. Saida Chepkemoi"
_LAST_WORD = re.compile(r"([^\W\d_]+(?:\.[^\W\d_]+)*)\.$")


def sentences(text: str, start: int = 0, end: int | None = None) -> list[Span]:
    """Split ``text[start:end]`` into sentences; spans index into ``text`` and hold no outer white space.

    A full stop after an initial, an abbreviation, the number of a list's entry or before a lower-case word
    ends nothing; a line break between blocks of text (an empty line) always does.
    """
    end = len(text) if end is None else end
    spans: list[Span] = []
    for block in re.finditer(r"(?:(?!\n\s*\n).)+", text[start:end], re.DOTALL):
        spans += _block_sentences(text, start + block.start(), start + block.end())
    return spans


def _block_sentences(text: str, start: int, end: int) -> list[Span]:
    spans: list[Span] = []
    begin = start
    for mark in _END.finditer(text, start, end):
        if _ends_sentence(text, begin, mark, end):
            spans.append((begin, mark.end()))
            begin = mark.end()
    spans.append((begin, end))
    return [s for s in (_trim(text, a, b) for a, b in spans) if s[0] < s[1]]


def _ends_sentence(text: str, begin: int, mark: re.Match[str], end: int) -> bool:
    rest = text[mark.end() : min(end, mark.end() + 40)].lstrip()
    if not rest:
        return True
    first = rest.lstrip("\"'“‘(«[")[:1]
    if first.islower():
        return False
    if not mark.group().startswith(".") or len(mark.group().rstrip("\"'”’»)]")) > 1:
        return True
    last = _LAST_WORD.search(text, max(begin, mark.start() - 25), mark.start() + 1)
    if last is None:
        return _ENTRY.fullmatch(text[begin : mark.start()].strip()) is None
    word = last.group(1)
    if len(word) == 1 or "." in word:  # an initial or "U.S."; the latter may end a sentence before a new one
        return "." in word and bool(re.match(r"(The|A|An|It|He|She|They|In|But|And|This|That|We)\b", rest))
    return word.casefold() not in _ABBREVIATIONS


def _trim(text: str, start: int, end: int) -> Span:
    piece = text[start:end]
    return start + len(piece) - len(piece.lstrip()), start + len(piece.rstrip())
