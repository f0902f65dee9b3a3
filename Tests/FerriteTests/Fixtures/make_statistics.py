"""Writes statistics.json: what SciPy, statsmodels and scikit-learn make of seeded data, for StatisticsTests.

    pip install scipy statsmodels scikit-learn && python3 Tests/FerriteTests/Fixtures/make_statistics.py
"""

import json
import pathlib

import numpy as np
from scipy.stats import binomtest
from sklearn.metrics import confusion_matrix, precision_recall_fscore_support
from statsmodels.stats.contingency_tables import mcnemar
from statsmodels.stats.proportion import proportion_confint

PAIRS = [(0, 0), (0, 1), (1, 9), (9, 1), (5, 5), (4, 6), (10, 20), (16, 9), (37, 74), (250, 301), (1000, 1100)]
PROPORTIONS = [(0, 10), (10, 10), (5, 10), (1, 3), (2304, 3589), (2297, 3589), (694, 700), (999_999, 1_000_000)]
CLASSES, PICTURES, BINS = 7, 2000, 15


def classification(random: np.random.Generator) -> dict:
    """Labels, answers and how sure they are, with the figures of each class and the calibration error (Guo et al. 2017)."""
    truth = random.integers(0, CLASSES, PICTURES)
    # Multiples of 2^-16, as the runtime tells probabilities; a few are 0 and 1.
    confidence = np.clip(np.round(random.beta(3, 2, PICTURES) * 65536), 0, 65536) / 65536
    confidence[:3] = [0, 1, 1 / 3]
    answer = np.where(random.random(PICTURES) < confidence, truth, random.integers(0, CLASSES - 1, PICTURES))
    precision, recall, f1, support = precision_recall_fscore_support(
        truth, answer, labels=range(CLASSES), zero_division=0)
    # Bins (0, 1/15], (1/15, 2/15], ..., the first with 0.
    bins = np.maximum(np.digitize(confidence, np.linspace(0, 1, BINS + 1), right=True) - 1, 0)
    gaps = [abs((truth == answer)[bins == b].mean() - confidence[bins == b].mean()) for b in np.unique(bins)]
    weights = [np.count_nonzero(bins == b) / PICTURES for b in np.unique(bins)]
    return {
        "truth": truth.tolist(), "answer": answer.tolist(), "confidence": confidence.tolist(),
        "confusion": confusion_matrix(truth, answer, labels=range(CLASSES)).tolist(),
        "precision": precision.tolist(), "recall": recall.tolist(), "f1": f1.tolist(), "support": support.tolist(),
        "expected_error": float(np.dot(gaps, weights)), "greatest_error": float(max(gaps)),
    }


def main() -> None:
    random = np.random.default_rng(20260613)
    for b, c in PAIRS[1:]:
        assert abs(mcnemar([[0, b], [c, 0]], exact=True).pvalue - binomtest(b, b + c).pvalue) < 1e-12
    values = {
        "mcnemar": [[b, c, float(mcnemar([[0, b], [c, 0]], exact=True).pvalue) if b + c else 1.0] for b, c in PAIRS],
        "wilson": [[k, n, *map(float, proportion_confint(k, n, alpha=0.05, method="wilson"))] for k, n in PROPORTIONS],
        "classification": classification(random),
    }
    path = pathlib.Path(__file__).with_name("statistics.json")
    path.write_text(json.dumps(values, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
