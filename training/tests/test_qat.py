"""Quantisation-aware training from the command line, interrupted and resumed; ablation and curves."""

import csv
import math

import onnx
import pytest

from training import ablation, curves, metrics, qat
from training import checkpoint as checkpoints
from training.checkpoint import Recipe
from training.course import Run
from training.tests.program import exit_code


@pytest.fixture
def source(tmp_path):
    path = tmp_path / "float.pt"
    checkpoints.save(Run(Recipe(size="small", epochs=1)).state(), path)
    return path


def command(source, faces, folder, epochs, *more):
    return (source, "--data", faces, "--val", faces, "--epochs", epochs, "--batch", 8, "--weight-bits", 4, "--out", folder,
            "--log", folder / "log.csv", "-o", folder.with_suffix(".onnx"), *more)


def curve(folder):
    with open(folder / "log.csv") as file:
        return [{**row, "seconds": None} for row in csv.DictReader(file)]


def test_a_resumed_run_is_the_uninterrupted_run(monkeypatch, tmp_path, source, faces):
    whole, parts = tmp_path / "whole", tmp_path / "parts"
    assert exit_code(monkeypatch, qat, *command(source, faces, whole, 2)) == 0

    save = qat.QuantisedRun.save

    def save_then_stop(self, path):
        save(self, path)
        if path.name == "last.pt":
            raise KeyboardInterrupt

    monkeypatch.setattr(qat.QuantisedRun, "save", save_then_stop)
    monkeypatch.setattr("sys.argv", ["qat", *map(str, command(source, faces, parts, 2))])
    with pytest.raises(KeyboardInterrupt):
        qat.main()
    assert not parts.with_suffix(".onnx").exists()
    monkeypatch.setattr(qat.QuantisedRun, "save", save)
    assert exit_code(monkeypatch, qat, *command(source, faces, parts, 2, "--resume")) == 0
    assert [row for row in curve(parts)] == [row for row in curve(whole)]
    assert qat.load(parts / "last.pt")["network"]["hidden.weight"].equal(qat.load(whole / "last.pt")["network"]["hidden.weight"])
    onnx.checker.check_model(onnx.load(whole.with_suffix(".onnx")), full_check=True)


def test_training_lessens_the_distance_to_the_float_network(monkeypatch, tmp_path, source, faces):
    folder = tmp_path / "run"
    assert exit_code(monkeypatch, qat, *command(source, faces, folder, 4, "--augment", "none", "--rate", 0.01)) == 0
    losses = [float(row["train_loss"]) for row in curve(folder)]
    assert losses[-1] < 0.7 * losses[0]


def test_other_settings_are_refused_on_resume(monkeypatch, tmp_path, source, faces, capsys):
    folder = tmp_path / "run"
    assert exit_code(monkeypatch, qat, *command(source, faces, folder, 1)) == 0
    assert exit_code(monkeypatch, qat, *command(source, faces, folder, 2)) == 64
    assert "last.pt: exists" in capsys.readouterr().err
    assert exit_code(monkeypatch, qat, *command(source, faces, folder, 2, "--resume", "--activation-bits", 6)) == 65
    assert "was trained with activation_bits 8, not 6" in capsys.readouterr().err


def test_widths_outside_two_to_eight_are_refused(monkeypatch, tmp_path, source, faces):
    assert exit_code(monkeypatch, qat, *command(source, faces, tmp_path / "run", 1, "--activation-bits", 9)) == 64


def test_an_interval_is_that_of_student(capsys):
    s = metrics.spread([0.5, 0.6, 0.7])
    assert s.mean == pytest.approx(0.6) and s.deviation == pytest.approx(0.1)
    assert s.normal == pytest.approx(1.96 * 0.1 / math.sqrt(3))
    assert s.student == pytest.approx(4.303 * 0.1 / math.sqrt(3))
    assert metrics.spread([0.5]).student == math.inf


def test_an_ablation_goes_on_where_it_stopped(monkeypatch, tmp_path, faces, capsys):
    arguments = ("--data", faces, "--val", faces, "--size", "small", "--epochs", 1, "--seeds", 2,
                 "--out", tmp_path / "out", "--log", tmp_path / "log")
    save = checkpoints.save
    calls = []

    def save_thrice(checkpoint, path):
        calls.append(path)
        if len(calls) > 3:
            raise KeyboardInterrupt
        save(checkpoint, path)

    monkeypatch.setattr(checkpoints, "save", save_thrice)
    monkeypatch.setattr("sys.argv", ["ablation", *map(str, arguments)])
    with pytest.raises(KeyboardInterrupt):
        ablation.main()
    monkeypatch.setattr(checkpoints, "save", save)
    before = {path: path.read_bytes() for path in (tmp_path / "log").iterdir()}
    assert exit_code(monkeypatch, ablation, *arguments) == 0
    assert all(path.read_bytes() == content for path, content in before.items())
    printed = capsys.readouterr().out
    for name in ("none", "sdl1", "sdl2", "both"):
        assert f"| {name} | " in printed
    assert len(list((tmp_path / "log").iterdir())) == 8


def test_curves_are_drawn_the_same_each_time(monkeypatch, tmp_path):
    log = tmp_path / "run.csv"
    log.write_text("epoch,train_loss,val_accuracy_average\n1,2.0,0.3\n2,1.5,0.4\n")
    assert exit_code(monkeypatch, curves, log, "-o", tmp_path / "a.svg") == 0
    assert exit_code(monkeypatch, curves, log, "-o", tmp_path / "b.svg") == 0
    assert (tmp_path / "a.svg").read_bytes() == (tmp_path / "b.svg").read_bytes()
    assert b"averaged weights" in (tmp_path / "a.svg").read_bytes() or b"<path" in (tmp_path / "a.svg").read_bytes()


@pytest.mark.parametrize("text, complaint", [
    ("a,b\n1,2\n", "not the log of a run"), ("epoch,train_loss\n", "not the log"), ("epoch,train_loss\n1,x\n", "line 2"),
])
def test_a_file_that_is_no_log_is_refused(monkeypatch, tmp_path, capsys, text, complaint):
    (tmp_path / "bad.csv").write_text(text)
    assert exit_code(monkeypatch, curves, tmp_path / "bad.csv", "-o", tmp_path / "a.svg") == 65
    assert complaint in capsys.readouterr().err
    assert not (tmp_path / "a.svg").exists()
