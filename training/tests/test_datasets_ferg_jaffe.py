from collections import Counter

import pytest
from PIL import Image

from training.datasets import ferg, jaffe
from training.datasets.split import by_subject
from training.errors import BadInput

FERG_ORDER = {"anger": 0, "disgust": 1, "fear": 2, "joy": 3, "sadness": 4, "surprise": 5, "neutral": 6}
JAFFE_ORDER = {"AN": 0, "DI": 1, "FE": 2, "HA": 3, "SA": 4, "SU": 5, "NE": 6}
JAFFE_SUBJECTS = ("KA", "KL", "KM", "KR", "MK", "NA", "NM", "TM", "UY", "YM")


@pytest.fixture
def characters(tmp_path):
    """Six characters, seven expressions, eleven images each."""
    folder = tmp_path / "FERG_DB_256"
    for character in ferg.CHARACTERS:
        for expression in FERG_ORDER:
            path = folder / character / f"{character}_{expression}"
            path.mkdir(parents=True)
            for index in range(11):
                (path / f"{character}_{expression}_{index + 1}.png").touch()
    (folder / "readme.txt").write_text("of the archive")
    return folder


@pytest.fixture
def women(tmp_path):
    """Ten subjects and 213 images, the expressions as often as in the published set."""
    folder = tmp_path / "jaffedbase"
    folder.mkdir()
    number = 0
    for code, count in {"AN": 30, "DI": 29, "FE": 32, "HA": 31, "NE": 30, "SA": 31, "SU": 30}.items():
        for index in range(count):
            number += 1
            name = f"{JAFFE_SUBJECTS[index % 10]}.{code}{index // 10 + 1}.{number}.tiff"
            Image.new("L", (8, 8), index).save(folder / name)
    (folder / "README").write_text("of the archive")
    return folder


def test_ferg_takes_class_and_character_from_the_folders(characters):
    samples = ferg.read(characters)
    assert len(samples) == 6 * 7 * 11
    assert Counter(s.label for s in samples) == {label: 66 for label in range(7)}
    for s in samples:
        character, expression, _ = s.key.split("_")
        assert (s.subject, s.label) == (character, FERG_ORDER[expression])


def test_fergs_published_shares_are_stratified_by_character_and_expression(characters):
    split = ferg.paper_split(ferg.read(characters), seed=1)
    total = 6 * 7 * 11
    assert [len(split[name]) for name in ("train", "val", "test")] == [
        round(total * 34 / 55), round(total * 48 / 55) - round(total * 34 / 55), total - round(total * 48 / 55)
    ]
    for name, share in (("train", 34 / 55), ("val", 14 / 55), ("test", 7 / 55)):
        strata = Counter((s.subject, s.label) for s in split[name])
        assert len(strata) == 42
        assert all(abs(count - 11 * share) <= 1 for count in strata.values())


def test_a_ferg_fold_leaves_one_character_out(characters):
    split = by_subject(ferg.read(characters), 6, 6)
    assert {s.subject for s in split["test"]} == {"ray"}
    assert {s.subject for s in split["val"]} == {"aia"}
    assert {s.subject for s in split["train"]} == {"bonnie", "jules", "malcolm", "mery"}


def break_character(folder):
    (folder / "homer" / "homer_joy").mkdir(parents=True)


def break_expression(folder):
    (folder / "aia" / "aia_boredom").mkdir()


def break_prefix(folder):
    (folder / "aia" / "bonnie_joy").mkdir()


def break_empty(folder):
    for path in (folder / "ray" / "ray_joy").iterdir():
        path.unlink()


def break_file(folder):
    (folder / "ray" / "ray_joy" / "ray_fear_1.png").touch()


def break_kind(folder):
    (folder / "ray" / "ray_joy" / "ray_joy_1.jpg").touch()


@pytest.mark.parametrize(
    "harm, message",
    [
        (break_character, "homer: unknown character"),
        (break_expression, "aia_boredom: expected aia_ and an expression"),
        (break_prefix, "bonnie_joy: expected aia_ and an expression"),
        (break_empty, "ray_joy: no image in it"),
        (break_file, "ray_fear_1.png: unexpected file name"),
        (break_kind, "ray_joy_1.jpg: unexpected file name"),
    ],
)
def test_what_is_amiss_in_ferg_is_named(characters, harm, message):
    harm(characters)
    with pytest.raises(BadInput, match=message):
        ferg.read(characters)


def test_wrong_ferg_folders_are_told_apart(characters, tmp_path):
    with pytest.raises(BadInput, match=r"did you mean .*FERG_DB_256\?"):
        ferg.read(tmp_path)
    with pytest.raises(BadInput, match="aia: expected a folder for each character .* give the folder that holds this"):
        ferg.read(characters / "aia")
    with pytest.raises(BadInput, match="absent: no such folder"):
        ferg.read(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty: expected a folder for each character"):
        ferg.read(tmp_path / "empty")


def test_jaffe_takes_subject_and_class_from_the_names(women):
    samples = jaffe.read(women)
    assert len(samples) == 213
    for s in samples:
        subject, code, _ = s.key.split(".")
        assert (s.subject, s.label) == (subject, JAFFE_ORDER[code[:2]])


def test_jaffes_published_sizes_test_ten_of_each_expression(women):
    split = jaffe.paper_split(jaffe.read(women), seed=1)
    assert [len(split[name]) for name in ("train", "val", "test")] == [120, 23, 70]
    assert Counter(s.label for s in split["test"]) == {label: 10 for label in range(7)}
    assert all(3 <= count <= 4 for count in Counter(s.label for s in split["val"]).values())
    assert len({s.key for part in split.values() for s in part}) == 213
    assert jaffe.paper_split(jaffe.read(women)[::-1], seed=1) == split
    assert jaffe.paper_split(jaffe.read(women), seed=2) != split


def test_jaffe_leaves_one_subject_out(women):
    samples = jaffe.read(women)
    tested = []
    for fold in range(1, 11):
        split = by_subject(samples, 10, fold)
        (subject,) = {s.subject for s in split["test"]}
        assert all(s.subject != subject for name in ("train", "val") for s in split[name])
        tested.append(subject)
    assert tuple(tested) == JAFFE_SUBJECTS


@pytest.mark.parametrize(
    "name, message",
    [
        ("KA.XX1.39.tiff", "KA.XX1.39.tiff: unknown expression XX"),
        ("KA-AN1-39.tiff", "KA-AN1-39.tiff: unexpected file name"),
        ("KA.AN1.tiff", "KA.AN1.tiff: unexpected file name"),
        ("portrait.png", "portrait.png: unexpected file name"),
    ],
)
def test_an_unknown_jaffe_name_is_named(women, name, message):
    (women / name).touch()
    with pytest.raises(BadInput, match=message):
        jaffe.read(women)


def test_wrong_jaffe_folders_are_told_apart(women, tmp_path):
    with pytest.raises(BadInput, match=r"no image in it.* did you mean .*jaffedbase\?"):
        jaffe.read(tmp_path)
    with pytest.raises(BadInput, match="absent: no such folder"):
        jaffe.read(tmp_path / "absent")
    (tmp_path / "empty").mkdir()
    with pytest.raises(BadInput, match="empty: no image in it, expected files such as"):
        jaffe.read(tmp_path / "empty")


def test_too_few_of_an_expression_are_refused(women):
    for path in list(women.glob("*.DI*"))[11:]:
        path.unlink()
    with pytest.raises(BadInput, match="11 images of disgust: too few"):
        jaffe.paper_split(jaffe.read(women), seed=1)
