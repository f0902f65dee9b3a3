"""The fixed-point network against plain integer loops, and against the program that ships."""

import json
import math
import subprocess
from fractions import Fraction
from pathlib import Path

import numpy as np
import onnx
import pytest
import torch

from training.fixed import FixedLayer, Format, best_fractions, prepared, sampled
from training.qdq import to_onnx
from training.quantise import choose_formats, covering, fixed_network, of_least_error
from training.tests.test_align import network as float_network

FERRITE = Path(__file__).parents[2] / ".build/release/ferrite"


def pixels(count, seed=5):
    """Smooth random pictures: noise would leave most activations at zero."""
    noise = torch.randn(count, 1, 8, 8, generator=torch.Generator().manual_seed(seed))
    smooth = torch.nn.functional.interpolate(noise, 48, mode="bicubic", align_corners=True)
    return (128 + 60 * smooth).clamp(0, 255).to(torch.uint8).squeeze(1)


def fixed(weight_bits=8, activation_bits=8):
    network = fixed_network(float_network(), weight_bits, 8)
    choose_formats(network, prepared(pixels(16)).float(), activation_bits)
    return network.double().eval()


@pytest.mark.parametrize("signed", [False, True])
@pytest.mark.parametrize("width, fraction", [(2, 0), (4, 3), (8, -2), (8, 11)])
def test_rounding_is_half_up_then_saturation(width, fraction, signed):
    format = Format(width, fraction, signed)
    values = torch.arange(-3000, 3000).double() / 2.0 ** (fraction + 3)
    for value, raw in zip(values.tolist(), format.raw(values).tolist()):
        exact = math.floor(Fraction(value) * Fraction(2) ** fraction + Fraction(1, 2))
        assert raw == min(max(exact, format.minimum), format.maximum)


def test_gradients_pass_roundings_and_stop_at_saturation():
    values = torch.tensor([-1.0, 0.3, 15.2, 40.0], requires_grad=True)
    Format(4, 0, False).quantised(values).sum().backward()
    assert values.grad.tolist() == [0, 1, 1, 0]


def requantised(accumulator, shift, least, greatest):
    half = 1 << (shift - 1) if shift else 0
    return min(max((accumulator + half) >> shift, least), greatest)


@pytest.mark.parametrize("bits, pool, relu", [(8, True, True), (4, False, True), (2, False, False), (6, True, False)])
def test_a_convolution_is_integer_sums_and_one_rounding_shift(bits, pool, relu):
    generator = torch.Generator().manual_seed(bits)
    layer = FixedLayer(torch.randn(3, 2, 3, 3, generator=generator), torch.randn(3, generator=generator), bits, relu, pool).double()
    input, output = Format(7, 4, True), Format(8, 3, not relu)
    layer.choose(input, output)
    x = torch.randint(-64, 64, (1, 2, 6, 6), generator=generator)
    found = layer(x.double() * 2.0**-input.fraction).detach() * 2.0**layer.output.fraction

    weight, bias = layer.raw_weights().long().numpy(), layer.raw_bias().long().numpy()
    assert 2 ** (bits - 2) <= abs(weight).max() <= 2 ** (bits - 1) - 1
    image = np.pad(x[0].numpy(), ((0, 0), (1, 1), (1, 1)))
    step = 2 if pool else 1
    for oc, oy, ox in np.ndindex(*found.shape[1:]):
        sums = [
            int((weight[oc] * image[:, y : y + 3, x : x + 3]).sum())
            for y in range(oy * step, oy * step + step) for x in range(ox * step, ox * step + step)
        ]
        shift = int(layer.fractions[oc]) + input.fraction - layer.output.fraction
        least = 0 if relu else layer.output.minimum
        assert int(found[0, oc, oy, ox]) == requantised(max(sums) + int(bias[oc]), shift, least, layer.output.maximum)


@pytest.mark.parametrize("theta", [
    [1, 0, 0, 0, 1, 0], [0.9, 0.2, 0.1, -0.15, 1.1, -0.05], [-1, 0, 0, 0, 1, 0.5], [3.9, 0, 3, 0, 3.9, -3],
])
def test_the_sampler_is_the_documented_integers(theta):
    size, format, theta_format = 12, Format(8, 5, True), Format(16, 13, True)
    image = torch.randint(-128, 128, (1, 2, size, size), generator=torch.Generator().manual_seed(9))
    raw_theta = [math.floor(t * 2**13 + 0.5) for t in theta]
    found = sampled(
        image.double() * 2.0**-5, torch.tensor([raw_theta]).double() * 2.0**-13, format, theta_format
    ) * 2.0**5

    def constant(value):
        return math.floor(Fraction(value) * 2**16 + Fraction(1, 2))

    half = Fraction(size, 2)
    start, step = constant(half * Fraction(1 - size, size)), constant(half * Fraction(2, size))

    def place(t, row, column):
        total = t[0] * (start + step * column) + t[1] * (start + step * row) + t[2] * constant(half)
        total += constant(Fraction(size - 1, 2)) << 13
        return (total + (1 << 21)) >> 22

    def tap(channel, row, column):
        return int(image[0, channel, row, column]) if 0 <= row < size and 0 <= column < size else 0

    for channel, row, column in np.ndindex(2, size, size):
        x, y = place(raw_theta[:3], row, column), place(raw_theta[3:], row, column)
        u, v, left, above = x & 127, y & 127, x >> 7, y >> 7
        upper = (128 - u) * tap(channel, above, left) + u * tap(channel, above, left + 1)
        lower = (128 - u) * tap(channel, above + 1, left) + u * tap(channel, above + 1, left + 1)
        assert int(found[0, channel, row, column]) == ((128 - v) * upper + v * lower + 8192) >> 14


@pytest.mark.parametrize("bits", [2, 4, 8])
def test_weight_fractions_have_the_least_error_of_all(bits):
    weight = torch.randn(5, 40, generator=torch.Generator().manual_seed(1)) * torch.tensor([1e-3, 0.1, 1, 7, 300]).view(-1, 1)
    greatest = 2 ** (bits - 1) - 1

    def error(channel, fraction):
        raw = np.clip(np.floor(channel * 2.0**fraction + 0.5), -greatest, greatest)
        return ((raw * 2.0**-fraction - channel) ** 2).sum()

    for channel, fraction in zip(weight.double().numpy(), best_fractions(weight, bits).tolist()):
        assert error(channel, fraction) == min(error(channel, f) for f in range(-20, 30))


def test_a_dead_channel_has_a_fraction():
    assert best_fractions(torch.zeros(2, 9), 8).tolist() == [15, 15]


@pytest.mark.parametrize("top", [1e-6, 0.3, 1.0, 127.4, 127.6, 5000.0])
def test_the_covering_format_is_the_finest_that_clips_nothing(top):
    format = covering(torch.tensor([0.0, top]), 8, signed=True)
    for finer, fits in ((0, True), (1, False)):
        assert (math.floor(top * 2.0 ** (format.fraction + finer) + 0.5) <= 127) == fits


def test_an_outlier_is_clipped_where_that_pays():
    values = torch.cat((torch.linspace(0, 1, 4096), torch.tensor([9.0])))
    assert of_least_error(values, 4, signed=False).fraction > covering(values, 4, signed=False).fraction


@pytest.mark.parametrize("weight_bits, activation_bits", [(8, 8), (4, 6)])
def test_float32_gives_the_integers_that_float64_gives(weight_bits, activation_bits):
    network = fixed(weight_bits, activation_bits)
    exact = network.raw_logits(pixels(12, seed=6))
    assert torch.equal(network.float().raw_logits(pixels(12, seed=6)), exact)
    assert exact.unique().numel() > 60


def test_eight_bits_stay_near_the_float_network():
    images = prepared(pixels(16)).float()
    with torch.no_grad():
        wanted, found = float_network()(images), fixed().float()(images)
    assert float((found - wanted).square().mean()) < 0.01 * float((wanted - wanted.mean(0)).square().mean())


def test_the_onnx_form_holds_the_same_integers():
    network = fixed(4, 6)
    model = to_onnx(network)
    found = {tensor.name: onnx.numpy_helper.to_array(tensor) for tensor in model.graph.initializer}
    raws = found["baseline.1.weight.raw"]
    assert raws.dtype == np.int8 and abs(raws).max() == 7
    steps = found["baseline.1.weight.scale"].reshape(-1, 1, 1, 1)
    quantised = network.baseline[1].raw_weights().detach().numpy() * 2.0 ** -network.baseline[1].fractions.numpy().reshape(-1, 1, 1, 1)
    assert np.array_equal(raws * steps, quantised.astype(np.float32))
    assert all(np.log2(value).round() == np.log2(value) for name, values in found.items() if name.endswith("scale") for value in np.ravel(values))


@pytest.mark.skipif(not FERRITE.exists(), reason="needs the built program: make build")
@pytest.mark.parametrize("weight_bits, activation_bits", [(8, 8), (5, 8), (4, 6), (2, 3)])
def test_edge_runtime_gives_the_same_integers(tmp_path, weight_bits, activation_bits):
    network = fixed(weight_bits, activation_bits)
    images = pixels(24, seed=7)
    np.save(tmp_path / "faces-images.npy", images.numpy())
    np.save(tmp_path / "faces-labels.npy", np.zeros(len(images), np.uint8))
    onnx.save(to_onnx(network), tmp_path / "net.onnx")

    def ferrite(*arguments):
        done = subprocess.run([FERRITE, *map(str, arguments)], capture_output=True, text=True)
        assert done.returncode == 0, done.stderr
        return done.stdout

    faces = tmp_path / "faces-images.npy"
    ferrite("export", tmp_path / "net.onnx", "-o", tmp_path / "net.fxm", "--calibrate", faces)
    lines = ferrite("run", tmp_path / "net.fxm", "--data", faces, "--json").splitlines()
    assert [json.loads(line)["logits"] for line in lines] == network.raw_logits(images).tolist()
