import csv
import math

import numpy as np
import pytest
import torch

from training import checkpoint as checkpoints
from training import course, train
from training.checkpoint import Recipe
from training.dataset import Faces, load_faces
from training.errors import BadInput
from training.initial import wake
from training.muon import orthogonalised
from training.network import SDLNetwork
from training.sources import augment_strength
from training.tests.program import exit_code


def train_with(monkeypatch, *arguments):
    return exit_code(monkeypatch, train, *arguments)


def command(faces, folder, epochs, *more):
    return ("--data", faces, "--val", faces, "--size", "small", "--epochs", epochs, "--batch", 8,
            "--out", folder, "--log", folder / "log.csv", *more)


def curve(folder):
    with open(folder / "log.csv") as file:
        return [{**row, "seconds": None} for row in csv.DictReader(file)]


def test_a_resumed_run_is_the_uninterrupted_run(monkeypatch, tmp_path, faces):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert train_with(monkeypatch, *command(faces, whole, 3)) == 0

    save = checkpoints.save

    def save_then_stop(checkpoint, path):
        save(checkpoint, path)
        raise KeyboardInterrupt

    monkeypatch.setattr(checkpoints, "save", save_then_stop)
    monkeypatch.setattr("sys.argv", ["train", *map(str, command(faces, parts, 3))])
    with pytest.raises(KeyboardInterrupt):
        train.main()
    monkeypatch.setattr(checkpoints, "save", save)
    assert train_with(monkeypatch, *command(faces, parts, 3, "--resume")) == 0

    assert curve(parts) == curve(whole)
    ends = [checkpoints.load(folder / "last.pt") for folder in (whole, parts)]
    for name, value in ends[0].average.items():
        assert torch.equal(value, ends[1].average[name]), name


def test_other_epochs_may_be_given_on_resume_but_no_other_size(monkeypatch, tmp_path, faces, capsys):
    folder = tmp_path / "run"
    assert train_with(monkeypatch, *command(faces, folder, 1)) == 0
    before = (folder / "last.pt").read_bytes()
    larger = [*command(faces, folder, 2, "--resume")]
    larger[larger.index("small")] = "medium"
    assert train_with(monkeypatch, *larger) == 65
    assert "last.pt: was trained with size small, not medium" in capsys.readouterr().err
    assert (folder / "last.pt").read_bytes() == before
    assert train_with(monkeypatch, *command(faces, folder, 2, "--resume")) == 0
    assert len(curve(folder)) == 2


def test_a_finished_run_is_not_overwritten(monkeypatch, tmp_path, faces, capsys):
    folder = tmp_path / "run"
    assert train_with(monkeypatch, *command(faces, folder, 1)) == 0
    before = (folder / "last.pt").read_bytes()
    assert train_with(monkeypatch, *command(faces, folder, 1)) == 64
    assert "last.pt: exists" in capsys.readouterr().err
    assert train_with(monkeypatch, *command(faces, folder, 1, "--resume")) == 64
    assert "leaves none to train" in capsys.readouterr().err
    assert (folder / "last.pt").read_bytes() == before


def test_missing_data_is_named_and_leaves_no_folder(monkeypatch, tmp_path, faces, capsys):
    folder = tmp_path / "run"
    arguments = [*command(faces, folder, 1)]
    arguments[arguments.index("--val") + 1] = tmp_path / "nowhere"
    assert train_with(monkeypatch, *arguments) == 65
    assert "nowhere-images.npy: no such file" in capsys.readouterr().err
    assert not folder.exists()


@pytest.mark.parametrize(
    "images, labels, complaint",
    [
        (np.zeros((3, 32, 32), np.uint8), np.zeros(3, int), "expected uint8 [N, 48, 48], found uint8 [3, 32, 32]"),
        (np.zeros((3, 48, 48), np.float32), np.zeros(3, int), "found float32"),
        (np.zeros((3, 48, 48), np.uint8), np.zeros(2, int), "expected 3 integers"),
        (np.zeros((3, 48, 48), np.uint8), np.array([0, 7, 1]), "labels 0..7, expected 0..6"),
        (np.zeros((0, 48, 48), np.uint8), np.zeros(0, int), "no image"),
    ],
)
def test_arrays_that_are_no_faces_are_refused(tmp_path, images, labels, complaint):
    np.save(tmp_path / "bad-images.npy", images)
    np.save(tmp_path / "bad-labels.npy", labels)
    with pytest.raises(BadInput) as error:
        load_faces(str(tmp_path / "bad"))
    assert complaint in str(error.value)


@pytest.mark.parametrize("content", [b"", b"not an array", b"\x93NUMPY\x01\x00"])
def test_broken_array_files_are_refused(tmp_path, content):
    (tmp_path / "bad-images.npy").write_bytes(content)
    with pytest.raises(BadInput, match="bad-images.npy: not a readable NumPy array"):
        load_faces(str(tmp_path / "bad"))


def test_the_learning_rate_warms_up_and_falls_to_nothing():
    recipe = Recipe(size="small", epochs=10, rate=1.0, warm_up=0.1)
    assert course.learning_rate(recipe, 0.05) == pytest.approx(0.5)
    assert course.learning_rate(recipe, 0.1) == pytest.approx(1.0)
    assert course.learning_rate(recipe, 0.55) == pytest.approx(0.5)
    assert math.isclose(course.learning_rate(recipe, 1.0), 0, abs_tol=1e-9)


def test_the_published_rate_falls_by_a_tenth_every_ten_epochs():
    recipe = Recipe(size="small", epochs=40, rate=0.03, schedule="steps")
    rates = [course.learning_rate(recipe, epoch / 40) for epoch in (0, 9.99, 10, 25, 39)]
    assert rates == pytest.approx([0.03, 0.03, 0.027, 0.0243, 0.02187])


def test_weights_start_from_the_published_distribution_and_transformers_from_the_identity():
    network = course.Run(Recipe(size="small", epochs=1, weight_deviation=0.05)).network
    assert float(network.hidden.weight.detach().std()) == pytest.approx(0.05, rel=0.02)
    assert network.sdl1.transformer.regression.weight.abs().max() == 0


def test_dead_localisation_units_are_redrawn_without_a_change_of_theta():
    torch.manual_seed(3)
    network = SDLNetwork("small").eval()
    images = torch.randn(32, 1, 48, 48)
    transformer = network.sdl1.transformer
    with torch.no_grad():
        transformer.regression.weight.normal_()
        transformer.hidden.bias[4:] = -100.0
        before = transformer.theta(images)
        assert wake(network, images) >= 28
        assert torch.equal(transformer.theta(images), before)
        assert (transformer.hidden(transformer.features(images).flatten(1)).amax(0) > 0).sum() > 16
        assert wake(network, images) < 16


def test_the_penalty_is_on_the_two_fully_connected_layers():
    run = course.Run(Recipe(size="small", epochs=1, hidden_penalty=0.5, classifier_penalty=2.0))
    with torch.no_grad():
        run.network.hidden.weight.fill_(0.1)
        run.network.classifier.weight.fill_(0.2)
        expected = 0.25 * 0.01 * run.network.hidden.weight.numel() + 0.04 * run.network.classifier.weight.numel()
        assert float(run._penalty()) == pytest.approx(expected, rel=1e-4)


def test_the_published_recipe_trains(monkeypatch, tmp_path, faces):
    assert train_with(monkeypatch, *command(faces, tmp_path / "run", 1, "--recipe", "paper")) == 0
    recipe = checkpoints.load(tmp_path / "run" / "last.pt").recipe
    assert (recipe.rate, recipe.oversampling, recipe.optimizer, recipe.batch) == (0.03, 1.0, "adamw", 8)


def test_distortions_weaken_as_the_run_goes_on():
    recipe = Recipe(size="small", epochs=10, final_augment=0.4)
    assert augment_strength(recipe, 0) == 1
    assert augment_strength(recipe, 0.5) == pytest.approx(0.7)
    assert augment_strength(recipe, 1.0) == pytest.approx(0.4)


def test_an_orthogonalised_matrix_has_singular_values_near_one():
    matrix = torch.randn(32, 144, generator=torch.Generator().manual_seed(4))
    singular = torch.linalg.svdvals(orthogonalised(matrix))
    assert 0.6 < singular.min() and singular.max() < 1.3
    u, _, v = torch.linalg.svd(matrix, full_matrices=False)
    assert torch.nn.functional.cosine_similarity(orthogonalised(matrix).flatten(), (u @ v).flatten(), dim=0) > 0.98


def test_identical_images_are_trained_on_once():
    images = np.zeros((4, 48, 48), np.uint8)
    images[1] = images[3] = 9
    faces = Faces(torch.from_numpy(images), torch.tensor([0, 1, 2, 3]))
    assert faces.distinct().labels.tolist() == [0, 1]
