from __future__ import annotations

from rag.names import missing_names, names


def test_names_leave_out_common_first_words_and_months() -> None:
    assert names("Localities met Bùi Thanh Sơn in November. Ito Naoki left.") == [
        "Bùi",
        "Thanh",
        "Sơn",
        "Ito",
        "Naoki",
    ]


def test_a_name_is_missing_that_neither_stands_near_nor_is_of_the_question_and_in_the_article() -> None:
    near, article = ["Ito Naoki came to Viet Nam."], ["Ito Naoki came to Viet Nam. Yamada Takio left."]
    said = "The envoys Ito and Yamada saw Sơn in Vietnam."
    assert missing_names(said, "What did Yamada see?", near, article) == ["Sơn"]
    assert missing_names(said, "What did he see?", near, article) == ["Yamada", "Sơn"]
    assert missing_names(said, "What did Yamada see?", near, near) == ["Yamada", "Sơn"]
