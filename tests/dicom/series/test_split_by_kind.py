"""Frames of one series to what lies side by side: kinds, planes, pixel spacings, regions; and odd ones."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.small import AXIAL, firsts, image, save, turned
from viewer3d.dicom.meaning.explain import decisions
from viewer3d.dicom.series.choose import choose
from viewer3d.errors import BadFileError, ChoiceError, NoVolumeError, StackError


def stack(first: int, heights: Any, **tags: Any) -> list[Dataset]:
    return [image(first + 10 * k, (0, 0, float(z)), **tags) for k, z in enumerate(heights)]


def spine(*stacks: tuple[float, float]) -> list[Dataset]:
    """Stacks of three slices 4 mm apart, each of a height and turned by some degrees."""
    images = []
    for number, (z, degrees) in enumerate(stacks):
        normal = np.array([0, -np.sin(np.radians(degrees)), np.cos(np.radians(degrees))])
        for k in range(3):
            place = np.array([0, 0, z]) + 4 * k * normal
            made = image(1000 * number + 10 * k, place, ImageOrientationPatient=turned(degrees), Modality="MR")
            images.append(made)
    return images


def test_stacks_a_few_degrees_apart_are_each_a_volume(tmp_path: Path) -> None:
    volumes = viewer3d.load_all(save(tmp_path, spine((0, 0), (-35, 2), (-70, 9), (-105, 10.5))))
    assert [firsts(volume) for volume in volumes] == [[1000 * n, 1000 * n + 10, 1000 * n + 20] for n in range(4)]
    for volume, (z, degrees) in zip(volumes, ((0, 0), (-35, 2), (-70, 9), (-105, 10.5)), strict=True):
        assert volume.affine[:3, 3] == pytest.approx([0, 0, z])
        across = [0, -np.sin(np.radians(degrees)), np.cos(np.radians(degrees))]
        assert volume.affine[:3, 2] == pytest.approx(4 * np.array(across), abs=1e-6)
    assert [volume.which.get("angle") for volume in volumes] == [0, 2, 9, 10.5]
    assert firsts(viewer3d.load(tmp_path, which={"angle": 9})) == [2000, 2010, 2020]


def test_parallel_stacks_of_one_angle_are_told_by_region(tmp_path: Path) -> None:
    volumes = viewer3d.load_all(save(tmp_path, spine((0, 9), (-80, 9), (-160, 0))))
    assert sorted(firsts(volume)[0] for volume in volumes) == [0, 1000, 2000]
    assert len({tuple(volume.which.items()) for volume in volumes}) == 3


def jittered(count: int, size: float) -> list[Dataset]:
    chance = np.random.default_rng(5)
    images = []
    for k in range(count):
        angles = chance.uniform(-size, size, 2)
        row, column = np.array([1, angles[0], 0]), np.array([-angles[0], 1, angles[1]])
        cosines = [*(row / np.linalg.norm(row)), *(column / np.linalg.norm(column))]
        images.append(image(10 * k, (0, 0, 3 * k), ImageOrientationPatient=[float(f"{c:.6f}") for c in cosines]))
    return images


def test_orientation_that_jitters_by_a_ten_thousandth_is_one_volume(tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, jittered(40, 1e-4)))
    assert firsts(volume) == list(range(0, 400, 10))


@pytest.mark.parametrize("count", [4, 40])
def test_orientation_that_jitters_by_a_hundredth_is_an_error(count: int, tmp_path: Path) -> None:
    found = viewer3d.scan(save(tmp_path, jittered(count, 1e-2)))
    assert len(found[0].stacks) == 1
    with pytest.raises(NoVolumeError, match=r"Image Orientation \(Patient\) differs by up to 0\.0"):
        viewer3d.load(found)


def test_two_pixel_spacings_are_two_volumes(tmp_path: Path) -> None:
    images = [*stack(0, [100, 102.5, 105, 107.5]), *stack(1000, [-80, -75, -70], PixelSpacing=[1.0, 0.5])]
    volumes = viewer3d.load_all(save(tmp_path, images))
    assert [volume.spacing for volume in volumes] == [(0.75, 1.5, 2.5), (0.5, 1.0, 5.0)]
    assert [volume.which for volume in volumes] == [{"pixel_spacing": "0.75 x 1.5 mm"}, {"pixel_spacing": "0.5 x 1 mm"}]
    assert firsts(viewer3d.load(tmp_path, which={"pixel_spacing": "0.5 x 1 mm"})) == [1000, 1010, 1020]


def test_a_slice_whose_spacing_is_damaged_is_named(tmp_path: Path) -> None:
    images = stack(0, range(0, 15, 3))
    images[2].PixelSpacing = [1.5, 7.5]
    folder = save(tmp_path, images)
    with pytest.raises(BadFileError, match=r"002\.dcm: a Pixel Spacing of 7\.5 x 1\.5 mm, not 0\.75 x 1\.5 mm"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert volume.shape == (8, 6, 5)
    assert firsts(volume) == [0, 10, 20, 30, 40]  # the one between was interpolated
    assert "1 image without a place was left out" in volume.notes[0]


@pytest.mark.parametrize(("first", "second"), [(5, 5), (5, 2), (1, 1)])
def test_two_regions_far_apart_are_two_volumes(first: float, second: float, tmp_path: Path) -> None:
    low, high = [first * k for k in range(8)], [300 + second * k for k in range(10)]
    volumes = viewer3d.load_all(save(tmp_path, [*stack(0, low), *stack(1000, high)]))
    by_region = sorted(volumes, key=lambda volume: float(volume.which["region"]))
    assert [volume.shape[2] for volume in by_region] == [8, 10]
    assert [volume.spacing[2] for volume in by_region] == [first, second]
    assert [volume.affine[2, 3] for volume in by_region] == [0, 300]
    assert firsts(viewer3d.load(tmp_path, which={"region": 2}))[0] == 1000


@pytest.mark.parametrize(
    "heights",
    [
        [*range(0, 50, 5), *range(70, 120, 5)],  # three slices are missing
        [*range(30), *range(42, 45)],  # twelve thin ones, near the end
        [*range(0, 30, 2), *range(30, 130, 10)],  # two steps, one after the other
    ],
)
def test_some_slices_that_are_missing_part_nothing(heights: list[int], tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, stack(0, heights)))
    step = volume.spacing[2]
    assert step == np.diff(heights).min()
    for k, z in enumerate(heights):
        assert volume.voxels[0, 0, round(z / step)] == 10 * k
    assert any("missing" in note or "uneven" in note for note in volume.notes)


@pytest.mark.parametrize("turns", [(0, 0.3, 0.6), (0, 0.1, 0.2)])
def test_times_that_were_moved_with_the_head_are_each_a_volume(turns: tuple[float, ...], tmp_path: Path) -> None:
    """Prospective motion correction writes each time where the head was then."""
    images = [
        image(
            100 * t + 10 * k,
            (0.1 * t, 0, 3 * k + 0.2 * t),
            ImageOrientationPatient=turned(degrees),
            AcquisitionNumber=t + 1,
            Modality="MR",
        )
        for t, degrees in enumerate(turns)
        for k in range(6)
    ]
    volumes = viewer3d.load_all(save(tmp_path, images))
    assert [firsts(volume) for volume in volumes] == [[100 * t + 10 * k for k in range(6)] for t in range(3)]


def test_two_regions_beside_each_other_are_not_two_times(tmp_path: Path) -> None:
    """Both hands in one series: at one height, 150 mm apart."""
    images = [image(1000 * side + 10 * k, (150 * side, 0, 3 * k)) for side in (0, 1) for k in range(5)]
    volumes = viewer3d.load_all(save(tmp_path, images))
    assert [firsts(volume) for volume in volumes] == [[0, 10, 20, 30, 40], [1000, 1010, 1020, 1030, 1040]]
    assert [volume.affine[0, 3] for volume in volumes] == [0, 150]
    assert [volume.which for volume in volumes] == [{"region": 1}, {"region": 2}]


def test_two_times_of_a_tilted_gantry_are_not_regions(tmp_path: Path) -> None:
    images = [
        image(1000 * time + 10 * k, (0, 2.0 * k, 3 * k), TemporalPositionIdentifier=time + 1)
        for time in (0, 1)
        for k in range(10)
    ]
    found = viewer3d.scan(save(tmp_path, images))
    assert [one.which for one in found[0].stacks] == [{"time": 0}, {"time": 1}]


def test_pixel_spacings_that_take_turns_are_an_error(tmp_path: Path) -> None:
    images = [image(10 * k, (0, 0, 3 * k), PixelSpacing=[1.5 + 0.001 * (k % 3), 0.75]) for k in range(9)]
    with pytest.raises(NoVolumeError, match="Pixel Spacing differs between images"):
        viewer3d.load(save(tmp_path, images))


def test_two_pixel_spacings_at_the_same_heights_are_two_volumes(tmp_path: Path) -> None:
    images = [*stack(0, range(0, 15, 3)), *stack(1000, range(0, 15, 3), PixelSpacing=[0.5, 0.5])]
    volumes = viewer3d.load_all(save(tmp_path, images))
    assert [volume.spacing for volume in volumes] == [(0.75, 1.5, 3.0), (0.5, 0.5, 3.0)]


def typed(first: int, heights: Any, *words: str, **tags: Any) -> list[Dataset]:
    return stack(first, heights, ImageType=["ORIGINAL", "PRIMARY", *words], **tags)


@pytest.mark.parametrize(
    "images",
    [
        [*typed(0, range(0, 25, 5), "AXIAL"), *typed(1000, range(25, 50, 5), "AXIAL", "ADD")],
        [*typed(0, range(0, 24, 2), "AXIAL", "ADD"), *typed(1000, range(27, 80, 5), "AXIAL")],  # a head, two steps
        [*typed(0, range(0, 40, 10), "AXIAL"), *typed(1000, range(5, 45, 10), "AXIAL", "CSA")],  # every other slice
        [*typed(0, [0, 5, 15, 20, 30, 35], "AXIAL"), *typed(1000, [10, 25], "AXIAL", "X")],
    ],
)
def test_image_types_that_differ_within_one_stack_part_nothing(images: list[Dataset], tmp_path: Path) -> None:
    volume = viewer3d.load(save(tmp_path, images))
    true = sorted((one.ImagePositionPatient[2], np.frombuffer(one.PixelData, "<i2")[0]) for one in images)
    places = np.arange(volume.shape[2]) * volume.spacing[2]
    assert np.allclose(firsts(volume), np.interp(places, *zip(*true, strict=True)), atol=0.51)
    assert places[-1] == pytest.approx(true[-1][0])
    assert any("Image Type (0008,0008) differs between slices of one stack" in note for note in volume.notes)


@pytest.mark.parametrize(
    ("others", "names"),
    [
        (typed(1000, range(0, 25, 5), "PHASE"), {"AXIAL", "PHASE"}),  # collide
        (typed(1000, [12.5], "LOCALIZER"), {"AXIAL", "LOCALIZER"}),  # between two slices
        (typed(1000, [25], "LOCALIZER"), {"AXIAL", "LOCALIZER"}),  # at the next step, and never a slice
        (typed(1000, [11, 33], "MPR"), {"AXIAL", "MPR"}),
        (typed(1000, [0, 30, 60], "M", ImageOrientationPatient=[0, 1, 0, 0, 0, -1]), {"AXIAL", "M"}),
    ],
)
def test_image_types_that_collide_or_do_not_go_on_are_parts(
    others: list[Dataset], names: set[str], tmp_path: Path
) -> None:
    found = viewer3d.scan(save(tmp_path, [*typed(0, range(0, 25, 5), "AXIAL"), *others]))
    assert {stack.which["kind"] for stack in found[0].stacks} == names
    assert firsts(viewer3d.load(found, stack=1)) == [0, 10, 20, 30, 40]


def test_a_word_of_image_type_that_counts_the_slices_parts_nothing(tmp_path: Path) -> None:
    images = [one for k in range(30) for one in typed(10 * k, [3 * k], "AXIAL", f"S{k}")]
    assert firsts(viewer3d.load(save(tmp_path, images))) == list(range(0, 300, 10))


def odd(**tags: Any) -> list[Dataset]:
    images = stack(0, range(0, 15, 3))
    for keyword, value in tags.items():
        if value is None:
            delattr(images[2], keyword)
        else:
            setattr(images[2], keyword, value)
    return images


@pytest.mark.parametrize(
    ("tags", "says"),
    [
        ({"ImagePositionPatient": None}, "no Image Position"),
        ({"ImageOrientationPatient": None}, "no Image Orientation"),
        ({"ImageOrientationPatient": [0.0] * 6}, "not two perpendicular unit vectors"),
        ({"PixelSpacing": None}, "no Pixel Spacing"),
        ({"PixelSpacing": [0.0, 0.0]}, "no Pixel Spacing"),
    ],
)
def test_one_image_without_a_place_does_not_take_the_series_with_it(
    tags: dict[str, Any], says: str, tmp_path: Path
) -> None:
    folder = save(tmp_path, odd(**tags))
    with pytest.raises(BadFileError, match=rf"002\.dcm: .*{says}.*--skip-bad"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert volume.affine[:3, 3].tolist() == [0, 0, 0]
    assert firsts(volume) == [0, 10, 20, 30, 40]  # the missing one between its neighbours
    assert "1 image without a place was left out" in volume.notes[0]
    assert says in volume.notes[0]
    with pytest.raises(BadFileError, match=r"002\.dcm"):
        viewer3d.load_all(folder)
    (row,) = [row for row in decisions(*choose(viewer3d.scan(folder))) if row.topic == "without a place"]
    assert row.value == "1"
    assert says in row.reason


def test_one_image_without_a_place_in_a_series_of_times(tmp_path: Path) -> None:
    """It may be of any time: each says so, and all of them load without it."""
    images = [
        image(100 * t + 10 * k, (0, 0, 3 * k), TemporalPositionIdentifier=t + 1, Modality="MR")
        for t in range(3)
        for k in range(5)
    ]
    del images[7].ImagePositionPatient
    folder = save(tmp_path, images)
    with pytest.raises(BadFileError, match=r"007\.dcm: no Image Position"):
        viewer3d.load(folder, which={"time": 0})
    volumes = viewer3d.load_all(folder, skip_bad=True)
    assert sorted(firsts(volume)[0] for volume in volumes) == [0, 100, 200]
    assert all("007.dcm" in volume.notes[0] for volume in volumes)
    assert all(volume.shape == (8, 6, 5) for volume in volumes)


def test_an_element_of_unknown_vr_is_told_by_its_tag(tmp_path: Path) -> None:
    folder = save(tmp_path, stack(0, range(0, 15, 3), StudyTime="100000"))
    path = folder / "002.dcm"
    path.write_bytes(path.read_bytes().replace(b"\x08\x000\x00TM", b"\x08\x000\x00??"))
    with pytest.raises(BadFileError, match=r"002\.dcm: damaged: element \(0008,0030\) .* unknown VR"):
        viewer3d.load(folder)
    assert firsts(viewer3d.load(folder, skip_bad=True)) == [0, 10, 20, 30, 40]


def test_a_captured_screen_in_a_series_is_set_apart(tmp_path: Path) -> None:
    capture = image(5000, None, SOPClassUID="1.2.840.10008.5.1.4.1.1.7", ImageOrientationPatient=None)
    volume = viewer3d.load(save(tmp_path, [*stack(0, range(0, 15, 3)), capture]))
    assert firsts(volume) == [0, 10, 20, 30, 40]
    assert any("1 other images of the series were set apart" in note for note in volume.notes)


def test_a_spacing_by_hand_fills_in_only_what_lacks(tmp_path: Path) -> None:
    """Instance Numbers run against the positions, which stay; the third number is not needed."""
    images = stack(0, range(0, 10, 3), PixelSpacing=None)
    for number, one in enumerate(images):
        one.InstanceNumber = 9 - number
    volume = viewer3d.load(save(tmp_path, images), spacing=(0.75, 1.5, 99))
    assert firsts(volume) == [0, 10, 20, 30]
    assert volume.spacing == (0.75, 1.5, 3)
    assert volume.affine[:3, 3].tolist() == [0, 0, 0]
    assert "positions are those of the files" in volume.notes[0]


def test_a_spacing_by_hand_for_one_image_that_lacks_it(tmp_path: Path) -> None:
    folder = save(tmp_path, odd(PixelSpacing=None))
    assert firsts(viewer3d.load(folder, spacing=(0.75, 1.5, 3))) == [0, 10, 20, 30, 40]
    folder = save(tmp_path / "all", stack(0, range(0, 15, 3)))
    with pytest.raises(StackError, match="leave spacing out"):
        viewer3d.load(folder, spacing=(1, 1, 1))


def test_an_orientation_by_hand_is_axial_at_the_positions_of_the_files(tmp_path: Path) -> None:
    images = stack(0, [9, 6, 3], ImageOrientationPatient=None)
    volume = viewer3d.load(save(tmp_path, images), spacing=(1, 1, 1))
    assert firsts(volume) == [20, 10, 0]
    assert volume.spacing == (0.75, 1.5, 3)
    assert "were taken as axial, at their own positions" in volume.notes[0]


def test_a_position_that_only_one_image_lacks_is_not_made_up(tmp_path: Path) -> None:
    folder = save(tmp_path, odd(ImagePositionPatient=None))
    with pytest.raises(BadFileError, match=r"002\.dcm"):
        viewer3d.load(folder, spacing=(0.75, 1.5, 3))


def test_planes_with_names_of_their_own_are_called_as_before(tmp_path: Path) -> None:
    sagittal = [image(1000 + k, (4.0 * k, 0, 0), ImageOrientationPatient=[0, 1, 0, 0, 0, -1]) for k in range(3)]
    with pytest.raises(ChoiceError, match=r"axial\n.*sagittal"):
        viewer3d.load(save(tmp_path, [*stack(0, range(0, 12, 3), ImageOrientationPatient=AXIAL), *sagittal]))
