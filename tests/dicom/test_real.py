"""Real series against their true values (``../shared/data/expected.json``, made with pydicom and numpy alone)."""

from __future__ import annotations

import hashlib
import subprocess
import sys
import zipfile
from collections.abc import Callable
from copy import deepcopy
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import viewer3d
from viewer3d.dicom.load import read_stack
from viewer3d.dicom.pixels.modality_values import read_voxels
from viewer3d.dicom.series.scan import Series, scan
from viewer3d.dicom.series.stack import Stack
from viewer3d.errors import BadFileError, ChoiceError, NotFoundError, NoVolumeError

Real = Callable[[str], Path]
Expected = Callable[[str], dict[str, Any]]

UNITS = {
    "ct_head_philips": "HU",
    "ct_head_tilt_philips12": "HU",
    "ct_head_64_slicer": "",
    "pet_ac_bqml": "SUVbw",
    "mr_sag_hfs": "",
    "mr_enh_philips": "",
    "ct_enh_2frame": "",
    "mr_3plane_localizer": "",
    "mr_phase_slope2": "",
    "ct_gap_5_10": "HU",
    "mr_4d_ge": "",
    "ct_seg_liver": "HU",
    "ct_rtstruct": "HU",
    "ct_torso_acrin": "HU",
}
QUICK = [name for name in UNITS if name != "ct_torso_acrin"]  # the largest: 1.5 s
RESAMPLED = {"ct_head_tilt_philips12", "ct_gap_5_10"}
SINGLE_IMAGES = {"ct_surview_mixed": 3, "ct_same_position": 4}


def match(stacks: list[tuple[Series, Stack]], truth: dict[str, Any]) -> list[Stack]:
    """The stacks of a shape and affine; time points share both."""
    return [
        stack
        for _, stack in stacks
        if stack.layout is not None
        and list(stack.shape) == truth["shape_cols_rows_slices"]
        and np.allclose(stack.layout.affine, truth["affine_lps"], atol=1e-3)
    ]


def differs(stack: Stack, truth: dict[str, Any]) -> str:
    voxels = read_voxels(stack.frames).astype(np.float64)
    if voxels.dtype == np.float64 and np.array_equal(voxels, np.rint(voxels)):
        digest = hashlib.sha256(np.ascontiguousarray(voxels.transpose(2, 1, 0)).tobytes()).hexdigest()
        return "" if digest == truth["sha256_float64"] else "digest"
    # float32 holds 24 bits of what was computed in float64.
    pairs = [(voxels[tuple(sample["ijk"])], sample["value"]) for sample in truth["samples"]]
    pairs += [(voxels.min(), truth["min"]), (voxels.max(), truth["max"]), (voxels.sum(), truth["sum"])]
    return "" if all(np.isclose(ours, true, rtol=2**-23, atol=1e-30) for ours, true in pairs) else "values"


@pytest.mark.parametrize("name", [*QUICK, *SINGLE_IMAGES, pytest.param("ct_torso_acrin", marks=pytest.mark.slow)])
def test_values_and_affine_are_true(name: str, real: Real, expected: Expected) -> None:
    truth = expected(name)
    stacks = [(series, stack) for series in scan(real(name)) for stack in series.stacks]
    for volume in truth["volumes"]:
        assert "" in [differs(stack, volume) for stack in match(stacks, volume)], volume["shape_cols_rows_slices"]


@pytest.mark.parametrize("name", [*QUICK, pytest.param("ct_torso_acrin", marks=pytest.mark.slow)])
def test_every_volume_is_found_with_its_unit(name: str, real: Real, expected: Expected) -> None:
    truth = expected(name)
    volumes = viewer3d.load_all(real(name))
    assert len(volumes) == truth["expected_volumes"]
    for volume in volumes:
        assert volume.unit == UNITS[name]
        assert volume.geometry.shear < 1e-4
    if name not in RESAMPLED:
        shapes = sorted(tuple(v["shape_cols_rows_slices"]) for v in truth["volumes"])
        assert sorted(volume.shape for volume in volumes) == shapes


@pytest.mark.parametrize("name", SINGLE_IMAGES)
def test_single_images_are_no_volume_but_can_be_asked_for(name: str, real: Real) -> None:
    with pytest.raises(NoVolumeError, match=r"single image.*--stack 1"):
        viewer3d.load(real(name))
    image = viewer3d.load(real(name), stack=SINGLE_IMAGES[name])
    assert image.shape[2] == 1
    assert any("single image" in note for note in image.notes)


@pytest.mark.parametrize(
    ("name", "says"),
    [("rgb_stack", "colour"), ("pet_rwv", "no pixels"), ("pet_seg", "segmentation")],
)
def test_what_is_no_volume_is_named(name: str, says: str, real: Real) -> None:
    with pytest.raises(NoVolumeError, match=says):
        viewer3d.load(real(name))
    with pytest.raises(NoVolumeError, match=says):
        viewer3d.load_all(real(name))


def test_a_folder_without_dicom(real: Real) -> None:
    with pytest.raises(NotFoundError, match="no DICOM here"):
        viewer3d.load(real("LICENSES"))


def test_three_orientations_are_three_volumes(real: Real) -> None:
    with pytest.raises(ChoiceError, match=r"--stack 2.*stack=2.*sagittal"):
        viewer3d.load(real("mr_3plane_localizer"))
    volume = viewer3d.load(real("mr_3plane_localizer"), stack=2)
    assert abs(volume.affine[0, 2]) == pytest.approx(15)
    assert any("set apart" in note for note in volume.notes)


def test_the_tilted_head_is_upright(real: Real, expected: Expected) -> None:
    truth = expected("ct_head_tilt_philips12")["volumes"][0]
    volume = viewer3d.load(real("ct_head_tilt_philips12"))
    assert "tilted" in volume.notes[0]
    assert "16.50 degrees" in volume.notes[0]
    assert volume.spacing == pytest.approx((0.40625, 0.40625, 2.39704925), abs=1e-6)
    slice_ = read_voxels(scan(real("ct_head_tilt_philips12"))[0].stacks[0].frames)
    for sample in truth["samples"]:
        world = (np.array(truth["affine_lps"]) @ (*sample["ijk"], 1))[:3]
        i, j, k = volume.geometry.world_to_index(world)
        assert (i, k) == pytest.approx((sample["ijk"][0], sample["ijk"][2]), abs=1e-4)
        # Between two rows of the grid lies the measured value, exactly, as its slice was moved by a part of a row.
        below, above = (float(volume.voxels[round(i), row, round(k)]) for row in (int(j), int(j) + 1))
        column = slice_[sample["ijk"][0], :, sample["ijk"][2]].astype(float)
        moved = np.interp(np.array([int(j), int(j) + 1]) - j + sample["ijk"][1], np.arange(512), column)
        assert (below, above) == pytest.approx(tuple(moved), abs=0.51)


def test_a_missing_slice_is_filled_and_the_others_stay(real: Real) -> None:
    volume = viewer3d.load(real("ct_gap_5_10"))
    (stack,) = scan(real("ct_gap_5_10"))[0].stacks
    taken = read_voxels(stack.frames)
    assert volume.shape == (512, 512, 5)
    assert volume.spacing[2] == pytest.approx(5, abs=1e-5)
    for k, slice_number in ((0, 0), (1, 1), (2, 2), (4, 3)):
        assert np.abs(volume.voxels[:, :, k].astype(int) - taken[:, :, slice_number]).max() <= 1
    between = (taken[:, :, 2].astype(float) + taken[:, :, 3]) / 2
    assert np.abs(volume.voxels[:, :, 3] - between).max() <= 0.51
    assert "missing" in volume.notes[0]
    assert "10 mm after LPS (-123.50, -115.20, 28.11)" in volume.notes[0]


def test_a_window_comes_from_the_file(real: Real) -> None:
    assert viewer3d.load(real("ct_torso_acrin")).window == viewer3d.Window(40, 400)


def test_of_windows_that_differ_the_median_is_taken(real: Real) -> None:
    """Each of 35 slices has its own; the first one, 523/1071, is too narrow for the rest."""
    found = viewer3d.scan(real("mr_sag_hfs"))
    volume = viewer3d.load(found)
    own = [frame.windows[0] for frame in found.series[0].stacks[0].frames]
    assert volume.windows == (viewer3d.Window(801, 1550),)
    assert volume.default_window == volume.windows[0]
    assert min(window.width for window in own) == 740
    white = [float(np.mean(window.apply(volume.voxels) == 1)) for window in (own[0], volume.default_window)]
    assert white[0] > 20 * white[1]
    assert viewer3d.load(real("ct_head_philips")).window is not None
    assert viewer3d.load(real("pet_ac_bqml")).window is None


SINGLES = {
    "REFUSED": {"ExplVR_LitEndNoMeta.dcm", "no_meta.dcm", "rtplan.dcm", "examples_palette.dcm", "liver_1frame.dcm"},
    "TRUNCATED": {"MR_truncated.dcm"},
}


def test_single_files_of_every_transfer_syntax(real: Real, expected: Expected) -> None:
    seen = set()
    for truth in expected("single")["singles"]:
        name = truth["file"]
        found = scan(real("single") / name)
        if name in SINGLES["REFUSED"]:
            assert not found.series, name
            assert sum(found.refused_reasons.values()) + len(found.objects) == 1, name
        elif name in SINGLES["TRUNCATED"]:
            with pytest.raises(BadFileError, match=f"{name}.*truncated.*8,192 bytes"):
                read_voxels(found[0].stacks[0].frames)
        else:
            voxels = read_voxels(found[0].stacks[0].frames).astype(np.float64)
            ours = (voxels.min(), voxels.max(), voxels.sum())
            true = tuple(truth[f"rescaled_{what}"] for what in ("min", "max", "sum"))
            # Decoders of JPEG of 12 bits round its cosines each in its own way: here by 0.013 on the mean.
            pixels = 0.02 * voxels.size if name == "JPGExtended.dcm" else 0
            assert ours[:2] == pytest.approx(true[:2], rel=2**-23), name
            assert ours[2] == pytest.approx(true[2], rel=2**-23, abs=pixels), name
            seen.add(truth["transfer_syntax"])
    assert len(seen) >= 10


def test_datasets_zip_and_dicomdir_give_the_same(real: Real, tmp_path: Path) -> None:
    from pydicom import dcmread

    folder = real("ct_seg_liver")
    truth = viewer3d.load(folder)
    files = sorted(folder.iterdir())
    archive = tmp_path / "series.zip"
    with zipfile.ZipFile(archive, "w", zipfile.ZIP_DEFLATED) as packed:
        for file in files:
            packed.write(file, f"a/b/{file.name}")
    # In a child, because pydicom leaves a temporary folder to the interpreter's end, with a warning.
    make = "import sys; from pydicom.fileset import FileSet; m = FileSet(); "
    make += "[m.add(file) for file in sys.argv[2:]]; m.write(sys.argv[1])"
    subprocess.run([sys.executable, "-c", make, tmp_path / "disc", *files], check=True)
    one_by_one = [dcmread(file) for file in reversed(files)]
    for where in (archive, tmp_path / "disc" / "DICOMDIR", tmp_path / "disc", one_by_one):
        volume = viewer3d.load(where)  # type: ignore[arg-type]
        assert np.array_equal(volume.voxels, truth.voxels)
        assert np.array_equal(volume.affine, truth.affine)


def test_loading_is_silent_and_leaves_datasets_alone(real: Real, capfd: pytest.CaptureFixture[str]) -> None:
    from pydicom import dcmread

    datasets = [dcmread(file) for file in sorted(real("ct_seg_liver").iterdir())]
    for dataset in datasets:
        del dataset.file_meta
    before = deepcopy(datasets)
    found = scan(datasets)
    read_stack(found, found[0], found[0].stacks[0])
    assert datasets == before
    assert all(not hasattr(dataset, "file_meta") for dataset in datasets)
    assert capfd.readouterr() == ("", "")
