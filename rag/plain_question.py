"""A question without the talk around it: "Hi! Can you tell me who ...? Thanks" asks who. Pure; for English.

A search, a reader and a small model take every word for a word of the question.
"""

from __future__ import annotations

import re

from rag.text import content_words, fold, words

_SELF = frozenset("i im ive id ill me my we our you u ur your ya lemme".split())  # nobody in the news
_SHORTENED = frozenset("m ve d ll re".split())  # I'm, you've
_TOLD_OF = frozenset("he his him she her hers".split())  # "I'd like his name" asks
_NOUNS = frozenset(
    "question questions q answer answers reply sentence sentences word words source sources quote article "
    "articles news story stories document documents text texts file files passage passages folder line "
    "background detail details day morning afternoon evening name".split()
)
_TALK = _NOUNS | frozenset(
    "hi hello hey hiya bye goodbye yo dear greetings good thank thanks thankyou thx ty ta cheers please pls "
    "plz kindly quick quickly ok okay well um ahem omg lol haha so simple simply short shortly brief briefly "
    "sweet keep "
    "cite uploaded anybody anyone somebody someone everyone know knows idea curious wondering asap sorry "
    "excuse pardon regards best kind sir madam assistant rush help grateful appreciated tell explain say "
    "check find look settle advise learn nothing anything according based probably dumb silly stupid "
    "obvious great cool perfect wow fine enough nice need many bunch lot indeed long hmm umm right next "
    "going strictly advance obliged much pointer fact record headline homework lookup verify stored gimme "
    "reported coverage".split()
)
_WORTHLESS_ALONE = frozenset(
    "good day best kind well say name simple short need many lot long help nice right next going fact "
    "record much".split()
)
_TIED = frozenset("thanks according based depending going judging".split())  # "thanks to which treaty"
_ON_IT = frozenset("more explain detail details background".split())  # "Tell me more", after an answer
_QUOTE = re.compile('["“”„«»]')
_PIECE = re.compile(  # a sentence, however it is typed; no cut after an initial or a title
    r"(?:[^?!.…]|[.!?](?=\w)|(?<=\b[A-Z])\.|(?<=\b[MDSJ][rst])\.|(?<=\bMrs)\.)+(?:[?!.…]+|$)"
)
_WH = (
    r"(?:(?:in|at|on|by|for|from|to|with|of|about|since|until|under) )?"
    r"(?:who|whom|whose|what|which|when|where|why|how)(?:['’]?s|['’]re)?\b"
)
_STARTS = re.compile(rf"\W*{_WH}", re.IGNORECASE)
_AUXILIARY = r"(?:did|does|do|is|are|was|were|has|have|had|can|could|will|would|should)\b"
_BEGINS = re.compile(rf"\W*(?:(?:and|but|so|or),? )?(?:{_WH}|{_AUXILIARY})", re.IGNORECASE)
_ASKS = re.compile(
    rf"\b{_WH}|(?<=[,:;.!–—-] ){_AUXILIARY}"
    r"|(?:(?<=know )|(?<=tell me )|(?<=wonder )|(?<=wondering ))(?:if|whether)\b",
    re.IGNORECASE,
)
_DEPENDS = re.compile(r"\W*(?:if|when|since|because)\b", re.IGNORECASE)
_LEAD = re.compile(  # what leads to a question that has no question word as well: "the name of the ferry"
    r"^\W*(?:(?:can|could|would|will) (?:you|u)\b(?: (?:please|kindly|possibly|maybe|just))*"
    r"|(?:do (?:you|u)(?: happen to)?|does (?:anyone|anybody)) know\b"
    r"|(?:i|they|we)(?:['’]d| would| want| need| should)?(?: like| love| want| need)? to know\b"
    r"|(?:please |kindly |pls |plz |just )?(?:tell|give|show|inform) (?:me|us)\b(?: this:)?"
    r"|(?:does it|does any \w+|do(?:es)? (?:any of )?(?:the|these) (?:articles?|news|files?))"
    r" (?:say|mention|tell)(?: anywhere)?(?: in there)?"
    rf"|what (?:i|we)\b[^,?]*? is,? (?={_WH})"
    r")[\s,:]*",
    re.IGNORECASE,
)
_FROM_WHAT = re.compile(r"^\W*(?:going by|judging by|based on|from|by) what\b[^,:?]*[,:]\s*", re.IGNORECASE)
_GAP = r"[\s,;.!?()–—-]{0,9}"
_THANKS = r"thank(?:s+| you| u)(?: (?:very|so) much| a (?:lot|bunch|million)| in advance)?"
_TAIL = re.compile(
    rf"{_GAP}(?<!\w)(?:{_THANKS}|(?<!they )(?<!you )(?<!we )(?<!he )(?<!she )please|pls|plz"
    r"|thx(?: a (?:lot|bunch|million))?|ty|cheers|lol|haha|asap|(?:would|will|could|can) you"
    r"|(?:if|when) (?:you|u) (?:know|get a \w+|have a \w+)|according to the (?:articles?|texts?)"
    rf"){_GAP}$",
    re.IGNORECASE,
)
_ON = re.compile(  # "Name them all."
    r"\W*(?:and|or|also|but|name|state|list|give|include|add)\b|.*\b(?:all|each|both|every|them|those|too)\b",
    re.IGNORECASE | re.DOTALL,
)
_HOW_ARE_YOU = re.compile(r"\W*how (?:are (?:you|u)\b|do you do\W*$)", re.IGNORECASE)


def plain(question: str) -> str:
    """Return what a text asks, without greetings, thanks, and sentences about who asks or how to answer.

    What asks and ends without a question mark gets one: readers are trained on questions that have it. A text
    that has none of these, or nothing else, comes back as it is. What names something or holds a figure is
    never left out.
    """
    pieces = [question] if _QUOTE.search(question) else _pieces(question)
    cores = [_core(piece) for piece in pieces]
    asking = [i for i, core in enumerate(cores) if _asks(core)]
    marked = [i for i in asking if "?" in pieces[i]]
    asked = marked or asking
    kept = []
    for i, (piece, core) in enumerate(zip(pieces, cores, strict=True)):
        behind = bool(marked) and i > marked[-1] and _adds_nothing(piece)
        if i in asked or not (behind or _talk(piece) or _talk(core)):
            kept.append(core)
    text = " ".join(kept)
    return _marked(text if words(text) and words(text) != words(question) else question)


def _marked(text: str) -> str:
    """Return a text with a question mark, if it begins as a question and has none."""
    bare = text.rstrip(" .!…")
    return f"{bare}?" if bare and "?" not in text and _BEGINS.match(text) else text


def asks(question: str) -> bool:
    """Whether a text may ask something: "Thanks!" does not, nor does "Hello, how are you?"."""
    return any(_may_ask(piece) for piece in _pieces(question))


def _pieces(text: str) -> list[str]:
    return [piece.strip() for piece in _PIECE.findall(" ".join(text.split())) if words(piece)]


def _may_ask(piece: str) -> bool:
    core, said = _core(piece), _said(piece)
    if _HOW_ARE_YOU.match(core):
        return False
    known = (_TALK | _SELF).issuperset(content_words(piece))
    return bool(_ASKS.search(core)) or not known or not (_TOLD_OF | _ON_IT).isdisjoint(said)


def _core(piece: str) -> str:
    """Return a sentence from where it asks on, and without thanks at its end."""
    text = piece
    while (shorter := _without_tail(_without_lead(text))) != text:
        text = shorter
    return text


def _without_lead(text: str) -> str:
    source = _FROM_WHAT.match(text)
    lead = source if source and _talk(source.group()) else _LEAD.match(text)
    if lead and words(text[lead.end() :]):
        return text[lead.end() :]
    if _STARTS.match(text) or _DEPENDS.match(text):
        return text
    first = next((m for m in _ASKS.finditer(text) if words(text[: m.start()])), None)
    before = text[: first.start()] if first else ""
    return text[first.start() :] if first and _introduces(before) else text


def _introduces(text: str) -> bool:
    """Whether talk leads to a question: "thanks to which" and "the passage of what act" are part of one."""
    closed = text.rstrip()[-1:] in ",:;.!–—-"
    last = words(text)[-1]
    return _talk(text) and (closed or not (last in _NOUNS or last in _TIED))


def _without_tail(text: str) -> str:
    tail = _TAIL.search(text)
    if not tail or not words(text[: tail.start()]):
        return text
    return text[: tail.start()] + ("?" if "?" in tail.group() else "")


def _asks(core: str) -> bool:
    return not _HOW_ARE_YOU.match(core) and bool(
        _STARTS.match(core) or (core.endswith("?") and not _talk(core))
    )


def _talk(text: str) -> bool:
    """Whether a stretch of text is about who asks or how to answer, and names nothing."""
    if _HOW_ARE_YOU.match(text):
        return True
    said = _said(text)
    if _tells(text):
        return False
    return not _SELF.isdisjoint(said) or (
        not (_TALK - _WORTHLESS_ALONE).isdisjoint(said) and _TALK.issuperset(content_words(text))
    )


def _adds_nothing(text: str) -> bool:
    """Whether a sentence behind a question neither names something nor asks on."""
    return not (_tells(text) or _ON.match(text) or "?" in text)


def _tells(text: str) -> bool:
    """Whether a stretch of text names something, holds a figure or speaks of a person."""
    return _names(text) or any(c.isdigit() for c in text) or not _TOLD_OF.isdisjoint(_said(text))


def _said(text: str) -> set[str]:
    return set(fold(text).replace("'", " ").translate(_NO_MARKS).split())


_NO_MARKS = str.maketrans(dict.fromkeys(",.;:!?()…-/", " "))


def _names(text: str) -> bool:
    """Whether any word but the first has a capital, "I" and words of talk aside."""
    known = _TALK | _SELF | _SHORTENED
    return any(
        any(c.isupper() for c in word) and not known.issuperset(_said(word)) for word in text.split()[1:]
    )
