"""Draws the curves of training runs as SVG: loss and accuracies by epoch.

    python -m training.curves training/runs/sdl-medium.csv -o docs/images/curves-sdl-medium.svg

Several logs are drawn in one picture, to compare them; each is named by its file.
"""

from __future__ import annotations

import csv
from pathlib import Path

import matplotlib
from matplotlib.figure import Figure

from training.errors import ArgumentParser, BadInput, run
from training.files import replacing

matplotlib.rcParams["svg.hashsalt"] = "ferrite"
"""Makes the same logs give the same file."""

ACCURACIES = {
    "val_accuracy_average": ("PublicTest, averaged weights", "solid"),
    "val_accuracy": ("PublicTest", "dotted"),
    "train_accuracy": ("training, distorted", "dashed"),
    "train_agreement": ("training, agreement with float", "dashed"),
    "val_agreement": ("PublicTest, agreement with float", "dashdot"),
}
"""Columns of logs that are drawn as fractions: what they are called, and their line."""


def read_log(path: Path) -> list[dict[str, str]]:
    """The rows of a run's log. Throws BadInput naming the file and line that doesn't fit."""
    try:
        with open(path, newline="") as file:
            rows = list(csv.DictReader(file))
    except (OSError, UnicodeDecodeError) as error:
        raise BadInput(f"{path}: can't be read ({error})") from None
    if not rows or not {"epoch", "train_loss"} <= rows[0].keys():
        raise BadInput(f"{path}: not the log of a run: expected columns epoch, train_loss and more, and a row per epoch")
    for line, row in enumerate(rows, 2):
        try:
            int(row["epoch"]), float(row["train_loss"])
        except (TypeError, ValueError):
            raise BadInput(f"{path}, line {line}: epoch {row['epoch']!r}, loss {row['train_loss']!r}") from None
    return rows


def column(rows: list[dict[str, str]], name: str) -> tuple[list[int], list[float]]:
    """Epochs and values of a column, where it has values."""
    pairs = [(int(row["epoch"]), float(row[name])) for row in rows if row.get(name)]
    return [epoch for epoch, _ in pairs], [value for _, value in pairs]


def draw(logs: dict[str, list[dict[str, str]]]) -> Figure:
    figure = Figure(figsize=(9, 3.6), layout="constrained")
    losses, accuracies = figure.subplots(1, 2)
    for index, (name, rows) in enumerate(logs.items()):
        colour = f"C{index}"
        losses.plot(*column(rows, "train_loss"), color=colour, label=name)
        for key, (label, style) in ACCURACIES.items():
            epochs, values = column(rows, key)
            if values:
                accuracies.plot(epochs, [100 * v for v in values], color=colour, linestyle=style, label=f"{name}: {label}")
    losses.set(xlabel="epoch", title="training loss")
    accuracies.set(xlabel="epoch", title="accuracy, %")
    for axes in (losses, accuracies):
        axes.grid(alpha=0.3)
        axes.legend(fontsize=7)
    return figure


def main() -> None:
    parser = ArgumentParser(description="Draws the curves of training runs.")
    parser.add_argument("logs", nargs="+", type=Path, metavar="RUN.csv")
    parser.add_argument("-o", dest="output", type=Path, required=True, metavar="FILE.svg")
    arguments = parser.parse_args()
    figure = draw({path.stem: read_log(path) for path in arguments.logs})
    with replacing(arguments.output) as temporary:
        figure.savefig(temporary, format="svg", metadata={"Date": None})


if __name__ == "__main__":
    run(main)
