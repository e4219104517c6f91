"""A quantised GGUF file to a folder that transformers loads in seconds; run as a program of its own.

`python -m rag.models_convert SOURCE.gguf TARGET` unpacks the weights to bfloat16 once. It is a child process
of `rag.models` because unpacking takes several times the memory of the file, and a process that ends gives
all of it back. Knows nothing of registries, downloads or hashes. With the generator adapter it is the only
importer of transformers.
"""

from __future__ import annotations

import sys
from pathlib import Path

from rag.errors import ModelError
from rag.models_fetch import Runner, last_line


def in_child(source: Path, target: Path, run: Runner) -> None:
    """Convert in a process of its own, off line.

    Raises:
        ModelError: the process failed or was killed; the message says which.
    """
    done = run(["-m", "rag.models_convert", str(source), str(target)], {"HF_HUB_OFFLINE": "1"})
    if done.returncode < 0:
        raise ModelError(
            f"unpacking {source.name} was ended by signal {-done.returncode}, as when memory runs out; close "
            "other programs and pull again (the download is kept)"
        )
    if done.returncode:
        raise ModelError(
            f"{source.name} could not be unpacked ({last_line(done)}); mend that and pull again "
            "(the download is kept)"
        )


def convert(source: Path, target: Path) -> None:
    """Write the model and tokenizer of a GGUF file to a folder as bfloat16 safetensors.

    Raises:
        ModelError: the file has no chat template or no end-of-turn token, so it is no chat model.
        OSError: a file cannot be read or written.
    """
    import torch
    from transformers import AutoModelForCausalLM, AutoTokenizer, GgufConfig

    tokenizer = AutoTokenizer.from_pretrained(source.parent, gguf_file=source.name)
    model = AutoModelForCausalLM.from_pretrained(
        source.parent,
        gguf_file=source.name,
        dtype=torch.bfloat16,
        quantization_config=GgufConfig(dequantize=True),
    )
    if not tokenizer.chat_template or tokenizer.eos_token_id != model.config.eos_token_id:
        raise ModelError(f"{source.name} is no chat model: it has no chat template or no end-of-turn token")
    model.save_pretrained(target)
    tokenizer.save_pretrained(target)


if __name__ == "__main__":
    convert(Path(sys.argv[1]), Path(sys.argv[2]))
