import numpy as np
import onnx
import pytest
import torch

from training import theta, train
from training.dataset import load_drawn_faces
from training.errors import BadInput
from training.export import to_onnx
from training.guide import END, ThetaGuide
from training.network import SDLNetwork, SpatialTransformer
from training.tests.program import exit_code


def test_a_similarity_is_taken_apart_into_its_parameters():
    angle, scale = np.deg2rad([30.0, -10.0]), np.array([0.7, 1.1])
    maps = np.zeros((2, 2, 3))
    maps[:, 0, 0] = maps[:, 1, 1] = scale * np.cos(angle)
    maps[:, 1, 0], maps[:, 0, 1] = scale * np.sin(angle), -scale * np.sin(angle)
    maps[:, 0, 2], maps[:, 1, 2] = [0.1, -0.2], [0.3, 0.4]
    parts = theta.decompose(maps)
    np.testing.assert_allclose(parts["rotation"], angle)
    np.testing.assert_allclose(parts["scale"], scale)
    np.testing.assert_allclose(parts["shift x"], [0.1, -0.2])
    np.testing.assert_allclose(parts["shift y"], [0.3, 0.4])


def test_the_guide_pulls_theta_and_falls_silent():
    torch.manual_seed(3)
    transformer = SpatialTransformer(1, 48, (16, 16, 16), 32)
    guide = ThetaGuide(transformer, weight=2.0)
    transformer(torch.randn(4, 1, 48, 48))
    identity = torch.tensor([[1.0, 0, 0], [0, 1, 0]]).expand(4, 2, 3)
    assert float(guide.loss(identity, 0.0).detach()) == 0
    assert float(guide.loss(identity + 0.5, 0.0).detach()) == pytest.approx(2 * 0.25)
    assert float(guide.loss(identity + 0.5, END / 2).detach()) == pytest.approx(0.25)
    assert guide.loss(identity + 0.5, END) == 0


def test_a_hidden_baseline_branch_changes_nothing_and_learns_nothing():
    torch.manual_seed(3)
    network = SDLNetwork("small", branch_dropout=1.0).train()
    network(torch.randn(4, 1, 48, 48)).sum().backward()
    gradients = [parameter.grad for parameter in network.baseline.parameters()]
    assert all(gradient is None or not gradient.any() for gradient in gradients)
    assert network.sdl2.conv.conv.weight.grad.any()


@pytest.mark.parametrize("wrong", [np.zeros((39, 2, 3), np.float32), np.zeros((40, 2, 3)), np.zeros((40, 6), np.float32)])
def test_theta_that_does_not_fit_the_faces_is_refused(faces, wrong):
    np.save(f"{faces}-theta.npy", wrong)
    with pytest.raises(BadInput, match="theta.npy: expected float32"):
        load_drawn_faces(faces)


def test_the_predicted_theta_is_the_first_transformers(tmp_path):
    torch.manual_seed(2)
    network = SDLNetwork("small").eval()
    torch.nn.init.normal_(network.sdl1.transformer.regression.weight, std=0.1)
    path = tmp_path / "net.onnx"
    onnx.save(to_onnx(network, "legacy"), path)
    images = torch.randn(3, 1, 48, 48)
    with torch.inference_mode():
        expected = network.sdl1.transformer.theta(images).numpy()
    np.testing.assert_allclose(theta.predicted_theta(path, images.numpy()), expected, atol=1e-4)


def test_distorted_faces_are_not_guided(monkeypatch, tmp_path, faces, capsys):
    arguments = ["--data", faces, "--val", faces, "--size", "small", "--epochs", "1", "--theta-weight", "1",
                 "--out", str(tmp_path / "out"), "--log", str(tmp_path / "log.csv")]
    assert exit_code(monkeypatch, train, *arguments) == 64
    assert "--augment none" in capsys.readouterr().err
    assert not (tmp_path / "out").exists()
