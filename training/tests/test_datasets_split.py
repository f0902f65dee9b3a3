from collections import Counter
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from training.datasets.sample import Sample, central_square, inside, read_face
from training.datasets.split import by_subject, stratified
from training.errors import BadInput, BadUsage


def sample(index, label, subject="A", group=None):
    return Sample(Path(f"{index}.png"), f"{index:04}", group or f"{index:04}", subject, label)


def keys(parts):
    return [[one.key for one in part] for part in parts]


def test_shares_are_exact_and_each_class_is_spread_over_the_parts():
    samples = [sample(index, label) for index, label in enumerate([0] * 100 + [1] * 37 + [2] * 6)]
    train, val, test = stratified(samples, (0.7, 0.1, 0.2), seed=1)
    assert (len(train), len(val), len(test)) == (100, 14, 29)
    for label, count in ((0, 100), (1, 37), (2, 6)):
        for part, share in ((train, 0.7), (val, 0.1), (test, 0.2)):
            assert abs(sum(one.label == label for one in part) - share * count) <= 1
    assert sorted(sum(keys((train, val, test)), [])) == [one.key for one in samples]


def test_a_split_hangs_on_the_seed_alone_and_not_on_the_order_of_files():
    samples = [sample(index, index % 3) for index in range(60)]
    first = keys(stratified(samples, (0.5, 0.5), seed=1))
    assert keys(stratified(samples[::-1], (0.5, 0.5), seed=1)) == first
    assert keys(stratified(samples, (0.5, 0.5), seed=2)) != first


def test_a_group_is_never_torn_apart():
    samples = [sample(index, index // 3 % 4, group=f"g{index // 3}") for index in range(120)]
    parts = stratified(samples, (0.7, 0.1, 0.2), seed=3)
    assert [len(part) for part in parts] == [84, 12, 24]
    groups = [{one.group for one in part} for part in parts]
    assert sum(map(len, groups)) == len(set.union(*groups)) == 40


def test_folds_share_no_subject_and_each_subject_is_tested_once():
    samples = [sample(index, index % 7, subject=f"S{index % 23:03}") for index in range(230)]
    tested = Counter()
    for fold in range(1, 11):
        split = by_subject(samples, 10, fold)
        subjects = {name: {one.subject for one in part} for name, part in split.items()}
        assert not subjects["train"] & subjects["val"] and not subjects["train"] & subjects["test"]
        assert not subjects["val"] & subjects["test"]
        assert sum(map(len, split.values())) == len(samples)
        assert subjects["val"] == {one.subject for one in by_subject(samples, 10, fold % 10 + 1)["test"]}
        tested.update(subjects["test"])
    assert set(tested.values()) == {1} and len(tested) == 23
    assert {one.subject for one in by_subject(samples, 10, 1)["test"]} == {"S000", "S010", "S020"}


@pytest.mark.parametrize("fold", [0, 4, -1])
def test_a_fold_that_does_not_exist_is_a_usage_error(fold):
    with pytest.raises(BadUsage, match="expected 1 to 3"):
        by_subject([sample(i, 0, subject=f"S{i}") for i in range(9)], 3, fold)


@pytest.mark.parametrize("subjects, folds", [(9, 10), (2, 2)])
def test_too_few_subjects_are_refused(subjects, folds):
    with pytest.raises(BadInput, match="too few for"):
        by_subject([sample(i, 0, subject=f"S{i}") for i in range(subjects)], folds, 1)


def test_a_wide_image_loses_its_sides_and_shrinks_by_area(tmp_path):
    # A chequered centre 480 pixels wide, in squares of 1 pixel that only averaging turns into an even grey.
    pixels = np.full((480, 640), 255, np.uint8)
    pixels[:, 80:560] = 200 * (np.indices((480, 480)).sum(0) % 2)
    path = tmp_path / "wide.png"
    Image.fromarray(pixels).save(path)
    face = read_face(Sample(path, "wide", "wide", "A", 0))
    assert face.shape == (48, 48) and face.dtype == np.uint8
    assert np.abs(face[1:-1, 1:-1].astype(int) - 100).max() <= 2
    assert read_face(Sample(path, "wide", "wide", "A", 0, box=(0, 0, 80, 80)))[:, :-1].min() == 255


def test_crop_takes_the_middle(tmp_path):
    pixels = np.zeros((100, 100), np.uint8)
    pixels[25:75, 25:75] = 90
    path = tmp_path / "middle.png"
    Image.fromarray(pixels).save(path)
    assert read_face(Sample(path, "m", "m", "A", 0), crop=0.5).min() >= 80
    assert read_face(Sample(path, "m", "m", "A", 0))[0, 0] == 0


def test_colour_becomes_luma_and_transparency_white(tmp_path):
    picture = Image.new("RGBA", (60, 60), (200, 100, 50, 255))
    picture.paste((0, 0, 0, 0), (30, 0, 60, 60))
    picture.save(tmp_path / "colour.png")
    face = read_face(Sample(tmp_path / "colour.png", "c", "c", "A", 0))
    assert face[24, 5] == round(0.299 * 200 + 0.587 * 100 + 0.114 * 50)
    assert face[24, 43] == 255


def test_a_box_beyond_the_image_is_moved_inside():
    assert inside((-20, 10, 80, 110), (200, 100)) == (0, 0, 100, 100)
    assert inside((150, 20, 210, 80), (200, 100)) == (140, 20, 200, 80)
    left, top, right, bottom = inside((-50, -50, 350, 350), (200, 100))
    assert (right - left, bottom - top, top) == (100, 100, 0)
    assert central_square((640, 490), 1.0) == (75, 0, 565, 490)


@pytest.mark.parametrize("content", [b"", b"no picture", None])
def test_an_unreadable_image_is_named(tmp_path, content):
    path = tmp_path / "bad.png"
    if content is None:
        # Cut off in the middle.
        Image.fromarray(np.random.default_rng(1).integers(0, 255, (64, 64), dtype=np.uint8)).save(path)
        content = path.read_bytes()[:2000]
    path.write_bytes(content)
    with pytest.raises(BadInput, match="bad.png: not a readable image"):
        read_face(Sample(path, "bad", "bad", "A", 0))


def test_sixteen_bit_pixels_are_refused_rather_than_clipped(tmp_path):
    Image.fromarray(np.full((50, 50), 4000, np.uint16)).save(tmp_path / "deep.png")
    with pytest.raises(BadInput, match="deep.png: pixels of mode I;16"):
        read_face(Sample(tmp_path / "deep.png", "d", "d", "A", 0))
