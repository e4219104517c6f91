"""Words of two texts compared, inflections aside. Pure."""

from __future__ import annotations

from itertools import pairwise

from rag.text import content_words, words

SHORTEST_STEM = 4  # letters


def coverage(sentence: str, text: str) -> float:
    """Return the share of a sentence's content words that the text has, inflections aside."""
    wanted = set(content_words(sentence))
    return 1 - len(uncovered(sentence, text)) / len(wanted) if wanted else 1.0


def uncovered(sentence: str, text: str) -> set[str]:
    """Return the content words of a sentence that the text does not have, inflections aside. Two words that
    follow one another are there as one, and one as two: "Viet Nam" is "Vietnam".
    """
    there = set(words(text)) | joined_words(text)
    missing = {w for w in content_words(sentence) if not has_word(w, there)}
    if missing:
        all_there = f" {' '.join(there)}"
        pairs = [pair for pair in pairwise(words(sentence)) if not missing.isdisjoint(pair)]
        missing -= {word for pair in pairs if f" {''.join(pair)}" in all_there for word in pair}
    return missing


def has_word(word: str, there: set[str]) -> bool:
    """Whether the word or an inflection of it is there: "Vietnamese" for "Vietnam"."""
    return word in there or (len(word) >= 5 and any(_related(word, other) for other in there))


def _related(one: str, other: str) -> bool:
    return shared_beginning(one, other) >= max(5, min(len(one), len(other)) - 3)


def inflected(one: str, other: str) -> bool:
    """Whether two words differ in their endings alone: one is the other with an ending, or all but its last
    letter are the same. Stricter than ``has_word``: "minister" is not "ministry".
    """
    return one == other or shared_beginning(one, other) >= max(SHORTEST_STEM, min(len(one), len(other)) - 1)


def shared_beginning(one: str, other: str) -> int:
    """Return with how many letters both words begin."""
    shorter = min(len(one), len(other))
    return next((i for i in range(shorter) if one[i] != other[i]), shorter)


def joined_words(text: str) -> set[str]:
    """Return each two words that follow one another written as one: "vietnam" for "Viet Nam"."""
    return {a + b for a, b in pairwise(words(text))}


def added_words(sentence: str, question: str) -> list[str]:
    """Return the content words of a sentence that its question does not have."""
    missing = uncovered(sentence, question)
    return [word for word in content_words(sentence) if word in missing]
