"""The loader's choices: which volume, what to do with irregular slices, bad files, missing positions, and units."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

import viewer3d
from tests.phantom_files import write_phantom
from viewer3d import phantom
from viewer3d.errors import BadFileError, ChoiceError, NoVolumeError, StackError
from viewer3d.phantom import Faults

SHAPE, SPACING = (20, 18, 8), (9.0, 8.0, 6.0)

Edit = Callable[[Dataset, int], None]


def write(folder: Path, edit: Edit | None = None, **faults: Any) -> Path:
    """Write a small series, and edit its datasets."""
    paths = write_phantom(folder, shape=SHAPE, spacing=SPACING, noise=0.0, faults=Faults(**faults))
    for n, path in enumerate(paths if edit else []):
        dataset = dcmread(path)
        edit(dataset, n)  # type: ignore[misc]
        dataset.save_as(path)
    return folder


def add_volume(folder: Path, number: int, edit: Edit) -> None:
    """Write the same slices once more into the same series, darker by a number of HU, and edit them."""
    uid = dcmread(sorted(folder.glob("*.dcm"))[0]).SeriesInstanceUID
    other = folder / f"v{number}"
    for n, path in enumerate(write_phantom(other, shape=SHAPE, spacing=SPACING, noise=0.0)):
        dataset = dcmread(path)
        dataset.SeriesInstanceUID = uid
        dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.3.{number}.{n + 1}"
        dataset.RescaleIntercept = -1024 - number
        edit(dataset, n)
        dataset.save_as(path)


def with_echoes(folder: Path) -> Path:
    def echo(number: int) -> Edit:
        def edit(dataset: Dataset, _n: int) -> None:
            dataset.EchoTime, dataset.EchoNumbers = 4.5 * number, number

        return edit

    write(folder, echo(1))
    add_volume(folder, 2, echo(2))
    return folder


def with_times(folder: Path) -> Path:
    def time(number: int) -> Edit:
        def edit(dataset: Dataset, n: int) -> None:
            dataset.TemporalPositionIdentifier, dataset.InstanceNumber = number, 100 * number + n

        return edit

    write(folder, time(3))
    for number in (4, 5):
        add_volume(folder, number, time(number))
    return folder


def test_an_echo_by_its_number(tmp_path: Path) -> None:
    folder = with_echoes(tmp_path)
    first, second = viewer3d.load(folder, which={"echo": 1}), viewer3d.load(folder, which={"echo": "2"})
    assert (first.voxels - second.voxels == 2).all()
    assert any("set apart" in note and "echo 2" in note for note in first.notes)
    with pytest.raises(ChoiceError, match=r"--stack 2 .*echo 2"):
        viewer3d.load(folder)
    with pytest.raises(ChoiceError, match="no echo 3; give one of 1, 2"):
        viewer3d.load(folder, which={"echo": 3})
    with pytest.raises(ChoiceError, match="told apart by 'time' here, but by echo"):
        viewer3d.load(folder, which={"time": 0})


def test_a_time_by_its_turn_and_all_on_one_grid(tmp_path: Path) -> None:
    folder = with_times(tmp_path)
    assert (
        viewer3d.load(folder, which={"time": 0}).voxels - viewer3d.load(folder, which={"time": 2}).voxels == 5
    ).all()
    volumes = viewer3d.load_all(folder)
    assert len(volumes) == 3
    assert all(volume.geometry is volumes[0].geometry for volume in volumes)
    assert len(viewer3d.load_all(folder, 2)) == 3


def test_a_plane_by_its_name(real: Callable[[str], Path]) -> None:
    volume = viewer3d.load(real("mr_3plane_localizer"), which={"plane": "Sagittal"})
    assert abs(volume.affine[0, 2]) == pytest.approx(15)


def test_a_kind_by_its_name(real: Callable[[str], Path]) -> None:
    assert viewer3d.load(real("mr_enh_philips"), which={"kind": "T1 FIELD_MAP"}).voxels.min() < -400


@pytest.mark.parametrize("faults", [{"tilt": 12.0}, {"missing": (3,)}, {"moved": ((4, 2.0),)}], ids=str)
def test_irregular_slices_are_refused_when_asked(faults: dict[str, Any], tmp_path: Path) -> None:
    folder = write(tmp_path, **faults)
    with pytest.raises(StackError, match=r'(tilted by 12|off even steps).*irregular="resample".*"keep"'):
        viewer3d.load(folder, irregular="error")
    assert viewer3d.load(write(tmp_path / "even"), irregular="error").shape == SHAPE


@pytest.mark.parametrize("faults", [{"tilt": 12.0}, {"missing": (3,)}, {"moved": ((4, 2.0),)}], ids=str)
def test_irregular_slices_are_kept_when_asked(faults: dict[str, Any], tmp_path: Path) -> None:
    folder = write(tmp_path, **faults)
    volume = viewer3d.load(folder, irregular="keep")
    found = viewer3d.scan(folder)
    layout = found[0].stacks[0].layout
    assert layout is not None
    assert volume.shape == (*SHAPE[:2], len(layout.positions))
    corners = volume.geometry.index_to_world([(0, 0, k) for k in range(volume.shape[2])])
    away = np.linalg.norm(corners - layout.positions, axis=1).max()
    assert f"{away:.4g} mm off" in volume.notes[0]
    # No other affine without shear along this normal fits better than half of what this one leaves.
    assert away <= np.linalg.norm(layout.positions - layout.positions.mean(0), axis=1).max()
    raw = phantom.hu_at(layout.positions[2])
    assert volume.voxels[0, 0, 2] == pytest.approx(float(raw), abs=1)


def test_an_unknown_word_for_irregular(tmp_path: Path) -> None:
    with pytest.raises(StackError, match="resample, error, keep"):
        viewer3d.load(write(tmp_path), irregular="guess")  # type: ignore[arg-type]


def test_bad_files_are_skipped_only_when_asked(tmp_path: Path) -> None:
    folder = write(tmp_path, truncated=(2, 5))
    with pytest.raises(BadFileError, match=r"IM0003\.dcm: truncated"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert volume.shape == SHAPE  # the gaps are filled by their neighbours
    assert "2 images were left out" in volume.notes[0]
    assert "IM0003.dcm" in volume.notes[0]
    assert not any("set apart" in note for note in volume.notes)
    truth = phantom.volume(shape=SHAPE, spacing=SPACING, noise=0.0)
    assert np.allclose(volume.affine, truth.affine, atol=1e-4)
    kept = [0, 1, 3, 4, 6, 7]
    assert np.array_equal(volume.voxels[:, :, kept], truth.voxels[:, :, kept])


def test_a_file_whose_header_is_cut_is_named_or_skipped(tmp_path: Path) -> None:
    folder = write(tmp_path)
    path = sorted(folder.iterdir())[4]
    path.write_bytes(path.read_bytes()[:700])
    with pytest.raises(BadFileError, match=rf"{path.name}: .*skip_bad=True \(--skip-bad\)"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, skip_bad=True)
    assert path.name in volume.notes[0]
    assert volume.shape == SHAPE


def test_nothing_left_after_skipping(tmp_path: Path) -> None:
    with pytest.raises(BadFileError, match="none of 8 images can be read"):
        viewer3d.load(write(tmp_path, truncated=tuple(range(8))), skip_bad=True)


def test_images_without_positions_take_a_spacing_by_hand(tmp_path: Path) -> None:
    folder = write(
        tmp_path, without=("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"), order="shuffled"
    )
    with pytest.raises(NoVolumeError, match=r"no Image Position \(Patient\).*spacing=\(x, y, z\) in mm"):
        viewer3d.load(folder)
    volume = viewer3d.load(folder, spacing=(9, 8, 6))
    assert volume.spacing == (9, 8, 6)
    assert "by hand" in volume.notes[0]
    numbers = [dcmread(path, stop_before_pixels=True).InstanceNumber for path in sorted(folder.iterdir())]
    assert sorted(numbers) == list(range(1, 9))
    # Files were shuffled, and their numbers with them: the slices come in the order of the numbers.
    ordered = [dcmread(path) for path in sorted(folder.iterdir(), key=lambda p: dcmread(p).InstanceNumber)]
    assert np.array_equal(volume.voxels[:, :, 3].T, ordered[3].pixel_array.astype(int) - 1024)


def test_a_spacing_by_hand_is_for_nothing_else(tmp_path: Path) -> None:
    folder = write(tmp_path)
    with pytest.raises(StackError, match="say where they are; leave spacing out"):
        viewer3d.load(folder, spacing=(1, 1, 1))
    with pytest.raises(StackError, match="three numbers above 0"):
        viewer3d.load(folder, spacing=(1, 1, 0))


def pet(folder: Path, **changes: Any) -> Path:
    """Write a PET series whose header justifies SUV, but for the changes."""

    def edit(dataset: Dataset, n: int) -> None:
        item = Dataset()
        item.RadionuclideTotalDose, item.RadionuclideHalfLife = 370e6, 6586.2
        item.RadiopharmaceuticalStartTime = "100000"
        values = {
            "Modality": "PT", "SOPClassUID": "1.2.840.10008.5.1.4.1.1.128", "Units": "BQML", "PatientWeight": 75,
            "CorrectedImage": ["ATTN", "DECY", "SCAT"], "DecayCorrection": "START",
            "SeriesDate": "20200102", "SeriesTime": "110000", "AcquisitionDate": "20200102",
            "AcquisitionTime": "110000",
            "RescaleSlope": 0.5 + 0.1 * n, "RescaleIntercept": 0, "RadiopharmaceuticalInformationSequence": [item],
        }  # fmt: skip
        for key, value in {**values, **changes}.items():
            target = item if key.startswith("Radio") and key != "RadiopharmaceuticalInformationSequence" else dataset
            if value is None and key in target:
                del target[key]
            elif value is not None:
                setattr(target, key, value)
        del dataset.RescaleType

    return write(folder, edit)


def test_pet_is_in_suv_when_its_header_has_all_that_takes(tmp_path: Path) -> None:
    volume = viewer3d.load(pet(tmp_path))
    factor = 75 * 1000 / (370e6 * 0.5 ** (3600 / 6586.2))
    native = viewer3d.load(tmp_path, unit="Bq/ml")
    assert (volume.unit, native.unit) == ("SUVbw", "Bq/ml")
    assert np.allclose(volume.voxels, native.voxels * factor, rtol=1e-6)
    assert any(f"Bq/ml x {factor:.6g}" in note for note in volume.notes)
    assert "75" not in " ".join(volume.notes).replace(f"{factor:.6g}", "")  # the weight is the patient's own affair


@pytest.mark.parametrize(
    ("changes", "missing"),
    [
        ({"PatientWeight": None}, "Patient Weight (0010,1030) missing"),
        ({"PatientWeight": 0}, "Patient Weight (0010,1030) missing"),
        ({"RadionuclideTotalDose": None}, "Radionuclide Total Dose (0018,1074) missing"),
        ({"RadionuclideHalfLife": None}, "Radionuclide Half Life"),
        ({"RadiopharmaceuticalStartTime": None}, "Radiopharmaceutical Start Time"),
        ({"SeriesTime": ""}, "Series Date and Time"),
        ({"CorrectedImage": ["DECY"]}, "lacks ATTN"),
        ({"CorrectedImage": ["ATTN"]}, "lacks DECY"),
        ({"DecayCorrection": "NONE"}, "Decay Correction (0054,1102) is NONE"),
        ({"RadiopharmaceuticalStartTime": "120000"}, "23.0 hours from injection"),
        ({"SeriesTime": "113000"}, "Series Time is later than Acquisition Time"),
        ({"RadiopharmaceuticalInformationSequence": []}, "Radionuclide Total Dose"),
    ],
)
def test_pet_stays_native_and_says_what_is_missing(changes: dict[str, Any], missing: str, tmp_path: Path) -> None:
    volume = viewer3d.load(pet(tmp_path, **changes))
    assert volume.unit == "Bq/ml"
    found = viewer3d.scan(tmp_path)
    from viewer3d.dicom.meaning.explain import decisions

    (unit,) = [row for row in decisions(found[0], found[0].stacks[0]) if row.topic == "unit"]
    assert missing in unit.reason
    with pytest.raises(StackError, match="cannot be had in SUVbw"):
        viewer3d.load(tmp_path, unit="SUVbw")


def test_pet_in_other_units_is_left_alone(tmp_path: Path) -> None:
    assert viewer3d.load(pet(tmp_path, Units="CNTS")).unit == "counts"


def test_an_injection_before_midnight(tmp_path: Path) -> None:
    late = {"SeriesTime": "003000", "AcquisitionTime": "003000", "RadiopharmaceuticalStartTime": "233000"}
    assert viewer3d.load(pet(tmp_path, **late)).unit == "SUVbw"


def test_dose_decayed_to_administration(tmp_path: Path) -> None:
    volume = viewer3d.load(pet(tmp_path, DecayCorrection="ADMIN"))
    native = viewer3d.load(tmp_path, unit="Bq/ml")
    assert np.allclose(volume.voxels, native.voxels * (75 * 1000 / 370e6), rtol=1e-6)


@pytest.mark.slow
def test_the_suv_of_a_real_pet(real: Callable[[str], Path]) -> None:
    volume, native = viewer3d.load(real("pet_ac_bqml")), viewer3d.load(real("pet_ac_bqml"), unit="Bq/ml")
    assert volume.unit == "SUVbw"
    # The Real World Value Mapping that came with this series has the factor 0.00042111.
    assert volume.voxels.max() / native.voxels.max() == pytest.approx(0.00042111, rel=1e-5)


@pytest.mark.parametrize(("declared", "unit"), [("GY", "Gy"), ("RELATIVE", "relative")])
def test_a_dose_is_in_the_unit_it_declares(
    declared: str, unit: str, real: Callable[[str], Path], tmp_path: Path
) -> None:
    dataset = dcmread(real("single") / "rtdose.dcm")
    dataset.DoseUnits = declared
    dataset.save_as(tmp_path / "dose.dcm")
    volume = viewer3d.load(tmp_path / "dose.dcm")
    assert volume.unit == unit
    assert volume.voxels.max() == pytest.approx(1.254, rel=1e-6)
    assert volume.spacing == pytest.approx((10, 10, 5))


def test_all_windows_and_the_background_are_kept(tmp_path: Path) -> None:
    def edit(dataset: Dataset, _n: int) -> None:
        dataset.WindowCenter, dataset.WindowWidth = [40, 300, 7], [80, 2000, 0]

    volume = viewer3d.load(write(tmp_path, edit, padding=0))
    assert volume.windows == (viewer3d.Window(40, 80), viewer3d.Window(300, 2000))
    assert volume.window == volume.windows[0]
    assert volume.background == -1024
    a, b = (viewer3d.screenshot(volume, view="axial", window=w, size=(64, 64)) for w in ("file:2", "300/2000"))
    assert np.array_equal(a, b)
    with pytest.raises(viewer3d.errors.WindowError, match=r"no window 'file:3': file:1 is 40/80, file:2 is 300/2000"):
        viewer3d.screenshot(volume, view="axial", window="file:3", size=(64, 64))


def test_a_misspelt_keyword_is_a_type_error(tmp_path: Path) -> None:
    folder = with_echoes(tmp_path)
    with pytest.raises(TypeError, match="skipbad"):
        viewer3d.load(folder, skipbad=True)  # type: ignore[call-arg]
    with pytest.raises(TypeError, match="echo"):
        viewer3d.load(folder, echo=2)  # type: ignore[call-arg]
    with pytest.raises(ChoiceError, match=r'which=\'echo\': give names and values, as in which=\{"echo": 2\}'):
        viewer3d.load(folder, which="echo")  # type: ignore[arg-type]


def test_a_direction_is_chosen_on_the_command_line(tmp_path: Path) -> None:
    from click.testing import CliRunner

    from tests.dicom.made import save, series
    from viewer3d.cli import main

    vectors = [[1, 0, 0], [0, 1, 0]]
    folder = save(
        tmp_path / "dti", series([{"DiffusionBValue": 900.0, "DiffusionGradientOrientation": one} for one in vectors])
    )
    listed = CliRunner().invoke(main, ["list", str(folder)])
    assert "b-value 900, direction 0 1 0" in listed.output
    out = tmp_path / "fig.png"
    words = ["shot", str(folder), "-o", str(out), "--which", "direction=0 1 0", "--window", "500/1000"]
    drawn = CliRunner().invoke(main, words)
    assert drawn.exit_code == 0, drawn.output
    assert out.exists()
    wrong = CliRunner().invoke(main, [*words[:5], "direction=0 0 1"])
    assert "give one of 1 0 0, 0 1 0" in wrong.output
