from dataclasses import replace

import pytest
import torch

from training.augment import LEVELS, Augmentation, augment

STILL = Augmentation(
    rotation=0, scale=0, stretch=0, shear=0, shift=0, elastic=0, flip=False, contrast=0, brightness=0, erasing=0
)
BATCH = torch.randn(8, 1, 48, 48, generator=torch.Generator().manual_seed(0))


def test_none_leaves_the_batch_alone():
    assert augment(BATCH, "none") is BATCH


@pytest.mark.parametrize("level", ["light", "full", "strong"])
def test_a_seed_repeats_the_distortions(level):
    torch.manual_seed(5)
    first = augment(BATCH, level)
    torch.manual_seed(5)
    assert torch.equal(first, augment(BATCH, level))
    assert first.shape == BATCH.shape
    assert not torch.equal(first, augment(BATCH, level))


def test_strength_zero_changes_nothing(monkeypatch):
    monkeypatch.setitem(LEVELS, "still", STILL)
    torch.testing.assert_close(augment(BATCH, "still"), BATCH, rtol=0, atol=1e-4)


def test_erasing_blanks_one_rectangle_of_the_stated_area(monkeypatch):
    monkeypatch.setitem(LEVELS, "erasing", replace(STILL, erasing=1))
    torch.manual_seed(1)
    for image in augment(torch.ones(32, 1, 48, 48), "erasing")[:, 0]:
        erased = image == 0
        rows, columns = erased.any(1), erased.any(0)
        assert int(erased.sum()) == int(rows.sum()) * int(columns.sum())
        # A rectangle's edges fall between pixels, hence the slack around 2% to 15% of 2304 pixels.
        assert 25 <= int(erased.sum()) <= 400


def test_an_elastic_distortion_bends_lines_by_about_its_knots_deviation(monkeypatch):
    monkeypatch.setitem(LEVELS, "elastic", replace(STILL, elastic=1.0))
    torch.manual_seed(3)
    # A ramp shows where each pixel came from.
    ramp = torch.arange(48.0).expand(64, 1, 48, 48)
    moved = (augment(ramp, "elastic") - ramp)[..., 8:40]
    assert 0.5 < moved.std() < 1.2
    # Smooth: neighbours move nearly alike.
    assert (moved[..., 1:] - moved[..., :-1]).abs().max() < 0.8
    assert moved.flatten(1).std(1).min() > 0.1


def test_a_shear_slides_columns_in_proportion_to_their_distance(monkeypatch):
    monkeypatch.setitem(LEVELS, "sheared", replace(STILL, shear=0.2))
    torch.manual_seed(3)
    ramp = torch.arange(48.0).expand(16, 1, 48, 48)
    moved = (augment(ramp, "sheared") - ramp)[:, 0, :, 24]
    slopes = moved[:, 40] - moved[:, 7]
    assert slopes.abs().max() > 3 and slopes.abs().max() <= 0.2 * 33 + 1e-3
    torch.testing.assert_close(moved[:, 24] - moved[:, 23], slopes / 33, rtol=1e-3, atol=1e-3)
