"""Figures of a classification: accuracy with its interval, and precision, recall and F1 of each class."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np


@dataclass(frozen=True)
class ClassFigures:
    """Fractions of 1 for one class. A figure without a case to judge by is 0."""

    precision: float
    recall: float
    f1: float
    support: int


def confusion_matrix(labels: np.ndarray, predictions: np.ndarray, classes: int) -> np.ndarray:
    """Counts [classes, classes]: row is the true class, column the predicted one."""
    matrix = np.zeros((classes, classes), np.int64)
    np.add.at(matrix, (labels, predictions), 1)
    return matrix


def accuracy(confusion: np.ndarray) -> float:
    """The fraction on the diagonal."""
    return float(np.trace(confusion) / confusion.sum())


def per_class(confusion: np.ndarray) -> list[ClassFigures]:
    """Precision, recall and F1 of each class of a confusion matrix."""
    figures = []
    for index in range(len(confusion)):
        hits = int(confusion[index, index])
        support, predicted = int(confusion[index].sum()), int(confusion[:, index].sum())
        figures.append(
            ClassFigures(
                precision=hits / predicted if predicted else 0.0,
                recall=hits / support if support else 0.0,
                f1=2 * hits / (support + predicted) if support + predicted else 0.0,
                support=support,
            )
        )
    return figures


def wilson_interval(hits: int, count: int, z: float = 1.959964) -> tuple[float, float]:
    """The interval that holds a true fraction with 95% confidence, given `hits` of `count` (Wilson 1927)."""
    fraction = hits / count
    centre = fraction + z * z / (2 * count)
    reach = z * math.sqrt(fraction * (1 - fraction) / count + z * z / (4 * count * count))
    scale = 1 + z * z / count
    return (centre - reach) / scale, (centre + reach) / scale
