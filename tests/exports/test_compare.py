"""Exports of the phantom held against each other: re-exports are the same, and each change has its verdict."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from click.testing import CliRunner
from pydicom import Dataset
from pydicom.uid import ExplicitVRLittleEndian

from tests.dicom.made import image
from tests.measurements.comparability.series_files import MR, SHAPE, SPACING, ct, edited, mr, pet
from viewer3d import compare_exports, load, load_all, phantom, save
from viewer3d.cli.program import main
from viewer3d.errors import BadFileError, ChoiceError, MarkedError, NoVolumeError

SAME = "same in every voxel and place"
OTHER_PLACES = "same voxels, other places"
OTHER_VALUES = "other values"


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return ct(tmp_path_factory.mktemp("export") / "a")


def renamed(source: Path, target: Path) -> Path:
    target.mkdir()
    for number, path in enumerate(sorted(source.iterdir(), reverse=True)):
        shutil.copy(path, target / f"X{number}")
    return target


def other_uids(dataset: Dataset, number: int) -> None:
    dataset.SeriesInstanceUID, dataset.StudyInstanceUID, dataset.FrameOfReferenceUID = "1.2.3", "1.2.4", "1.2.5"
    dataset.SOPInstanceUID = dataset.file_meta.MediaStorageSOPInstanceUID = f"1.2.6.{number}"
    dataset.InstanceNumber = 100 - number
    dataset.PatientName, dataset.PatientID = "Anonymous", "0"


def rescaled(dataset: Dataset, _: int) -> None:
    dataset.PixelData = (dataset.pixel_array + 24).astype(np.uint16).tobytes()
    dataset.RescaleIntercept = str(int(dataset.RescaleIntercept) - 24)


REEXPORTS: dict[str, Callable[[Path, Path], Path]] = {
    "copied": lambda source, to: Path(shutil.copytree(source, to)),
    "renamed": renamed,
    "shuffled": lambda _, to: ct(to, order="shuffled"),
    "compressed": lambda _, to: ct(to, syntax="JPEG2000Lossless"),
    "signed": lambda _, to: ct(to, signed=True),
    "enhanced": lambda _, to: phantom.write_enhanced(to, shape=SHAPE, spacing=SPACING, noise=10),
    "other UIDs": lambda source, to: edited(source, to, other_uids),
    "rescaled": lambda source, to: edited(source, to, rescaled),
    "NIfTI": lambda source, to: Path(save(load(source), to.with_suffix(".nii.gz")).path),
}


@pytest.mark.parametrize("kind", REEXPORTS)
def test_a_reexport_is_the_same(made: Path, tmp_path: Path, kind: str) -> None:
    found = compare_exports(made, REEXPORTS[kind](made, tmp_path / "b"))
    assert (found.verdict, found.is_same) == (SAME, True), str(found)
    (one,) = found.volumes
    assert (one.voxels.compared, one.voxels.differing, one.voxels.rounded) == (6144, 0, 0)
    assert (one.places.moved_mm < 1e-3, one.order, one.acquisition) == (True, "", ())
    told = {
        "enhanced": ["image type"], "other UIDs": ["frame of reference"], "rescaled": ["rescale"],
        "compressed": ["compression"], "signed": ["rescale", "stored bits"], "NIfTI": ["window"],
    }  # fmt: skip
    assert [each.name for each in one.headers] == told.get(kind, [])
    assert "Anonymous" not in str(found)
    assert "Phantom^" not in str(found)


def moved(by: tuple[float, float, float]) -> Callable[[Dataset, int], None]:
    def change(dataset: Dataset, _: int) -> None:
        dataset.ImagePositionPatient = [float(a) + b for a, b in zip(dataset.ImagePositionPatient, by, strict=True)]

    return change


def test_a_moved_series_has_the_same_voxels_elsewhere(made: Path, tmp_path: Path) -> None:
    found = compare_exports(made, edited(made, tmp_path / "b", moved((3, 0, -4))))
    (one,) = found.volumes
    assert found.verdict == OTHER_PLACES
    assert one.places.moved_mm == pytest.approx(5)
    assert one.places.shift == pytest.approx((3, 0, -4))
    assert one.line == f"{OTHER_PLACES} (moved by 5 mm, all by 3 0 -4 mm (LPS))"


def test_another_spacing_and_a_turn_are_told_in_mm_and_degrees(made: Path, tmp_path: Path) -> None:
    wider = edited(made, tmp_path / "b", PixelSpacing=[8.0, 8.4])
    (one,) = compare_exports(made, wider).volumes
    assert one.verdict == OTHER_PLACES
    assert one.places.moved_mm == pytest.approx(0.4 * 31)
    assert one.places.spacings == (pytest.approx((8, 8, 20)), pytest.approx((8.4, 8, 20)))
    assert [each.kind for each in one.acquisition] == ["compare.voxel_size"]
    turn = np.radians(3)
    turned = [float(v) for v in (np.cos(turn), np.sin(turn), 0, -np.sin(turn), np.cos(turn), 0)]
    (one,) = compare_exports(made, edited(made, tmp_path / "c", ImageOrientationPatient=turned)).volumes
    assert (one.verdict, round(one.places.turned, 3), one.places.shift) == (OTHER_PLACES, 3.0, None)


@pytest.mark.parametrize("axis", ["columns", "rows"])
def test_a_mirrored_copy_is_found(made: Path, tmp_path: Path, axis: str) -> None:
    turn = np.s_[:, ::-1] if axis == "columns" else np.s_[::-1]

    def mirror(dataset: Dataset, _: int) -> None:
        dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[turn]).tobytes()

    (one,) = compare_exports(made, edited(made, tmp_path / "b", mirror)).volumes
    assert one.verdict == OTHER_PLACES
    assert one.places.is_mirrored
    assert one.places.moved_mm == pytest.approx(31 * 8)
    assert one.order == f"{axis} of the first run along {axis} of the second backwards"


def test_slices_the_other_way_round_are_mirrored_too(made: Path, tmp_path: Path) -> None:
    places = [float(load(made).geometry.origin[2]) + 20 * k for k in range(6)]

    def upside_down(dataset: Dataset, number: int) -> None:
        dataset.ImagePositionPatient = [*dataset.ImagePositionPatient[:2], places[5 - number]]

    (one,) = compare_exports(made, edited(made, tmp_path / "b", upside_down)).volumes
    assert (one.verdict, one.places.is_mirrored) == (OTHER_PLACES, True)
    assert one.order == "slices of the first run along slices of the second backwards"


def test_a_reoriented_grid_has_every_voxel_in_its_place(made: Path, tmp_path: Path) -> None:
    path = save(load(made).reoriented("PIR"), tmp_path / "b.nii.gz").path
    (one,) = compare_exports(made, path).volumes
    assert one.verdict == SAME
    assert "columns of the first run along slices of the second" in one.order


def changed(dataset: Dataset, number: int) -> None:
    if number == 2:
        pixels = dataset.pixel_array.copy()
        pixels[5, 7] += 40
        pixels[6, 8] += 100
        dataset.PixelData = pixels.tobytes()


def test_other_values_are_counted_and_found_in_the_patient_and_in_files(made: Path, tmp_path: Path) -> None:
    other = edited(made, tmp_path / "b", changed, WindowWidth="123", ConvolutionKernel="FC52")
    found = compare_exports(made, other)
    (one,) = found.volumes
    assert (found.verdict, one.verdict) == (OTHER_VALUES, OTHER_VALUES)
    assert (one.voxels.differing, one.voxels.most, one.voxels.mean) == (2, 100, 70)
    assert (one.voxels.first, one.voxels.largest) == ((7, 5, 2), (8, 6, 2))
    volume = load(made)
    assert one.first is not None
    assert one.largest is not None
    assert one.first.world == pytest.approx(tuple(volume.geometry.index_to_world((7, 5, 2))))
    assert one.first.after - one.first.before == 40
    assert one.largest.before == volume[8, 6, 2]
    assert one.first.before_file == one.first.after_file == "IM0003.dcm column 8 row 6"
    assert [each.name for each in one.headers] == ["window"]
    assert [each.kind for each in one.acquisition] == ["compare.kernel"]


def test_in_an_enhanced_file_a_voxel_is_named_by_its_frame(made: Path, tmp_path: Path) -> None:
    whole = phantom.write_enhanced(tmp_path / "e.dcm", shape=SHAPE, spacing=SPACING, noise=10)
    (one,) = compare_exports(edited(made, tmp_path / "b", changed), whole).volumes
    assert one.first is not None
    assert one.first.after_file == "e.dcm frame 3 column 8 row 6"


def test_a_lost_slice_and_a_lost_series_are_told(made: Path, tmp_path: Path) -> None:
    part = shutil.copytree(made, tmp_path / "part")
    sorted(part.iterdir())[-1].unlink()
    for one, other in ((made, part), (part, made)):
        found = compare_exports(one, other)
        assert found.verdict == OTHER_VALUES
        assert found.volumes[0].voxels.compared == 5 * 32 * 32
        assert found.volumes[0].voxels.differing == 0
        assert "32 x 32 x 5" in found.volumes[0].line
    study = tmp_path / "study"
    shutil.copytree(made, study / "ct")
    pet(study / "pet")
    found = compare_exports(study, made)
    assert (found.verdict, len(found.volumes), found.only_after) == (OTHER_VALUES, 1, ())
    assert found.only_before == ("series 4 PT Synthetic torso, FDG",)
    assert str(found).splitlines()[-1] == f"other values: 1 {SAME}; 1 only in the first"
    assert compare_exports(study, study, series=4).is_same
    assert str(compare_exports(study, study)).splitlines()[-1] == f"{SAME} (2 volumes)"


def test_of_several_what_cannot_be_read_is_named_and_the_rest_compared(made: Path, tmp_path: Path) -> None:
    study = tmp_path / "study"
    shutil.copytree(made, study / "ct")
    pet(study / "pet")
    broken = Path(shutil.copytree(study, tmp_path / "broken"))
    file = sorted((broken / "pet").iterdir())[2]
    file.write_bytes(file.read_bytes()[:-50])
    found = compare_exports(study, broken)
    assert [one.verdict for one in found.volumes] == [SAME]
    assert (len(found.unreadable), found.is_same) == (1, False)
    assert "truncated" in found.unreadable[0]
    assert str(found).splitlines()[-1] == f"{SAME} (1 volume), but 1 cannot be read"
    with pytest.raises(BadFileError, match="truncated"):
        compare_exports(study / "pet", broken / "pet")


def test_objects_are_looked_for_and_not_compared(made: Path, tmp_path: Path) -> None:
    study = Path(shutil.copytree(made, tmp_path / "study"))
    phantom.write_structures(study / "rs.dcm", phantom.grid(SHAPE, SPACING))
    both = compare_exports(study, study)
    assert both.is_same
    (name,) = both.not_compared
    assert name.startswith("structure set: ")
    alone = compare_exports(study, made)
    assert (alone.only_before, alone.verdict) == ((name,), OTHER_VALUES)


def test_units_that_both_name_are_values(tmp_path: Path) -> None:
    one = pet(tmp_path / "a")
    found = compare_exports(one, edited(one, tmp_path / "b", PatientWeight=None))
    assert found.verdict == OTHER_VALUES
    assert "SUVbw against Bq/ml" in found.volumes[0].line
    assert {each.kind for each in found.volumes[0].acquisition} == {"compare.unit"}


def test_two_series_that_are_named_are_held_against_each_other(made: Path, tmp_path: Path) -> None:
    other = mr(tmp_path / "b")
    alone = compare_exports(made, other)
    assert alone.volumes == ()
    assert str(alone).endswith("other values: no volume is in both; 1 only in the first; 1 only in the second")
    (one,) = compare_exports(made, other, series=(2, 1)).volumes
    assert (one.matched_by, one.verdict) == ("they were named", OTHER_VALUES)
    with pytest.raises(ChoiceError, match="no series '7'"):
        compare_exports(made, other, series=7)
    with pytest.raises(ChoiceError, match="give one for both, or two"):
        compare_exports(made, other, series=(1, 2, 3))
    with pytest.raises(NoVolumeError, match="no image that can be compared"):
        compare_exports(made, made, which={"echo": 2})


def test_volumes_of_a_set_are_matched_by_what_tells_them_apart(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    for v, echo in enumerate(("10", "30")):
        for k in range(3):
            one = image(1 + 3 * v + k, k, 10 * v + k, **{**MR, "EchoTime": echo})
            one.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
            one.save_as(tmp_path / "a" / f"{v}{k}.dcm", enforce_file_format=True)
    found = compare_exports(tmp_path / "a", renamed(tmp_path / "a", tmp_path / "b"))
    assert [(one.before, one.verdict) for one in found.volumes] == [(one.after, SAME) for one in found.volumes]
    assert len({one.before for one in found.volumes}) == 2
    assert len(compare_exports(tmp_path / "a", tmp_path / "b", stack=2).volumes) == 1
    name, value = next(iter(load_all(tmp_path / "a")[1].which.items()))
    for wanted in (value, f"{value:g}" if isinstance(value, float) else value):
        (one_of_two,) = compare_exports(tmp_path / "a", tmp_path / "b", which={name: wanted}).volumes
        assert one_of_two.before == found.volumes[1].before


def test_strict_and_spacing_go_for_both(tmp_path: Path) -> None:
    tilted = ct(tmp_path / "a", tilt=12.0)
    assert compare_exports(tilted, tilted).is_same
    with pytest.raises(MarkedError, match=r"slices\.tilted"):
        compare_exports(tilted, tilted, strict=True)
    bare = edited(ct(tmp_path / "b"), tmp_path / "c", ImagePositionPatient=None)
    assert compare_exports(bare, bare, spacing=(8, 8, 20)).is_same


def test_the_verb_says_it_and_ends_with_its_code(made: Path, tmp_path: Path) -> None:
    other = edited(made, tmp_path / "b", changed)

    def run(*words: Any) -> tuple[int, str]:
        made_of = CliRunner().invoke(main, ["diff", *map(str, words)])
        return made_of.exit_code, made_of.stdout

    code, text = run(made, made)
    assert (code, text.splitlines()[-1]) == (0, SAME)
    code, text = run(made, other)
    assert (code, text.splitlines()[-1]) == (1, "other values (2 of 6,144 voxels)")
    assert "by 100 HU at most and 70 HU on average" in text
    code, text = run(made, other, "--json")
    held = json.loads(text)
    assert (code, held["verdict"], held["volumes"][0]["voxels"]["differing"]) == (1, OTHER_VALUES, 2)
    assert run(made, tmp_path / "nothing")[0] == 2


def test_real_series_are_the_same_as_themselves_and_as_what_is_made_of_them(
    real: Callable[[str], Path], tmp_path: Path
) -> None:
    source = real("mr_sag_hfs")
    assert compare_exports(source, source).is_same
    path = save(load(source), tmp_path / "a.nii.gz").path
    assert compare_exports(source, path).is_same
