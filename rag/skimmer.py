"""What a question turns to in a long text: one head's attention, without running the layers above it."""

from __future__ import annotations

from collections.abc import Generator
from typing import Any

from rag.lower_layers import empty_cache, lower_layers


class Skimmer:
    """The lower layers of a model, up to and with the one whose head finds evidence; weights are shared."""

    def __init__(self, model: Any, layer: int, head: int, chunk: int) -> None:
        self._head, self._chunk = head, chunk
        self._lower: Any = lower_layers(model, layer + 1)

    def read(self, tokens: list[int]) -> Generator[None, None, Any]:
        """Read tokens a chunk at a time; return the cache that holds them."""
        cache = empty_cache(self._lower)
        for start in range(0, len(tokens), self._chunk):
            yield
            self._forward(tokens[start : start + self._chunk], cache)
        return cache

    def attention(self, cache: Any, tokens: list[int]) -> Any:
        """Return the head's mean attention from these tokens to each token of the cache, which stays as it
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
            self._forward(tokens, cache)
        finally:
            hook.remove()
            for config, implementation in zip(configs, before, strict=True):
                config._attn_implementation = implementation
        cache.crop(-len(tokens))
        return seen[0][0, self._head, :, : -len(tokens)].float().mean(0)

    def _forward(self, tokens: list[int], cache: Any) -> None:
        import torch

        with torch.inference_mode():
            self._lower(torch.tensor([tokens]), past_key_values=cache, use_cache=True)
