import csv

import pytest

from training import seeds
from training.tests.program import exit_code


def command(faces, folder, count):
    return ("--data", faces, "--val", faces, "--test", faces, "--size", "small", "--epochs", 1, "--seeds", count,
            "--out", folder / "out", "--log", folder / "log")


def test_each_seed_is_trained_and_judged_once(monkeypatch, tmp_path, faces, capsys):
    judged = []

    def judge(checkpoint, onnx_file, model_file, ferrite, calibrate, test):
        assert checkpoint.exists() and calibrate == faces and len(test) == 40
        judged.append(checkpoint.parent.name)
        return 30 + len(judged), 29 + len(judged)

    monkeypatch.setattr(seeds, "judge", judge)
    assert exit_code(monkeypatch, seeds, *command(faces, tmp_path, 2)) == 0
    assert exit_code(monkeypatch, seeds, *command(faces, tmp_path, 3)) == 0
    assert judged == ["small-1", "small-2", "small-3"]
    with open(tmp_path / "log" / "accuracy.csv", newline="") as file:
        assert [(row["seed"], row["float"], row["fixed"]) for row in csv.DictReader(file)] == [("1", "31", "30"), ("2", "32", "31"), ("3", "33", "32")]
    printed = capsys.readouterr().out.splitlines()
    # Student's t for 3 seeds, of 31, 32 and 33 of 40: 4.303 / 40 / sqrt(3).
    assert "| float | 3 | 80.000% | 6.211% | 77.500% | 82.500% |" in printed
    assert "| fixed less float | 3 | -2.500% | 0.000% | -2.500% | -2.500% |" in printed


def test_a_missing_program_is_named(monkeypatch, tmp_path, faces, capsys):
    assert exit_code(monkeypatch, seeds, *command(faces, tmp_path, 1), "--ferrite", tmp_path / "nowhere") == 65
    assert f"{tmp_path / 'nowhere'}: No such file or directory" in capsys.readouterr().err
    assert not (tmp_path / "log" / "accuracy.csv").exists()
