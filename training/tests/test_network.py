import pytest
import torch
import torch.nn.functional as F

from training.network import SIZES, Halving, NormalisedConv, SDLNetwork, SpatialTransformer, affine_grid, cost


@pytest.mark.parametrize("size", SIZES)
def test_a_batch_of_faces_gives_seven_logits_each(size):
    network = SDLNetwork(size).eval()
    with torch.inference_mode():
        assert network(torch.randn(3, 1, 48, 48)).shape == (3, 7)


def test_the_sizes_keep_their_budgets():
    small, medium, large = (cost(SDLNetwork(size)) for size in ("small", "medium", "large"))
    assert small.macs <= 15e6
    assert medium.macs <= 140e6
    assert large.macs <= 500e6


@pytest.mark.parametrize("size", SIZES)
def test_convolutions_fill_the_sixteen_channels_that_the_runtime_packs(size):
    convolutions = [m for m in SDLNetwork(size).modules() if isinstance(m, torch.nn.Conv2d)]
    assert all(convolution.out_channels % 16 == 0 for convolution in convolutions)


@pytest.mark.parametrize("transformers, count", [("none", 0), ("sdl1", 1), ("sdl2", 1), ("both", 2)])
def test_transformers_can_be_left_out_for_comparison(transformers, count):
    network = SDLNetwork("small", transformers=transformers).eval()
    assert sum(isinstance(module, SpatialTransformer) for module in network.modules()) == count
    with torch.inference_mode():
        assert network(torch.randn(2, 1, 48, 48)).shape == (2, 7)


@pytest.mark.parametrize("channels, size", [(1, 48), (16, 24)])
def test_an_untrained_transformer_returns_its_input(channels, size):
    transformer = SpatialTransformer(channels, size, (16, 16, 16), 8).eval()
    image = torch.rand(2, channels, size, size)
    with torch.inference_mode():
        torch.testing.assert_close(transformer(image), image, rtol=0, atol=1e-5)


def test_theta_maps_target_to_source_coordinates():
    transformer = SpatialTransformer(1, 48, (16, 16, 16), 8).eval()
    with torch.no_grad():
        # Two of 48 columns to the right in the source: 2 * 2 / 48 of the width -1..1.
        transformer.regression.bias[2] = 4 / 48
    image = torch.rand(1, 1, 48, 48)
    with torch.inference_mode():
        moved = transformer(image)
    torch.testing.assert_close(moved[..., :-2], image[..., 2:], rtol=0, atol=1e-5)
    assert moved[..., -2:].abs().max() == 0


def test_batch_norm_folded_while_training_is_batch_norm():
    torch.manual_seed(3)
    layer = NormalisedConv(1, 16)
    with torch.no_grad():
        layer.norm.weight.uniform_(0.5, 1.5)
        layer.norm.bias.normal_()
    image, gradient = torch.randn(4, 1, 12, 12, requires_grad=True), torch.randn(4, 16, 12, 12)

    def outcome(forward):
        layer.norm.reset_running_stats()
        layer.zero_grad()
        image.grad = None
        output = forward(image)
        output.backward(gradient)
        parameters = [parameter.grad.clone() for parameter in layer.parameters()]
        statistics = [layer.norm.running_mean.clone(), layer.norm.running_var.clone()]
        return [output.detach(), image.grad.clone(), *parameters, *statistics]

    folded = outcome(layer)
    plain = outcome(lambda x: layer.norm(F.conv2d(x, layer.conv.weight, padding=1)))
    for a, b in zip(folded, plain, strict=True):
        torch.testing.assert_close(a, b, rtol=1e-4, atol=1e-4)


def test_the_grid_of_a_batch_in_training_is_the_operators():
    theta = torch.randn(5, 2, 3)
    for size in (48, 24):
        expected = F.affine_grid(theta, (5, 1, size, size), align_corners=False)
        torch.testing.assert_close(affine_grid(theta, size), expected, rtol=0, atol=2e-6)


@pytest.mark.parametrize("type", [torch.float32, torch.bfloat16])
def test_halving_in_training_is_the_average_pool_with_its_gradient(type):
    image = torch.randn(2, 16, 24, 24).to(type, memory_format=torch.channels_last)
    halves, gradients = [], []
    wanted = torch.randn(2, 16, 12, 12).to(type)
    for pool in (Halving.apply, lambda x: F.avg_pool2d(x, 2)):
        leaf = image.clone().requires_grad_()
        halves.append(pool(leaf))
        halves[-1].backward(wanted)
        gradients.append(leaf.grad)
    torch.testing.assert_close(halves[0], halves[1], rtol=0, atol=0)
    torch.testing.assert_close(gradients[0], gradients[1], rtol=0, atol=0)
