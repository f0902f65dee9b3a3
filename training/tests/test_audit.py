import io
import json

import numpy as np
import pytest
import torch
from PIL import Image

from training import audit, duplicates
from training.audit import between, duplicates_of, within
from training.dataset import Faces
from training.duplicates import near_pairs
from training.tests.program import exit_code


def drawn_faces(count, seed):
    """Images [count, 60, 60] of a face's plan, each with eyes, mouth, hair and blemishes of its own."""
    generator = np.random.default_rng(seed)
    y, x = np.mgrid[0:60, 0:60] / 30 - 1
    images = np.empty((count, 60, 60), np.float32)
    for image in images:
        spot = lambda cy, cx, sy, sx, grey: grey * np.exp(-((y - cy) ** 2) / sy**2 - (x - cx) ** 2 / sx**2)
        jitter = lambda spread=0.06: generator.normal(0, spread)
        image[:] = 60 + spot(0, jitter(), 0.8, 0.65, 130) + 25 * generator.normal() * x
        for side in (-1, 1):
            image += spot(-0.25 + jitter(), side * (0.33 + jitter()), 0.09 + abs(jitter()), 0.15 + abs(jitter()), -90)
        image += spot(0.4 + jitter(), jitter(), 0.07 + abs(jitter()), 0.28 + abs(jitter(0.1)), -80)
        for _ in range(40):
            image += spot(*generator.uniform(-0.9, 0.9, 2), *generator.uniform(0.06, 0.2, 2), generator.normal(0, 40))
    return images


def middle(image, top=6, left=6):
    return np.clip(image[top : top + 48, left : left + 48], 0, 255).astype(np.uint8)


def recompressed(image):
    buffer = io.BytesIO()
    Image.fromarray(image).save(buffer, "JPEG", quality=40)
    return np.asarray(Image.open(buffer))


def zoomed(image):
    return np.asarray(Image.fromarray(image).resize((48, 48), Image.Resampling.BILINEAR, box=(2, 1, 45, 44)))


COPIES = {
    "brighter": lambda wide: np.clip(middle(wide) * 0.7 + 60, 0, 255).astype(np.uint8),
    "shifted": lambda wide: middle(wide, 3, 8),
    "recompressed": lambda wide: recompressed(middle(wide)),
    "zoomed": lambda wide: zoomed(middle(wide)),
    "mirrored": lambda wide: np.ascontiguousarray(middle(wide)[:, ::-1]),
    "mirrored, shifted, recompressed": lambda wide: recompressed(np.ascontiguousarray(middle(wide, 8, 5)[:, ::-1])),
    "lit from one side": lambda wide: np.clip(middle(wide) + np.linspace(-50, 50, 48), 0, 255).astype(np.uint8),
}


def faces(images, labels=None):
    images = np.stack(list(images))
    return Faces(torch.from_numpy(images), torch.tensor(labels if labels is not None else [0] * len(images)))


@pytest.fixture(scope="module")
def wide():
    return drawn_faces(60, seed=4)


@pytest.fixture(params=[duplicates.EXHAUSTIVE, 0], ids=["all pairs", "by fingerprint"])
def way(monkeypatch, request):
    monkeypatch.setattr(duplicates, "EXHAUSTIVE", request.param)


@pytest.mark.parametrize("name", COPIES)
def test_a_changed_copy_is_found_and_only_it(wide, way, name):
    reference = np.stack([middle(image) for image in wide])
    changed = (3, 17, 41)
    strangers = [middle(image) for image in drawn_faces(20, seed=9)]
    probe = np.stack([COPIES[name](wide[index]) for index in changed] + strangers)
    pairs = near_pairs(reference, probe)
    assert [(int(a), int(b)) for a, b in zip(pairs.first, pairs.second)] == [(3, 0), (17, 1), (41, 2)]
    assert pairs.mirrored.tolist() == [name.startswith("mirrored")] * 3


def test_distinct_faces_are_not_flagged(wide, way):
    assert len(near_pairs(np.stack([middle(image) for image in wide]))) == 0


def test_empty_images_resemble_none():
    generator = np.random.default_rng(2)
    blank = np.stack([np.full((48, 48), grey, np.uint8) for grey in (0, 0, 10, 255)])
    noisy = 128 + generator.integers(0, 2, (4, 48, 48)).astype(np.uint8)
    assert len(near_pairs(np.concatenate([blank, noisy]))) == 0


def test_what_is_hardly_to_be_seen_resembles_nothing(wide):
    plain = np.stack([middle(image) for image in wide[:3]])
    faint = np.round(128 + (plain.astype(float) - 128) / 40).astype(np.uint8)
    assert len(near_pairs(plain, faint)) == 0
    assert len(near_pairs(faint, plain)) == 0


def test_blocks_change_nothing(monkeypatch, wide):
    images = np.stack([middle(image) for image in wide[:12]] + [COPIES["shifted"](image) for image in wide[:12]])
    whole = near_pairs(images)
    by_five = lambda values, size: ((start, values[start : start + 5]) for start in range(0, len(values), 5))
    monkeypatch.setattr(duplicates, "_blocks", by_five)
    parts = near_pairs(images)
    assert whole.first.tolist() == parts.first.tolist() == list(range(12))
    assert whole.second.tolist() == parts.second.tolist() == list(range(12, 24))
    np.testing.assert_allclose(whole.score, parts.score, atol=1e-5)


def test_exact_and_near_duplicates_of_a_split_are_told_apart(wide):
    plain = [middle(image) for image in wide[:8]]
    probe = faces([plain[2], COPIES["shifted"](wide[5]), middle(wide[30])])
    found = duplicates_of(faces(plain), probe)
    assert found.exact.tolist() == [True, False, False]
    assert found.near.tolist() == [False, True, False]


def test_duplicates_of_nothing_left_is_no_error(wide):
    plain = faces(middle(image) for image in wide[:4])
    found = duplicates_of(plain, plain)
    assert found.exact.all() and not found.near.any()


def test_counts_within_a_split_and_labels_that_contradict(wide):
    plain = [middle(image) for image in wide[:6]]
    # Image 0 three times, once with another label; image 1 shifted with another label; image 2 mirrored with its own.
    images = plain + [plain[0], plain[0], COPIES["shifted"](wide[1]), COPIES["mirrored"](wide[2])]
    counts, pairs = within("split", faces(images, [0, 1, 2, 3, 4, 5, 0, 6, 2, 2]))
    assert (counts.identical, counts.identical_label_differs) == (2, 2)
    assert (counts.near, counts.near_label_differs, counts.mirrored) == (2, 1, 1)
    assert pairs.first.tolist() == [1, 2] and pairs.second.tolist() == [8, 9]


def test_counts_between_splits_are_of_the_later_ones_images(wide):
    plain = [middle(image) for image in wide[:6]]
    reference = faces([*plain, plain[3]], [0, 1, 2, 3, 4, 5, 3])
    probe = faces([plain[3], plain[3], COPIES["zoomed"](wide[4]), middle(wide[20])], [3, 1, 0, 0])
    counts, masks, pairs = between("a", reference, "b", probe)
    assert (counts.images, counts.identical, counts.identical_label_differs) == (4, 2, 1)
    assert (counts.near, counts.near_label_differs, counts.mirrored) == (1, 1, 0)
    assert masks.exact.tolist() == [True, True, False, False] and masks.near.tolist() == [False, False, True, False]
    assert pairs.first.tolist() == [4] and pairs.second.tolist() == [2]


@pytest.fixture
def splits(tmp_path, wide):
    for name, found in (
        ("train", faces((middle(image) for image in wide[:10]), list(range(7)) + [0, 1, 2])),
        ("test", faces([middle(wide[0]), COPIES["shifted"](wide[1]), middle(wide[40])], [0, 1, 2])),
    ):
        np.save(tmp_path / f"{name}-images.npy", found.images.numpy())
        np.save(tmp_path / f"{name}-labels.npy", found.labels.numpy())
    return str(tmp_path / "train"), str(tmp_path / "test")


def test_the_report_its_mask_and_its_sheet(monkeypatch, tmp_path, splits, capsys):
    mask, sheet = tmp_path / "mask.npy", tmp_path / "pairs.png"
    assert exit_code(monkeypatch, audit, "--data", *splits, "--json", "--exclude", mask, "--montage", sheet) == 0
    report = json.loads(capsys.readouterr().out)
    assert [(c["reference"], c["probe"], c["identical"], c["near"]) for c in report["comparisons"]] == [
        (splits[0], splits[0], 0, 0), (splits[1], splits[1], 0, 0), (splits[0], splits[1], 1, 1)
    ]
    excluded = np.load(mask)
    assert excluded.dtype == bool and excluded.tolist() == [True, True, False]
    assert Image.open(sheet).size == (8 * 206, 112)
    assert exit_code(monkeypatch, audit, "--data", *splits) == 0
    assert f"{splits[1]} in {splits[0]}" in capsys.readouterr().out
    assert sorted(path.name for path in tmp_path.glob("*.partial")) == []


@pytest.mark.parametrize(
    "arguments, code, message",
    [
        (["--data", "missing"], 65, "missing-images.npy: no such file"),
        (["--data", "x", "x"], 64, "the same split twice"),
        (["--data", "x", "--exclude", "mask.npy"], 64, "needs two splits"),
        (["--data", "x", "--threshold", "1.5"], 64, "less than 1"),
    ],
)
def test_bad_input_is_named(monkeypatch, arguments, code, message, capsys):
    assert exit_code(monkeypatch, audit, *arguments) == code
    assert message in capsys.readouterr().err


def test_a_mask_that_cannot_be_written_is_named(monkeypatch, tmp_path, splits, capsys):
    assert exit_code(monkeypatch, audit, "--data", *splits, "--exclude", tmp_path / "absent" / "mask.npy") == 65
    assert "mask.npy: can't be written (No such file or directory)" in capsys.readouterr().err
