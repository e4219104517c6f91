"""The lower layers of a language model as a model of their own: much of what it makes of a text is known
after them.
"""

from __future__ import annotations

import copy
from typing import Any


def lower_layers(model: Any, count: int) -> Any:
    """Return the first ``count`` layers of a causal language model; weights are shared.

    What comes out is the state after the last of them, shape (1, tokens, dimension), as it is between layers.
    """
    import torch

    lower = copy.copy(model.model)
    lower._modules = dict(model.model._modules)
    lower.config = copy.deepcopy(model.config)
    lower.config.num_hidden_layers = count
    lower.config.layer_types = model.config.layer_types[:count]
    lower.layers = model.model.layers[:count]
    lower.norm = torch.nn.Identity()  # the model's own is for what comes after all layers
    return lower


def empty_cache(model: Any) -> Any:
    """Return an empty cache of keys and values for a model."""
    from transformers import DynamicCache

    return DynamicCache(config=model.config)
