"""What the network is asked to answer for each training image: its label, smoothed, and mixed with teachers' opinions."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training.checkpoint import Recipe
from training.dataset import Faces, normalise
from training.initial import trained_network
from training.network import LABELS


def soft_targets(faces: Faces, recipe: Recipe, device: str = "cpu") -> Tensor:
    """Probabilities [N, classes]: the smoothed labels, of which the recipe's share is replaced by its teachers' mean answer.

    Teachers (Hinton et al. 2015) see each image and its mirror image, undistorted. Throws BadInput for one that can't be read.
    """
    classes = len(LABELS)
    smoothing = recipe.label_smoothing
    targets = F.one_hot(faces.labels, classes).float() * (1 - smoothing) + smoothing / classes
    if not recipe.teachers:
        return targets
    opinions = torch.stack([opinion(Path(path), faces, recipe.bfloat16, device) for path in recipe.teachers]).mean(0)
    return targets.lerp(opinions, recipe.teaching)


@torch.inference_mode()
def opinion(path: Path, faces: Faces, bfloat16: bool, device: str = "cpu") -> Tensor:
    """The probabilities [N, classes] that one network gives each image, as the mean over the image and its mirror image.

    The network is a checkpoint or an ONNX file, as `initial.trained_network` reads them.
    """
    network = trained_network(path, device)
    answers = []
    for images in faces.images.split(256):
        inputs = normalise(images.to(device))
        views = [mean_answer([network], view, bfloat16) for view in (inputs, inputs.flip(3))]
        answers.append(torch.stack(views).mean(0).cpu())
    return torch.cat(answers)


@torch.inference_mode()
def mean_answer(networks: list[nn.Module], inputs: Tensor, bfloat16: bool) -> Tensor:
    """The mean probabilities [N, classes] that networks give inputs [N, 1, 48, 48], normalised, in the memory that they lie in."""
    inputs = inputs.contiguous(memory_format=torch.channels_last)
    with torch.autocast(inputs.device.type, torch.bfloat16, enabled=bfloat16):
        logits = [network(inputs) for network in networks]
    return torch.stack([each.float().softmax(1) for each in logits]).mean(0)
