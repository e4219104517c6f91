"""The question file and the articles that it stands on: format, evidence, split, nothing copied."""

from __future__ import annotations

import hashlib
import json
import re
import unicodedata
from collections import Counter, defaultdict
from datetime import date
from pathlib import Path
from typing import Any

import pytest
import yaml

from rag.corpus import read_corpus

ROOT = Path(__file__).parents[1]
ORIGINALS = ROOT.parent / "shared" / "articles"
MINIMUM = {
    "fact": 40,
    "paraphrase": 25,
    "accents": 12,
    "temporal": 18,
    "multi": 18,
    "null": 40,
    "followup": 14,
}
KINDS = {"order", "near_miss", "false_premise", "off_topic"}
KEYS = {"id", "type", "split", "question", "history", "answerable", "answers", "evidence"}
Question = dict[str, Any]


def read_article(path: Path) -> tuple[dict[str, Any], str]:
    _, front, text = path.read_text(encoding="utf-8").split("---\n", 2)
    return yaml.safe_load(front), text


def read_articles(folder: str) -> dict[str, tuple[dict[str, Any], str]]:
    found = sorted((ROOT / folder).glob("*.md"))
    return {path.stem: read_article(path) for path in found if path.name != "README.md"}


ARTICLES = read_articles("corpus")
ARCHIVED = read_articles("eval/archive")


def read_raw(folder: str) -> dict[str, tuple[dict[str, object], str]]:
    """Articles in the shapes that they come in, as the program reads them."""
    return {
        a.id: ({"title": a.title, "source": a.source, "published": a.published}, a.text)
        for a in read_corpus(ROOT / folder, today=date(2026, 11, 29)).articles
    }


NEWSROOM, DESK = read_raw("eval/newsroom"), read_raw("eval/desk")
INVENTED = ARCHIVED | read_articles("eval/serials") | NEWSROOM | DESK


def read_questions(name: str) -> list[Question]:
    lines = (ROOT / "eval" / name).read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


QUESTIONS = read_questions("questions.jsonl")
HARD = read_questions("hard.jsonl")
ARCHIVE = read_questions("archive.jsonl")
ASKED = read_questions("asked.jsonl")
TALKS = read_questions("talks.jsonl")
FRESH = read_questions("fresh.jsonl")
SERIALS = read_questions("serials.jsonl")
MISTYPED = read_questions("mistyped.jsonl")
WRAPPED = read_questions("wrapped.jsonl")
TURNED = read_questions("turned.jsonl") + read_questions("turned-archive.jsonl")
REPORTER = read_questions("newsroom.jsonl")
EDITOR = read_questions("desk.jsonl")
ALL = QUESTIONS + HARD + ARCHIVE + ASKED + TALKS + FRESH + SERIALS + MISTYPED + WRAPPED + TURNED
ALL += REPORTER + EDITOR
ANSWERABLE = [q for q in ALL if q["answerable"]]
NULLS = [q for q in ALL if not q["answerable"]]


def fold(text: str) -> str:
    """Case, accents and đ, dash and quote styles and white space, as the matching of answers ignores them."""
    plain = unicodedata.normalize("NFKD", text.casefold().replace("đ", "d"))
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    plain = re.sub("[‐-―−]", "-", re.sub("[‘’]", "'", re.sub("[“”]", '"', plain)))
    return " ".join(plain.split())


def says(text: str, alias: str) -> bool:
    return re.search(rf"(?<!\w){re.escape(fold(alias))}(?!\w)", fold(text)) is not None


def unmatched(text: str, groups: list[list[str]]) -> list[list[str]]:
    return [group for group in groups if not any(says(text, alias) for alias in group)]


def runs(text: str, length: int = 9) -> set[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    return {tuple(words[i : i + length]) for i in range(len(words) - length + 1)}


def ident(question: Question) -> str:
    return str(question["id"])


def test_matching_helper() -> None:
    assert says("They landed in HÀ NỘI - Đà Nẵng came later.", "Da Nang")
    assert says("NEXUS – a programme", "nexus - a")
    assert not says("1,500,000 people", "50")
    assert unmatched("one two", [["two", "2"], ["three"]]) == [["three"]]


@pytest.mark.parametrize("question", ALL, ids=ident)
def test_schema(question: Question) -> None:
    extra = {"kind"} if question["type"] == "null" else set()
    assert set(question) == KEYS | extra
    assert question["question"] == question["question"].strip() != ""
    assert question["split"] in {"train", "test"}
    assert question["answerable"] is (question["type"] != "null")
    pairs = len(question["history"]) // 2
    assert [role for role, _ in question["history"]] == ["user", "assistant"] * pairs
    assert all(isinstance(text, str) and text.strip() for _, text in question["history"])


def test_ids_and_questions_are_unique() -> None:
    assert len({q["id"] for q in ALL}) == len(ALL)
    asked = Counter((fold(q["question"]), json.dumps(q["history"])) for q in ALL)
    assert [question for question, count in asked.items() if count > 1] == []


def test_counts_by_type() -> None:
    counts = Counter(q["type"] for q in QUESTIONS)
    assert set(counts) == set(MINIMUM)
    assert {kind: n for kind, n in counts.items() if n < MINIMUM[kind]} == {}
    assert len(QUESTIONS) >= 160


@pytest.mark.parametrize("question", ANSWERABLE, ids=ident)
def test_evidence_is_verbatim_and_holds_the_answer(question: Question) -> None:
    assert question["evidence"]
    for item in question["evidence"]:
        assert set(item) == {"article", "quote"}
        assert item["quote"] in (ARTICLES | INVENTED)[item["article"]][1]
        assert "\n" not in item["quote"]
    assert question["answers"]
    quotes = "\n".join(item["quote"] for item in question["evidence"])
    assert unmatched(quotes, question["answers"]) == []


@pytest.mark.parametrize("question", ANSWERABLE, ids=ident)
def test_aliases(question: Question) -> None:
    for group in question["answers"]:
        assert group
        assert all(fold(alias) for alias in group)
        assert len(set(group)) == len(group)


@pytest.mark.parametrize("question", ANSWERABLE, ids=ident)
def test_repeating_the_question_is_no_answer(question: Question) -> None:
    answered = question in TALKS + SERIALS  # in a conversation an answer often has the next one in it
    told = [text for role, text in question["history"] if role == "user" or not answered]
    known = [question["question"], *told]
    assert unmatched("\n".join(known), question["answers"]) != []


def test_followups_have_a_history() -> None:
    assert [q["id"] for q in QUESTIONS if q["type"] == "followup" and not q["history"]] == []


@pytest.mark.parametrize("question", NULLS, ids=ident)
def test_nulls_have_no_answer(question: Question) -> None:
    assert question["answers"] == []
    assert question["evidence"] == []
    assert question["kind"] in KINDS


def test_every_kind_of_null_is_there() -> None:
    assert {q["kind"] for q in NULLS} == KINDS


def test_split_is_half_and_half_by_hash_of_id() -> None:
    """The rule of eval/README.md: each type (nulls: each kind) in the order of the hash, first half train."""
    groups: dict[tuple[str, str | None], list[Question]] = defaultdict(list)
    for question in QUESTIONS:
        groups[question["type"], question.get("kind")].append(question)
    for members in groups.values():
        ordered = sorted(members, key=lambda q: hashlib.sha256(q["id"].encode()).hexdigest())
        half = len(ordered) // 2
        assert half > 0
        assert [q["split"] for q in ordered] == ["train"] * half + ["test"] * (len(ordered) - half)


def test_articles_have_front_matter() -> None:
    assert len(ARTICLES) == 5
    for meta, text in ARTICLES.values():
        assert set(meta) <= {"title", "source", "published", "url", "language"}
        assert meta["title"]
        assert meta["language"] == "en"
        assert text.strip()


def test_every_article_is_asked_about() -> None:
    assert {item["article"] for q in QUESTIONS for item in q["evidence"]} == set(ARTICLES)


@pytest.mark.skipif(not ORIGINALS.is_dir(), reason="the original articles are not part of the repository")
def test_nothing_is_copied_from_the_originals() -> None:
    originals: set[tuple[str, ...]] = set()
    for path in ORIGINALS.glob("*.txt"):
        originals |= runs(path.read_text(encoding="utf-8"))
    assert originals
    ours = [f"{meta['title']}\n{text}" for meta, text in ARTICLES.values()]
    ours += [f"{meta['title']}\n{text}" for meta, text in INVENTED.values()]
    ours += [(ROOT / "eval" / "stories.json").read_text(encoding="utf-8")]
    ours += [q["question"] for q in ALL]
    ours += [text for q in ALL for _, text in q["history"]]
    copied = {" ".join(run) for text in ours for run in runs(text) & originals}
    assert copied == set()


def test_the_invented_archive_serves_for_training_alone() -> None:
    assert {q["split"] for q in ARCHIVE} == {"train"}
    assert {item["article"] for q in ARCHIVE for item in q["evidence"]} == set(ARCHIVED)
    assert not set(INVENTED) & set(ARTICLES)


@pytest.mark.parametrize(
    ("talks", "train", "test"), [(TALKS, 54, 55), (SERIALS, 66, 60)], ids=["talks", "serials"]
)
def test_a_conversation_is_looked_at_whole_or_not_at_all(
    talks: list[Question], train: int, test: int
) -> None:
    splits = defaultdict(set)
    for question in talks:
        first = question["history"][0][1] if question["history"] else question["question"]
        splits[first].add(question["split"])
    assert {len(each) for each in splits.values()} == {1}
    assert Counter(q["split"] for q in talks) == {"train": train, "test": test}
    assert {item["article"] for q in talks for item in q["evidence"]} <= set(INVENTED)


def test_what_is_mistyped_or_wrapped_is_one_of_the_test_questions() -> None:
    originals = {q["id"]: q for q in QUESTIONS + FRESH if q["split"] == "test"}
    for suffix, questions in (("-mistyped", MISTYPED), ("-wrapped", WRAPPED)):
        for question in questions:
            original = originals[question["id"].removesuffix(suffix)]
            assert question == original | {"id": question["id"], "question": question["question"]}
            assert re.findall(r"\d+", question["question"]) == re.findall(r"\d+", original["question"])


def test_a_relation_turned_round_stands_beside_it_as_told() -> None:
    pairs = list(zip(TURNED[::2], TURNED[1::2], strict=True))
    assert Counter(turned["split"] for _, turned in pairs) == {"train": 131, "test": 43}
    for told, turned in pairs:
        assert told["id"] == f"{turned['id']}-told"
        assert (told["split"], told["type"]) == (turned["split"], "fact")
        assert turned["kind"] == "near_miss"


def test_the_serials_are_the_stories_kept_from_training() -> None:
    stories = json.loads((ROOT / "eval" / "stories.json").read_text(encoding="utf-8"))["data"]
    kept = {
        f"{number}-{place}": " ".join(article["context"].split())
        for number, story in enumerate(stories[-21:], start=len(stories) - 20)
        for place, article in enumerate(story["paragraphs"], start=1)
    }
    articles = read_articles("eval/serials")
    assert {name: " ".join(text.split()) for name, (_, text) in articles.items()} == kept


UNDATED = {"feature-lighthouse", "layoffs-nairobi"}  # their texts do not say
NAMELESS = UNDATED | {"marathon-lapaz", "match-kisumu"}  # in papers that no rule knows for such


def test_the_reporters_articles_are_read_with_headline_paper_and_day() -> None:
    assert {q["split"] for q in REPORTER} == {"train"}
    assert {item["article"] for q in REPORTER for item in q["evidence"]} <= set(NEWSROOM)
    facts = {id_: known for id_, (known, _) in NEWSROOM.items()}
    assert {id_ for id_, known in facts.items() if known["published"] is None} == UNDATED
    assert {id_ for id_, known in facts.items() if known["source"] is None} == NAMELESS
    titles = [str(known["title"]) for known in facts.values()]
    assert [title for title in titles if "|" in title or "\u2026" in title] == []
    appeal, verdict = facts["brandt-appeal"], facts["brandt-verdict"]
    assert (appeal["source"], appeal["published"]) == ("The Ellery Post", date(2023, 11, 14))
    assert (verdict["source"], verdict["published"]) == ("The Ellery Post", date(2023, 4, 21))


def test_the_editors_questions_are_all_for_measuring() -> None:
    assert Counter(q["split"] for q in EDITOR) == {"test": 80}
    assert {item["article"] for q in EDITOR for item in q["evidence"]} <= set(DESK)
    assert set(DESK).isdisjoint(ARCHIVED | read_articles("eval/serials") | NEWSROOM)


def test_the_vietnamese_questions_stand_on_verbatim_quotations() -> None:
    questions = read_questions("vietnamese.jsonl")
    assert len({q["id"] for q in questions}) == len(questions) == 24
    for question in questions:
        assert bool(question["evidence"]) is bool(question["answers"]) is question["answerable"]
        for gold in question["evidence"]:
            assert gold["quote"] in ARTICLES[gold["article"]][1], question["id"]
        for group in question["answers"]:
            assert any(says(question["evidence"][0]["quote"], alias) for alias in group) or group == [
                "semiconductor",
                "semiconductors",
            ]


@pytest.mark.parametrize(
    "path", sorted((ROOT / "eval" / "results").glob("*.json")), ids=lambda path: path.stem
)
def test_results_on_sets_of_others_hold_no_text(path: Path) -> None:
    result = json.loads(path.read_text(encoding="utf-8"))
    ours = {question["id"] for question in ALL}
    of_others = [row for row in result["rows"] if row["id"] not in ours]
    assert [row["id"] for row in of_others if row["question"] or row["answer"] or row["statements"]] == []
    assert [hit for row in of_others for hit in row["hits"] if "text" in hit] == []
