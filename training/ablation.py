"""What the spatial transformers are worth: trains a size without them, with either, and with both, from several seeds.

    python -m training.ablation --data fer2013/train --val fer2013/public_test --size small --epochs 30 --seeds 3 --bfloat16 \\
        --out checkpoints/ablation --log training/runs/ablation

Every run has the same recipe (training.train's default, with the same flags to change it) and budget, and is judged by its last epoch's averaged weights, so that nothing is selected. Runs are
made seed by seed, so that an interrupted ablation compares equals; the same command goes on where it stopped. --table prints the
table of what is finished.
"""

from __future__ import annotations

from pathlib import Path

from training import checkpoint as checkpoints
from training.checkpoint import Recipe
from training.course import Run, read_log, train_to_end, write_log
from training.dataset import Faces, load_faces
from training.errors import ArgumentParser, run
from training.metrics import spread
from training.network import SIZES, TRANSFORMERS, SDLNetwork, cost
from training.settings import add_settings, given_settings
from training.sources import make_source


def finished(log: Path, epochs: int) -> float | None:
    """The accuracy of the averaged weights after `epochs`, from a run's log; None if it isn't there yet."""
    rows = read_log(log)
    return float(rows[-1]["val_accuracy_average"]) if len(rows) >= epochs else None


def table(log: Path, size: str, epochs: int, seeds: int) -> list[str]:
    rows = ["| transformers | MACs | seeds | mean | +- 1.96 s / sqrt n | +- by Student's t | runs |", "|---|---|---|---|---|---|---|"]
    for name in TRANSFORMERS:
        found = [finished(log / f"{size}-{name}-{seed}.csv", epochs) for seed in range(1, seeds + 1)]
        accuracies = [accuracy for accuracy in found if accuracy is not None]
        if accuracies:
            s = spread(accuracies)
            each = ", ".join(f"{a:.2%}" for a in accuracies)
            macs = cost(SDLNetwork(size, transformers=name)).macs
            rows.append(f"| {name} | {macs:,} | {s.count} | {s.mean:.2%} | {s.normal:.2%} | {s.student:.2%} | {each} |")
    return rows


def main() -> None:
    parser = ArgumentParser(description="Trains with and without spatial transformers, from several seeds.")
    parser.add_argument("--data", required=True, metavar="PREFIX")
    parser.add_argument("--val", required=True, metavar="PREFIX")
    parser.add_argument("--size", required=True, choices=SIZES)
    parser.add_argument("--epochs", required=True, type=int)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--out", required=True, type=Path, metavar="FOLDER", help="a folder per run")
    parser.add_argument("--log", required=True, type=Path, metavar="FOLDER", help="a CSV per run")
    parser.add_argument("--table", action="store_true", help="only print the table")
    add_settings(parser, without=("seed", "transformers"))
    arguments = parser.parse_args()
    if arguments.epochs < 1 or arguments.seeds < 1:
        parser.error("--epochs and --seeds must be at least 1")

    train, val = load_faces(arguments.data).distinct(), load_faces(arguments.val)
    for seed in range(1, 1 if arguments.table else arguments.seeds + 1):
        for transformers in TRANSFORMERS:
            name = f"{arguments.size}-{transformers}-{seed}"
            recipe = Recipe(
                arguments.size, arguments.epochs, transformers=transformers, seed=seed, **given_settings(arguments)
            )
            if finished(arguments.log / f"{name}.csv", arguments.epochs) is None:
                print(name, flush=True)
                train_one(recipe, train, val, arguments.out / name, arguments.log / f"{name}.csv")
    print("\n".join(table(arguments.log, arguments.size, arguments.epochs, arguments.seeds)))


def train_one(recipe: Recipe, train: Faces, val: Faces, folder: Path, log: Path) -> None:
    """Trains one run, or what is left of it."""
    last = folder / "last.pt"
    saved = checkpoints.load(last) if last.exists() else None
    if saved and saved.epoch >= recipe.epochs:
        # Stopped between the last checkpoint and its row in the log.
        write_log(saved.history, log)
        return
    training = Run.resumed(recipe, last) if saved else Run(recipe)
    train_to_end(training, make_source(train, recipe), val, folder, log)


if __name__ == "__main__":
    run(main)
