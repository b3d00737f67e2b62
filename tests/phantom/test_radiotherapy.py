"""The synthetic treatment: dose and structures are what their files hold, and lie where they are said to."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pydicom
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS
from viewer3d import phantom
from viewer3d.core.geometry import Geometry
from viewer3d.errors import GeometryError, OutputError
from viewer3d.phantom.belly import PROSTATE_CENTER, PROSTATE_RADII
from viewer3d.phantom.radiotherapy import HEAD_RADIUS, PTV_RADII


@pytest.mark.parametrize("direction", [None, DIRECTIONS["oblique"]])
def test_a_file_holds_the_dose_of_the_volume(direction: np.ndarray | None, tmp_path: Path) -> None:
    made = phantom.dose(shape=(24, 18, 10), spacing=(16, 15, 12), direction=direction)
    path = phantom.write_dose(tmp_path / "a.dcm", shape=(24, 18, 10), spacing=(16, 15, 12), direction=direction)
    loaded = viewer3d.load(path)
    np.testing.assert_array_equal(loaded.voxels, made.voxels)
    np.testing.assert_allclose(loaded.affine, made.affine, atol=1e-6)
    assert (loaded.unit, loaded.modality, loaded.description, loaded.notes) == ("Gy", "RTDOSE", made.description, ())
    assert loaded.frame_of_reference == made.frame_of_reference == phantom.volume(shape=(4, 4, 4)).frame_of_reference


def test_a_file_holds_the_contours_of_the_structures(tmp_path: Path) -> None:
    grid = phantom.grid((10, 10, 71))  # slices of 10 mm
    made, loaded = (
        phantom.structures(grid),
        viewer3d.load_structures(phantom.write_structures(tmp_path / "a.dcm", grid)),
    )
    assert loaded.digest == made.digest
    assert loaded.notes == ()
    for one, other in zip(made.rois, loaded.rois, strict=True):
        assert (one.number, one.name, one.type, one.color) == (other.number, other.name, other.type, other.color)
    assert loaded.frame_of_reference == made.frame_of_reference


def test_the_same_call_writes_the_same_bytes(tmp_path: Path) -> None:
    grid = phantom.grid((10, 10, 20))
    for write in (phantom.write_plan, lambda path: phantom.write_structures(path, grid)):
        first, again = write(tmp_path / "a.dcm").read_bytes(), write(tmp_path / "b.dcm").read_bytes()
        assert first == again


def test_structures_have_the_volumes_of_their_shapes() -> None:
    """Surfaces of ellipsoids are good to 0.01 mm, 0.1 % here; slabs of 1 mm differ by 0.1 %, 180 chords by 0.02 %."""
    low, high = PROSTATE_CENTER[2] - 30, PROSTATE_CENTER[2] + 64
    fine = Geometry(np.array([[1, 0, 0, 0], [0, 1, 0, 0], [0, 0, 1, low], [0, 0, 0, 1.0]]), (4, 4, int(high - low)))
    made = phantom.structures(fine)
    for name, radii in (("Prostate", PROSTATE_RADII), ("PTV", PTV_RADII), ("Femoral head L", (HEAD_RADIUS,) * 3)):
        ml = 4 / 3 * np.pi * np.prod(radii) / 1000
        assert made.measure(name).ml == pytest.approx(ml, rel=2e-3), name


def test_structures_lie_around_what_the_ct_shows() -> None:
    """Urine in the bladder, bone in the femoral heads, nothing of the patient outside of the body."""
    ct = phantom.volume(shape=(102, 73, 40), spacing=(4, 4, 3), center=(0, 5, -240), noise=0)
    made = phantom.structures(ct.geometry)
    inside = {roi.name: ct.voxels[made.mask(roi.number, ct)] for roi in made.rois}
    assert np.median(inside["Bladder"]) == pytest.approx(6, abs=2)
    assert np.median(inside["Femoral head R"]) > 200
    assert np.median(inside["Prostate"]) == pytest.approx(50, abs=3)
    body = made.mask("Body", ct)
    covered = body.any((0, 1))
    assert np.mean(ct.voxels[body] > -200) > 0.97
    around = ct.voxels[:, :52, covered][~body[:, :52, covered]]  # in front of the couch
    assert np.mean(around < -200) > 0.97


def test_the_dose_covers_the_target_and_spares_the_rest() -> None:
    dose = phantom.dose()
    made = phantom.structures()
    ptv = dose.voxels[made.mask("PTV", dose)]
    assert 0.95 * phantom.PRESCRIBED < np.percentile(ptv, 5) < phantom.PRESCRIBED
    assert ptv.max() == dose.voxels.max() < 1.07 * phantom.PRESCRIBED
    assert np.percentile(dose.voxels[made.mask("Femoral head L", dose)], 98) < 0.5 * phantom.PRESCRIBED
    assert dose.value_at((0, -139, -268)) == 0  # air


def test_the_plan_prescribes_what_is_said(tmp_path: Path) -> None:
    ds = pydicom.dcmread(phantom.write_plan(tmp_path / "a.dcm"))
    structures = pydicom.dcmread(phantom.write_structures(tmp_path / "b.dcm", phantom.grid((4, 4, 71))))
    (reference,) = ds.DoseReferenceSequence
    assert float(reference.TargetPrescriptionDose) == phantom.PRESCRIBED
    (referenced,) = ds.ReferencedStructureSetSequence
    assert referenced.ReferencedSOPInstanceUID == structures.SOPInstanceUID
    (named,) = [
        one.ROIName for one in structures.StructureSetROISequence if one.ROINumber == reference.ReferencedROINumber
    ]
    assert named == "PTV"


def test_what_cannot_be_drawn_or_written_is_said(tmp_path: Path) -> None:
    with pytest.raises(GeometryError, match="axial slices"):
        phantom.structures(phantom.grid((4, 4, 4), direction=DIRECTIONS["oblique"]))
    with pytest.raises(OutputError, match="cannot be written"):
        phantom.write_plan(tmp_path / "none" / "a.dcm")
