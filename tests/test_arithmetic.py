"""Linear maps in eight bits: how near they are to exact ones, and what they never depend on."""

from __future__ import annotations

from typing import Any

import pytest
import torch
from torch import nn

from rag.arithmetic import (
    EightBitMap,
    TiledMap,
    eight_bits_are_faster,
    fast_dtype,
    has_tiles,
    in_eight_bits,
    in_tiles,
)

# torch means to move these kernels to a package of their own, and says so once.
pytestmark = pytest.mark.filterwarnings("ignore:torch.quantize_per_tensor")

kernels = pytest.mark.skipif(
    "fbgemm" not in torch.backends.quantized.supported_engines or not torch.cpu._is_avx2_supported(),
    reason="this processor has no kernels for eight bits",
)


@pytest.fixture(autouse=True)
def engine(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.backends.quantized, "engine", "fbgemm")


def made(weight: torch.Tensor, bias: torch.Tensor | None = None, exact: bool = False) -> EightBitMap:
    with torch.inference_mode():
        return EightBitMap(weight, bias, exact)


def some(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, generator=torch.Generator().manual_seed(7))


@kernels
@pytest.mark.parametrize("exact", [False, True])
def test_what_eight_bits_can_hold_comes_out_as_it_is(exact: bool) -> None:
    weight = torch.tensor([[127.0, 0.0], [0.0, -254.0], [1.0, 127.0]])
    bias = torch.tensor([0.5, 0.0, 0.0])
    out = made(weight, bias, exact=exact)(torch.tensor([[1.0, 0.0], [0.0, 2.0]]))
    expected = torch.tensor([[127.5, 0.0, 1.0], [0.5, -508.0, 254.0]])
    assert torch.allclose(out, expected, rtol=1e-5, atol=1e-5)


@kernels
def test_a_second_pass_is_nearer() -> None:
    weight, inputs = some(64, 512), some(9, 512)
    inputs[:, 0] *= 100  # an outlier within each token
    expected = inputs @ weight.T
    once, twice = (
        float((made(weight, exact=exact)(inputs) - expected).norm() / expected.norm())
        for exact in (False, True)
    )
    assert twice < 0.02 < once


@kernels
def test_a_large_token_does_not_blur_the_others() -> None:
    weight, inputs = some(64, 512), some(9, 512)
    alone = made(weight)(inputs[1:])
    inputs[0] *= 1000
    assert torch.equal(made(weight)(inputs)[1:], alone)


@kernels
@pytest.mark.parametrize("exact", [False, True])
def test_a_token_does_not_depend_on_those_it_is_read_with(exact: bool) -> None:
    map_, inputs = made(some(48, 256), exact=exact), some(2, 5, 256)
    together = map_(inputs)
    assert together.shape == (2, 5, 48)
    alone = torch.stack([map_(row[None])[0] for batch in inputs for row in batch]).reshape(2, 5, 48)
    assert torch.equal(together, alone)


@kernels
def test_nothing_stays_nothing() -> None:
    assert torch.equal(made(torch.zeros(3, 4), torch.ones(3))(torch.zeros(2, 4)), torch.ones(2, 3))


class Tiny(nn.Module):
    """Words to vectors to a hidden layer to words, in the names that a causal language model has."""

    def __init__(self) -> None:
        super().__init__()
        self.words = nn.Embedding(50, 32)
        self.norm = nn.LayerNorm(32)
        self.down_proj = nn.Linear(32, 32)
        self.lm_head = nn.Linear(32, 50, bias=False)
        self.lm_head.weight = self.words.weight

    def get_input_embeddings(self) -> nn.Embedding:
        return self.words

    def forward(self, tokens: torch.Tensor) -> Any:
        return self.lm_head(self.down_proj(self.norm(self.words(tokens))))


@kernels
def test_a_model_keeps_what_it_says() -> None:
    torch.manual_seed(3)
    model = Tiny()
    tokens = torch.arange(50)[None]
    with torch.inference_mode():
        before = model(tokens)
        model = model.to(torch.bfloat16)
        in_eight_bits(model)
        after = model(tokens)
    assert after.dtype == torch.float32
    assert (after.argmax(-1) == before.argmax(-1)).float().mean() > 0.9
    assert float((after - before).norm() / before.norm()) < 0.02
    assert model.words.weight.dtype == torch.bfloat16  # words keep their vectors, once


onednn = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
bfloat16 = pytest.mark.skipif(
    not onednn or not torch.ops.mkldnn._is_mkldnn_bf16_supported(),
    reason="this processor has no kernels for bfloat16",
)


@bfloat16
@pytest.mark.parametrize("bias", [None, torch.tensor([0.5, 0.0, -4.0])])
def test_what_is_laid_out_for_tiles_comes_out_as_it_is(bias: torch.Tensor | None) -> None:
    weight = torch.tensor([[127.0, 0.0], [0.0, -254.0], [1.0, 127.0]])
    with torch.inference_mode():
        bits = None if bias is None else bias.bfloat16()
        out = TiledMap(weight.bfloat16(), bits, 2)(torch.tensor([[[1.0, 0.0], [0.0, 2.0]]]).bfloat16())
    expected = torch.tensor([[[127.0, 0.0, 1.0], [0.0, -508.0, 254.0]]]) + (0.0 if bias is None else bias)
    assert torch.equal(out, expected.bfloat16())


@bfloat16
def test_a_model_laid_out_for_tiles_says_the_same_and_shares_its_words() -> None:
    torch.manual_seed(3)
    model, tokens = Tiny().to(torch.bfloat16), torch.arange(50)[None]
    with torch.inference_mode():
        before = model(tokens)
        in_tiles(model, 50)
        after = model(tokens)
    torch.testing.assert_close(after, before)
    assert "weight" not in dict(model.lm_head.named_parameters())
    assert model.words.weight.shape == (50, 32)


@pytest.mark.parametrize(
    ("amx", "kernels", "tiles"), [(True, True, True), (True, False, False), (False, True, False)]
)
def test_tiles_need_the_processor_and_its_kernels(
    monkeypatch: pytest.MonkeyPatch, amx: bool, kernels: bool, tiles: bool
) -> None:
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: amx)
    monkeypatch.setattr(torch.backends.mkldnn, "is_available", lambda: kernels)
    assert has_tiles() is tiles


def test_eight_bits_give_way_to_tiles_of_bfloat16(monkeypatch: pytest.MonkeyPatch) -> None:
    kernels = "fbgemm" in torch.backends.quantized.supported_engines
    monkeypatch.setattr(torch.cpu, "_is_avx2_supported", lambda: True)
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: False)
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: True)
    assert fast_dtype() is torch.bfloat16
    assert not eight_bits_are_faster()
    monkeypatch.setattr(torch.cpu, "_is_amx_tile_supported", lambda: False)
    assert fast_dtype() is torch.float32
    assert eight_bits_are_faster() == kernels
    monkeypatch.setattr(torch.cpu, "_is_avx512_bf16_supported", lambda: True)
    assert fast_dtype() is torch.bfloat16  # for the small encoder and reader
    assert eight_bits_are_faster() == kernels
    monkeypatch.setattr(torch.cpu, "_is_avx2_supported", lambda: False)
    assert not eight_bits_are_faster()
