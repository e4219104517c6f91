"""The fast arithmetic of this processor: bfloat16, float32 or, for a language model, weights of eight bits or
laid out for tiles of bfloat16.

In eight bits, weights have a scale for each row; they come from a file of four bits, so they lose next to
nothing. Inputs are scaled for each token before they are rounded, so that a token with large values, of which
a language model always has some, does not blur the others (Dettmers et al., LLM.int8(), NeurIPS 2022). Where
even that is too coarse, what rounding took away is multiplied in a second pass.
"""

from __future__ import annotations

import os
import warnings
from concurrent.futures import ThreadPoolExecutor
from typing import Any

# What has outliers within a token: the inputs of the second half of an MLP and of the words that come out.
EXACT = ("down_proj", "lm_head")
LEAST = 1e-8  # of a scale: a row of zeros stays one
ROWS = 1024  # rounded at a time: a whole weight in float32 would be read and written through slow memory


def set_up() -> None:
    """Set what torch and the libraries around it read from the environment when they are first imported; what
    is set there already stays.
    """
    # Threads that wait by spinning make the model many times slower beside a browser on two cores.
    os.environ.setdefault("OMP_WAIT_POLICY", "PASSIVE")
    # oneDNN keeps what it compiled for 1024 shapes; prompts bring new ones, and memory grows.
    os.environ.setdefault("ONEDNN_PRIMITIVE_CACHE_CAPACITY", "16")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    os.environ.setdefault("HF_HUB_DISABLE_PROGRESS_BARS", "1")


def fast_dtype() -> Any:
    """Return bfloat16 where the processor multiplies it natively (AMX, AVX-512 BF16), else float32.

    Measured where native: 2.5 times faster than float32 at reading a prompt; where not, it is slower.
    """
    import torch

    native = torch.cpu._is_amx_tile_supported() or torch.cpu._is_avx512_bf16_supported()
    return torch.bfloat16 if native else torch.float32


def has_tiles() -> bool:
    """Whether the processor multiplies tiles of bfloat16 (AMX) and torch has the kernels for them."""
    import torch

    kernels = torch.backends.mkldnn.is_available()  # type: ignore[no-untyped-call]
    return bool(kernels) and torch.cpu._is_amx_tile_supported()


def eight_bits_are_faster() -> bool:
    """Whether a language model computes in eight bits: where torch has the kernels (x86 with AVX2) and the
    processor no tiles of bfloat16 (AMX).

    Much faster than float32. With AVX-512's bfloat16 whole answers take as long either way and loading takes
    longer in eight bits; they are used there too since refusals are fitted and measured in them.
    """
    import torch

    kernels = torch.cpu._is_avx2_supported() and "fbgemm" in torch.backends.quantized.supported_engines
    return bool(kernels) and not has_tiles()


class TiledMap:
    """A linear map in bfloat16 whose weights are laid out for the processor's tiles once, not every time that
    it is computed. ``weight`` has shape (outputs, inputs), ``bias`` (outputs,) or is None; the layout
    is best for that many ``tokens`` at a time. What comes out is the same, but that a last bit may be rounded
    the other way.
    """

    def __init__(self, weight: Any, bias: Any | None, tokens: int) -> None:
        import torch

        self._laid_out = torch.ops.mkldnn._reorder_linear_weight(weight.detach(), tokens)
        self._bias = None if bias is None else bias.detach()

    def __call__(self, inputs: Any) -> Any:
        """Return the map of inputs of shape (..., inputs)."""
        import torch

        return torch.ops.mkldnn._linear_pointwise(inputs, self._laid_out, self._bias, "none", [], "")


class EightBitMap:
    """A linear map whose weights were rounded to eight bits.

    ``weight`` has shape (outputs, inputs), ``bias`` (outputs,) or is None; ``exact`` adds the second pass.
    """

    def __init__(self, weight: Any, bias: Any | None, exact: bool) -> None:
        import torch

        self._exact = exact
        self._bias = None if bias is None else bias.detach().float()
        # Without VNNI two products are added in sixteen bits: seven bits of input never overflow them.
        self._seven = not torch.cpu._is_vnni_supported()
        self._steps = 63 if self._seven else 127  # from nothing to the largest value
        self._packed = _packed(weight.detach())

    def __call__(self, inputs: Any) -> Any:
        """Return the map of inputs of shape (..., inputs), both float32."""
        import torch

        tokens = inputs.reshape(-1, inputs.shape[-1])
        scales = tokens.abs().amax(-1, keepdim=True).clamp_min_(LEAST)  # ten times as fast as aminmax
        scaled = tokens.new_zeros(len(tokens) + 1, tokens.shape[-1])
        torch.div(tokens, scales, out=scaled[:-1])
        out = self._times(_with_ends(scaled, 1.0, self._steps))
        if self._exact:
            rounded = torch.quantize_per_tensor_dynamic(scaled, torch.quint8, self._seven).dequantize()
            left = scaled.sub_(rounded)
            out += self._times(_with_ends(left, 0.5 / self._steps, self._steps))
        out = out[:-1].mul_(scales)
        if self._bias is not None:
            out += self._bias
        return out.reshape(*inputs.shape[:-1], -1)

    def _times(self, inputs: Any) -> Any:
        import torch

        return torch.ops.quantized.linear_dynamic(inputs, self._packed, self._seven)


def _with_ends(tokens: Any, most: float, steps: int) -> Any:
    """Put the ends of what values can be into the last row, and return the tokens.

    The kernel rounds by the largest and the smallest value that it meets. With these two it is always the
    same grid, which has 0 and ``most`` on it, and a token's values do not depend on those it is read with.
    """
    tokens[-1] = 0
    tokens[-1, 0], tokens[-1, 1] = most, -most * (steps + 1) / steps
    return tokens


def in_tiles(model: Any, tokens: int) -> None:
    """Let a language model that was loaded in bfloat16 compute its linear maps from weights that are laid out
    for tiles and that many tokens at a time: a quarter faster, for two seconds when it is loaded.
    """
    import torch

    with torch.inference_mode():
        for layer in model.modules():
            if isinstance(layer, torch.nn.Linear):
                _replace(layer, TiledMap(layer.weight, layer.bias, tokens))


def in_eight_bits(model: Any) -> None:
    """Let a causal language model compute its linear maps in eight bits and all else in float32.

    It may have been loaded in bfloat16. The vectors of words stay as they are.
    """
    import torch

    torch.backends.quantized.engine = "fbgemm"
    layers = [(name, layer) for name, layer in model.named_modules() if isinstance(layer, torch.nn.Linear)]
    with warnings.catch_warnings(), ThreadPoolExecutor(torch.get_num_threads()) as threads:
        warnings.simplefilter("ignore")  # torch means to move these kernels to a package of their own
        torch.quantize_per_tensor_dynamic(torch.ones(1), torch.quint8, True)  # warns once, so now
        maps = threads.map(lambda found: _eight_bit(*found), layers)  # to pack one takes one core
        for (_, layer), made in zip(layers, maps, strict=True):
            _replace(layer, made)
    words = model.get_input_embeddings()
    for module in model.modules():
        if module is not words:
            for parameter in module.parameters(recurse=False):
                parameter.data = parameter.data.float()
    words.weight.data = words.weight.data.clone()  # lets go of the file, of which all else was copied
    words.register_forward_hook(lambda _module, _tokens, vectors: vectors.float())


def _replace(layer: Any, made: EightBitMap | TiledMap) -> None:
    layer.forward = made
    layer.weight = layer.bias = None


def _eight_bit(name: str, layer: Any) -> EightBitMap:
    import torch

    with torch.inference_mode():
        return EightBitMap(layer.weight, layer.bias, name.endswith(EXACT))


def _packed(weight: Any) -> Any:
    """Round a weight to eight bits, each row by its own scale, and lay it out for the kernel."""
    import torch

    scales = (weight.abs().amax(1).float() / 127).clamp_min(LEAST)
    rounded = torch.empty(weight.shape, dtype=torch.int8)
    for first in range(0, len(weight), ROWS):
        rows = slice(first, first + ROWS)
        rounded[rows] = (weight[rows].float() / scales[rows, None]).round_()
    zeros = torch.zeros(len(scales), dtype=torch.long)
    tensor = torch._make_per_channel_quantized_tensor(rounded, scales.double(), zeros, 0)
    return torch.ops.quantized.linear_prepack(tensor, None)
