"""Muon: gradient descent whose step for a weight matrix is made orthogonal (Jordan et al. 2024).

All directions of a layer's matrix then move alike, where a plain gradient is dominated by a few; for convolutions that
takes markedly fewer epochs than AdamW.
"""

from __future__ import annotations

import torch
from torch import Tensor

COEFFICIENTS = (3.4445, -4.7750, 2.0315)
"""Of the quintic a x + b x^3 + c x^5 that drives singular values towards 1, to within about 0.3, in STEPS rounds."""

STEPS = 5


def orthogonalised(matrix: Tensor) -> Tensor:
    """The matrix [rows, columns], rows <= columns, with its singular values driven to about 1.

    The polynomial is iterated on the small Gram matrix, whose eigenvalues are the squared singular values: with s the
    squares and q(s) = a + b s + c s^2, a round multiplies singular values by q and their squares by q^2.
    """
    a, b, c = COEFFICIENTS
    matrix = matrix / (matrix.norm() + 1e-7)
    gram = matrix @ matrix.t()
    identity = torch.eye(len(gram), device=gram.device)
    product = identity
    for _ in range(STEPS):
        q = a * identity + b * gram + c * (gram @ gram)
        product = q @ product
        gram = q @ gram @ q
    return product @ matrix


class Muon(torch.optim.Optimizer):
    """Nesterov momentum, orthogonalised per filter bank, with AdamW's decoupled weight decay.

    For convolutions with no more filters than weights in a filter. A step's root mean square is 0.2 of the rate, about
    AdamW's, so that both share one rate (Liu et al. 2025).
    """

    def __init__(self, parameters, lr: float, weight_decay: float, momentum: float = 0.95):
        super().__init__(parameters, {"lr": lr, "weight_decay": weight_decay, "momentum": momentum})

    @torch.no_grad()
    def step(self, closure=None) -> None:
        for group in self.param_groups:
            for parameter in group["params"]:
                state = self.state[parameter]
                if "velocity" not in state:
                    state["velocity"] = torch.zeros_like(parameter)
                velocity = state["velocity"]
                velocity.lerp_(parameter.grad, 1 - group["momentum"])
                ahead = parameter.grad.lerp(velocity, group["momentum"]).flatten(1)
                direction = orthogonalised(ahead).view_as(parameter)
                parameter.mul_(1 - group["lr"] * group["weight_decay"])
                parameter.sub_(direction * (group["lr"] * (0.2 * ahead.shape[1] ** 0.5)))
