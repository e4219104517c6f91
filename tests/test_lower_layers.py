"""The lower layers of a language model, on one of random weights that takes no time."""

from __future__ import annotations

from typing import Any

import pytest

from rag.lower_layers import lower_layers


@pytest.fixture(scope="module")
def tiny() -> Any:
    import torch
    from transformers import Qwen2Config, Qwen2ForCausalLM

    torch.manual_seed(0)
    config = Qwen2Config(
        vocab_size=9, hidden_size=8, intermediate_size=16, num_hidden_layers=3,
        num_attention_heads=2, num_key_value_heads=1,
    )  # fmt: skip
    return Qwen2ForCausalLM(config).eval()


def test_the_last_of_them_ends_at_the_last_token(tiny: Any) -> None:
    import torch

    lower, seen = lower_layers(tiny, 2), list[list[int]]()
    hooks = [
        layer.mlp.register_forward_hook(lambda _module, inputs, _output: seen.append([*inputs[0].shape]))
        for layer in tiny.model.layers
    ]
    with torch.inference_mode():
        state = lower(torch.tensor([[1, 2, 3, 4]])).last_hidden_state[0, -1]
        assert seen == [[1, 4, 8], [1, 1, 8]]
        for hook in hooks:
            hook.remove()
        whole = tiny(torch.tensor([[1, 2, 3, 4]]), output_hidden_states=True)  # the whole model stays itself
    assert torch.allclose(whole.hidden_states[2][0, -1], state)
    assert len(tiny.model.layers) == 3
    assert [*whole.logits.shape] == [1, 4, 9]
