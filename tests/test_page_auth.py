"""Password lines: made, read and checked."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rag.errors import UsageError
from rag.page_auth import allows, password_line, read_accounts


def accounts_of(tmp_path: Path, text: str) -> Path:
    path = tmp_path / "passwords"
    path.write_text(text, encoding="utf-8")
    return path


def test_a_line_lets_in_its_user_and_nobody_else(tmp_path: Path) -> None:
    lines = [password_line("ann", "räksmörgås"), password_line("bo", "other")]
    accounts = read_accounts(accounts_of(tmp_path, "# the desk\n\n" + "\n".join(lines) + "\n"))
    assert allows(accounts, "ann", "räksmörgås")
    assert not allows(accounts, "ann", "other")
    assert not allows(accounts, "bo", "räksmörgås")
    assert not allows(accounts, "nobody", "")
    assert not allows(accounts, "", "")


def test_a_line_holds_no_password_and_differs_each_time() -> None:
    first, second = password_line("ann", "secret"), password_line("ann", "secret")
    assert "secret" not in first
    assert first != second
    assert password_line("ann", "secret", bytes(16)) == password_line("ann", "secret", bytes(16))


@settings(max_examples=5)
@given(st.text(min_size=1, max_size=12).filter(lambda s: s.encode("utf-8", "ignore").decode() == s))
def test_any_password_works(password: str) -> None:
    user, salt, digest = password_line("ann", password).split(":")
    assert allows({user: (bytes.fromhex(salt), bytes.fromhex(digest))}, "ann", password)


@pytest.mark.parametrize(
    ("user", "password"), [("", "x"), ("a", ""), ("a:b", "x"), ("#a", "x"), ("a\nb", "x")]
)
def test_names_that_would_break_the_file_are_refused(user: str, password: str) -> None:
    with pytest.raises(UsageError):
        password_line(user, password)


@pytest.mark.parametrize("line", ["ann", "ann:00", "ann:zz:00", "ann:00:00", ":00:" + "00" * 32, "a:b:c:d"])
def test_a_broken_line_is_named(tmp_path: Path, line: str) -> None:
    with pytest.raises(UsageError, match=r"line 2 of .*passwords is not user:salt:hash"):
        read_accounts(accounts_of(tmp_path, f"# first\n{line}\n"))


def test_a_file_without_users_lets_nobody_in(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="names no user"):
        read_accounts(accounts_of(tmp_path, "# nobody\n"))
    with pytest.raises(UsageError, match="cannot be read"):
        read_accounts(tmp_path / "absent")
