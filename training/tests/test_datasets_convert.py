import csv

import numpy as np
import pytest
from PIL import Image

from training.dataset import load_faces
from training.datasets import convert
from training.tests.program import exit_code
from training.tests.test_datasets_ckplus import add_sequence

NAMES = [f"{part}-{kind}.npy" for part in ("test", "train", "val") for kind in ("images", "labels")]
OUTPUTS = sorted(f"ck-{name}" for name in (*NAMES, "labels.txt", "manifest.csv"))


@pytest.fixture
def root(tmp_path):
    """Twenty subjects of CK+, whose frames' grey is ten times the frame's number."""
    folder = tmp_path / "CK+"
    for index in range(20):
        add_sequence(folder, f"S{index:03}", "001", index % 7 + 1, frames=range(1, 4 + index % 5))
    return folder


def files(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_fold_is_written_as_the_programs_read_it(monkeypatch, tmp_path, root, capsys):
    out = tmp_path / "made" / "out"
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", out / "ck", "--fold", 3, "--frames", 2) == 0
    assert files(out) == OUTPUTS
    assert "note: 20 labelled sequences; the published set has 327" in capsys.readouterr().err
    assert (out / "ck-labels.txt").read_text().split() == [
        "angry", "disgust", "fear", "happy", "sad", "surprise", "contempt"
    ]
    with open(out / "ck-manifest.csv", newline="") as file:
        rows = list(csv.DictReader(file))
    assert list(rows[0]) == ["path", "subject", "label", "split"]
    assert rows[0]["path"] == "cohn-kanade-images/S000/001/S000_001_00000002.png"
    for part, count in (("train", 32), ("val", 4), ("test", 4)):
        faces = load_faces(str(out / f"ck-{part}"))
        listed = [row for row in rows if row["split"] == part]
        assert len(faces) == len(listed) == count
        assert faces.labels.tolist() == [int(row["label"]) for row in listed]
        # The grey of a frame tells its number, so images and rows stand in the same order.
        assert [int(image.unique()) for image in faces.images] == [10 * int(row["path"][-12:-4]) for row in listed]
    subjects = {part: {row["subject"] for row in rows if row["split"] == part} for part in ("train", "val", "test")}
    assert subjects["test"] == {"S002", "S012"} and subjects["val"] == {"S003", "S013"}
    assert not subjects["train"] & (subjects["val"] | subjects["test"])


def test_output_is_not_overwritten_unless_forced(monkeypatch, tmp_path, root, capsys):
    out = tmp_path / "out"
    out.mkdir()
    (out / "ck-val-labels.npy").write_bytes(b"precious")
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", out / "ck") == 64
    assert "ck-val-labels.npy: exists; give --force" in capsys.readouterr().err
    assert files(out) == ["ck-val-labels.npy"] and (out / "ck-val-labels.npy").read_bytes() == b"precious"
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", out / "ck", "--force") == 0
    assert files(out) == OUTPUTS
    assert len(load_faces(str(out / "ck-val"))) == 2


def test_a_bad_image_is_named_and_leaves_no_output(monkeypatch, tmp_path, root, capsys):
    (root / "cohn-kanade-images" / "S019" / "001" / "S019_001_00000007.png").write_bytes(b"no picture")
    out = tmp_path / "out"
    out.mkdir()
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", out / "ck") == 65
    assert "S019_001_00000007.png: not a readable image" in capsys.readouterr().err
    assert files(out) == []


def test_a_write_that_fails_leaves_no_output(monkeypatch, tmp_path, root, capsys):
    out = tmp_path / "out"

    def full(*arguments, **options):
        raise OSError(28, "No space left on device", "ck-manifest.csv")

    monkeypatch.setattr(csv, "writer", full)
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", out / "ck") == 65
    assert "can't be written (No space left on device)" in capsys.readouterr().err
    assert files(out) == []


def test_an_output_folder_that_is_a_file_is_named(monkeypatch, tmp_path, root, capsys):
    (tmp_path / "taken").write_bytes(b"")
    assert exit_code(monkeypatch, convert, "ckplus", root, "-o", tmp_path / "taken" / "ck") == 65
    assert "taken" in capsys.readouterr().err


def test_jaffe_and_ferg_go_the_same_way(monkeypatch, tmp_path, capsys):
    jaffe, ferg = tmp_path / "jaffe", tmp_path / "FERG_DB_256"
    jaffe.mkdir()
    for index, subject in enumerate(("KA", "KL", "KM")):
        Image.new("L", (256, 256), 40 * index).save(jaffe / f"{subject}.SU1.{index}.tiff")
        name = ("aia", "bonnie", "ray")[index]
        folder = ferg / name / f"{name}_joy"
        folder.mkdir(parents=True)
        Image.new("RGBA", (256, 256), (90, 90, 90, 255)).save(folder / f"{name}_joy_1.png")
    assert exit_code(monkeypatch, convert, "jaffe", jaffe, "-o", tmp_path / "j", "--fold", 1) == 0
    assert load_faces(str(tmp_path / "j-test")).labels.tolist() == [5]
    for part, grey in (("test", 0), ("val", 40), ("train", 80)):
        assert np.unique(load_faces(str(tmp_path / f"j-{part}")).images).tolist() == [grey]
    assert exit_code(monkeypatch, convert, "ferg", ferg, "-o", tmp_path / "f", "--fold", 3, "--crop", "0.9") == 0
    assert load_faces(str(tmp_path / "f-train")).labels.tolist() == [3]
    assert np.unique(load_faces(str(tmp_path / "f-train")).images).tolist() == [90]


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["ckplus", "absent", "-o", "x"], 65, "absent: no such folder"),
        (["ckplus", "ROOT", "-o", "x", "--fold", "11"], 64, "expected 1 to 10"),
        (["ckplus", "ROOT", "-o", "x", "--fold", "1", "--seed", "2"], 64, "folds are not drawn"),
        (["ckplus", "ROOT", "-o", "x", "--landmarks", "--crop", "0.5"], 64, "no meaning with --landmarks"),
        (["ckplus", "ROOT", "-o", "x", "--frames", "0"], 64, "must be at least 1"),
        (["jaffe", "ROOT", "-o", "x", "--crop", "2"], 64, "must be 0.1 to 1"),
        (["jaffe", "ROOT", "-o", "x", "--frames", "3"], 64, "unrecognized arguments"),
        (["jaffe", "ROOT", "-o", "."], 64, "expected the start of a file name"),
        (["fer", "ROOT", "-o", "x"], 64, "invalid choice"),
        ([], 64, "required"),
    ],
)
def test_bad_usage_and_bad_folders_are_named(monkeypatch, tmp_path, root, arguments, code, message, capsys):
    monkeypatch.chdir(tmp_path)
    before = files(tmp_path)
    assert exit_code(monkeypatch, convert, *(root if a == "ROOT" else a for a in arguments)) == code
    assert message in capsys.readouterr().err
    assert files(tmp_path) == before
