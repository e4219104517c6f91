"""Defaults, once. A command-line flag beats the environment (RAG_...), which beats the default."""

from __future__ import annotations

from pathlib import Path

from pydantic import ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from rag.errors import UsageError


class Settings(BaseSettings):
    """What a user may change; each can be set in the environment as RAG_<NAME>."""

    model_config = SettingsConfigDict(env_prefix="RAG_", extra="ignore", frozen=True)

    corpus: Path = Path("corpus")
    index: Path = Path("index")
    model: str = "qwen-1.5b"
    embedder: str = "minilm"
    max_article_mb: float = 10.0
    host: str = "127.0.0.1"
    port: int = 7860


def settings() -> Settings:
    """Return the settings of the environment; UsageError names the first that cannot be used."""
    try:
        return Settings()
    except ValidationError as error:
        first = error.errors()[0]
        name = f"RAG_{str(first['loc'][0]).upper()}"
        raise UsageError(f"{name} is {first['input']!r}: {first['msg'].lower()}; mend or unset it") from None


def for_options() -> tuple[Settings, UsageError | None]:
    """Return the settings, or the defaults with what is wrong with them: options are described before it can
    be said.
    """
    try:
        return settings(), None
    except UsageError as wrong:
        return Settings.model_construct(), wrong
