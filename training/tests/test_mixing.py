"""What a batch shows, how often, and what is to be answered for it."""

import pytest
import torch

from training import mixing
from training.checkpoint import Recipe
from training.dataset import Faces
from training.mixing import mix, paste
from training.recipes import RECIPES
from training.sampling import epoch_order
from training.targets import soft_targets

TARGETS = torch.eye(7)[torch.arange(6)]
IMAGES = torch.arange(6.0).view(6, 1, 1, 1).expand(6, 1, 48, 48)


def test_nothing_is_mixed_at_probability_zero():
    images, targets = mix(IMAGES, TARGETS, 0)
    assert images is IMAGES and targets is TARGETS


def test_a_blend_has_the_targets_of_its_proportions(monkeypatch):
    monkeypatch.setattr(mixing, "SHARE", 1.0)
    torch.manual_seed(2)
    images, targets = mix(IMAGES, TARGETS, 1)
    # Image n is grey value n throughout, so that a blend's grey is the mean class of its target.
    torch.testing.assert_close(images[:, 0, 5, 7], targets @ torch.arange(7.0))
    torch.testing.assert_close(targets.sum(1), torch.ones(6))
    assert not torch.equal(targets, TARGETS)


@pytest.mark.parametrize("share", [0.0, 0.2, 0.7, 1.0])
@pytest.mark.parametrize("seed", range(4))
def test_a_pasted_square_weighs_by_the_pixels_it_has(seed, share):
    torch.manual_seed(seed)
    partner = torch.tensor([1, 2, 3, 4, 5, 0])
    images, targets = paste(IMAGES, TARGETS, partner, share)
    torch.testing.assert_close(images.mean((1, 2, 3)), targets @ torch.arange(7.0))
    changed = (images[0, 0] != IMAGES[0, 0]).double().mean()
    # The border may cut the square, never enlarge it; its edges are rounded to pixels.
    assert changed <= (share**0.5 + 1 / 48) ** 2
    if share == 0.2:
        assert changed > 0.04


def test_without_oversampling_an_epoch_shows_each_image_once():
    assert epoch_order(torch.tensor([0, 0, 1, 2]), 0).sort().values.tolist() == [0, 1, 2, 3]


def test_full_oversampling_shows_all_classes_alike():
    labels = torch.tensor([0] * 10 + [1] * 3 + [2])
    shown = torch.bincount(epoch_order(labels, 1.0), minlength=14)
    assert [int(shown[labels == label].sum()) for label in range(3)] == [10, 10, 10]
    # Within a class no image is shown more than once more often than another.
    assert shown[10:13].max() - shown[10:13].min() <= 1


def test_half_oversampling_lies_between_in_proportion():
    labels = torch.tensor([0] * 16 + [1] * 4)
    shown = torch.bincount(labels[epoch_order(labels, 0.5)])
    assert shown.tolist() == [16, 8]


def test_a_class_without_images_is_not_shown():
    assert len(epoch_order(torch.tensor([0, 0, 2]), 1.0)) == 4


def faces(labels):
    return Faces(torch.zeros(len(labels), 48, 48, dtype=torch.uint8), torch.tensor(labels))


def test_targets_are_smoothed_labels():
    targets = soft_targets(faces([3, 0]), Recipe("small", 1, label_smoothing=0.7))
    assert targets[0].tolist() == pytest.approx([0.1] * 3 + [0.4] + [0.1] * 3)
    assert targets[1, 0] == pytest.approx(0.4)


def test_teachers_take_their_share_of_the_targets(monkeypatch):
    answers = {"a.onnx": [0, 0, 0, 0, 0, 0, 50.0], "b.onnx": [0, 50.0, 0, 0, 0, 0, 0]}

    def network(path, device):
        return lambda images: torch.tensor(answers[str(path)]).repeat(len(images), 1)

    monkeypatch.setattr("training.targets.trained_network", network)
    recipe = Recipe("small", 1, label_smoothing=0.0, teachers=("a.onnx", "b.onnx"), teaching=0.5)
    targets = soft_targets(faces([2]), recipe)
    assert targets[0].tolist() == pytest.approx([0, 0.25, 0.5, 0, 0, 0, 0.25])


def test_the_published_recipe_says_what_was_published():
    paper = RECIPES["paper"]
    assert (paper["optimizer"], paper["schedule"], paper["rate"]) == ("adamw", "steps", 0.03)
    assert (paper["weight_deviation"], paper["hidden_penalty"], paper["classifier_penalty"]) == (0.05, 0.001, 0.01)
    assert paper["oversampling"] == 1.0 and paper["label_smoothing"] == 0.0 and paper["mixing"] == 0.0
