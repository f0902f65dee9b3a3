import pytest
import torch

from training.augment import LEVELS, Augmentation, augment

BATCH = torch.randn(8, 1, 48, 48, generator=torch.Generator().manual_seed(0))


def test_none_leaves_the_batch_alone():
    assert augment(BATCH, "none") is BATCH


@pytest.mark.parametrize("level", ["light", "full"])
def test_a_seed_repeats_the_distortions(level):
    torch.manual_seed(5)
    first = augment(BATCH, level)
    torch.manual_seed(5)
    assert torch.equal(first, augment(BATCH, level))
    assert first.shape == BATCH.shape
    assert not torch.equal(first, augment(BATCH, level))


def test_strength_zero_changes_nothing(monkeypatch):
    still = Augmentation(rotation=0, scale=0, shift=0, flip=False, contrast=0, brightness=0, erasing=0)
    monkeypatch.setitem(LEVELS, "still", still)
    torch.testing.assert_close(augment(BATCH, "still"), BATCH, rtol=0, atol=1e-4)


def test_erasing_blanks_one_rectangle_of_the_stated_area(monkeypatch):
    erasing = Augmentation(rotation=0, scale=0, shift=0, flip=False, contrast=0, brightness=0, erasing=1)
    monkeypatch.setitem(LEVELS, "erasing", erasing)
    torch.manual_seed(1)
    for image in augment(torch.ones(32, 1, 48, 48), "erasing")[:, 0]:
        erased = image == 0
        rows, columns = erased.any(1), erased.any(0)
        assert int(erased.sum()) == int(rows.sum()) * int(columns.sum())
        # A rectangle's edges fall between pixels, hence the slack around 2% to 15% of 2304 pixels.
        assert 25 <= int(erased.sum()) <= 400
