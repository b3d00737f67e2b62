"""Spatial Registrations: which way their matrices lead, and what is refused."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import dcmread

import viewer3d
from tests.dicom.made import item
from tests.dicom.objects.reg_files import registration_item, write_registration
from tests.phantom_files import write_phantom
from viewer3d import errors

ROOT, ONE, TWO = "1.2.9.1", "1.2.9.2", "1.2.9.3"


def rigid(degrees: float, shift: Any, axis: int = 2) -> np.ndarray[Any, Any]:
    c, s = np.cos(np.radians(degrees)), np.sin(np.radians(degrees))
    a, b = ((1, 2), (2, 0), (0, 1))[axis]
    matrix = np.eye(4)
    matrix[a, a], matrix[a, b], matrix[b, a], matrix[b, b] = c, -s, s, c
    matrix[:3, 3] = shift
    return matrix


FIRST, SECOND = rigid(30, (10, -20, 5)), rigid(-12, (1, 2, 3), axis=0)
SHEARED = np.array([[1.02, 0.05, 0, 4], [0, 0.98, 0.01, 5], [0, 0, 1.1, 6], [0, 0, 0, 1]])


@pytest.fixture
def path(tmp_path: Path) -> Path:
    items = [
        registration_item(ROOT, np.eye(4), kind="RIGID"),
        registration_item(ONE, FIRST, kind="RIGID"),
        registration_item(TWO, SHEARED),
    ]
    return write_registration(tmp_path / "reg.dcm", ROOT, items)


@pytest.mark.parametrize(
    ("base", "overlay", "expected"),
    [
        (ROOT, ONE, FIRST),
        (ONE, ROOT, np.linalg.inv(FIRST)),
        (ONE, TWO, np.linalg.inv(FIRST) @ SHEARED),
        (ROOT, ROOT, np.eye(4)),
    ],
    ids=["as it stands", "the other way", "through the third", "itself"],
)
def test_the_matrix_is_chosen_by_frames_of_reference(path: Path, base: str, overlay: str, expected: Any) -> None:
    matrix = viewer3d.load_transform(path, base, overlay)
    np.testing.assert_allclose(matrix, expected, atol=1e-9)
    np.testing.assert_array_equal(matrix[3], (0, 0, 0, 1))


def test_the_objects_own_frame_needs_no_item(tmp_path: Path) -> None:
    write_registration(tmp_path / "reg.dcm", ROOT, [registration_item(ONE, FIRST)])
    np.testing.assert_allclose(viewer3d.load_transform(tmp_path, ROOT, ONE), FIRST, atol=1e-9)


def test_matrices_of_an_item_are_multiplied_in_their_order(tmp_path: Path) -> None:
    third = rigid(5, (-7, 0, 1), axis=1)
    file = write_registration(tmp_path / "reg.dcm", ROOT, [registration_item(ONE, FIRST, SECOND, third)])
    expected = FIRST @ SECOND @ third
    np.testing.assert_allclose(viewer3d.load_transform(file, ROOT, ONE), expected, atol=1e-8)
    assert not np.allclose(expected, third @ SECOND @ FIRST, atol=1)


def test_a_dataset_and_volumes_are_taken_too(path: Path) -> None:
    base, overlay = (
        viewer3d.Volume.from_array(np.zeros((2, 2, 2)), np.eye(4), frame_of_reference=frame) for frame in (ONE, ROOT)
    )
    np.testing.assert_allclose(viewer3d.load_transform(dcmread(path), base, overlay), np.linalg.inv(FIRST), atol=1e-9)


def test_a_frame_that_is_not_there_is_named_without_its_uid(path: Path) -> None:
    with pytest.raises(errors.ViewError, match=r"frame of reference of the overlay .* is none that this") as caught:
        viewer3d.load_transform(path, ROOT, "1.2.9.44")
    assert "1.2.9" not in str(caught.value)
    with pytest.raises(errors.ViewError, match="that of the base is not known: give both"):
        viewer3d.load_transform(path, "", ONE)


def test_items_of_images_alone_are_counted_and_not_guessed(tmp_path: Path) -> None:
    images = [item(ReferencedSOPClassUID="1.2.840.10008.5.1.4.1.1.4", ReferencedSOPInstanceUID="1.2.9.5")]
    parts = [registration_item("", FIRST, ReferencedImageSequence=images), registration_item(ONE, SECOND)]
    file = write_registration(tmp_path / "reg.dcm", ROOT, parts)
    np.testing.assert_allclose(viewer3d.load_transform(file, ROOT, ONE), SECOND, atol=1e-9)
    with pytest.raises(errors.ViewError, match="1 of its items name images and no frame of reference"):
        viewer3d.load_transform(file, ROOT, TWO)


SCALED = np.diag([1.1, 1.1, 1.1, 1.0])
NAN = FIRST.copy()
NAN[0, 0] = np.nan
BAD: dict[str, tuple[Any, str]] = {
    "last row": ([registration_item(ONE, np.ones((4, 4)))], "item 1 .* last row 0 0 0 1"),
    "singular": ([registration_item(ONE, np.diag([1.0, 1, 0, 1]))], "singular"),
    "mirror": ([registration_item(ONE, np.diag([-1.0, 1, 1, 1]))], "mirrors"),
    "15 numbers": ([registration_item(ONE, np.eye(4).ravel()[:15])], "15 numbers, not 16"),
    "no matrix": ([registration_item(ONE)], "has no matrix"),
    "a scale that is no rigid motion": ([registration_item(ONE, SCALED, kind="RIGID")], "RIGID, and it scales by 1.1"),
    "a shear that is no scale": ([registration_item(ONE, SHEARED, kind="RIGID_SCALE")], "RIGID_SCALE, and it shears"),
    "another type": ([registration_item(ONE, FIRST, kind="BENT")], "type 'BENT'"),
    "two for one": ([registration_item(ONE, FIRST), registration_item(ONE, SECOND)], "two different matrices for one"),
    "nothing": ([], "without a Registration Sequence"),
}


@pytest.mark.parametrize("case", BAD)
def test_what_places_nothing_is_refused(case: str, tmp_path: Path) -> None:
    items, says = BAD[case]
    file = write_registration(tmp_path / "reg.dcm", ROOT, items)
    with pytest.raises(errors.BadFileError, match=says) as caught:
        viewer3d.load_transform(file, ROOT, ONE)
    assert "reg.dcm" in str(caught.value)
    assert "\n" not in str(caught.value)


def test_scales_and_the_lack_of_a_type_are_taken(tmp_path: Path) -> None:
    for kind in ("RIGID_SCALE", None):
        file = write_registration(tmp_path / "reg.dcm", ROOT, [registration_item(ONE, SCALED, kind=kind)])
        np.testing.assert_allclose(viewer3d.load_transform(file, ROOT, ONE), SCALED)


def test_numbers_that_are_none_are_refused(tmp_path: Path) -> None:
    file = write_registration(tmp_path / "reg.dcm", ROOT, [registration_item(ONE, np.eye(4))])
    data = file.read_bytes()
    assert data.count(b"1.0\\0.0\\") == 3
    for damaged in (b"nan\\0.0\\", b"x.y\\0.0\\"):
        file.write_bytes(data.replace(b"1.0\\0.0\\", damaged, 1))
        with pytest.raises(errors.BadFileError, match=r"reg\.dcm"):
            viewer3d.load_transform(file, ROOT, ONE)


def test_without_a_frame_of_reference_it_says_nothing(tmp_path: Path) -> None:
    file = write_registration(tmp_path / "reg.dcm", "", [registration_item(ONE, FIRST)])
    with pytest.raises(errors.BadFileError, match="without a Frame of Reference UID"):
        viewer3d.load_transform(file, ROOT, ONE)


def test_a_deformable_one_is_refused_in_words(tmp_path: Path) -> None:
    file = write_registration(
        tmp_path / "reg.dcm", ROOT, [registration_item(ONE, FIRST)], SOPClassUID="1.2.840.10008.5.1.4.1.1.66.3"
    )
    with pytest.raises(errors.BadFileError, match=r"deformable registration, which no 4 x 4 matrix can say: resample"):
        viewer3d.load_transform(file, ROOT, ONE)


def test_several_in_a_folder_are_a_choice(tmp_path: Path, path: Path) -> None:
    write_registration(tmp_path / "other.dcm", ROOT, [registration_item(ONE, SECOND)], SeriesNumber=10)
    with pytest.raises(errors.ChoiceError, match=r"load_transform\(\.\.\., series=10\)"):
        viewer3d.load_transform(tmp_path, ROOT, ONE)
    np.testing.assert_allclose(viewer3d.load_transform(tmp_path, ROOT, ONE, series=10), SECOND, atol=1e-9)


def test_an_image_is_no_registration(tmp_path: Path) -> None:
    write_phantom(tmp_path, shape=(8, 8, 2))
    with pytest.raises(errors.NoVolumeError, match="no spatial registration"):
        viewer3d.load_transform(tmp_path, ROOT, ONE)


def test_a_layer_is_placed_by_it_both_ways(path: Path) -> None:
    shape, affine = (12, 10, 8), np.diag([4.0, 4, 4, 1])
    root, one = (
        viewer3d.Volume.from_array(np.zeros(shape), affine, frame_of_reference=frame, modality="CT")
        for frame in (ROOT, ONE)
    )
    from viewer3d.core.layers import place_layers

    for base, over, expected in ((root, one, FIRST), (one, root, np.linalg.inv(FIRST))):
        _, placed = place_layers(base, viewer3d.Layer(over, "MR", transform=path)).layers
        np.testing.assert_allclose(placed.volume.affine, expected @ over.affine, atol=1e-8)
        np.testing.assert_allclose(placed.transform, expected, atol=1e-9)
        assert placed.notes[0] == "MR was placed by a Spatial Registration (reg.dcm)."
