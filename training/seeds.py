"""Repeats a training from several seeds and tells accuracy in float and fixed point, as mean and 95% interval.

    ferrite faces -o toon/train --count 52500 --seed 1
    ferrite faces -o toon/val --count 3500 --seed 2
    ferrite faces -o toon/test --count 7000 --seed 3
    python -m training.seeds --data toon/train --val toon/val --test toon/test --size small --epochs 2 --seeds 15 \\
        --batch 64 --augment none --mixing 0 --theta-weight 10 --localisation-rate 1 --branch-dropout 0.3 --out checkpoints/toon --log training/runs/toon

Each run is judged on --test by its last epoch's averaged weights, so that nothing is selected: the network as ONNX in ONNX
Runtime, and the model file that `ferrite export` makes of it, calibrated on --data, in `ferrite run`. The folder of --log receives a CSV
per run, and `accuracy.csv` with a row per seed; the same command goes on where it stopped.
"""

from __future__ import annotations

import subprocess
from pathlib import Path

import numpy as np

from training import checkpoint as checkpoints
from training.ablation import train_one
from training.checkpoint import Recipe
from training.classifier import Classifier, FixedClassifier
from training.course import read_log, write_log
from training.dataset import Faces, load_drawn_faces, load_faces
from training.errors import ArgumentParser, BadInput, run
from training.export import to_onnx
from training.files import save_onnx
from training.metrics import spread
from training.network import SIZES
from training.settings import add_settings, given_settings

COLUMNS = ("seed", "images", "float", "fixed")
CALIBRATION_IMAGES = 512


def judge(checkpoint: Path, onnx_file: Path, model_file: Path, ferrite: Path, calibrate: str, test: Faces) -> tuple[int, int]:
    """How many of `test` the checkpoint's averaged network and its model file get right. Writes both files."""
    network = checkpoints.averaged_network(checkpoints.load(checkpoint), checkpoint)
    save_onnx(to_onnx(network, "legacy"), onnx_file)
    command = [ferrite, "export", onnx_file, "-o", model_file, "--calibrate", f"{calibrate}-images.npy", "--limit", CALIBRATION_IMAGES]
    try:
        done = subprocess.run([str(word) for word in command], capture_output=True, text=True)
    except OSError as error:
        raise BadInput(f"{ferrite}: {error.strerror}") from None
    if done.returncode != 0:
        raise BadInput(f"{onnx_file}: ferrite export: {done.stderr.strip()}")
    images, labels = test.images.numpy(), test.labels.numpy()
    hits = [
        int((classifier.logits(images).argmax(1) == labels).sum())
        for classifier in (Classifier(onnx_file), FixedClassifier(model_file, ferrite))
    ]
    return hits[0], hits[1]


def table(rows: list[dict]) -> list[str]:
    """Mean, interval, least and greatest accuracy of the seeds in `rows`."""
    lines = ["| network | seeds | mean | +- by Student's t, 95% | least | greatest |", "|---|---|---|---|---|---|"]
    columns = {name: np.array([int(row[name]) / int(row["images"]) for row in rows]) for name in ("float", "fixed")}
    for name, values in {**columns, "fixed less float": columns["fixed"] - columns["float"]}.items():
        s = spread(list(values))
        lines.append(f"| {name} | {s.count} | {s.mean:.3%} | {s.student:.3%} | {values.min():.3%} | {values.max():.3%} |")
    return lines


def main() -> None:
    parser = ArgumentParser(description="Repeats a training from several seeds and judges float and fixed point.")
    parser.add_argument("--data", required=True, metavar="PREFIX")
    parser.add_argument("--val", required=True, metavar="PREFIX", help="measured after each epoch, for the curves")
    parser.add_argument("--test", required=True, metavar="PREFIX", help="what accuracy is told on")
    parser.add_argument("--size", required=True, choices=SIZES)
    parser.add_argument("--epochs", required=True, type=int)
    parser.add_argument("--seeds", type=int, default=15)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="a folder per run")
    parser.add_argument("--log", required=True, type=Path, metavar="FOLDER", help="a CSV per run, and accuracy.csv")
    parser.add_argument("--ferrite", type=Path, default=Path(".build/release/ferrite"), metavar="PROGRAM")
    add_settings(parser, without=("seed",))
    arguments = parser.parse_args()
    if arguments.epochs < 1 or arguments.seeds < 1:
        parser.error("--epochs and --seeds must be at least 1")

    load = load_drawn_faces if arguments.theta_weight else load_faces
    train, val, test = load(arguments.data).distinct(), load_faces(arguments.val), load_faces(arguments.test)
    log = arguments.log / "accuracy.csv"
    rows = read_log(log)
    for seed in range(1, arguments.seeds + 1):
        if any(int(row["seed"]) == seed for row in rows):
            continue
        print(f"seed {seed}", flush=True)
        folder = arguments.out / f"{arguments.size}-{seed}"
        recipe = Recipe(arguments.size, arguments.epochs, seed=seed, **given_settings(arguments))
        train_one(recipe, train, val, folder, arguments.log / f"{arguments.size}-{seed}.csv")
        hits = judge(
            folder / "last.pt", folder / "network.onnx", folder / "network.fxm", arguments.ferrite, arguments.data, test
        )
        rows.append(dict(zip(COLUMNS, (seed, len(test), *hits))))
        write_log(rows, log, COLUMNS)
    print("\n".join(table(rows)))


if __name__ == "__main__":
    run(main)
