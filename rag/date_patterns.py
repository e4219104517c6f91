"""The words that dates are written with, in English and Vietnamese, as compiled patterns.

Knows spellings only: what a match means is decided in dates.py (text) and question_dates.py (questions).
Vietnamese words match with their accents, composed or not, and without. Group names: ``y``/``y2`` years,
``m0``/``m`` months, ``d1``/``d2`` days, ``part`` a part of a year or decade, ``w`` the words that count.
"""

from __future__ import annotations

import re
import unicodedata

MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split()
VIETNAMESE_MONTHS = {
    "gieng": 1, "mot": 1, "hai": 2, "ba": 3, "tu": 4, "nam": 5, "sau": 6, "bay": 7, "tam": 8, "chin": 9,
    "muoi": 10, "muoi mot": 11, "muoi hai": 12, "chap": 12,
}  # fmt: skip


def _letter(letter: str) -> str:
    base = "d" if letter == "đ" else unicodedata.normalize("NFD", letter)[0]
    return letter if base == letter else rf"(?:{letter}|{base}[\u0300-\u036f]*)"


def vietnamese(*phrases: str) -> str:
    """Return a pattern for any of the phrases, with or without their accents."""
    spelt = [r"\s+".join("".join(map(_letter, word)) for word in phrase.split()) for phrase in phrases]
    return "(?:" + "|".join(spelt) + ")"


# "nam" without its accent means "year" only in lower case: "Viet Nam 2023" is a country and a year.
YEAR_WORD = r"(?:năm|na\u0306m|(?-i:\bnam))"
_DAY_WORD, _MONTH_WORD = vietnamese("ngày"), vietnamese("tháng")
_UNTIL_WORD = vietnamese("đến", "tới")

YEAR = r"(?:1\d{3}|20\d\d|21\d\d)"
#: Stands in every text of which a date's year is known.
FOUR_DIGITS = re.compile(r"\d{4}")
_Y = rf"(?<!\d)(?P<y>{YEAR})(?![\d%]|[.,]\d)"
_D = r"(?:0?[1-9]|[12]\d|3[01])"
_DAY = rf"{_D}(?:st|nd|rd|th)?(?![\d%]|[.,:]\d{{1,3}}(?!\d))"
MONTH_NAME = r"(?:January|February|March|April|May|June|July|August|September|October|November|December)"
_MONTH = rf"(?:{MONTH_NAME}\b|(?:jan|feb|mar|apr|jun|jul|aug|sept?|oct|nov|dec)\b\.?)"
_VI_MONTH = (
    r"(?:1[0-2]|0?[1-9](?!\d)|"
    + vietnamese(
        "mười một", "mười hai", "mười", "giêng", "một", "hai", "ba", "tư", "sáu", "bảy", "tám", "chín", "chạp"
    )
    + rf"\b|{vietnamese('năm')}(?=\s+{YEAR_WORD}))"
)
_TO = rf"(?:\s*[-–—‑]\s*|\s+(?:to|till|until|through|{_UNTIL_WORD}(?:\s+{_DAY_WORD})?)\s+)"
_DAYS = rf"(?P<d1>{_DAY})(?:(?:{_TO}|(?(b)\s+and\s+|(?!)))(?P<d2>{_DAY}))?"
_BETWEEN = r"\b(?P<b>between\s+)?"
_OF_YEAR = rf"(?:\s*,\s*|\s+(?:of\s+|in\s+)?|-){_Y}"
_PART = (
    r"(?P<part>(?:the\s+)?(?:early|mid(?:dle)?|late|beginning\s+of|start\s+of|end\s+of"
    r"|(?:first|second)\s+half\s+of|(?:first|second|third|fourth|last)\s+quarter\s+of|[hq][1-4]"
    rf"|{vietnamese('đầu', 'giữa', 'cuối')}(?=\s+{YEAR_WORD})))[\s-]+"
)

#: Dates in order of precedence: a stretch of text that one pattern has taken is closed to those after it.
DATES = tuple(
    re.compile(pattern, re.IGNORECASE)
    for pattern in (
        # 2023-11-07, 2023/11/07
        rf"(?<![\d/.-])(?P<w>(?P<y>{YEAR})(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<d1>\d{{1,2}}))(?![\d/]|[.-]\d)",
        # 7/11/2023, 27-30/11/2023, ngày 7-11-2023
        rf"(?P<w>(?:(?P<vi>{_DAY_WORD})\s+)?(?<![\d/.])(?:(?P<d1>\d{{1,2}})(?:{_TO}))?(?P<numeric>\d{{1,2}})"
        rf"(?P<sep>[-/.])(?P<m>\d{{1,2}})(?P=sep)(?P<y>{YEAR}))(?![\d/]|[.-]\d)",
        # ngày 27 tháng 11 năm 2023, 27 đến 30 tháng 11
        rf"(?P<w>(?:\b{_DAY_WORD}\s+)?(?<![\d:.,/])(?P<d1>{_DAY})(?:{_TO}(?P<d2>{_DAY}))?\s+{_MONTH_WORD}\s+"
        rf"(?P<vm>{_VI_MONTH})(?:\s*(?:,|/|-)?\s*(?:{YEAR_WORD}\s+)?{_Y})?)",
        # ngày 27/11
        rf"(?P<w>\b{_DAY_WORD}\s+(?P<d1>{_D})(?:{_TO}(?P<d2>{_D}))?[/-](?P<m>1[0-2]|0?[1-9]))(?![\d/-])",
        # tháng 11 năm 2023, tháng 11/2023, tháng 11
        rf"(?P<w>\b{_MONTH_WORD}\s+(?P<vm>{_VI_MONTH})(?:\s*(?:,|/|-)?\s*(?:{YEAR_WORD}\s+)?{_Y})?)",
        # November 7, 2023; November 27-30; (between) Nov. 27 and 30
        rf"{_BETWEEN}(?P<w>(?P<m>{_MONTH})\s*(?:the\s+)?{_DAYS}(?:{_OF_YEAR})?)",
        # 7 November 2023, 27-30 November, 7th of November, 7-Nov-2023
        rf"{_BETWEEN}(?<![\d:.,/])(?P<w>{_DAYS}(?:\s+(?:of\s+)?|-)(?P<m>{_MONTH})(?:{_OF_YEAR})?)",
        # November 2023, late November 2023, November-December 2023, November of 2023
        rf"\b(?P<w>(?:(?P<part>early|mid|late|end\s+of)[\s-]+)?(?:(?P<m0>{_MONTH}){_TO})?(?P<m>{_MONTH})"
        rf"{_OF_YEAR})",
        # late 1990s, 2010s
        r"\b(?P<w>(?:(?P<part>early|mid|late)[\s-]+(?:the\s+)?)?(?P<decade>(?:1\d\d|20\d|21\d)0)['’]?s)\b",
        # early 2023, the first half of 2023, Q3 2023, cuối năm 2023
        rf"\b(?P<w>{_PART}(?:{YEAR_WORD}\s+)?{_Y})(?!\s+{vietnamese('và')}\s)",
        # 1973-2023, 2023/24
        rf"(?<![\d/.,-])(?P<w>(?P<y>{YEAR})\s*[-–—/]\s*(?P<y2>{YEAR}|\d\d))(?![\d/%]|[.,-]\d)",
        # 2023-11
        r"(?<![\d/.,-])(?P<w>(?P<y>(?:1\d|20|21)\d\d)-(?P<m>0[1-9]|1[0-2]))(?![\d/%]|[.,-]\d)",
        # in November, since May: only after a word that makes it a date, and only with a capital
        r"\b(?:in|since|until|till|from|during|last|this|next|early|late|mid)"
        rf"[\s-]+(?P<w>(?-i:(?P<m>{MONTH_NAME})))\b(?!\s+\d)",
        # năm 2023
        rf"(?P<w>{YEAR_WORD}\s+{_Y})",
        # 2023
        rf"(?<![\w.,/$€£¥₫])(?<!\d[-–])(?P<w>{_Y})(?P<bare>)(?![/\w°]|[:–-]\d)",
    )
)

#: Parts of a year as (first month, last month).
YEAR_PARTS = {
    "early": (1, 4), "beginning of": (1, 4), "start of": (1, 4), "dau": (1, 4),
    "mid": (5, 8), "middle": (5, 8), "giua": (5, 8),
    "late": (9, 12), "end of": (9, 12), "cuoi": (9, 12),
    "first half of": (1, 6), "h1": (1, 6), "second half of": (7, 12), "h2": (7, 12),
    "first quarter of": (1, 3), "q1": (1, 3), "second quarter of": (4, 6), "q2": (4, 6),
    "third quarter of": (7, 9), "q3": (7, 9),
    "fourth quarter of": (10, 12), "last quarter of": (10, 12), "q4": (10, 12),
}  # fmt: skip
#: Parts of a month as (first day, last day; 31 stands for the end), and of a decade in years from its start.
MONTH_PARTS = {"early": (1, 10), "mid": (11, 20), "late": (21, 31), "end of": (21, 31)}
DECADE_PARTS = {"": (0, 9), "early": (0, 3), "mid": (4, 6), "late": (7, 9)}
CENTURY_PARTS = {"": (0, 99), "early": (0, 33), "mid": (34, 66), "late": (67, 99)}

#: What may stand between the two ends of a range; "and" only after "between".
RANGE = re.compile(rf"(?:\s*[-–—]\s*|\s+(?:to|till|until|through|up\s+to|{_UNTIL_WORD})\s+(?:the\s+)?)", re.I)
RANGE_WORD = re.compile(rf"\b(?:to|till|until|through|{_UNTIL_WORD})\b", re.I)
AND = re.compile(rf"\s+(?:and|{vietnamese('và')})\s+(?:the\s+)?", re.I)
BETWEEN_BEFORE = re.compile(rf"\b(?:between|{vietnamese('giữa')})\s+(?:the\s+years?\s+)?$", re.I)

#: Words that make a bare number after them a year, and those around it that make it a count.
YEAR_BEFORE = re.compile(
    r"(?:\b(?:in|since|from|until|till|during|before|after|year|years|early|mid|late)[\s-]+|\()$",
    re.IGNORECASE,
)
CURRENCY_BEFORE = re.compile(r"(?:[$€£¥₫]|\b(?:USD|VND|EUR|JPY))\s*$")
COUNT_BEFORE = re.compile(
    r"\b(?:more than|fewer than|less than|at least|up to|some|nearly|almost|exactly|about|around|over"
    r"|total of|approximately)\s*$",
    re.IGNORECASE,
)
COUNT_AFTER = re.compile(
    r"\s+(?:(?:people|men|women|children|km|kg|ha|million|billion|trillion|GMT|UTC|USD|VND|per ?cent)\b"
    r"|(?!versus|towards|onwards|besides|always|perhaps)[a-z]{4,}(?<!s)s\b)"
)
WORD_AFTER = re.compile(
    r"\s+(?!(?:and|or|in|on|at|to|by|with|for|from|was|were|is|are|has|had|the|as|when|that)\b)\w"
)

# Words of questions

_N = r"(?P<n>\d{1,3}|an?|one|two|three|four|five|six|seven|eight|nine|ten|eleven|twelve)"
NUMBERS = {"a": 1, "an": 1} | {
    w: n for n, w in enumerate("one two three four five six seven eight nine ten eleven twelve".split(), 1)
}
UNITS = {"ngay": "day", "tuan": "week", "thang": "month", "nam": "year"}
_UNIT = r"(?P<unit>day|week|month|year)s?"
_VI_N = r"(?P<n>\d{1,3})"
_VI_UNIT = rf"(?P<unit>{vietnamese('ngày', 'tuần', 'tháng', 'năm')})"

#: Spans of time that are told from today, by the name of the rule that reads them.
RELATIVE = tuple(
    (rule, re.compile(pattern, re.IGNORECASE))
    for rule, pattern in (
        ("ago", rf"\b{_N}\s+{_UNIT}\s+ago\b"),
        ("ago", rf"\b{_VI_N}\s+{_VI_UNIT}\s+{vietnamese('trước')}\b"),
        ("rolling", rf"\b(?:the\s+)?(?:last|past|previous)\s+{_N}\s+{_UNIT}\b"),
        ("rolling", rf"\b{_VI_N}\s+{_VI_UNIT}\s+{vietnamese('qua', 'vừa qua', 'gần đây')}\b"),
        ("rolling", rf"\b(?:the\s+)?past\s+{_UNIT}\b"),
        ("rolling", r"\b(?:the\s+)?(?:last|past)\s+(?P<unit>decade)\b"),
        ("rolling", rf"\b{_VI_UNIT}\s+{vietnamese('vừa qua', 'qua')}\b"),
        ("previous", rf"\b(?:last|previous)\s+{_UNIT}\b"),
        ("previous", rf"\b{_VI_UNIT}\s+{vietnamese('trước', 'ngoái')}\b"),
        ("present", rf"\bthis\s+{_UNIT}\b"),
        ("present", rf"\b{_VI_UNIT}\s+{vietnamese('này', 'nay')}\b(?<!ày nay)(?<!ay nay)"),
        ("yesterday", rf"\b(?:yesterday|{vietnamese('hôm qua')})\b"),
        ("month", rf"\b(?P<which>last|this)\s+(?P<month>(?-i:{MONTH_NAME}))\b(?!\s+\d)"),
    )
)

LATEST = re.compile(
    r"\b(?<!at the )(?:latest|most\s+recent(?:ly)?|(?<!more )recent(?:ly)?|newest|lately"
    r"|most\s+up-to-date|currently|now|nowadays|presently|at\s+present|today|these\s+days"
    r"|still|any\s*more|no\s+longer|so\s+far|to\s+date"
    r"|(?<!electric )(?<!direct )(?<!alternating )(?<!ocean )current(?=\s+\w)"
    r"(?!\s+(?:account|flows?|in|of|and|or|through)\b)"
    r"|up\s+to\s+now)\b(?!-)"
    r"|(?<!\w)(?:"
    + vietnamese("mới nhất", "gần đây nhất", "gần đây", "gần nhất", "hiện nay", "hiện tại", "bây giờ")
    + "|"
    + vietnamese("hôm nay", "ngày nay")
    + r"|vẫn(?:\s+còn)?)(?!\w)",
    re.IGNORECASE,
)
EARLIEST = re.compile(
    r"\b(?:earliest|originally|initially|at\s+first|first\s+(?:reported|published))\b|"
    + vietnamese("sớm nhất", "ban đầu"),
    re.IGNORECASE,
)

#: The word before a date that goes with it when the date is left out.
PREPOSITION = re.compile(
    rf"(?<!\w)(?:in|during|of|for|on|at|{vietnamese('vào', 'trong')})\s+(?:{vietnamese('năm')}\s+)?$",
    re.IGNORECASE,
)
#: The word before a date that says on which side of it the interval lies.
SIDES = tuple(
    (side, re.compile(rf"(?<!\w)(?:{words})\s+(?:the\s+)?(?:{_DAY_WORD}\s+)?$", re.IGNORECASE))
    for side, words in (
        ("within", r"as\s+of|as\s+at"),
        ("from", rf"since|not\s+before|no\s+earlier\s+than|starting(?:\s+in)?|{vietnamese('kể từ', 'từ')}"),
        ("after", rf"after|later\s+than|following|{vietnamese('sau')}"),
        ("before", rf"before|prior\s+to|earlier\s+than|{vietnamese('trước')}"),
        (
            "until",
            r"until|till|up\s+to|through|by(?:\s+the\s+end\s+of)?|up\s+until|no\s+later\s+than|not\s+after|"
            + vietnamese("cho đến", "đến", "tới", "tính đến"),
        ),
    )
)
ONWARDS = re.compile(r"\s+(?:on(?=\s*(?:[?.,;]|$))|onwards?|and\s+later|or\s+later|trở đi)(?!\w)", re.I)
#: Words before a date that make it a date of publication rather than of an event.
PUBLISHED = re.compile(
    r"\b(?:publish\w*|dated|(?:articles?|reports?|reported|news|stor(?:y|ies)|coverage|headlines?)"
    r"(?:\s+(?:written|published))?(?:\s+(?:in|on|from|of|since|after|before|until|by|between|for))?"
    r"|written)\s+(?:the\s+)?(?:in\s+|on\s+|from\s+|since\s+|after\s+|before\s+|until\s+|between\s+)?$",
    re.I,
)
