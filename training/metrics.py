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


T_975 = {1: 12.706, 2: 4.303, 3: 3.182, 4: 2.776, 5: 2.571, 6: 2.447, 7: 2.365, 8: 2.306, 9: 2.262, 14: 2.145}
"""Student's t for 95% by degrees of freedom."""


@dataclass(frozen=True)
class Spread:
    """Mean and sample deviation of some accuracies, with half-widths of the mean's 95% interval."""

    count: int
    mean: float
    deviation: float

    @property
    def normal(self) -> float:
        """1.96 deviations of the mean, as papers give it."""
        return 1.96 * self.deviation / math.sqrt(self.count)

    @property
    def student(self) -> float:
        """The same by Student's t, which is honest for few seeds; infinite for one."""
        degrees = self.count - 1
        if degrees == 0:
            return math.inf
        return T_975[max(d for d in T_975 if d <= degrees)] * self.deviation / math.sqrt(self.count)


def spread(accuracies: list[float]) -> Spread:
    """Of accuracies of the same recipe from several seeds."""
    deviation = float(np.std(accuracies, ddof=1)) if len(accuracies) > 1 else math.nan
    return Spread(len(accuracies), float(np.mean(accuracies)), deviation)
