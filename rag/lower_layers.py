"""The lower layers of a language model as a model of their own: much of what it makes of a text is known
after them.
"""

from __future__ import annotations

import copy
from typing import Any


def lower_layers(model: Any, count: int) -> Any:
    """Return the first ``count`` layers of a causal language model; weights are shared.

    What comes out has shape (1, tokens, dimension); for the last token it is the state after the last of
    these layers, as it is between layers. No other is asked for, so only that token goes through the second
    half of the last layer, where most of the work is.
    """
    import torch

    lower = copy.copy(model.model)
    lower._modules = dict(model.model._modules)
    lower.config = copy.deepcopy(model.config)
    lower.config.num_hidden_layers = count
    lower.config.layer_types = model.config.layer_types[:count]
    layers = list(model.model.layers[:count])
    lower.layers = torch.nn.ModuleList([*layers[:-1], _for_last_token(layers[-1])])
    lower.norm = torch.nn.Identity()  # the model's own is for what comes after all layers
    return lower


def _for_last_token(layer: Any) -> Any:
    """Return a layer that adds to each token what its MLP, which is shared, makes of the last one."""
    import torch

    made, mlp = copy.copy(layer), layer.mlp
    of_last: Any = torch.nn.Identity()
    of_last.forward = lambda states: mlp(states[:, -1:])
    made._modules = {**layer._modules, "mlp": of_last}
    return made


def empty_cache(model: Any) -> Any:
    """Return an empty cache of keys and values for a model."""
    from transformers import DynamicCache

    return DynamicCache(config=model.config)
