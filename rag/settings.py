"""Defaults, once. A command-line flag beats the environment (RAG_...), which beats the default."""

from __future__ import annotations

from pathlib import Path

from pydantic_settings import BaseSettings, SettingsConfigDict


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
