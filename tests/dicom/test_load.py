"""Phantom series with the faults of life: what is loaded is where and what the phantom's truth says."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from pydicom import dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.core.volume import Volume
from viewer3d.errors import BadFileError, ChoiceError, GeometryError, NoVolumeError, StackError
from viewer3d.phantom import Faults

SHAPE, SPACING = (34, 36, 12), (9.0, 8.0, 6.0)  # JPEG 2000 needs 32 pixels

Written = Callable[..., Path]


@pytest.fixture
def written(tmp_path: Path) -> Written:
    """Write a small phantom series without noise."""

    def write(**faults: object) -> Path:
        options = {key: faults.pop(key) for key in ("direction", "shape", "spacing", "center") if key in faults}
        write_phantom(
            tmp_path / "series",
            **{"shape": SHAPE, "spacing": SPACING, "noise": 0.0, **options},
            faults=Faults(**faults),
        )  # type: ignore[arg-type]
        return tmp_path / "series"

    return write


def truth(volume: Volume) -> np.ndarray:
    """The phantom's own values at the volume's voxels."""
    i, j, k = np.meshgrid(*(np.arange(n) for n in volume.shape), indexing="ij")
    return phantom.hu_at(volume.geometry.index_to_world(np.stack([i, j, k], -1)))


def off_truth(volume: Volume) -> np.ndarray:
    return np.abs(volume.voxels - truth(volume))


OBLIQUE = np.array([[0.936, -0.275, 0.219], [0.289, 0.957, -0.032], [-0.2, 0.0933, 0.975]])


@pytest.mark.parametrize(
    "faults",
    [
        {},
        {"order": "shuffled"},
        {"order": "falling"},
        {"without": ("InstanceNumber", "SliceLocation")},
        {"thickness": 9.0},
        {"signed": True},
        {"slopes": (1.0, 2.0, 0.5)},
        {"inverted": True},
        {"text_file": True},
        *({"syntax": syntax} for syntax in (
            "ImplicitVRLittleEndian", "ExplicitVRBigEndian", "DeflatedExplicitVRLittleEndian",
            "RLELossless", "JPEGLosslessSV1", "JPEGLSLossless", "JPEG2000Lossless", "HTJ2KLossless",
        )),
        {"direction": np.linalg.qr(OBLIQUE)[0] * np.sign(np.diag(np.linalg.qr(OBLIQUE)[1]))},
        {"direction": np.array([[0, 0, 1.0], [1, 0, 0], [0, 1, 0]])},
        {"direction": np.diag([-1.0, 1, -1])},
    ],
    ids=str,
)  # fmt: skip
def test_values_and_places_are_true(faults: dict[str, object], written: Written) -> None:
    volume = viewer3d.load(written(**faults))
    plan = phantom.grid(SHAPE, SPACING, faults.get("direction"))
    assert volume.shape == SHAPE
    assert volume.unit == "HU"
    assert np.allclose(volume.affine, plan.affine, atol=1e-4)
    assert volume.spacing == pytest.approx(SPACING, abs=1e-5)
    assert volume.voxels.dtype == (np.float32 if 0.5 in faults.get("slopes", ()) else np.int16)
    assert off_truth(volume).max() <= max(faults.get("slopes", (1.0,)))  # to the rounding of stored values
    assert volume.inverted == faults.get("inverted", False)


def test_a_fault_free_series_has_no_notes(written: Written) -> None:
    assert viewer3d.load(written()).notes == ()


def test_a_missing_slice_is_filled_where_it_was(written: Written) -> None:
    volume = viewer3d.load(written(missing=(4,)))
    assert volume.shape == SHAPE
    assert np.allclose(volume.affine, phantom.grid(SHAPE, SPACING).affine, atol=1e-4)
    measured = [k for k in range(SHAPE[2]) if k != 4]
    assert off_truth(volume)[:, :, measured].max() <= 1
    between = (truth(volume)[:, :, 3] + truth(volume)[:, :, 5]) / 2
    assert np.abs(volume.voxels[:, :, 4] - between).max() <= 1
    (note,) = volume.notes
    assert "missing" in note
    assert "12 mm after LPS" in note


def test_uneven_slices_lie_where_they_were_taken(written: Written) -> None:
    volume = viewer3d.load(written(moved=((5, 2.0), (6, -1.0))))
    assert "uneven" in volume.notes[0]
    assert volume.spacing[2] <= 3.0 + 1e-6  # the finest gap: slice 6 is 3 mm above slice 5
    # Slice 5 was taken 2 mm higher: there the volume holds what the phantom has there.
    place = np.add(phantom.grid(SHAPE, SPACING).index_to_world((0, 0, 5)), (0, 0, 2))
    k = round(volume.geometry.world_to_index(place)[2])
    height = volume.geometry.index_to_world((0, 0, k))[2] - place[2]
    assert abs(height) <= volume.spacing[2] / 2
    error = off_truth(volume)
    assert np.median(error[:, :, 0]) <= 1
    assert np.percentile(error, 75) <= 20  # linear between slices, over soft tissue and air


@pytest.mark.parametrize("tilt", [12.0, -20.0])
def test_a_tilted_gantry_gives_an_upright_body(tilt: float, written: Written) -> None:
    volume = viewer3d.load(written(tilt=tilt, shape=(34, 60, 12), spacing=(9.0, 5.0, 6.0)))
    assert f"{abs(tilt):.2f} degrees" in volume.notes[0]
    assert volume.geometry.shear < 1e-6
    assert volume.spacing[2] == pytest.approx(6.0 * np.cos(np.radians(tilt)), abs=1e-4)
    inside = volume.voxels > volume.voxels.min()
    assert np.median(off_truth(volume)[inside]) <= 5
    for marker in phantom.MARKERS.values():
        if volume.geometry.contains(marker):
            assert np.isfinite(volume.value_at(marker))


def test_tilt_and_a_missing_slice_together(written: Written) -> None:
    volume = viewer3d.load(written(tilt=15.0, missing=(6,)))
    assert volume.geometry.shear < 1e-6
    assert "tilted" in volume.notes[0]
    assert "missing" in volume.notes[1]


def test_a_copied_slice_is_left_out_and_noted(written: Written) -> None:
    volume = viewer3d.load(written(duplicated=(3, 7)))
    assert volume.shape == SHAPE
    assert off_truth(volume).max() <= 1
    assert any("2 images are the same picture" in note for note in volume.notes)


def test_two_different_pictures_at_one_place_are_an_error(written: Written) -> None:
    from pydicom import dcmread

    folder = written()
    path = sorted(folder.iterdir())[3]
    other = dcmread(path)
    other.SOPInstanceUID = other.file_meta.MediaStorageSOPInstanceUID = "1.2.3.4"
    other.PixelData = bytes(len(other.PixelData))
    other.save_as(folder / "ZZ.dcm")
    says = r"two different images at position .*IM0004\.dcm.*ZZ\.dcm|two different images at position .*ZZ\.dcm"
    with pytest.raises(NoVolumeError, match=says):
        viewer3d.load(folder)
    with pytest.raises(StackError, match=says):
        viewer3d.load(folder, stack=1)
    (series,) = viewer3d.scan(folder)
    assert not series.volumes


def test_a_localizer_is_set_apart(written: Written) -> None:
    volume = viewer3d.load(written(localizer=True))
    assert volume.shape == SHAPE
    assert off_truth(volume).max() <= 1
    assert any("1 other images of the series were set apart" in note for note in volume.notes)


def test_two_series_have_to_be_chosen_from(written: Written) -> None:
    folder = written(second_series=True)
    with pytest.raises(ChoiceError, match=r"--series 2 .*series=2[^3]*(?s:.)*--series 3 .*series=3"):
        viewer3d.load(folder)
    assert viewer3d.load(folder, series=2).shape == SHAPE
    assert viewer3d.load(folder, "3").shape[2] == SHAPE[2] // 2
    found = viewer3d.scan(folder)
    assert viewer3d.load(found, found[1]).shape[2] == SHAPE[2] // 2
    assert viewer3d.load(folder, found[0].uid).shape == SHAPE
    assert [volume.shape[2] for volume in viewer3d.load_all(folder)] == [SHAPE[2], SHAPE[2] // 2]
    with pytest.raises(ChoiceError, match=r"no series '9'.*2, 3"):
        viewer3d.load(folder, 9)
    with pytest.raises(ChoiceError, match="no stack 4"):
        viewer3d.load(folder, 2, stack=4)


def test_a_truncated_file_is_named(written: Written) -> None:
    folder = written(truncated=(2,))
    with pytest.raises(BadFileError, match=r"IM0003\.dcm: truncated: .* need 2,448 bytes, the file holds \d,\d\d\d;"):
        viewer3d.load(folder)


@pytest.mark.parametrize("syntax", ["RLELossless", "JPEG2000Lossless"])
def test_a_compressed_file_that_is_cut_is_named(syntax: str, written: Written) -> None:
    with pytest.raises(BadFileError, match=r"IM0003\.dcm: "):
        viewer3d.load(written(truncated=(2,), syntax=syntax))


def test_without_positions_there_is_no_volume(written: Written) -> None:
    with pytest.raises(NoVolumeError, match=r"12 of 12 images have no Image Position"):
        viewer3d.load(written(without=("ImagePositionPatient",)))


def test_enhanced_multiframe_is_the_same_volume(tmp_path: Path, written: Written) -> None:
    path = phantom.write_enhanced(tmp_path / "enhanced.dcm", shape=SHAPE, spacing=SPACING, noise=0.0)
    volume = viewer3d.load(path)
    assert np.array_equal(volume.voxels, viewer3d.load(written()).voxels)
    assert np.allclose(volume.affine, phantom.grid(SHAPE, SPACING).affine, atol=1e-4)
    shuffled = Faults(order="shuffled", missing=(4,))
    path = phantom.write_enhanced(tmp_path / "faulty.dcm", shape=SHAPE, spacing=SPACING, noise=0.0, faults=shuffled)
    assert viewer3d.load(path).shape == SHAPE


def test_one_file_is_meant_when_it_is_named(written: Written) -> None:
    path = sorted(written().iterdir())[5]
    image = viewer3d.load(path)
    assert image.shape == (*SHAPE[:2], 1)
    assert image.spacing[2] == 1
    assert "single image" in image.notes[0]
    assert off_truth(image).max() <= 1


def test_files_of_different_sizes_are_different_stacks(tmp_path: Path) -> None:
    from pydicom import dcmread

    write_phantom(tmp_path, shape=SHAPE, spacing=SPACING)
    write_phantom(tmp_path / "wide", shape=(40, 30, 5), spacing=SPACING)
    uid = dcmread(tmp_path / "IM0001.dcm").SeriesInstanceUID
    for path in (tmp_path / "wide").iterdir():
        dataset = dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.save_as(path)
    (series,) = viewer3d.scan(tmp_path)
    assert [stack.shape for stack in series.stacks] == [SHAPE, (40, 30, 5)]
    assert [stack.label for stack in series.stacks] == ["34 x 36", "40 x 30"]


def test_the_grid_of_a_loaded_volume_is_no_copy(written: Written) -> None:
    volume = viewer3d.load(written())
    assert np.shares_memory(np.asarray(volume.grid.active_scalars), volume.voxels)


def test_progress_is_told(written: Written) -> None:
    told: list[tuple[str, int, int]] = []
    viewer3d.load(written(), progress=lambda *step: told.append(step))
    assert [step for step in told if step[0] == "headers"][-1] == ("headers", 12, 12)
    assert [step for step in told if step[0] == "slices"][-1] == ("slices", 12, 12)


def test_a_volume_never_holds_shear(written: Written) -> None:
    volume = viewer3d.load(written())
    sheared = volume.affine.copy()
    sheared[0, 2] = 3
    with pytest.raises(GeometryError):
        Volume.from_array(volume.voxels, sheared)


def test_how_the_patient_lies_is_handed_on(written: Written) -> None:
    folder = written()
    assert viewer3d.load(folder).patient_position == "HFS"
    files = sorted(folder.iterdir())
    for file in files:
        header = dcmread(file)
        header.PatientPosition = "FFDL"
        header.save_as(file)
    assert viewer3d.load(folder).patient_position == "FFDL"
    header = dcmread(files[0])
    header.PatientPosition = "HFS"
    header.save_as(files[0])
    assert viewer3d.load(folder).patient_position == ""  # two words: neither is believed
    for file in files:
        header = dcmread(file)
        del header.PatientPosition
        header.save_as(file)
    assert viewer3d.load(folder).patient_position == ""


def test_how_the_patient_of_an_enhanced_file_lies(real: Callable[[str], Path]) -> None:
    assert viewer3d.load(real("ct_enh_2frame")).patient_position == "HFS"
