"""A question is answered with every socket blocked."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from rag import models

BLOCKED = """
import socket, sys
def refuse(*a, **k):
    raise AssertionError("the network was used")
socket.socket.connect = socket.socket.connect_ex = socket.getaddrinfo = socket.create_connection = refuse
from rag.cli import main
sys.argv = ["rag", *sys.argv[1:]]
main()
"""


@pytest.mark.models
def test_indexing_and_asking_use_no_network(tmp_path: Path) -> None:
    if models.installed("qwen-0.5b") is None or models.installed("minilm") is None:
        pytest.skip("weights are not here: `rag models pull qwen-0.5b`")
    (tmp_path / "corpus").mkdir()
    (tmp_path / "corpus" / "a.txt").write_text(
        "Bridge opens\n\nThe new bridge over the Orsa cost 40 million euros, the mayor said.\n"
    )

    def rag(*arguments: str) -> str:
        command = [sys.executable, "-c", BLOCKED, *arguments]
        done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=tmp_path)
        assert done.returncode == 0, done.stderr
        return done.stdout

    rag("index", "--corpus", "corpus", "--index", "index")
    answer = json.loads(rag("ask", "What did the bridge over the Orsa cost?", "--index", "index",
                            "--model", "qwen-0.5b", "--json"))  # fmt: skip
    assert "40 million" in answer["answer"]
    (citation,) = answer["statements"][0]["citations"]
    assert citation["quote"] == "The new bridge over the Orsa cost 40 million euros, the mayor said."
