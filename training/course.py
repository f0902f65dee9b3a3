"""A training run, epoch by epoch: optimisers and schedules of a recipe, steps, measurements, checkpoints."""

from __future__ import annotations

import csv
import math
import sys
import time
from pathlib import Path

import torch
import torch.nn.functional as F
from torch import Tensor, nn

from training import checkpoint as checkpoints
from training.averaging import MovingAverage
from training.checkpoint import Checkpoint, Recipe
from training.dataset import Faces, normalise
from training.devices import Replayed
from training.files import replacing
from training.guide import ThetaGuide
from training.initial import load_weights, wake
from training.muon import Muon
from training.network import SDLNetwork
from training.sources import Source

COLUMNS = ("epoch", "rate", "train_loss", "train_accuracy", "val_accuracy", "val_accuracy_average", "seconds")


SCHEDULES = ("cosine", "steps")
OPTIMIZERS = ("muon", "adamw")
STEP_EPOCHS = 10
STEP_FACTOR = 0.9
WAKING_IMAGES = 1024


def learning_rate(recipe: Recipe, progress: float) -> float:
    """The rate after a fraction `progress` (0..1) of the run, by the recipe's schedule."""
    if recipe.schedule == "steps":
        return recipe.rate * STEP_FACTOR ** (progress * recipe.epochs // STEP_EPOCHS)
    if progress < recipe.warm_up:
        return recipe.rate * progress / recipe.warm_up
    descent = (progress - recipe.warm_up) / (1 - recipe.warm_up)
    return recipe.rate * 0.5 * (1 + math.cos(math.pi * descent))


def make_optimizers(network: SDLNetwork, recipe: Recipe) -> list[torch.optim.Optimizer]:
    """Muon for the convolutions, AdamW for the rest: one-channel convolutions, localisation networks, classifier; or AdamW alone.

    Biases and batch-norm aren't decayed; localisation networks learn at a fraction of the rate. Each group carries
    `factor`, by which the run's rate is multiplied.
    """
    groups: dict[tuple[bool, bool], list[nn.Parameter]] = {}
    convolutions = []
    for name, parameter in network.named_parameters():
        localisation = ".transformer." in name
        if recipe.optimizer == "muon" and parameter.dim() == 4 and parameter.shape[1] > 1 and not localisation:
            convolutions.append(parameter)
        else:
            groups.setdefault((localisation, parameter.dim() > 1), []).append(parameter)
    adam_groups = [
        {
            "params": parameters,
            "factor": recipe.localisation_rate if localisation else 1.0,
            "weight_decay": recipe.weight_decay if decayed else 0.0,
        }
        for (localisation, decayed), parameters in groups.items()
    ]
    on_cuda = next(network.parameters()).is_cuda
    adam = torch.optim.AdamW(adam_groups, lr=recipe.rate, fused=True, capturable=on_cuda)
    if not convolutions:
        return [adam]
    return [
        adam,
        Muon([{"params": convolutions, "factor": 1.0}], lr=recipe.rate, weight_decay=recipe.weight_decay),
    ]


def set_rate(optimizers: list[torch.optim.Optimizer], rate: float) -> None:
    """Gives each group its share of the rate: a number, or on an accelerator a tensor, which a recorded step reads anew."""
    for optimizer in optimizers:
        for group in optimizer.param_groups:
            device = group["params"][0].device
            if device.type == "cpu":
                group["lr"] = rate * group["factor"]
            elif isinstance(group["lr"], Tensor) and group["lr"].device == device:
                group["lr"].fill_(rate * group["factor"])
            else:
                group["lr"] = torch.tensor(rate * group["factor"], device=device)


def accuracy(network: nn.Module, faces: Faces, bfloat16: bool) -> float:
    """The fraction of `faces`, which lie where the network does, that it classifies correctly when put in inference mode."""
    network.eval()
    correct = 0
    with torch.inference_mode(), torch.autocast(faces.images.device.type, torch.bfloat16, enabled=bfloat16):
        for images, labels in zip(faces.images.split(256), faces.labels.split(256)):
            logits = network(_channels_last(normalise(images)))
            correct += int((logits.argmax(1) == labels).sum())
    return correct / len(faces)


def _channels_last(batch: Tensor) -> Tensor:
    return batch.contiguous(memory_format=torch.channels_last)


def start_normally(network: SDLNetwork, deviation: float) -> None:
    """Draws weights from N(0, deviation); the transformers still start as the identity."""
    for name, parameter in network.named_parameters():
        if parameter.dim() > 1 and not name.endswith("regression.weight"):
            nn.init.normal_(parameter, std=deviation)


class Run:
    """A training run between two epochs: start one from a recipe or from a checkpoint, then call `train_epoch`.

    A run that starts from another network's weights wakes the localisation units that are dead on the first of `faces`.
    """

    def __init__(self, recipe: Recipe, faces: Faces | None = None, device: str = "cpu"):
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.epoch = 0
        network = SDLNetwork(
            recipe.size, recipe.dropout, recipe.branch_dropout, recipe.feature_dropout, recipe.transformers
        )
        if recipe.weight_deviation:
            start_normally(network, recipe.weight_deviation)
        if recipe.initial:
            load_weights(network, Path(recipe.initial))
            if faces is not None:
                woken = wake(network, normalise(faces.images[:WAKING_IMAGES]))
                print(f"{recipe.initial}: {woken} dead localisation units redrawn", flush=True)
        self.device = device
        self.network = network.to(device, memory_format=torch.channels_last)
        self.average = MovingAverage(self.network, recipe.average_decay)
        self.guide = ThetaGuide(self.network.sdl1.transformer, recipe.theta_weight) if recipe.theta_weight else None
        self.optimizers = make_optimizers(self.network, recipe)
        # The guide's weight changes with each step, which a recording would keep as it was.
        replayed = device == "cuda" and not self.guide
        self._replayed = Replayed(self._descend) if replayed else None
        self.history: list[dict] = []

    @classmethod
    def resumed(cls, recipe: Recipe, path: Path, device: str = "cpu") -> Run:
        """Goes on from a checkpoint. Throws BadInput if `recipe` differs from its recipe in more than `epochs`.

        On the processor along the same curve to the bit; on an accelerator, whose sums have no fixed order, nearly.
        """
        saved = checkpoints.load(path)
        checkpoints.check_resumable(path, saved.recipe, recipe, saved.epoch)
        run = cls(recipe, device=device)
        run.epoch = saved.epoch
        run.network.load_state_dict(saved.network)
        run.average.network.load_state_dict(saved.average)
        run.average.updates = saved.average_updates
        for optimizer, state in zip(run.optimizers, saved.optimizers, strict=True):
            optimizer.load_state_dict(state)
        run.history = saved.history
        torch.set_rng_state(saved.random_state)
        if device == "cuda" and saved.device_random_state is not None:
            torch.cuda.set_rng_state(saved.device_random_state)
        return run

    def state(self) -> Checkpoint:
        return Checkpoint(
            recipe=self.recipe,
            epoch=self.epoch,
            network=self.network.state_dict(),
            average=self.average.network.state_dict(),
            average_updates=self.average.updates,
            optimizers=[optimizer.state_dict() for optimizer in self.optimizers],
            random_state=torch.get_rng_state(),
            history=self.history,
            device_random_state=torch.cuda.get_rng_state() if self.device == "cuda" else None,
        )

    def train_epoch(self, source: Source, val: Faces) -> dict:
        """Trains on an epoch's images in random order, then measures. Returns the epoch's row of the history."""
        started = time.monotonic()
        order = source.order(self.epoch)
        # A last batch of one image would give batch-norm no variance; a recorded step takes whole batches only.
        least = self.recipe.batch if self._replayed else 2
        batches = [batch for batch in order.split(self.recipe.batch) if len(batch) >= least]
        # Summed where they lie: reading a number would wait for the device.
        loss_sum, correct = torch.zeros((), device=self.device), torch.zeros((), device=self.device)
        seen = 0
        self.network.train()
        for index, indices in enumerate(batches):
            progress = (self.epoch + index / len(batches)) / self.recipe.epochs
            inputs, wanted, labels = source.batch(indices, progress)
            loss, logits = self._step(_channels_last(inputs), wanted, source, indices, progress)
            seen += len(indices)
            loss_sum += loss.detach() * len(indices)
            correct += (logits.detach().argmax(1) == labels).sum()
            progress_line(self.epoch + 1, seen, len(order), loss_sum / seen, time.monotonic() - started)
        self.epoch += 1
        row = {
            "epoch": self.epoch,
            "rate": f"{learning_rate(self.recipe, progress):.6f}",
            "train_loss": f"{float(loss_sum) / seen:.4f}",
            "train_accuracy": f"{float(correct) / seen:.4f}",
            "val_accuracy": self._network_accuracy(val),
            "val_accuracy_average": f"{accuracy(self.average.network, val, self.recipe.bfloat16):.4f}",
            "seconds": f"{time.monotonic() - started:.1f}",
        }
        self.history.append(row)
        return row

    def _network_accuracy(self, val: Faces) -> str:
        """Measured in every fifth epoch and the last, as it costs time and only the average is selected on."""
        if self.epoch % 5 and self.epoch != self.recipe.epochs:
            return ""
        return f"{accuracy(self.network, val, self.recipe.bfloat16):.4f}"

    def _step(self, inputs: Tensor, wanted: Tensor, source: Source, indices: Tensor, progress: float) -> tuple[Tensor, Tensor]:
        """The loss and the logits of a batch, from which the network has then learnt."""
        set_rate(self.optimizers, learning_rate(self.recipe, progress))
        if self._replayed:
            loss, logits = self._replayed(inputs, wanted)
        else:
            theta = source.faces.theta[indices] if self.guide else None
            loss, logits = self._descend(inputs, wanted, theta, progress)
        self.average.update(self.network)
        return loss, logits

    def _descend(self, inputs: Tensor, wanted: Tensor, theta: Tensor | None = None, progress: float = 0) -> tuple[Tensor, Tensor]:
        with torch.autocast(self.device, torch.bfloat16, enabled=self.recipe.bfloat16):
            logits = self.network(inputs)
        loss = F.cross_entropy(logits.float(), wanted) + self._penalty()
        if self.guide:
            loss = loss + self.guide.loss(theta, progress)
        self.network.zero_grad(set_to_none=True)
        loss.backward()
        nn.utils.clip_grad_norm_(self.network.parameters(), 5.0)
        for optimizer in self.optimizers:
            optimizer.step()
        return loss, logits

    def _penalty(self) -> Tensor | float:
        """The published recipe's penalty on the two fully connected layers."""
        recipe, network = self.recipe, self.network
        penalty = 0.0
        for factor, layer in ((recipe.hidden_penalty, network.hidden), (recipe.classifier_penalty, network.classifier)):
            if factor:
                penalty = penalty + 0.5 * factor * layer.weight.square().sum()
        return penalty


def progress_line(epoch: int, seen: int, total: int, loss: Tensor | float, seconds: float) -> None:
    """On a terminal, tells how far an epoch has come."""
    if sys.stderr.isatty():
        end = "\n" if seen == total else ""
        line = f"\repoch {epoch}: {seen:>6}/{total}  loss {float(loss):.3f}  {seen / seconds:.0f} images/s "
        print(line, end=end, file=sys.stderr, flush=True)


def write_log(history: list[dict], path: Path, columns: tuple[str, ...] = COLUMNS) -> None:
    """Writes the whole history as CSV, replacing the file at once."""
    with replacing(path) as temporary, open(temporary, "w", newline="") as file:
        writer = csv.DictWriter(file, columns, lineterminator="\n")
        writer.writeheader()
        writer.writerows(history)


def read_log(path: Path) -> list[dict]:
    """The rows of a CSV that `write_log` wrote; none if there is no such file."""
    if not path.exists():
        return []
    with open(path, newline="") as file:
        return list(csv.DictReader(file))


def train_to_end(training: Run, source: Source, val: Faces, folder: Path, log: Path) -> None:
    """Trains the epochs that are left. After each, `folder` has its checkpoint and `log` its row."""
    val = val.to(training.device)
    folder.mkdir(parents=True, exist_ok=True)
    log.parent.mkdir(parents=True, exist_ok=True)
    best = max((float(row["val_accuracy_average"]) for row in training.history), default=-1.0)
    while training.epoch < training.recipe.epochs:
        row = training.train_epoch(source, val)
        state = training.state()
        checkpoints.save(state, folder / "last.pt")
        if float(row["val_accuracy_average"]) > best:
            best = float(row["val_accuracy_average"])
            checkpoints.save(state, folder / "best.pt")
        write_log(training.history, log)
        print("  ".join(f"{name} {row[name]}" for name in COLUMNS), flush=True)
