"""Passwords for a page that is open to others: a file of ``user:salt:hash`` lines, hashed with scrypt.

Blank lines and lines that start with # are skipped. A password is never kept, only its hash.
"""

from __future__ import annotations

import hashlib
import hmac
import secrets
from collections.abc import Mapping
from pathlib import Path

from rag.errors import UsageError

Accounts = Mapping[str, tuple[bytes, bytes]]  # user -> salt, hash

_SALT_BYTES = 16
_HASH_BYTES = 32
_NOBODY = (bytes(_SALT_BYTES), bytes(_HASH_BYTES))


def password_line(user: str, password: str, salt: bytes | None = None) -> str:
    """Return the line that lets ``user`` in with ``password``; the salt is drawn at random unless given.

    Raises UsageError for an empty name or password, or a name with a colon, a line break or a leading #.
    """
    if not user.strip() or not password:
        raise UsageError("a user name and a password are needed; neither may be empty")
    if ":" in user or user.startswith("#") or len(user.splitlines()) > 1:
        raise UsageError(
            f"the user name {user!r} cannot be used; leave out ':', line breaks and a leading '#'"
        )
    salt = secrets.token_bytes(_SALT_BYTES) if salt is None else salt
    return f"{user}:{salt.hex()}:{_hash(password, salt).hex()}"


def read_accounts(path: Path) -> Accounts:
    """Read a password file.

    Raises UsageError naming the file, and the line where one is broken.
    """
    try:
        lines = path.read_text(encoding="utf-8").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise UsageError(f"the password file {path} cannot be read: {error}") from error
    numbered = [(i, line.strip()) for i, line in enumerate(lines, start=1)]
    accounts = dict(_account(path, i, line) for i, line in numbered if line and not line.startswith("#"))
    if not accounts:
        raise UsageError(f"the password file {path} names no user; add a line user:salt:hash")
    return accounts


def allows(accounts: Accounts, user: str, password: str) -> bool:
    """Whether the password is the user's; this takes as long for a user who does not exist."""
    salt, expected = accounts.get(user, _NOBODY)
    same = hmac.compare_digest(_hash(password, salt), expected)
    return same and user in accounts


def _account(path: Path, number: int, line: str) -> tuple[str, tuple[bytes, bytes]]:
    user, *rest = line.split(":")
    try:
        salt, digest = (bytes.fromhex(part) for part in rest)
    except ValueError:
        raise UsageError(f"line {number} of {path} is not user:salt:hash; make the line again") from None
    if not user or not salt or len(digest) != _HASH_BYTES:
        raise UsageError(f"line {number} of {path} is not user:salt:hash; make the line again")
    return user, (salt, digest)


def _hash(password: str, salt: bytes) -> bytes:
    # n, r and p take 16 MiB and some 50 ms: slow for a guesser, unnoticed at a login.
    return hashlib.scrypt(password.encode(), salt=salt, n=2**14, r=8, p=1, dklen=_HASH_BYTES)
