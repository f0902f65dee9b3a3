"""Scaling changes no answer, and rounding puts every weight on the exporter's grid."""

import torch

from training.align import GREATEST, folded, links, round_weights, scale_channels
from training.network import NormalisedConv, SDLNetwork


def network() -> SDLNetwork:
    torch.manual_seed(7)
    return untrained(SDLNetwork("small"))


def untrained(made: SDLNetwork) -> SDLNetwork:
    """The network with random batch-norm statistics and transformers that are no longer those of the start."""
    made.eval()
    with torch.no_grad():
        for module in made.modules():
            if isinstance(module, NormalisedConv):
                module.norm.weight.uniform_(0.2, 2)
                module.norm.bias.uniform_(-0.5, 0.5)
                module.norm.running_mean.uniform_(-0.3, 0.3)
                module.norm.running_var.uniform_(0.3, 3)
        for sdl in (made.sdl1, made.sdl2):
            sdl.transformer.regression.weight.normal_(0, 0.02)
    return made


def images() -> torch.Tensor:
    return torch.randn(20, 1, 48, 48, generator=torch.Generator().manual_seed(8))


def test_scaling_leaves_the_function_as_it_is():
    made = network()
    with torch.no_grad():
        before = made(images())
        weights = made.hidden.weight.clone()
        scale_channels(made, images())
        assert (made(images()) - before).abs().max() < 1e-4
    assert (made.hidden.weight - weights).abs().max() > 1e-3


def test_every_layer_but_theta_and_the_logits_is_scaled():
    made = network()
    producers = [link.producer for link in links(made)]
    assert len(set(producers)) == len(producers)
    layers = [m for m in made.modules() if isinstance(m, (NormalisedConv, torch.nn.Linear))]
    kept = {made.classifier, made.sdl1.transformer.regression, made.sdl2.transformer.regression}
    assert set(layers) - set(producers) == kept


def test_rounded_weights_lie_on_a_grid_of_eight_bits():
    made = network()
    scale_channels(made, images())
    round_weights(made)
    for layer in made.modules():
        if isinstance(layer, (NormalisedConv, torch.nn.Linear)):
            weights, _ = folded(layer)
            for channel in weights.detach().double():
                # The finest of the exponents that could hold the greatest weight.
                top = float(channel.abs().max())
                exponent = torch.tensor(top / GREATEST).log2().ceil() - 2
                raw = channel / torch.exp2(exponent).double()
                assert (raw - raw.round()).abs().max() < 1e-3 * GREATEST
