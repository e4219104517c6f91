"""A misspelt question spelt as the articles spell. The only module that imports spellchecker.

What may be meant is one edit away (Damerau, 1964; Norvig, 2007): a letter left out, added, replaced, or
swapped with its neighbour. A name is easily another person's, so it is changed with more care than a word.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from functools import cached_property, lru_cache
from typing import Any

from rag.text import STOPWORDS, fold

SHORTEST = 4  # letters; a shorter word is one edit away from too many others
SHORTEST_ENGLISH = 6  # of a word that no article has
NAMED = 0.3  # share of a word with a capital in the texts, from which on it may be a name
SHORTEST_NAME = 3  # letters: "da" is part of a name, and a word in many languages
COMMON, OFTEN = 5_000, 3  # times in the dictionary's texts; in ours, for such a word to be a name
LIKE_NO_NAME = 8  # letters of a word, from which on hardly a name is one edit away from it
SHOUTED = 3  # words in capitals alone, from which on they are no names
MOST = 1 / 3  # of a question's words that are misspelt; with more it is another language
VOWELS = "aeiouy"

_WORD = re.compile(r"[^\W\d_]+(?:['’][^\W\d_]+)*")
_NAME = re.compile(r"(?:(?<=[^\W\d_] )|(?<=, ))[^\W\d_a-z][^\W\d_]+")  # within a sentence
_WITHOUT_APOSTROPHE = re.compile(r"\b(what|who|where|when|how)s\b", re.IGNORECASE)
_QUOTED = re.compile('["“”„«][^"“”„«»]*["“”»]')
_BRITISH = {  # to what the dictionary has, which is American
    "our": "or", "is(?=[aei])": "iz", "ys(?=[ei])": "yz", "ll(?=ed|er|ing)": "l", "tre(?=s?$)": "ter",
    "ence(?=s?$)": "ense", "ogue(?=s?$)": "og", "[ao]e": "e", "mme(?=s?$)": "m", "ium(?=s?$)": "um",
    "^sc(?=ept)": "sk",
}  # fmt: skip


class Speller:
    """Knows the words of some texts, and with what capitals they are written there.

    The texts are only read when a question has a word that is not ``known`` to stand in them, or no capitals.
    """

    def __init__(self, texts: Sequence[str], known: Callable[[str], bool] = lambda _: False) -> None:
        self._texts = texts
        self._known = known

    def load(self) -> None:
        """Count the words of the texts and load the dictionary now, half a second or so."""
        _ = self._counts, self._names, _english()

    def corrected(self, question: str) -> str:
        """Return the question with each word that neither the texts nor English have replaced by the one that
        is meant, if there is one that may be: a word of the texts, the most frequent, else an English one.

        A name is only taken for another name of the texts. Words with accents, and words in quotation marks,
        are taken to be meant. Names in a question without capitals, or in nothing but capitals, get theirs.
        """
        question = self._with_names(_WITHOUT_APOSTROPHE.sub(r"\1's", question))
        quoted = [match.span() for match in _QUOTED.finditer(question)]
        typed = list(_WORD.finditer(question))
        strange = [
            match
            for match in typed
            if self._strange(match.group()) and not any(a < match.start() < b for a, b in quoted)
        ]
        if len(strange) > max(1, MOST * len(typed)):
            return question
        for match in reversed(strange):
            named = match.group()[0].isupper() and match is not typed[0]
            meant = self._meant(match.group(), named)
            question = question[: match.start()] + meant + question[match.end() :]
        return question

    def _with_names(self, question: str) -> str:
        shouted = question.isupper() and len(question.split()) >= SHOUTED
        if not shouted and any(letter.isupper() for letter in question[1:]):
            return question
        quiet = question.lower() if shouted else question
        named = _WORD.sub(lambda match: self._with_capitals(match.group()), quiet)
        return named[:1].upper() + named[1:] if shouted else named

    def _with_capitals(self, word: str) -> str:
        """Return a word with the capitals of the name that it is in the texts; as it is when it is none."""
        plain = fold(word)
        form = self._names.get(plain.removesuffix("'s"))
        if form is None or not word.isascii() or self._forms[plain] or plain in STOPWORDS:
            return word
        if len(form) < SHORTEST_NAME and not form.isupper():
            return word
        return "".join(
            letter.upper() if place < len(form) and form[place].isupper() else letter
            for place, letter in enumerate(word)
        )

    def _strange(self, word: str) -> bool:
        plain = fold(word)
        if len(word) < SHORTEST or not word.isascii() or not word.isalpha():
            return False
        if plain in STOPWORDS or self._known(plain) or plain in _english() or plain in self._counts:
            return False
        return _english().isdisjoint(_american(plain)) and not _compound(plain)

    def _meant(self, word: str, named: bool) -> str:
        typed = fold(word)
        if typed.endswith("s") and typed[:-1] in self._counts and not self._forms[typed[:-1]]:
            return f"{self._with_capitals(word[:-1])}'s"  # a name's
        near = [other for other in _dictionary().edit_distance_1(typed) if _likely(typed, other)]
        near = [plural] if (plural := re.sub("ys$", "ies", typed)) in self._counts else near
        found = [other for other in near if other in self._counts and self._fits(typed, other, named)]
        if not found and not named and len(word) >= SHORTEST_ENGLISH:
            found = [other for other in near if other in _english()]
        if not found:
            return word if named else self._parted(word)
        best = max(found, key=lambda other: (self._counts[other], _dictionary()[other], other))
        meant = self._form(best)
        return meant[0].upper() + meant[1:] if word[0].isupper() else meant

    def _parted(self, word: str) -> str:
        """Return two words of the texts that were run together, as two, and any other word as it is."""
        cuts = [(word[:i], word[i:]) for i in range(2, len(word) - 1)]
        known = [cut for cut in cuts if all(self._stands(part) for part in cut)]
        return " ".join(
            max(known, key=lambda cut: min(self._counts[fold(part)] for part in cut), default=[word])
        )

    def _stands(self, part: str) -> bool:
        plain = fold(part)
        return plain in STOPWORDS or (len(part) >= SHORTEST and plain in self._counts)

    def _fits(self, typed: str, other: str, named: bool) -> bool:
        capitals = self._counts[other] - self._forms[other]
        word = capitals < NAMED * self._counts[other]
        if named and (typed[0] != other[0] or (word and len(typed) < LIKE_NO_NAME)):
            return False
        return other in _english() or self._forms[other] > 0 or _careful(typed, other)

    def _form(self, word: str) -> str:
        """Return how a word is written within a sentence."""
        if self._forms[word] or word in STOPWORDS:
            return word
        return next((form for form, _ in self._forms.most_common() if fold(form) == word), word)

    @cached_property
    def _counts(self) -> Counter[str]:
        counts = Counter(STOPWORDS)
        for form, count in self._forms.items():
            counts[fold(form)] += count
        return counts

    @cached_property
    def _names(self) -> dict[str, str]:
        """How the words that have a capital within sentences are mostly written, by themselves folded."""
        found = (form for text in self._texts for form in _NAME.findall(text))
        names = Counter(form for form in found if form[0].isupper())
        enough = [form for form, count in names.most_common() if count >= self._least(form)]
        return {fold(form): form for form in reversed(enough)}

    def _least(self, form: str) -> int:
        """How often a name stands in the texts at least: a common word has a capital in headlines too."""
        return OFTEN if _dictionary()[fold(form)] > COMMON else 1

    @cached_property
    def _forms(self) -> Counter[str]:
        forms = Counter[str]()
        for text in self._texts:
            forms.update(word.removesuffix("'s").removesuffix("’s") for word in _WORD.findall(text))
        return forms


@lru_cache(maxsize=1)
def _dictionary() -> Any:
    from spellchecker import SpellChecker

    return SpellChecker(language="en", distance=1)


@lru_cache(maxsize=1)
def _english() -> frozenset[str]:
    return frozenset(_dictionary())


def _american(word: str) -> list[str]:
    return [re.sub(british, american, word) for british, american in _BRITISH.items()]


def _compound(word: str) -> bool:
    """Whether a word is made of two, as "birthdate" is."""
    cuts = range(SHORTEST, len(word) - SHORTEST + 1)
    return any(_english().issuperset((word[:i], word[i:])) for i in cuts)


def _likely(typed: str, other: str) -> bool:
    """Whether who types the one may mean the other: people know how a word begins, and of four letters no
    three are enough.
    """
    swapped = sorted(typed) == sorted(other)
    return other.isalpha() and (
        swapped or (typed[0] == other[0] and (len(typed) > SHORTEST or len(other) > SHORTEST))
    )


def _careful(typed: str, name: str) -> bool:
    """Whether a name is hardly somebody else's: "Naido" is for "Naidoo", "Baidoo" is not. No consonant is
    another one.
    """
    if len(typed) == len(name) and sorted(typed) != sorted(name):
        one, other = next((a, b) for a, b in zip(typed, name, strict=True) if a != b)
        return one in VOWELS and other in VOWELS
    return typed[0] == name[0]
