"""Views: written by teachers, read by a student."""

import numpy as np
import pytest
import torch

from training import teach, train, views
from training.checkpoint import Recipe
from training.dataset import denormalise, load_faces, normalise
from training.errors import BadInput
from training.sources import Views, make_source
from training.tests.program import exit_code


@pytest.fixture
def teacher(monkeypatch, tmp_path, faces):
    folder = tmp_path / "teacher"
    assert exit_code(
        monkeypatch, train, "--data", faces, "--val", faces, "--size", "small", "--epochs", 1, "--batch", 8,
        "--out", folder, "--log", folder / "log.csv",
    ) == 0
    return folder / "last.pt"


def taught(monkeypatch, teacher, faces, folder, *more):
    return exit_code(
        monkeypatch, teach, teacher, "--data", faces, "--epochs", 2, "--batch", 16, "--out", folder, *more
    )


def test_pixels_survive_being_normalised():
    pixels = torch.arange(256, dtype=torch.uint8).repeat(9).view(1, 48, 48)
    assert torch.equal(denormalise(normalise(pixels)), pixels)
    assert denormalise(torch.tensor([[[[-9.0, 9.0]]]])).tolist() == [[[0, 255]]]


def test_answers_are_those_of_the_teacher_on_the_view(monkeypatch, tmp_path, teacher, faces):
    folder = tmp_path / "views"
    assert taught(monkeypatch, teacher, faces, folder, "--mixing", 1) == 0
    assert views.count(folder) == 2
    first, second = views.load(folder, 0), views.load(folder, 1)
    assert not torch.equal(first.images, second.images)
    network = teach.trained_network(teacher)
    with torch.inference_mode():
        expected = network(normalise(first.images)).softmax(1)
    torch.testing.assert_close(first.answers, expected, rtol=0, atol=2e-3)
    torch.testing.assert_close(first.targets.sum(1), torch.ones(len(first.targets)), rtol=0, atol=2e-3)


def test_the_same_seed_writes_the_same_views(monkeypatch, tmp_path, teacher, faces):
    for name in ("a", "b"):
        assert taught(monkeypatch, teacher, faces, tmp_path / name) == 0
    for path in sorted((tmp_path / "a").iterdir()):
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes(), path.name


def test_a_student_goes_through_the_epochs_in_order_and_mirrors_half(monkeypatch, tmp_path, teacher, faces):
    folder = tmp_path / "views"
    assert taught(monkeypatch, teacher, faces, folder) == 0
    source = make_source(load_faces(faces), Recipe("small", 4, views=str(folder), teaching=0.25))
    assert isinstance(source, Views)
    torch.manual_seed(5)
    for epoch, expected in enumerate((0, 0, 1, 1)):
        view = views.load(folder, expected)
        order = source.order(epoch)
        assert sorted(order.tolist()) == list(range(len(view.images)))
        inputs, wanted, _ = source.batch(order, 0.0)
        torch.testing.assert_close(wanted, 0.75 * view.targets[order] + 0.25 * view.answers[order])
        upright = normalise(view.images[order])
        same = (inputs == upright).flatten(1).all(1)
        mirrored = (inputs == upright.flip(3)).flatten(1).all(1)
        assert (same | mirrored).all() and same.any() and mirrored.any()


def test_a_student_learns_from_views(monkeypatch, tmp_path, teacher, faces):
    folder, out = tmp_path / "views", tmp_path / "student"
    assert taught(monkeypatch, teacher, faces, folder) == 0
    student = ("--data", faces, "--val", faces, "--size", "small", "--epochs", 1, "--batch", 8, "--views", folder,
               "--out", out, "--log", out / "log.csv")
    assert exit_code(monkeypatch, train, *student) == 0
    assert (out / "last.pt").exists()


def test_views_are_not_replaced(monkeypatch, tmp_path, teacher, faces, capsys):
    folder = tmp_path / "views"
    folder.mkdir()
    assert taught(monkeypatch, teacher, faces, folder) == 64
    assert "views: exists" in capsys.readouterr().err
    assert list(folder.iterdir()) == []


def test_views_and_teachers_exclude_each_other(monkeypatch, tmp_path, teacher, faces, capsys):
    arguments = ("--data", faces, "--val", faces, "--size", "small", "--epochs", 1, "--views", tmp_path, "--teachers", teacher,
                 "--out", tmp_path / "x", "--log", tmp_path / "x.csv")
    assert exit_code(monkeypatch, train, *arguments) == 64
    assert "--views" in capsys.readouterr().err


def test_a_gap_or_a_broken_file_is_named(tmp_path):
    view = views.View(torch.zeros(3, 48, 48, dtype=torch.uint8), torch.zeros(3, 7), torch.zeros(3, 7))
    with pytest.raises(BadInput, match="found 0 epochs"):
        views.count(tmp_path)
    for epoch in (0, 2):
        views.save(view, tmp_path, epoch)
    with pytest.raises(BadInput, match="not all of them"):
        views.count(tmp_path)
    np.save(tmp_path / "000-targets.npy", np.zeros((2, 7), np.float16))
    with pytest.raises(BadInput, match="000-targets.npy"):
        views.load(tmp_path, 0)
    (tmp_path / "002-images.npy").write_bytes(b"")
    with pytest.raises(BadInput, match="002-images.npy: not a readable NumPy array"):
        views.load(tmp_path, 2)


def test_an_accelerator_that_is_not_there_is_told(monkeypatch, tmp_path, faces, capsys):
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    arguments = ("--data", faces, "--val", faces, "--size", "small", "--epochs", 1, "--device", "cuda",
                 "--out", tmp_path / "x", "--log", tmp_path / "x.csv")
    assert exit_code(monkeypatch, train, *arguments) == 64
    assert "--device cuda: torch finds no such device" in capsys.readouterr().err
    assert not (tmp_path / "x").exists()
