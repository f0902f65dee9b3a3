"""Reports whether a network's first spatial transformer undoes the placement of drawn faces.

    python -m training.theta Models/sdl-toon.onnx --data toon/test

The true theta of each face stands in PREFIX-theta.npy (float32 [N, 2, 3], as `ferrite faces` writes it). The predicted one
is what the network's first AffineGrid is given. Both are taken apart into shift, rotation and scale, and Pearson's r is
printed for each: 1 is a transformer that follows the face exactly, 0 one that pays no regard to it. The network may well
settle on another size or offset of its window; r doesn't mind, since both leave it as it is.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import onnx
import onnxruntime

from training.dataset import load_drawn_faces, normalise
from training.errors import ArgumentParser, BadInput, run


def decompose(theta: np.ndarray) -> dict[str, np.ndarray]:
    """Shift, rotation (radians) and scale of affine maps [N, 2, 3].

    For a similarity these are its parameters; for another map they are those of the nearest rotation, and the square root
    of the factor by which it changes areas.
    """
    a, b, tx, c, d, ty = theta.reshape(-1, 6).T.astype(np.float64)
    return {
        "shift x": tx,
        "shift y": ty,
        "rotation": np.arctan2(c - b, a + d),
        "scale": np.sqrt(np.abs(a * d - b * c)),
    }


def predicted_theta(path: Path, images: np.ndarray) -> np.ndarray:
    """The theta [N, 2, 3] that the network at `path` computes for each of `images` [N, 1, 48, 48]."""
    try:
        model = onnx.load(path)
    except Exception as error:  # protobuf's errors and the file system's share no narrower base.
        raise BadInput(f"{path}: not a readable ONNX file ({str(error).splitlines()[0]})") from None
    grid = next((node for node in model.graph.node if node.op_type == "AffineGrid"), None)
    if grid is None:
        raise BadInput(f"{path}: no AffineGrid in it")
    theta = grid.input[0]
    model.graph.output.append(onnx.helper.make_tensor_value_info(theta, onnx.TensorProto.FLOAT, [1, 2, 3]))
    session = onnxruntime.InferenceSession(model.SerializeToString(), providers=["CPUExecutionProvider"])
    name = model.graph.input[0].name
    return np.concatenate([session.run([theta], {name: image[None]})[0] for image in images])


def main() -> None:
    parser = ArgumentParser(description="Correlates the first transformer's theta with the true one.")
    parser.add_argument("network", type=Path, metavar="NET.onnx")
    parser.add_argument("--data", required=True, metavar="PREFIX", help="drawn faces: -images, -labels, -theta.npy")
    arguments = parser.parse_args()

    faces = load_drawn_faces(arguments.data)
    true = decompose(faces.theta.numpy())
    predicted = decompose(predicted_theta(arguments.network, normalise(faces.images).numpy()))
    print(f"{'':<10}{'r':>8}   over {len(faces)} faces")
    for name in true:
        print(f"{name:<10}{np.corrcoef(true[name], predicted[name])[0, 1]:>8.3f}")


if __name__ == "__main__":
    run(main)
