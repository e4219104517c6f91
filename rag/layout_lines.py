"""What a line of a raw article is when seen by itself: a caption, a menu entry, a byline, a dateline …

Pure, in English and Vietnamese. Rules are of form, never of one publisher's wording; a line that no rule
knows is text. What a line is by its place among others is decided in layout_places.py.
"""

from __future__ import annotations

import re

from rag.dates import DateMention, within

AGENCIES = {
    "VNA": "Vietnam News Agency (VNA)", "TTXVN": "Vietnam News Agency (VNA)", "VNS": "Viet Nam News (VNS)",
    "VOV": "Voice of Vietnam (VOV)", "VIETNAMPLUS": "VietnamPlus", "NDO": "Nhan Dan Online (NDO)",
    "VGP": "Government News (VGP)", "SGGP": "Sai Gon Giai Phong (SGGP)",
    "REUTERS": "Reuters", "AP": "Associated Press (AP)", "AFP": "Agence France-Presse (AFP)", "DPA": "dpa",
    "EFE": "EFE", "ANSA": "ANSA", "TASS": "TASS", "PA": "PA Media", "UPI": "UPI", "KYODO": "Kyodo News",
    "JIJI": "Jiji Press", "NHK": "NHK", "XINHUA": "Xinhua", "CNA": "CNA", "YONHAP": "Yonhap",
    "BERNAMA": "Bernama", "ANTARA": "Antara", "PTI": "Press Trust of India (PTI)", "ANI": "ANI",
    "IANS": "IANS", "BBC": "BBC", "CNN": "CNN", "BLOOMBERG": "Bloomberg",
}  # fmt: skip

_PHOTO = r"(?:photos?|photographs?|images?|pictures?|illustration|graphic|(?:hình |nguồn )?ảnh|ảnh minh họa)"
_CREDIT = rf"^\W*(?:file\s+)?{_PHOTO}(?:\s+credit)?(?:\s*:|\s+(?:by|courtesy\s+of)\s)"
_BARE_CREDIT = re.compile(_CREDIT, re.IGNORECASE)
_CAPTION = re.compile(
    rf"{_CREDIT}|[(\[][^()\[\]]{{0,40}}\b{_PHOTO}\b[^()\[\]]{{0,60}}[)\]]\W*$"
    r"|(?-i:\s[—–|-]\s*(?:[A-Z/]+\s+)?(?:File\s+)?Photo\b|\b[A-Z]{2,6}(?:/[A-Z]{2,6})*\s+(?:File\s+)?Photo\b)"
    r"[^.!?]{0,50}$"
    r"|(?-i:\bREUTERS/\S+|\b(?:Getty Images|Shutterstock|iStock|EPA-EFE|Unsplash))[^.!?]{0,30}$",
    re.IGNORECASE,
)
_MENU_WORDS = (
    r"share|print|e-?mail|comments?|menu|home(?:page)?|search|log\s?in|sign\s(?:in|up)|register|subscribe"
    r"|advertise(?:ment)?|skip to (?:main )?content|back to top|go to top|follow us|listen|copy link|bookmark"
    r"|facebook|twitter|linkedin|whatsapp|telegram|zalo|messenger|youtube|instagram|tiktok|pinterest|rss"
    r"|mobile version|desktop version|newsletters?|contact(?: us)?|about us|tweet|font size|view comments"
    r"|chia sẻ|in bài(?: viết)?|in trang|bình luận|trang chủ|tìm kiếm|đăng nhập|đăng ký|quảng cáo"
    r"|(?:lên|về) đầu trang|phiên bản (?:di động|máy tính|desktop)|theo dõi|lưu bài(?: viết)?"
    r"|sao chép liên kết"
)
_MENU = re.compile(
    rf"^(?:(?:{_MENU_WORDS})(?:[\s|·•/,>:+-]+|$))+$"
    r"|^(?:share (?:this|on|via|to)|subscribe (?:to|now)|sign up (?:for|to)|click here"
    r"|follow (?:us|\w+) on (?:facebook|x|twitter|instagram|youtube|telegram|zalo|google)\b"
    r"|listen to this|copyright (?:©|\(c\)|\d{4})|©|all rights reserved|(?:tags?|topics?|keywords?)\s*:"
    r"|từ khóa|chủ đề\s*:|\d+ (?:comments?|shares?|views?)$|comments? \(\d+\)|\d+[ -]min(?:ute)?s?[ -]read"
    r"|reading time|lượt xem|privacy policy|terms of (?:use|service)|we use cookies|join our (?:\w+ )?channel"
    r"|home\s*[>»/])",
    re.IGNORECASE,
)
_STRONG_LABEL = (
    r"(?:read\s+(?:more|also|next|on)|also\s+read|see\s+(?:also|more)|xem\s+thêm|đọc\s+thêm"
    r"|related(?:\s+(?:news|stor(?:y|ies)|articles?|posts?|topics?|coverage|content|links?|reading))?)"
)
_WEAK_LABEL = (
    r"(?:more\s+(?:on\s+this(?:\s+story)?|news|stories|like\s+this|from\s+\w+)|watch(?:\s+(?:also|now))?"
    r"|don['’]t\s+miss|recommended(?:\s+for\s+you)?|most\s+(?:read|viewed|popular)|trending(?:\s+now)?"
    r"|you\s+(?:may|might)\s+also\s+(?:like|be\s+interested\s+in)|latest\s+news|other\s+news|up\s+next"
    r"|(?:tin|bài)\s+liên\s+quan|tin\s+cùng\s+chuyên\s+mục|tin\s+(?:khác|mới)|có\s+thể\s+bạn\s+quan\s+tâm)"
)
_RELATED_LABEL = re.compile(rf"^\W*(?:{_STRONG_LABEL}|{_WEAK_LABEL})\W*$", re.IGNORECASE)
_RELATED_LINE = re.compile(
    rf"^(?:\W*{_STRONG_LABEL}\s*(?::|>+|»|\|)|>>|\W*{_WEAK_LABEL}\s*:(?!.*[.]$))\s*\S", re.IGNORECASE
)
_NAME = r"[^\W\d_a-z][\w.'’-]*"
_BYLINE = re.compile(
    rf"^By\s+{_NAME}(?:\s+{_NAME}){{1,4}}(?:\s*(?:[,|/&–-]|and\b|in\b).{{0,60}})?$"
    r"|^\(?(?:(?:Additional )?[Rr]eporting|Writing|Editing|Compiled|Translated|Edited"
    r"|Reported|Written|Words) by\s"
    rf"|^{_NAME}(?:\s+{_NAME}){{1,3}},\s+(?:[\w'’-]+\s+){{0,3}}(?:reporter|correspondent|editor|columnist|writer)$"
    rf"|^(?:Author|Editor|Reporter|Tác giả|Biên tập|Biên dịch|Thực hiện|Người viết|Phóng viên)\s*:\s*{_NAME}"
)
_SOURCE = re.compile(r"^\W*(?:sources?|nguồn|nguồn tin)\s*:\s*(?P<name>[^.!?\n]{2,80}?)\W*$", re.IGNORECASE)
_HEADING = re.compile(
    r"^#{1,6}\s+\S|^(?P<mark>\*\*|__)[^*_]+(?P=mark)$"
)  # bold and nothing else: as good as one
_IMAGE_OR_LINK = re.compile(r"^(?P<image>!\[[^\]]*\]\([^)]*\))$|^<?https?://\S+$")
_OF = frozenset("of the and & de la le el der die".split())
_PAPER = frozenset(
    "post times news courier gazette herald tribune journal daily observer press chronicle telegraph "
    "guardian dispatch signal mail standard independent record wire magazine weekly mirror echo argus "
    "bulletin register globe examiner sentinel advertiser inquirer monitor messenger citizen review".split()
)
_SECTIONS = frozenset(
    "world breaking latest top local national regional sports sport business political politics release "
    "releases the more today's recent market tech science health travel international".split()
)
_PARTS = re.compile(r"\s*[|·•,;–—()]\s*|\s+-\s+")
_SEPARATOR = re.compile(r"^[^\w\"'“”‘’]+$")
_LONGEST_CAPTION, _LONGEST_MENU, _LONGEST_DOUBLE, _LONGEST_END = 600, 160, 400, 40


def line_kind(line: str) -> str | None:
    """Return what a line is, seen by itself; None for text.

    One of "caption", "menu", "teaser", "byline", "source", "heading", "separator".
    """
    line = " ".join(line.split())
    if _SEPARATOR.match(line) and not is_end_line(line):
        return "separator"
    if _HEADING.match(line):
        return "heading"
    if alone := _IMAGE_OR_LINK.match(line):
        return "caption" if alone["image"] else "menu"
    line = line.strip("*_")  # emphasis in Markdown
    if len(line) <= _LONGEST_CAPTION and _CAPTION.search(line):
        return "caption"
    if len(line) > _LONGEST_MENU or line.endswith((",", ";")):
        return None
    rules = (
        ("menu", _MENU), ("teaser", _RELATED_LABEL), ("teaser", _RELATED_LINE), ("source", _SOURCE),
        ("byline", _BYLINE),
    )  # fmt: skip
    return next((kind for kind, pattern in rules if pattern.search(line)), None)


def is_masthead(line: str) -> bool:
    """Whether a line is no more than the name of a paper: "Kinshasa Courier", "The Ellery Post"."""
    words = line.strip("*_ ").split()
    if not 2 <= len(words) <= 5 or not all(w[0].isupper() or w in _OF for w in words):
        return False
    told = {w.lower() for w in words}
    return not _PAPER.isdisjoint((words[0].lower(), words[-1].lower())) and not told <= _PAPER | _SECTIONS


def paper_in(line: str) -> str | None:
    """Return the name of the paper that stands in a line beside a date, between commas or bars."""
    return next((part.strip("*_ ") for part in _PARTS.split(line) if is_masthead(part)), None)


def is_menu_bar(line: str) -> bool:
    """Whether a line lists sections: three or more of one or two words each, with bars or gaps between."""
    cells = re.split(r"\s*[|·•]\s*|\s{2,}", line.strip())
    return len(cells) >= 3 and all(re.fullmatch(r"[^\W\d_]+(?:[ &’'-]+[^\W\d_]+)?", cell) for cell in cells)


def is_bare_credit(line: str) -> bool:
    """Whether a caption only names the photographer ("Photo: …"); its words are then the line above."""
    return _BARE_CREDIT.match(line) is not None


def is_related_label(line: str) -> bool:
    """Whether a line announces other stories and is none itself ("Related news")."""
    return _RELATED_LABEL.match(line) is not None


def is_person(line: str) -> bool:
    """Whether a line could be no more than a name, two to four capitalised words, or two or three names."""
    names = re.split(r",\s+(?:and\s+)?|\s+(?:and|&)\s+", line)
    return len(names) <= 3 and all(_is_name(name) for name in names)


def _is_name(line: str) -> bool:
    words = line.split()
    return (
        2 <= len(words) <= 4
        and len(line) <= 40
        and all(w[0].isupper() and re.fullmatch(r"[^\W\d_][\w.'’-]*", w) for w in words)
        and not line.endswith(".")
    )


def halved(line: str) -> str | None:
    """Return the words of a line that says the same thing twice ("X X"), once; else None."""
    if len(line) > _LONGEST_DOUBLE:
        return None
    flat = " ".join(line.split())
    match = re.fullmatch(r"(?P<half>\S.{12,}\S)\W*\s(?P=half)", flat)
    return match["half"] if match and match["half"].count(" ") >= 2 else None


def ends_sentence(text: str) -> bool:
    """Whether a block of text closes like a sentence: with a full stop or the like, quotes aside."""
    return re.search(r"[.!?…][\"'”’»)\]*_]*$", text[-20:]) is not None


def source_name(code: str) -> str | None:
    """Return the name behind an agency's code in a dateline; of "VNA/VNS" the last. None if unknown."""
    codes = reversed(re.split(r"\s*/\s*", code.strip().upper()))
    return next((AGENCIES[c] for c in codes if c in AGENCIES), None)


def agency_in(mark: str) -> str | None:
    """Return the name of the last agency whose code stands in a dateline or end mark; None without."""
    codes = re.findall(r"[^\W\d_]+(?:/[^\W\d_]+)*", mark)
    return next((name for code in reversed(codes) if (name := source_name(code))), None)


def source_of(line: str) -> str | None:
    """Return the name in a "Source: …" line, or that of the paper that a line is."""
    match = _SOURCE.match(line)
    if match is None:
        return paper_in(line)
    return source_name(match["name"]) or match["name"].strip()


_END_LINE = re.compile(r"^\W*(?:###+|[-–—]+\s*ends?\s*[-–—]+|-?30-|\(ends?\)|\./\.)\W*$", re.IGNORECASE)
_SLASH_END = re.compile(r"(?<=\.)/\.(?=\s|$)")
_AGENCY_END = re.compile(r"(?<!\s)\s*(?:—|–|--|\s-)\s*(?P<agency>[A-Z]{2,8}(?:/[A-Z]{2,8})*)\s*$")
_AGENCY_PAREN = re.compile(r"(?<!\s)\s*\((?P<agency>[A-Za-z]{2,10}(?:/[A-Za-z]{2,10})*)\)\s*$")


def is_end_line(line: str) -> bool:
    """Whether a line only says that the story is over ("###", "-ENDS-")."""
    return len(line) <= _LONGEST_END and _END_LINE.match(line) is not None


def end_marks(text: str, last: bool) -> list[tuple[int, int]]:
    """Return where a block of text says that the story is over: "./." (its full stop left to the sentence)
    anywhere, "— VNS" at the end; "(VNS)" at the end of the ``last`` block.
    """
    found = [m.span() for m in _SLASH_END.finditer(text)]
    patterns = (_AGENCY_END, _AGENCY_PAREN) if last else (_AGENCY_END,)
    for pattern in patterns:
        match = pattern.search(text)
        if match and source_name(match["agency"]):
            found.append(match.span())
    return found


_DASH = r"(?:--|[—–-])"
_AGENCY_LINE = re.compile(
    rf"(?P<place>[^()\n:;?!…·|]{{0,70}})\((?P<agency>[^()\n]{{2,30}})\)[^\w\s]*\s*{_DASH}\s*"
)
_DATED_LINE = re.compile(r"(?P<place>[^()\n—–:;?!…·|]{2,70}?)\s*(?:--|[—–]|-(?=\s|$))\s*")
_AGENCY_HEAD = re.compile(r"(?P<agency>[A-Z]{2,8}(?:\.VN)?)\s*(?:--|[—–-])\s+(?=[\"“'‘(]?[^\W_a-z])")
_CAPITALS_LINE = re.compile(
    r"(?P<place>[^\n—(){}!?\d]{2,40}?)(?:\s*(?:—|--)\s*|\s-\s+)(?=[\"“'‘(]?[^\W_a-z])"
)
_CONNECTORS = frozenset("and in of de la el ngày tháng năm".split())
_NO_PLACE = frozenset("The On In By From Since Until After Before At A An This That".split())
_DATE_LABEL = re.compile(r"(?:date|dated|published|posted|updated)\b\s*:?\s*", re.IGNORECASE)
_TIME = re.compile(r"(?:[\s,|–-]*\b\d{1,2}[:h.]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\.?)?)?[\s|,–-]*", re.IGNORECASE)


def dateline_end(text: str, start: int, end: int, found: list[DateMention]) -> int:
    """Return where the dateline at the head of ``text[start:end]`` stops: ``start`` when there is none.

    A dateline ends in a dash and has a known agency, a date or a place in capitals: "HANOI, Nov 7 (Xinhua)
    --", "VIETNAM, November 26 -", "HÀ NỘI —". A labelled date in front of it or in its place ("date
    2023-12-01") belongs to it. Dashes of ordinary sentences are left alone. ``found`` are the text's dates.
    """
    label = _DATE_LABEL.match(text, start, end)
    head = label.end() if label else start
    dated = next((m for m in within(found, head, end) if m.start == head and m.day and m.year), None)
    time = _TIME.match(text, dated.end, end) if dated else None
    after_stamp = time.end() if time else start
    stop = after_stamp
    while (step := _component(text, stop, end, found)) > stop:
        stop = step
    return stop if stop > after_stamp or label else start


def _component(text: str, start: int, end: int, found: list[DateMention]) -> int:
    agency = _AGENCY_LINE.match(text, start, end)
    known = agency and (
        source_name(agency["agency"])
        or within(found, *agency.span("place"))
        or (agency["agency"].isupper() and agency["place"].isupper())
    )
    if agency and known and _is_place(text, *agency.span("place"), found):
        return agency.end()
    dated_line = _DATED_LINE.match(text, start, end)
    if dated_line and _is_place(text, *dated_line.span("place"), found):
        last = next(reversed(within(found, *dated_line.span("place"))), None)
        if (
            last
            and last.day
            and last.end == dated_line.end("place")
            and re.search(r"^[^a-z]*\w[^a-z]*$|,\s*$", text[start : last.start])
        ):
            return dated_line.end()
    head = _AGENCY_HEAD.match(text, start, end)
    if head and source_name(head["agency"].removesuffix(".VN")):
        return head.end()
    capitals = _CAPITALS_LINE.match(text, start, end)
    if capitals and capitals["place"].isupper() and re.search(r"[^\W\d_]{2}", capitals["place"]):
        return capitals.end()
    return start


def _is_place(text: str, start: int, end: int, found: list[DateMention]) -> bool:
    """Whether all is names and dates: no word in small letters, no preposition in front."""
    rest = text[start:end]
    for mention in reversed(within(found, start, end)):
        rest = rest[: mention.start - start] + " " + rest[mention.end - start :]
    words = re.findall(r"[^\W\d_][\w.'’-]*", rest)
    named = ".." not in rest and all(w[0].isupper() or w in _CONNECTORS for w in words)
    return named and len(words) <= 8 and (not words or words[0] not in _NO_PLACE)
