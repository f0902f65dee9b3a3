"""Weights to start a run from, taken from a network that was exported before."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import nn

from training.errors import BadInput


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
