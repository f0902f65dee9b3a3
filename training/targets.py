"""What the network is asked to answer for each training image: its label, smoothed, and mixed with teachers' opinions."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from training.dataset import Faces, normalise
from training.initial import trained_network
from training.network import LABELS


def soft_targets(faces: Faces, label_smoothing: float, teachers: tuple[str, ...], share: float) -> Tensor:
    """Probabilities [N, classes]: the smoothed labels, of which `share` (0..1) is replaced by the teachers' mean answer.

    Teachers (Hinton et al. 2015) see each image and its mirror image, undistorted. Throws BadInput for one that can't be read.
    """
    classes = len(LABELS)
    targets = F.one_hot(faces.labels, classes).float() * (1 - label_smoothing) + label_smoothing / classes
    if not teachers:
        return targets
    opinions = torch.stack([opinion(Path(path), faces) for path in teachers]).mean(0)
    return targets.lerp(opinions, share)


@torch.inference_mode()
def opinion(path: Path, faces: Faces) -> Tensor:
    """The probabilities [N, classes] that one network gives each image, as the mean over the image and its mirror image.

    The network is a checkpoint or an ONNX file, as `initial.trained_network` reads them.
    """
    network = trained_network(path)
    answers = []
    for images in faces.images.split(256):
        inputs = normalise(images)
        answers.append((network(inputs).softmax(1) + network(inputs.flip(3)).softmax(1)) / 2)
    return torch.cat(answers)
