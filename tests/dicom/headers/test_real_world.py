"""Parametric maps: their values in the units of their Real World Value Mappings, at their places."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset

import viewer3d
from tests.dicom.made import COLUMNS, ROWS, STEP, enhanced, group, item, save
from tests.phantom_files import write_phantom
from viewer3d.core.window import Window
from viewer3d.dicom.headers.real_world import PARAMETRIC_MAP
from viewer3d.errors import StackError
from viewer3d.recipes.find_data import find_data
from viewer3d.recipes.make import recipe_of

ADC = ("113041", "DCM", "Apparent Diffusion Coefficient")


def code(value: str, scheme: str, meaning: str) -> Dataset:
    return item(CodeValue=value, CodingSchemeDesignator=scheme, CodeMeaning=meaning)


def mapping(
    unit: str, slope: float | None = 1.0, intercept: float = 0.0, quantity: Sequence[str] = ADC, **values: Any
) -> Dataset:
    """An item of the Real World Value Mapping Sequence; without a slope one without any line."""
    line = {} if slope is None else {"RealWorldValueSlope": slope, "RealWorldValueIntercept": intercept}
    concept = item(
        ValueType="CODE",
        ConceptNameCodeSequence=[code("246205007", "SCT", "Quantity")],
        ConceptCodeSequence=[code(*quantity)],
    )
    return item(
        **{
            "LUTLabel": "ADC",
            "MeasurementUnitsCodeSequence": [code(unit, "UCUM", "words")],
            "QuantityDefinitionSequence": [concept] if quantity else [],
            **line,
            **values,
        }
    )


def parametric(
    pixels: Any, mappings: Sequence[Sequence[Dataset]], keyword: str = "PixelData", **values: Any
) -> Dataset:
    """A parametric map of the frames of an array (frames, rows, columns), each with its own mappings."""
    array = np.asarray(pixels)
    groups = [group(k % SLICES) for k in range(len(array))]
    for one, own in zip(groups, mappings, strict=True):
        if own:
            one.RealWorldValueMappingSequence = list(own)
        one.PixelValueTransformationSequence = [item(RescaleSlope=1, RescaleIntercept=0, RescaleType="US")]
        one.FrameVOILUTSequence = [item(WindowCenter=100, WindowWidth=50)]
    dataset = enhanced(groups, [0] * len(groups))
    del dataset.PixelData
    dataset.SOPClassUID = dataset.file_meta.MediaStorageSOPClassUID = PARAMETRIC_MAP
    dataset.Modality, dataset.BitsAllocated = "MR", 8 * array.dtype.itemsize
    if keyword == "PixelData":
        dataset.BitsStored, dataset.HighBit = dataset.BitsAllocated, dataset.BitsAllocated - 1
        dataset.PixelRepresentation = int(array.dtype.kind == "i")
    setattr(dataset, keyword, array.tobytes())
    for name, value in values.items():
        setattr(dataset, name, value)
    return dataset


SLICES = 3
COUNT = np.arange(SLICES * ROWS * COLUMNS).reshape(SLICES, ROWS, COLUMNS)


@pytest.mark.parametrize(
    ("keyword", "dtype"), [("FloatPixelData", "<f4"), ("DoubleFloatPixelData", "<f8"), ("PixelData", "<u2")]
)
def test_values_units_quantity_and_places(tmp_path: Path, keyword: str, dtype: str) -> None:
    pixels = (COUNT * (1 if keyword == "PixelData" else 0.7)).astype(dtype)
    made = parametric(pixels, [[mapping("um2/s", 0.25, -3.0)]] * SLICES, keyword)
    volume = viewer3d.load(save(tmp_path, [made]))
    assert (volume.unit, volume.voxels.dtype, volume.which) == ("um2/s", np.float32, {})
    np.testing.assert_allclose(volume.voxels.transpose(2, 1, 0), pixels * 0.25 - 3, rtol=1e-6)
    np.testing.assert_allclose(volume.affine, [[0.75, 0, 0, 0], [0, 1.5, 0, 0], [0, 0, STEP, 0], [0, 0, 0, 1]])
    assert volume.notes[-1] == "The values are Apparent Diffusion Coefficient in um2/s."
    # The window is of the values before the mapping: black at 99.5 - 24.5, white at 99.5 + 24.5.
    np.testing.assert_allclose(volume.windows[0].bounds, (75 * 0.25 - 3, 124 * 0.25 - 3))


def test_of_several_mappings_one_is_chosen_and_told(tmp_path: Path) -> None:
    own = [mapping("um2/s", 2.0), mapping("mm2/s", 0.5, 7.0, LUTLabel="SECOND"), mapping("1", LUTLabel="RATIO")]
    place = save(tmp_path, [parametric(COUNT.astype("<u2"), [own] * SLICES)])
    first, second = viewer3d.load(place), viewer3d.load(place, unit="mm2/s")
    assert (first.unit, second.unit) == ("um2/s", "mm2/s")
    np.testing.assert_array_equal(first.voxels.transpose(2, 1, 0), COUNT * 2)
    np.testing.assert_allclose(second.voxels.transpose(2, 1, 0), COUNT * 0.5 + 7)
    np.testing.assert_allclose(second.windows[0].bounds, (75 * 0.5 + 7, 124 * 0.5 + 7))
    told = 'Of 3 Real World Value Mappings ADC is taken, and not SECOND in mm2/s, RATIO in no unit; unit="mm2/s" takes'
    assert any(note.startswith(told) for note in first.notes)
    assert any("SECOND is taken, and not ADC in um2/s" in note for note in second.notes)
    with pytest.raises(StackError, match="cannot be had in m2: they are in mm2/s"):
        viewer3d.load(place, unit="m2")
    again = find_data(recipe_of("shot", [second], (64, 64)), [place]).volumes[0]
    assert (again.unit, again.digest) == ("mm2/s", second.digest)


def test_two_quantities_at_one_position_are_two_volumes(tmp_path: Path) -> None:
    ktrans = mapping("/min", quantity=("126312", "DCM", "Ktrans"), LUTLabel="KTRANS")
    both = [[mapping("um2/s")]] * SLICES + [[ktrans]] * SLICES
    place = save(tmp_path, [parametric(np.concatenate([COUNT, COUNT + 500]).astype("<f4"), both, "FloatPixelData")])
    volume = viewer3d.load(place, which={"quantity": "Ktrans"})
    assert (volume.unit, float(volume.voxels[0, 0, 0])) == ("/min", 500)
    assert [one.unit for one in viewer3d.load_all(place)] == ["um2/s", "/min"]


def test_tables_ranges_and_units_that_have_names(tmp_path: Path) -> None:
    table = mapping(
        "{SUVbw}g/ml", None, RealWorldValueFirstValueMapped=10, RealWorldValueLastValueMapped=13,
        RealWorldValueLUTData=[0.5, 1.25, 2.0, 4.0],
    )  # fmt: skip
    pixels = np.full((SLICES, ROWS, COLUMNS), 11, "<u2")
    pixels[0, 0, :3] = 9, 13, 14
    volume = viewer3d.load(save(tmp_path, [parametric(pixels, [[table]] * SLICES)]))
    assert (volume.unit, volume.is_in_suv, volume.windows) == ("SUVbw", True, ())
    np.testing.assert_allclose(volume.voxels[:4, 0, 0], [0.5, 4.0, 4.0, 1.25])


def test_what_no_mapping_is_for_is_told(tmp_path: Path) -> None:
    own = mapping("[hnsf'U]", 2.0, -1000.0, RealWorldValueFirstValueMapped=0, RealWorldValueLastValueMapped=100)
    volume = viewer3d.load(save(tmp_path, [parametric(COUNT.astype("<u2"), [[own]] * SLICES)]))
    assert volume.unit == "HU"
    assert any(note.startswith(f"{COUNT.size - 101} voxels have values beyond") for note in volume.notes)


@pytest.mark.parametrize(
    "bad", [mapping("um2/s", None), mapping("um2/s", 0.0), mapping("um2/s", float("nan")), item(LUTLabel="empty")]
)
def test_without_a_mapping_that_can_be_used_values_are_as_stored(tmp_path: Path, bad: Dataset) -> None:
    volume = viewer3d.load(save(tmp_path, [parametric(COUNT.astype("<u2"), [[bad]] * SLICES)]))
    np.testing.assert_array_equal(volume.voxels.transpose(2, 1, 0), COUNT)
    assert (volume.unit, volume.windows) == ("", (Window(100, 50),))
    assert "no Real World Value Mapping that can be used" in " ".join(volume.notes)
    good = viewer3d.load(
        save(tmp_path / "good", [parametric(COUNT.astype("<u2"), [[bad, mapping("um2/s", 2.0)]] * SLICES)])
    )
    assert good.unit == "um2/s"


@pytest.mark.slow
def test_a_map_that_highdicom_wrote_is_what_it_reads(tmp_path: Path) -> None:
    highdicom = pytest.importorskip("highdicom", reason="highdicom is not installed: pip install '.[bench]'")
    from pydicom import dcmread

    write_phantom(tmp_path / "ct", shape=(32, 24, 6))
    images = sorted(map(dcmread, (tmp_path / "ct").iterdir()), key=lambda one: one.ImagePositionPatient[2])
    for one in images:
        one.StudyDate = one.get("StudyDate") or "20240101"
    concepts = highdicom.sr.CodedConcept
    own = highdicom.pm.RealWorldValueMapping(
        "ADC", "map", concepts("um2/s", "UCUM", "um2/s"), [0.0, 900.0], slope=1, intercept=0,
        quantity_definition=concepts(*ADC),
    )  # fmt: skip
    values = np.random.default_rng(0).random((6, 24, 32)).astype(np.float32) * 900
    highdicom.pm.ParametricMap(
        images, values, highdicom.UID(), 9, highdicom.UID(), 1, "x", "y", "1", "1",
        contains_recognizable_visual_features=False, real_world_value_mappings=[own],
        voi_lut_transformations=[highdicom.VOILUTTransformation(400, 800)],
    ).save_as(tmp_path / "map.dcm")  # fmt: skip
    volume, ct = viewer3d.load(tmp_path / "map.dcm"), viewer3d.load(tmp_path / "ct")
    assert volume.unit == "um2/s"
    assert volume.frame_of_reference == ct.frame_of_reference
    np.testing.assert_allclose(volume.affine, ct.affine, atol=1e-6)
    np.testing.assert_array_equal(volume.voxels.transpose(2, 1, 0), values)
