import numpy as np
import pytest

from training.metrics import accuracy, confusion_matrix, per_class, wilson_interval


def test_figures_of_a_small_confusion_worked_by_hand():
    labels, predictions = np.array([0, 0, 0, 1, 1, 2]), np.array([0, 0, 1, 1, 0, 1])
    confusion = confusion_matrix(labels, predictions, 3)
    assert confusion.tolist() == [[2, 1, 0], [1, 1, 0], [0, 1, 0]]
    assert accuracy(confusion) == pytest.approx(3 / 6)
    first, second, third = per_class(confusion)
    assert (first.precision, first.recall, first.f1) == pytest.approx((2 / 3, 2 / 3, 2 / 3))
    assert (second.precision, second.recall, second.f1) == pytest.approx((1 / 3, 1 / 2, 2 / 5))
    assert (third.precision, third.recall, third.f1, third.support) == (0, 0, 0, 1)


def test_the_wilson_interval_matches_published_values():
    # Newcombe 1998, table I: 81 of 263 and 0 of 20.
    assert wilson_interval(81, 263) == pytest.approx((0.2553, 0.3662), abs=1e-4)
    assert wilson_interval(0, 20) == pytest.approx((0.0, 0.1611), abs=1e-4)
