import shutil

import numpy as np
import pytest
from PIL import Image

from training.datasets import ckplus
from training.errors import BadInput

LABELS = [1, 2, 3, 4, 5, 6, 7]


def add_sequence(root, subject, sequence, label, frames=range(1, 6), size=(64, 49), mode="L"):
    """A frame's grey is its number times ten, so that pixels tell which frame was read."""
    images, labels = (root / kind / subject / sequence for kind in ("cohn-kanade-images", "Emotion"))
    images.mkdir(parents=True)
    labels.mkdir(parents=True)
    for frame in frames:
        Image.new("L", size, frame * 10).convert(mode).save(images / f"{subject}_{sequence}_{frame:08}.png")
    if label is not None:
        (labels / f"{subject}_{sequence}_{max(frames):08}_emotion.txt").write_text(f"   {label:.7e}\n")


@pytest.fixture
def root(tmp_path):
    """24 subjects with two labelled sequences each and one without a label."""
    folder = tmp_path / "CK+"
    for index in range(24):
        subject = f"S{5 * index:03}"
        add_sequence(folder, subject, "001", LABELS[index % 7])
        add_sequence(folder, subject, "002", LABELS[(index + 3) % 7], frames=range(1, 12), size=(64, 48), mode="RGB")
        add_sequence(folder, subject, "003", None)
    (folder / "cohn-kanade-images" / ".DS_Store").write_bytes(b"")
    (folder / "Emotion" / "S000" / "001" / "._S000_001_00000005_emotion.txt").write_bytes(b"\0")
    return folder


def test_the_last_frame_of_each_labelled_sequence_is_taken(root):
    samples = ckplus.read(root)
    assert len(samples) == 48
    assert {s.key for s in samples if s.subject == "S000"} == {"S000_001_00000005", "S000_002_00000011"}


def test_frames_are_ordered_by_number_not_by_name(tmp_path):
    images = tmp_path / "cohn-kanade-images" / "S001" / "001"
    labels = tmp_path / "Emotion" / "S001" / "001"
    images.mkdir(parents=True), labels.mkdir(parents=True)
    for frame in (8, 9, 10, 11):
        Image.new("L", (60, 60), frame).save(images / f"S001_001_{frame}.png")
    (labels / "S001_001_11_emotion.txt").write_text("5")
    assert [s.key for s in ckplus.read(tmp_path, frames=3)] == ["S001_001_9", "S001_001_10", "S001_001_11"]


def test_the_last_three_frames_share_label_and_group(root):
    samples = [s for s in ckplus.read(root, frames=3) if s.group == "S000_002"]
    assert [s.key[-2:] for s in samples] == ["09", "10", "11"]
    assert {(s.subject, s.label) for s in samples} == {("S000", ckplus.CLASSES.index("fear"))}


@pytest.mark.parametrize(
    "label, name",
    [(1, "angry"), (2, "contempt"), (3, "disgust"), (4, "fear"), (5, "happy"), (6, "sad"), (7, "surprise")],
)
def test_labels_map_to_fers_order_with_contempt_in_neutrals_place(tmp_path, label, name):
    add_sequence(tmp_path, "S010", "001", label)
    order = ("angry", "disgust", "fear", "happy", "sad", "surprise", "contempt")
    assert ckplus.CLASSES == order
    assert [s.label for s in ckplus.read(tmp_path)] == [order.index(name)]


def test_the_published_shares_keep_sequences_whole(root):
    split = ckplus.paper_split(ckplus.read(root, frames=3), seed=1)
    assert [len(split[name]) // 3 for name in ("train", "val", "test")] == [34, 4, 10]
    groups = [{s.group for s in part} for part in split.values()]
    assert sum(map(len, groups)) == len(set.union(*groups))


def test_landmarks_give_the_box(tmp_path):
    add_sequence(tmp_path, "S010", "001", 5, size=(640, 490))
    marks = tmp_path / "Landmarks" / "S010" / "001"
    marks.mkdir(parents=True)
    points = np.random.default_rng(3).uniform((220, 150), (420, 350), (68, 2))
    points[:4] = (220, 200), (420, 200), (300, 150), (300, 350)
    path = marks / "S010_001_00000005_landmarks.txt"
    path.write_text("".join(f"   {x:.7e}   {y:.7e}\n" for x, y in points))
    (sample,) = ckplus.read(tmp_path, landmarks=True)
    np.testing.assert_allclose(sample.box, (320 - 130, 224 - 130, 320 + 130, 224 + 130), atol=1e-3)
    path.write_text("1 2\n" * 67)
    with pytest.raises(BadInput, match="landmarks.txt: expected 68 lines"):
        ckplus.read(tmp_path, landmarks=True)
    path.unlink()
    with pytest.raises(BadInput, match="landmarks.txt: no such file"):
        ckplus.read(tmp_path, landmarks=True)


@pytest.mark.parametrize("text", ["", "happy", "3 4", "3\n4", "2.5", "nan", "inf", "\x80"])
def test_a_label_that_is_nonsense_is_named(root, text):
    path = root / "Emotion" / "S005" / "001" / "S005_001_00000005_emotion.txt"
    path.write_bytes(text.encode("latin-1"))
    with pytest.raises(BadInput, match="S005_001_00000005_emotion.txt: expected"):
        ckplus.read(root)


@pytest.mark.parametrize("label", [-1, 0, 8])
def test_a_label_out_of_range_is_named(root, label):
    (root / "Emotion" / "S005" / "001" / "S005_001_00000005_emotion.txt").write_text(f"   {label:.7e}\n")
    with pytest.raises(BadInput, match=f"S005_001_00000005_emotion.txt: label {label}, expected 1 to 7"):
        ckplus.read(root)


def break_frames(root):
    for path in (root / "cohn-kanade-images" / "S005" / "001").iterdir():
        path.unlink()


def break_folder(root):
    shutil.rmtree(root / "cohn-kanade-images" / "S005" / "001")


def break_peak(root):
    (root / "cohn-kanade-images" / "S005" / "001" / "S005_001_00000005.png").unlink()


def break_name(root):
    (root / "cohn-kanade-images" / "S005" / "001" / "S006_001_00000006.png").write_bytes(b"")


def break_label_name(root):
    (root / "Emotion" / "S005" / "001" / "notes.txt").write_text("3")


def break_labels(root):
    (root / "Emotion" / "S005" / "001" / "S005_001_00000004_emotion.txt").write_text("3")


@pytest.mark.parametrize(
    "harm, message",
    [
        (break_frames, "S005/001: labelled sequence without frames"),
        (break_folder, "S005/001: no such folder"),
        (break_peak, "S005/001: no frame 5, which S005_001_00000005_emotion.txt labels"),
        (break_name, "S006_001_00000006.png: unexpected file name"),
        (break_label_name, "notes.txt: unexpected file name"),
        (break_labels, "S005/001: 2 label files, expected one"),
    ],
)
def test_what_is_amiss_in_a_sequence_is_named(root, harm, message):
    harm(root)
    with pytest.raises(BadInput, match=message):
        ckplus.read(root)


def test_too_short_a_sequence_is_named(root):
    with pytest.raises(BadInput, match="S000/001: 5 frames, but the last 6 are wanted"):
        ckplus.read(root, frames=6)


def test_wrong_folders_are_told_apart(root):
    with pytest.raises(BadInput, match=r"expected the folders .* did you mean .*CK\+\?"):
        ckplus.read(root.parent)
    with pytest.raises(BadInput, match="give the folder that holds Emotion"):
        ckplus.read(root / "Emotion")
    with pytest.raises(BadInput, match="absent: no such folder"):
        ckplus.read(root / "absent")
    with pytest.raises(BadInput, match="file: not a folder"):
        (root / "file").write_bytes(b"")
        ckplus.read(root / "file")


def test_a_set_without_labels_is_refused(root):
    shutil.rmtree(root / "Emotion")
    (root / "Emotion").mkdir()
    with pytest.raises(BadInput, match="Emotion: no label file in it"):
        ckplus.read(root)
