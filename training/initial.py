"""Weights to start a run from, taken from a network that was exported before, and its dead units woken."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training.errors import BadInput
from training.network import SDLNetwork, SpatialTransformer


def load_weights(network: nn.Module, path: Path) -> None:
    """Fills `network` with the weights and batch-norm statistics of an ONNX file that `training.export` wrote.

    Throws BadInput if the file can't be read, or lacks a tensor of the network, or holds it in another shape.
    """
    try:
        model = onnx.load(path)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except Exception as error:  # protobuf's and onnx's exceptions share no narrower base.
        raise BadInput(f"{path}: not a network that onnx reads ({str(error).splitlines()[0]})") from None
    found = {tensor.name: tensor for tensor in model.graph.initializer}
    state = network.state_dict()
    for name, value in state.items():
        if not value.is_floating_point():  # batch-norm's count of batches, which isn't exported
            continue
        if name not in found:
            raise BadInput(f"{path}: has no tensor {name}")
        if tuple(found[name].dims) != tuple(value.shape):
            raise BadInput(f"{path}: {name} has shape {list(found[name].dims)}, expected {list(value.shape)}")
        state[name] = torch.from_numpy(numpy_helper.to_array(found[name]).copy())
    network.load_state_dict(state)


@torch.no_grad()
def wake(network: SDLNetwork, images: Tensor) -> int:
    """Redraws the hidden units of the localisation networks that are 0 for every one of `images` [N, 1, 48, 48], normalised.

    Such a unit gets no gradient and would stay dead. Since it added nothing, and its outgoing weights are zeroed, no theta of
    `images` changes. Returns how many units were redrawn.
    """
    network.eval()
    woken = 0
    handles = []

    def redraw(transformer: SpatialTransformer, arguments: tuple[Tensor, ...]) -> None:
        nonlocal woken
        hidden = transformer.hidden
        dead = hidden(transformer.features(arguments[0]).flatten(1)).amax(0) <= 0
        fresh = nn.Linear(hidden.in_features, hidden.out_features)
        hidden.weight[dead], hidden.bias[dead] = fresh.weight[dead], fresh.bias[dead]
        transformer.regression.weight[:, dead] = 0
        woken += int(dead.sum())

    for module in network.modules():
        if isinstance(module, SpatialTransformer):
            handles.append(module.register_forward_pre_hook(redraw))
    network(images)
    for handle in handles:
        handle.remove()
    return woken
