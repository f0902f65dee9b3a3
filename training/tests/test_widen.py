import onnx
import pytest
import torch

from training import widen as program
from training.dataset import load_faces, normalise
from training.errors import BadInput
from training.export import to_onnx
from training.initial import trained_network
from training.network import SDLNetwork
from training.tests.program import exit_code
from training.widen import widen


@pytest.fixture
def narrow():
    torch.manual_seed(3)
    network = SDLNetwork("medium").eval()
    with torch.no_grad():
        # As after training, no two layers alike: an export would keep equal tensors once.
        for name, value in network.state_dict().items():
            if "running_mean" in name or "norm.bias" in name:
                value.normal_(0, 0.1)
            if "running_var" in name or "norm.weight" in name:
                value.uniform_(0.5, 2)
        for module in (network.sdl1, network.sdl2):
            module.transformer.regression.weight.normal_(0, 0.01)
            module.transformer.regression.bias.add_(0.01 * torch.randn(6))
        network.hidden.weight[48:] = 0
        network.hidden.bias[48:] = -1
    return network


def test_the_wide_network_answers_as_the_narrow_one_on_image_and_mirror_image(narrow):
    images = torch.randn(32, 1, 48, 48)
    wide = SDLNetwork("large")
    with torch.no_grad():
        for module in (narrow.sdl1, narrow.sdl2):  # At the identity, theta of the mirror image is the mirrored theta.
            module.transformer.regression.weight.zero_()
            module.transformer.regression.bias.copy_(torch.tensor([1.0, 0, 0, 0, 1, 0]))
        widen(narrow, wide, images)
        wanted = (narrow(images) + narrow(images.flip(3))) / 2
        assert torch.allclose(wide.eval()(images), wanted, atol=1e-4)
        # One crop alone is something else, so the comparison could fail.
        assert not torch.allclose(narrow(images), wanted, atol=1e-4)


def test_what_was_added_to_the_localisation_networks_is_alive_and_without_a_say(narrow):
    images = torch.randn(32, 1, 48, 48)
    wide = SDLNetwork("large")
    with torch.no_grad():
        narrow.sdl1.transformer.regression.weight.normal_(0, 0.02)
    widen(narrow, wide, images)
    wide.eval()
    with torch.no_grad():
        assert torch.allclose(wide.sdl1.transformer.theta(images), narrow.sdl1.transformer.theta(images), atol=1e-5)
        added = wide.sdl1.transformer.hidden.weight[32:]
        assert float(added.abs().min(1).values.max()) > 0 and float(added.abs().mean()) > 1e-3


def test_a_network_that_is_not_half_as_wide_is_refused(narrow):
    with pytest.raises(BadInput, match="sdl1.*not twice as wide"):
        widen(narrow, SDLNetwork("medium"), torch.randn(2, 1, 48, 48))


def test_more_live_units_than_fit_are_refused(narrow):
    with torch.no_grad():
        narrow.hidden.bias.fill_(100)
    with pytest.raises(BadInput, match="288 hidden units don't fit 128"):
        widen(narrow, SDLNetwork("large"), torch.randn(2, 1, 48, 48))


def test_the_program_reads_and_writes_exported_networks(narrow, faces, tmp_path, monkeypatch):
    source, output = tmp_path / "narrow.onnx", tmp_path / "wide.onnx"
    onnx.save(to_onnx(narrow, "legacy"), source)
    assert exit_code(monkeypatch, program, source, "--data", faces, "-o", output) == 0
    torch.manual_seed(1)
    wide = SDLNetwork("large")
    widen(narrow, wide, normalise(load_faces(faces).images))
    images = torch.randn(4, 1, 48, 48)
    with torch.no_grad():
        assert torch.allclose(trained_network(output)(images), wide.eval()(images), atol=1e-4)


def test_the_program_names_a_file_that_is_no_sdl_network(faces, tmp_path, monkeypatch, capsys):
    source, output = tmp_path / "other.onnx", tmp_path / "wide.onnx"
    onnx.save(to_onnx(torch.nn.Conv2d(1, 7, 48), "legacy"), source)
    assert exit_code(monkeypatch, program, source, "--data", faces, "-o", output) == 65
    assert f"{source}: is no SDL network of size small, medium, large" in capsys.readouterr().err
    assert not output.exists()
