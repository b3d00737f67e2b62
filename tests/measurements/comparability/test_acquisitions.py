from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread

from tests.dicom.made import item
from tests.measurements.comparability.series_files import SHAPE, SPACING, ct, edited, mr, pet, tracer
from viewer3d import Note, Volume, compare_acquisitions, load, phantom, save
from viewer3d.core.notes.kinds import NOTE_KINDS
from viewer3d.measurements.comparability.acquisitions import untold_properties
from viewer3d.measurements.comparability.effects import EFFECTS
from viewer3d.measurements.comparability.properties import PROPERTIES

MAKERS: dict[str, Callable[[Path], Path]] = {"CT": ct, "PT": pet, "MR": mr}


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    folder = tmp_path_factory.mktemp("series")
    return {name: make(folder / name) for name, make in MAKERS.items()}


def with_level(dataset: Dataset, level: str) -> None:
    # The same creator has a block in another group, before it.
    dataset.private_block(0x0051, "GEHC_CT_ADVAPP_001", create=True).add_new(0x40, "SH", "another")
    dataset.private_block(0x0053, "GEHC_CT_ADVAPP_001", create=True).add_new(0x40, "SH", level)


CHANGES: list[tuple[str, dict[str, Any], dict[str, tuple[str, str]]]] = [
    ("CT", {"ConvolutionKernel": "FC52"}, {"kernel": ("SOFT", "FC52")}),
    ("CT", {"KVP": "80"}, {"kvp": ("120 kV", "80 kV")}),
    ("CT", {"SliceThickness": "5"}, {"slice_thickness": ("20 mm", "5 mm")}),
    ("CT", {"ContrastBolusAgent": "Iohexol"}, {"contrast": ("none", "given")}),
    ("CT", {"ContrastBolusAgent": "CM", "ContrastBolusIngredient": "IODINE"}, {"contrast": ("none", "iodine")}),
    ("CT", {"ManufacturerModelName": "Another"}, {"scanner": ("Phantom", "Another")}),
    ("CT", {"PatientPosition": "HFP"}, {"posture": ("HFS", "HFP")}),
    ("CT", {"ImageType": ["DERIVED", "SECONDARY", "OTHER"], "RescaleType": "US"}, {"unit": ("HU", "not known")}),
    ("MR", {"ScanningSequence": "SE"}, {"sequence": ("GR SP", "SE SP")}),
    ("MR", {"RepetitionTime": "500"}, {"repetition_time": ("2000 ms", "500 ms")}),
    ("MR", {"EchoTime": "90.5"}, {"echo_time": ("30 ms", "90.5 ms")}),
    ("MR", {"InversionTime": "2500"}, {"inversion_time": ("900 ms", "2500 ms")}),
    ("MR", {"FlipAngle": "12"}, {"flip_angle": ("77 degrees", "12 degrees")}),
    ("MR", {"MagneticFieldStrength": "1.5"}, {"field_strength": ("3 T", "1.5 T")}),
    ("MR", {"DiffusionBValue": 1000.0}, {"b_value": ("0 s/mm2", "1000 s/mm2")}),
    ("PT", {"RadiopharmaceuticalInformationSequence": tracer("093000")}, {"uptake_time": ("60 min", "90 min")}),
    (
        "PT",
        {"RadiopharmaceuticalInformationSequence": tracer(nuclide="^68^Gallium")},
        {"tracer": ("F-18", "Gallium-68")},
    ),
    ("PT", {"ReconstructionMethod": "PSF+TOF 2i21s"}, {"iterations": ("3", "2")}),
    ("PT", {"ReconstructionMethod": "PSF+TOF 3i8s"}, {"subsets": ("21", "8")}),
    (
        "PT",
        {"ReconstructionMethod": "OSEM3D 3i21s"},
        {
            "reconstruction": ("PSF+TOF", "OSEM3D"),
            "time_of_flight": ("used", "not named"),
            "point_spread": ("used", "not named"),
        },
    ),
    ("PT", {"ConvolutionKernel": "XYZ Gauss2.00"}, {"filter": ("Gauss 5 mm", "Gauss 2 mm")}),
    ("PT", {"ScatterCorrectionMethod": "x"}, {"scatter": ("Model-based", "x")}),
    ("PT", {"AttenuationCorrectionMethod": "segmented"}, {"attenuation": ("CT", "segmented")}),
    ("PT", {"CorrectedImage": ["DECY", "SCAT"]}, {"attenuation": ("CT", "none"), "unit": ("SUVbw", "Bq/ml")}),
    ("PT", {"DecayCorrection": "ADMIN"}, {"decay": ("START", "ADMIN")}),
]  # fmt: skip


@pytest.mark.parametrize(("modality", "values", "expected"), CHANGES)
def test_a_changed_header_is_found_and_nothing_else(
    made: dict[str, Path], tmp_path: Path, modality: str, values: dict[str, Any], expected: dict[str, tuple[str, str]]
) -> None:
    before, after = load(made[modality]), load(edited(made[modality], tmp_path / "b", **values))
    found = compare_acquisitions(before, after)
    assert {one.kind.removeprefix("compare."): (one.before, one.after) for one in found} == expected
    for one in found:
        assert isinstance(one.note, Note)
        assert one.note.id == one.kind
        assert one.note == f"{one.note[:1]}{one.name[1:]} {one.before} against {one.after}: {one.effect}."
        assert one.as_dict()["source"] == one.source != ""
    back = compare_acquisitions(after, before)
    assert [(one.kind, one.after, one.before) for one in back] == [(one.kind, one.before, one.after) for one in found]
    assert compare_acquisitions(after, after) == ()


@pytest.mark.parametrize("level", ["kernel", "private", "implicit"])
def test_the_level_of_iterative_reconstruction_is_found(made: dict[str, Path], tmp_path: Path, level: str) -> None:
    """As Siemens has it after the kernel, and as GE has it in a private element."""

    def change(value: str) -> Callable[[Dataset, int], None]:
        def to(dataset: Dataset, _: int) -> None:
            if level == "kernel":
                dataset.ConvolutionKernel = ["I31f", value]
            else:
                with_level(dataset, value)
            if level == "implicit":
                dataset.file_meta.TransferSyntaxUID = "1.2.840.10008.1.2"

        return to

    one, other = (load(edited(made["CT"], tmp_path / value, change(value))) for value in ("2", "3"))
    (found,) = compare_acquisitions(one, other)
    assert found.note.startswith("Iterative reconstruction 2 against 3: higher levels")
    assert (found.kind, found.before, found.after) == ("compare.iterative", "2", "3")


def test_grids_and_modalities_are_compared(made: dict[str, Path], tmp_path: Path) -> None:
    whole = load(made["CT"])
    found = compare_acquisitions(whole, whole.resample((4.0, 4.0, 10.0)))
    assert [(one.kind, one.before, one.after) for one in found] == [
        ("compare.slice_step", "20 mm", "10 mm"),
        ("compare.voxel_size", "8 x 8 mm", "4 x 4 mm"),
    ]
    (found_one,) = compare_acquisitions(whole, load(made["PT"]))
    assert (found_one.kind, found_one.before, found_one.after) == ("compare.modality", "CT", "PT")
    turned = Volume.from_array(np.zeros((4, 4, 4)), np.diag([1.0, 1, 1, 1])[:, [1, 2, 0, 3]])
    upright = Volume.from_array(np.zeros((4, 4, 4)), np.eye(4))
    (plane,) = compare_acquisitions(upright, turned)
    assert plane.note.startswith("Slice plane axial against ")
    assert [one.note.id for one in (*found, found_one, plane)] == [one.kind for one in (*found, found_one, plane)]


@pytest.mark.parametrize("faults", [{"order": "shuffled"}, {"syntax": "JPEG2000Lossless"}, {"signed": True}])
def test_a_series_and_its_reexport_do_not_differ(made: dict[str, Path], tmp_path: Path, faults: dict[str, Any]) -> None:
    assert compare_acquisitions(load(made["CT"]), load(ct(tmp_path / "b", **faults))) == ()


def test_single_frames_and_an_enhanced_file_do_not_differ(made: dict[str, Path], tmp_path: Path) -> None:
    path = phantom.write_enhanced(tmp_path / "e.dcm", shape=SHAPE, spacing=SPACING, noise=10)
    before, after = load(made["CT"]), load(path)
    assert compare_acquisitions(before, after) == ()
    assert untold_properties(before, after) == ("kernel",)


def test_iterations_that_ge_has_in_private_elements_are_found(made: dict[str, Path], tmp_path: Path) -> None:
    def change(iterations: Any) -> Callable[[Dataset, int], None]:
        def to(dataset: Dataset, _: int) -> None:
            dataset.ReconstructionMethod = "VPFX"
            block = dataset.private_block(0x0009, "GEMS_PETD_01", create=True)
            block.add_new(0xB2, "OB" if isinstance(iterations, bytes) else "SL", iterations)
            block.add_new(0xB3, "SL", 18)

        return to

    one, other, damaged = (load(edited(made["PT"], tmp_path / f"{n}", change(n))) for n in (2, 4, b"\xff\x00"))
    (found,) = compare_acquisitions(one, other)
    assert (found.kind, found.before, found.after) == ("compare.iterations", "2", "4")
    assert one.acquisition["ReconMethodParameterValues"] == [2, 18]
    assert "ReconMethodParameterValues" not in damaged.acquisition


def test_an_enhanced_file_says_its_algorithm(tmp_path: Path) -> None:
    """Kernel and algorithm stand in a functional group (PS3.3 C.8.15.3.7)."""
    volumes = []
    for name, algorithm in (("a", "FILTER_BACK_PROJ"), ("b", "ITERATIVE")):
        path = phantom.write_enhanced(tmp_path / f"{name}.dcm", shape=SHAPE, spacing=SPACING, noise=10)
        dataset = dcmread(path)
        group = item(ConvolutionKernel="B30f", ReconstructionAlgorithm=algorithm)
        dataset.SharedFunctionalGroupsSequence[0].CTReconstructionSequence = [group]
        dataset.save_as(path, enforce_file_format=True)
        volumes.append(load(path))
    (found,) = compare_acquisitions(*volumes)
    assert (found.kind, found.before, found.after) == ("compare.iterative", "FILTER_BACK_PROJ", "ITERATIVE")
    assert volumes[0].acquisition["ConvolutionKernel"] == "B30f"


def test_times_a_scanner_rounds_and_names_in_other_letters_do_not_differ(made: dict[str, Path], tmp_path: Path) -> None:
    mine = edited(made["MR"], tmp_path / "m", MagneticFieldStrength="2.89362", RepetitionTime="2000.4", EchoTime="30.1")
    assert compare_acquisitions(load(made["MR"]), load(mine)) == ()
    late = tracer("095601")  # 4 minutes
    theirs = edited(made["PT"], tmp_path / "p", RadiopharmaceuticalInformationSequence=late)
    assert compare_acquisitions(load(made["PT"]), load(theirs)) == ()
    named = edited(made["CT"], tmp_path / "c", ContrastBolusAgent="NONE", ConvolutionKernel="soft")
    assert compare_acquisitions(load(made["CT"]), load(named)) == ()


def test_what_a_nifti_file_does_not_say_is_untold_and_no_difference(made: dict[str, Path], tmp_path: Path) -> None:
    before = load(made["PT"])
    save(before, tmp_path / "a.nii.gz")
    after = load(tmp_path / "a.nii.gz")
    assert compare_acquisitions(before, after) == ()
    assert after.acquisition["InjectionStart"] == -3600
    bare = Volume.from_array(before.voxels, before.affine, unit=before.unit, modality="PT")
    assert {"uptake time", "filter", "tracer", "reconstruction"} < set(untold_properties(before, bare))


def test_each_kind_has_an_effect_a_source_and_a_property() -> None:
    assert list(EFFECTS) == [one for one in NOTE_KINDS if one.startswith("compare.")]
    assert {one.kind for one in PROPERTIES} == set(EFFECTS)
    for effect in EFFECTS.values():
        assert len(effect.source) > 5
        assert not effect.text.endswith(".")
        assert len(effect.text) < 110


@pytest.mark.slow
def test_real_series_of_several_scanners(real: Callable[[str], Path]) -> None:
    philips, ge = load(real("ct_head_philips")), load(real("ct_torso_acrin"))
    found = {one.kind: (one.before, one.after) for one in compare_acquisitions(philips, ge)}
    assert found["compare.kernel"] == ("UB", "SOFT")
    assert found["compare.kvp"] == ("120 kV", "140 kV")
    assert found["compare.slice_thickness"] == ("5 mm", "3.75 mm")
    assert load(real("pet_ac_bqml")).acquisition["InjectionStart"] == -9527
