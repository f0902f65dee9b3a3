"""What the network is asked to answer for each training image: its label, smoothed, and mixed with teachers' opinions."""

from __future__ import annotations

from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor

from training.classifier import Classifier
from training.dataset import Faces
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


def opinion(path: Path, faces: Faces) -> Tensor:
    """The probabilities [N, classes] that one network gives each image, as the mean over the image and its mirror image."""
    classifier = Classifier(path)
    images = faces.images.numpy()
    logits = [classifier.logits(view) for view in (images, images[:, :, ::-1])]
    return torch.stack([torch.from_numpy(l).softmax(1) for l in logits]).mean(0)
