from collections import Counter

import numpy as np
import onnx
import pytest
import torch

from training import checkpoint as checkpoints
from training import average, evaluate, export
from training.checkpoint import Recipe
from training.course import Run
from training.network import SDLNetwork
from training.tests.program import exit_code


@pytest.fixture
def saved(tmp_path):
    """The checkpoint of an untrained small network that turns and shifts its input."""
    start = Run(Recipe(size="small", epochs=1))
    torch.manual_seed(2)
    for module in (start.average.network.sdl1, start.average.network.sdl2):
        torch.nn.init.normal_(module.transformer.regression.weight, std=0.05)
    path = tmp_path / "last.pt"
    checkpoints.save(start.state(), path)
    return path


@pytest.mark.parametrize(
    "exporter, kept, absent", [("legacy", "AffineGrid", "ReduceSum"), ("dynamo", "ReduceSum", "AffineGrid")]
)
def test_both_exporters_agree_with_torch_in_their_own_form(monkeypatch, tmp_path, saved, exporter, kept, absent):
    output = tmp_path / "net.onnx"
    assert exit_code(monkeypatch, export, saved, "-o", output, "--exporter", exporter) == 0
    model = onnx.load(output, load_external_data=False)
    operators = Counter(node.op_type for node in model.graph.node)
    assert operators["GridSample"] == 2 and operators["Conv"] == 14
    assert operators[kept] == 2 and absent not in operators
    assert not any(tensor.external_data for tensor in model.graph.initializer)
    metadata = {entry.key: entry.value for entry in model.metadata_props}
    assert metadata["ferrite.input.mean"] == "0.508" and metadata["ferrite.input.std"] == "0.255"
    assert metadata["ferrite.labels"] == "angry,disgust,fear,happy,sad,surprise,neutral"
    assert export.largest_difference(checkpoints.averaged_network(checkpoints.load(saved), saved), model) < 1e-4


def test_the_legacy_form_leaves_batch_norm_to_the_importer():
    operators = Counter(node.op_type for node in export.to_onnx(SDLNetwork("small"), "legacy").graph.node)
    assert operators["BatchNormalization"] == 14


@pytest.mark.parametrize("content", [b"", b"PK\x03\x04 broken", None])
def test_a_broken_checkpoint_is_named_and_nothing_is_written(monkeypatch, tmp_path, saved, content, capsys):
    # None: a checkpoint cut off in the middle.
    saved.write_bytes(saved.read_bytes()[:20000] if content is None else content)
    output = tmp_path / "net.onnx"
    output.write_bytes(b"precious")
    assert exit_code(monkeypatch, export, saved, "-o", output) == 65
    assert "last.pt: not a checkpoint" in capsys.readouterr().err
    assert output.read_bytes() == b"precious"


def test_weights_of_another_size_are_refused(monkeypatch, tmp_path, saved, capsys):
    checkpoint = checkpoints.load(saved)
    checkpoint.average = SDLNetwork("medium").state_dict()
    checkpoints.save(checkpoint, saved)
    assert exit_code(monkeypatch, export, saved, "-o", tmp_path / "net.onnx") == 65
    assert "don't fit a network of size small" in capsys.readouterr().err
    assert not (tmp_path / "net.onnx").exists()


def test_evaluation_reports_duplicates_apart(monkeypatch, tmp_path, saved, faces, capsys):
    output = tmp_path / "net.onnx"
    assert exit_code(monkeypatch, export, saved, "-o", output) == 0
    capsys.readouterr()
    images, labels = np.load(f"{faces}-images.npy"), np.load(f"{faces}-labels.npy")
    np.save(tmp_path / "half-images.npy", images[:20])
    np.save(tmp_path / "half-labels.npy", labels[:20])
    assert exit_code(monkeypatch, evaluate, output, "--data", faces, "--train", tmp_path / "half") == 0
    report = capsys.readouterr().out
    assert "| all: 40 | float |" in report
    assert "| without exact duplicates: 20 | float |" in report
    assert report.count("| angry |") == 3, "a row of figures; a row and a column of the confusion matrix"
    assert "fixed" not in report
    assert exit_code(monkeypatch, evaluate, output, "--data", faces, "--train", faces) == 0
    assert "without exact duplicates" not in capsys.readouterr().out, "no image is left"


def test_evaluation_sets_fixed_point_beside_float(monkeypatch, tmp_path, saved, faces, capsys):
    output, model = tmp_path / "net.onnx", tmp_path / "net.fxm"
    assert exit_code(monkeypatch, export, saved, "-o", output) == 0
    model.write_bytes(b"any")
    program = tmp_path / "ferrite"
    # Answers surprise for every picture, so that recall is 1 for that class and 0 for all others.
    program.write_text("""#!/bin/sh
for i in $(seq 40); do echo '{"logits": [0, 1, 2, 3, 4, 5, -6]}'; done
""")
    program.chmod(0o755)
    capsys.readouterr()
    assert exit_code(monkeypatch, evaluate, output, "--data", faces, "--fixed", model, "--ferrite", program) == 0
    report = capsys.readouterr().out
    hits = int((np.load(f"{faces}-labels.npy") == 5).sum())
    assert f"| all: 40 | fixed | {hits / 40:.2%} ({hits}) |" in report
    assert f"| surprise | {hits} |" in report and "give the same answer on" in report
    program.write_text("#!/bin/sh\necho 'error: net.fxm: byte 0: bad magic' >&2; exit 65\n")
    assert exit_code(monkeypatch, evaluate, output, "--data", faces, "--fixed", model, "--ferrite", program) == 65
    assert "bad magic" in capsys.readouterr().err


@pytest.mark.parametrize("content", [b"", b"not onnx"])
def test_evaluation_refuses_what_is_no_network(monkeypatch, tmp_path, faces, content, capsys):
    (tmp_path / "bad.onnx").write_bytes(content)
    assert exit_code(monkeypatch, evaluate, tmp_path / "bad.onnx", "--data", faces) == 65
    assert "bad.onnx: not a network that ONNX Runtime reads" in capsys.readouterr().err


def test_the_mean_of_checkpoints_is_taken_weight_by_weight(monkeypatch, tmp_path):
    paths = [tmp_path / "a.pt", tmp_path / "b.pt"]
    for seed, path in enumerate(paths):
        checkpoints.save(Run(Recipe(size="small", epochs=1, seed=seed)).state(), path)
    assert exit_code(monkeypatch, average, *paths, "-o", tmp_path / "mean.pt") == 0
    first, second, mean = (checkpoints.load(path) for path in (*paths, tmp_path / "mean.pt"))
    name = "baseline.1.0.conv.weight"
    assert torch.allclose(mean.average[name], (first.average[name] + second.average[name]) / 2)
    assert not torch.equal(first.average[name], second.average[name])
    assert mean.recipe == first.recipe
    checkpoints.averaged_network(mean, tmp_path / "mean.pt")


def test_checkpoints_of_other_sizes_have_no_mean(monkeypatch, tmp_path, capsys):
    paths = [tmp_path / "a.pt", tmp_path / "b.pt"]
    for size, path in zip(("small", "medium"), paths):
        checkpoints.save(Run(Recipe(size=size, epochs=1)).state(), path)
    assert exit_code(monkeypatch, average, *paths, "-o", tmp_path / "mean.pt") == 65
    assert "b.pt: its network is not of the same shape" in capsys.readouterr().err
    assert not (tmp_path / "mean.pt").exists()
