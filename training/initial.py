"""Networks and weights to start from, taken from a checkpoint or from a network that was exported before; dead units woken."""

from __future__ import annotations

from pathlib import Path

import onnx
import torch
from onnx import numpy_helper
from torch import Tensor, nn

from training import checkpoint as checkpoints
from training.errors import BadInput
from training.network import SIZES, SDLNetwork, SpatialTransformer


def trained_network(path: Path, device: str = "cpu") -> SDLNetwork:
    """The averaged network of a checkpoint, or that of an ONNX file which `training.export` wrote, ready for inference on a device.

    Throws BadInput if the file can't be read or holds a network of another shape than every size.
    """
    if path.suffix != ".onnx":
        return checkpoints.averaged_network(checkpoints.load(path), path).to(device)
    tensors = _tensors(path)
    for size in SIZES:
        network = SDLNetwork(size)
        if all(name in tensors and tensors[name].shape == value.shape for name, value in _weights(network).items()):
            _fill(network, tensors)
            return network.eval().to(device)
    raise BadInput(f"{path}: is no SDL network of size {', '.join(SIZES)}")


def load_weights(network: nn.Module, path: Path) -> None:
    """Fills `network` with the weights and batch-norm statistics of an ONNX file that `training.export` wrote.

    Throws BadInput if the file can't be read, or lacks a tensor of the network, or holds it in another shape.
    """
    tensors = _tensors(path)
    for name, value in _weights(network).items():
        if name not in tensors:
            raise BadInput(f"{path}: has no tensor {name}")
        if tensors[name].shape != value.shape:
            raise BadInput(f"{path}: {name} has shape {list(tensors[name].shape)}, expected {list(value.shape)}")
    _fill(network, tensors)


def _tensors(path: Path) -> dict[str, Tensor]:
    """The float tensors that an ONNX file holds, by name."""
    try:
        model = onnx.load(path)
    except FileNotFoundError:
        raise BadInput(f"{path}: no such file") from None
    except Exception as error:  # protobuf's and onnx's exceptions share no narrower base.
        raise BadInput(f"{path}: not a network that onnx reads ({str(error).splitlines()[0]})") from None
    return {
        tensor.name: torch.from_numpy(numpy_helper.to_array(tensor).copy())
        for tensor in model.graph.initializer
        if tensor.data_type == onnx.TensorProto.FLOAT
    }


def _weights(network: nn.Module) -> dict[str, Tensor]:
    """What an export holds of a network: all but batch-norm's count of batches."""
    return {name: value for name, value in network.state_dict().items() if value.is_floating_point()}


def _fill(network: nn.Module, tensors: dict[str, Tensor]) -> None:
    network.load_state_dict({name: tensors.get(name, value) for name, value in network.state_dict().items()})


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
