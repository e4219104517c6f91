"""A relation turned round: "How many Japanese live in Vietnam?" where articles tell of Vietnamese in Japan.

Whoever reads for words finds both questions answered by the same sentence. So a question about two countries
is turned round here, and a reader that has learned from such pairs reads both: where the question turned
round is answered better than the one that was asked, the articles tell only that. Comparing the two says more
than any score of one of them (eval/NOTES.md). Pure.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence

from rag.names import names
from rag.types import Read

# By how much the question turned round is answered better, in log-odds: its best answer and best passage.
BETTER, SURER = 1.0, 0.3
NEAR = 8  # sentences that may answer
BESIDE = 3  # of them, that may be what is told the other way round
_COUNTRIES = """
Afghanistan Afghan, Albania Albanian, Algeria Algerian, Angola Angolan, Argentina Argentine,
Armenia Armenian, Australia Australian, Austria Austrian, Bangladesh Bangladeshi, Belarus Belarusian,
Belgium Belgian, Bolivia Bolivian, Brazil Brazilian, Britain British, Bulgaria Bulgarian,
Cambodia Cambodian, Cameroon Cameroonian, Canada Canadian, Chile Chilean, China Chinese,
Colombia Colombian, Croatia Croatian, Cuba Cuban, Cyprus Cypriot, Denmark Danish, Ecuador Ecuadorian,
Egypt Egyptian, Estonia Estonian, Ethiopia Ethiopian, Finland Finnish, France French, Germany German,
Ghana Ghanaian, Greece Greek, Hungary Hungarian, Iceland Icelandic, India Indian, Indonesia Indonesian,
Iran Iranian, Iraq Iraqi, Ireland Irish, Israel Israeli, Italy Italian, Jamaica Jamaican, Japan Japanese,
Jordan Jordanian, Kazakhstan Kazakh, Kenya Kenyan, Korea Korean, Kuwait Kuwaiti, Laos Lao, Latvia Latvian,
Lebanon Lebanese, Libya Libyan, Lithuania Lithuanian, Malaysia Malaysian, Mexico Mexican, Moldova Moldovan,
Mongolia Mongolian, Morocco Moroccan, Myanmar Burmese, Nepal Nepali, Nigeria Nigerian, Norway Norwegian,
Pakistan Pakistani, Panama Panamanian, Paraguay Paraguayan, Peru Peruvian, Poland Polish,
Portugal Portuguese, Qatar Qatari, Romania Romanian, Russia Russian, Rwanda Rwandan, Scotland Scottish,
Senegal Senegalese, Serbia Serbian, Singapore Singaporean, Slovakia Slovak, Slovenia Slovenian,
Somalia Somali, South_Korea South_Korean, North_Korea North_Korean,
Spain Spanish, Sudan Sudanese, Sweden Swedish, Switzerland Swiss, Syria Syrian,
Taiwan Taiwanese, Tanzania Tanzanian, Thailand Thai, Tunisia Tunisian, Turkey Turkish, Uganda Ugandan,
Ukraine Ukrainian, Uruguay Uruguayan, Uzbekistan Uzbek, Venezuela Venezuelan, Vietnam Vietnamese,
Viet_Nam Vietnamese, Việt_Nam Vietnamese, Zambia Zambian, Zimbabwe Zimbabwean
"""
_PEOPLE = {  # by country: the people's name tells which it is, however it is spelt
    country.replace("_", " "): people.replace("_", " ")
    for country, people in (pair.split() for pair in _COUNTRIES.split(","))
}
_COUNTRY = {people: country for country, people in reversed(_PEOPLE.items())}
_WORDS = sorted({*_PEOPLE, *_COUNTRY}, key=len, reverse=True)
_PARTY = re.compile(rf"\b(?:{'|'.join(_WORDS)})\b")
_TOGETHER = re.compile(r"\b(?:and|between|both)\b")  # neither of the two has a part of its own


def turned_round(question: str) -> str | None:
    """Return a question with its two countries, or their peoples, in each other's place; None where it names
    another number of them or anything else, or both as one party ("between Vietnam and Japan").
    """
    told: list[str] = _PARTY.findall(question)
    people = list(dict.fromkeys(_people(question)))
    if len(people) != 2 or _TOGETHER.search(question) or names(_PARTY.sub("they", question)):
        return None
    countries = _COUNTRY | {_PEOPLE[word]: word for word in told if word in _PEOPLE}  # as it spells them

    def other(match: re.Match[str]) -> str:
        word = match.group()
        name = people[1] if _PEOPLE.get(word, word) == people[0] else people[0]
        return countries[name] if word in _PEOPLE else name

    return _PARTY.sub(other, question)


def tells_both_ways(question: str, sentence: str) -> bool:
    """Whether a sentence names each of a question's two countries twice ("620,000 tourists from Vietnam visit
    Japan, and 710,000 from Japan visit Vietnam").
    """
    told = Counter(_people(sentence))
    return all(told[name] > 1 for name in _people(question))


def exchanged(question: str, best_first: Sequence[str]) -> bool:
    """Whether a question names the people of one country and another country by its name, and sentences the
    other way round ("How many Japanese live in Vietnam?", "630,000 Vietnamese live in Japan"): the first, or
    one of the next where none of those that may answer names them as the question does.
    """
    asked = _forms(question)
    peoples = [name for name, is_people in asked if is_people]
    countries = [name for name, is_people in asked if not is_people]
    if len(peoples) != 1 or len(countries) != 1 or peoples == countries:
        return False
    other = {(countries[0], True), (peoples[0], False)}
    told = [_forms(sentence) for sentence in best_first[:NEAR]]
    turned = [other <= forms and not asked <= forms for forms in told]
    return any(turned[:1]) or (any(turned[:BESIDE]) and not any(asked <= forms for forms in told))


def _forms(text: str) -> set[tuple[str, bool]]:
    """Return the peoples that a text names, each with whether as such and not by its country's name."""
    return {(_PEOPLE.get(word, word), word not in _PEOPLE) for word in _PARTY.findall(text)}


def _people(text: str) -> list[str]:
    return [_PEOPLE.get(word, word) for word in _PARTY.findall(text)]


def told_the_other_way(asked: Sequence[Read], turned: Sequence[Read]) -> bool:
    """Whether passages answer a question turned round better than as it was asked, by how they read."""
    if not asked or not turned:
        return False
    better = max(read.best for read in turned) - max(read.best for read in asked)
    surer = max(read.relevance for read in turned) - max(read.relevance for read in asked)
    return better > BETTER and surer > SURER
