import numpy as np
import pytest


@pytest.fixture
def faces(tmp_path):
    """A prefix of 40 images whose classes differ by the brightness of a band, and their labels."""
    generator = np.random.default_rng(11)
    labels = np.arange(40) % 7
    images = generator.integers(0, 60, (40, 48, 48), dtype=np.uint8)
    for image, label in zip(images, labels):
        image[6 * label : 6 * label + 6] += 150
    prefix = tmp_path / "toy"
    np.save(f"{prefix}-images.npy", images)
    np.save(f"{prefix}-labels.npy", labels)
    return str(prefix)
