"""What a question turns to in a long text: one head's attention, without running the layers above it."""

from __future__ import annotations

from typing import Any

from rag.lower_layers import lower_layers
from rag.prompt_reader import PromptReader


class Skimmer:
    """The lower layers of a model, up to and with the one whose head finds evidence; weights are shared."""

    def __init__(self, model: Any, layer: int, head: int) -> None:
        self._head = head
        self._lower: Any = lower_layers(model, layer + 1)

    def reader(self) -> PromptReader:
        """Return what reads a text for ``attention``."""
        return PromptReader(self._lower, {})

    def attention(self, reader: PromptReader, tokens: list[int]) -> Any:
        """Return the head's mean attention from these tokens to each token that was read, which stays as it
        was.
        """
        seen: list[Any] = []
        last = self._lower.layers[-1].self_attn
        hook = last.register_forward_hook(lambda _module, _inputs, outputs: seen.append(outputs[1]))
        configs = (self._lower.config, last.config)
        before = [config._attn_implementation for config in configs]
        try:
            for config in configs:
                config._attn_implementation = "eager"  # the others do not tell their weights
            reader.forward(tokens)
        finally:
            hook.remove()
            for config, implementation in zip(configs, before, strict=True):
                config._attn_implementation = implementation
        reader.keep(len(reader.read), reader.read)
        return seen[0][0, self._head, :, : -len(tokens)].float().mean(0)
