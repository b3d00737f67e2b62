"""Dose-volume histograms: equal to closed forms in linear gradients, whatever grid and planes; and what is refused."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pytest

import viewer3d
from tests.render.markers import DIRECTIONS
from viewer3d import Contour, Layer, Roi, Segmentation, StructureSet, Volume, phantom
from viewer3d.errors import DoseError, StructureError, ViewError
from viewer3d.measurements.dose_samples import LEAST_DOSE_SAMPLES, MOST_DOSE_SAMPLES, doses_at
from viewer3d.measurements.dose_volume import RegionDose, cumulative

CENTER = np.array([3.3, -2.1, 7.7])
BASE = 20.0
"""Gy in the middle."""

FRAME = "1.2.3"


def gradient(
    slope: Sequence[float], spacing: Sequence[float] = (3, 3, 3), direction: np.ndarray | None = None, **about: object
) -> Volume:
    """A dose that grows evenly, Gy a mm, over 120 mm."""
    size = [int(120 / one) for one in spacing]
    affine = np.eye(4)
    affine[:3, :3] = (np.eye(3) if direction is None else direction) * spacing
    affine[:3, 3] = CENTER + 0.37 - affine[:3, :3] @ ((np.array(size) - 1) / 2)
    world = np.indices(size).transpose(1, 2, 3, 0) @ affine[:3, :3].T + affine[:3, 3]
    known = {"unit": "Gy", "modality": "RTDOSE", "frame_of_reference": FRAME, **about}
    return Volume.from_array((BASE + (world - CENTER) @ np.array(slope)).astype(np.float32), affine, **known)


def circles(radii: np.ndarray, heights: np.ndarray, turn: np.ndarray | None = None, points: int = 720) -> list[Contour]:
    """Circles about an axis, each as a polygon of the circle's own area."""
    angle = 2 * np.pi * np.arange(points) / points
    same = np.sqrt(2 * np.pi / (points * np.sin(2 * np.pi / points)))
    unit = np.stack([np.cos(angle), np.sin(angle), 0 * angle], -1)
    frame = np.eye(3) if turn is None else turn
    return [
        Contour((same * radius * unit + (0, 0, height)) @ frame.T + CENTER)
        for radius, height in zip(radii, heights, strict=True)
    ]


def ball(radius: float, step: float, turn: np.ndarray | None = None, number: int = 1) -> Roi:
    heights = (np.arange(-200, 200) + 0.5) * step
    heights = heights[np.abs(heights) < radius]
    contours = circles(np.sqrt(radius**2 - heights**2), heights, turn)
    return Roi(number, f"Ball {number}", (230, 30, 30), "PTV", tuple(contours), FRAME)


def one_of(roi: Roi) -> StructureSet:
    return StructureSet((roi,))


def ball_share(t: np.ndarray | float, radius: float) -> np.ndarray:
    """Share of a ball beyond a plane at t from its middle: a cap (closed form)."""
    t = np.clip(t, -radius, radius)
    return np.asarray((radius - t) ** 2 * (2 * radius + t) / (4 * radius**3))


def ball_height(share: float, radius: float) -> float:
    t = np.linspace(-radius, radius, 100_001)
    return float(np.interp(-share, -ball_share(t, radius), t))


def worst(found: RegionDose, slope: float, radius: float) -> float:
    """The largest difference of the histogram from the ball's own, in percent of its volume."""
    doses = np.linspace(BASE - slope * radius, BASE + slope * radius, 101)
    true = 100 * ball_share((doses - BASE) / slope, radius)
    return float(max(abs(found.volume_at(float(dose)) - one) for dose, one in zip(doses, true, strict=True)))


@pytest.mark.parametrize("slope", [(0.5, 0, 0), (0, 0, 0.5), (0.3, -0.2, 0.4)])
@pytest.mark.parametrize(("radius", "step", "within"), [(12, 1, 0.15), (25, 2.5, 0.2)])
def test_a_ball_in_a_gradient_is_as_in_closed_form(
    slope: tuple[float, float, float], radius: float, step: float, within: float
) -> None:
    size = float(np.linalg.norm(slope))
    (found,) = viewer3d.dvh(gradient(slope), one_of(ball(radius, step))).regions
    assert found.ml == pytest.approx(4 / 3 * np.pi * radius**3 / 1000, rel=2e-3)
    assert found.covered == 1
    assert found.mean == pytest.approx(BASE, abs=0.002)
    assert worst(found, size, radius) < within
    for percent, value in ((2, found.d2), (50, found.d50), (95, found.d95), (98, found.d98)):
        assert value == pytest.approx(BASE + size * ball_height(percent / 100, radius), rel=0.01), percent
    assert found.v20gy == pytest.approx(50, abs=0.1)


@pytest.mark.parametrize(
    ("spacing", "direction"),
    [((5, 5, 5), None), ((2, 2.5, 8), DIRECTIONS["oblique"]), ((1.5, 1.5, 1.5), DIRECTIONS["oblique"])],
)
def test_neither_the_grid_of_the_dose_nor_how_it_lies_matters(
    spacing: tuple[float, float, float], direction: np.ndarray | None
) -> None:
    dose = gradient((0, 0.4, 0.3), spacing, direction)
    (found,) = viewer3d.dvh(dose, one_of(ball(12, 1))).regions
    assert worst(found, 0.5, 12) < 0.15


def test_contours_in_planes_of_any_direction_are_filled() -> None:
    for name in ("oblique", "sagittal"):
        (found,) = viewer3d.dvh(gradient((0.3, -0.2, 0.4)), one_of(ball(12, 1, DIRECTIONS[name]))).regions
        assert worst(found, float(np.linalg.norm((0.3, -0.2, 0.4))), 12) < 0.15, name


def test_a_cylinder_along_the_gradient_has_a_straight_histogram() -> None:
    heights = np.arange(-10, 11) * 2.0  # 21 slabs of 2 mm: 42 mm
    roi = Roi(1, "Rod", (0, 0, 0), "", tuple(circles(np.full(21, 8.0), heights)), FRAME)
    (found,) = viewer3d.dvh(gradient((0, 0, 0.5)), one_of(roi)).regions
    assert found.ml == pytest.approx(np.pi * 64 * 42 / 1000, rel=1e-6)
    for percent in (2, 25, 50, 75, 98):
        assert found.dose_at(percent) == pytest.approx(BASE + 0.5 * 42 * (0.5 - percent / 100), abs=0.01)
    assert (found.min, found.max) == (pytest.approx(9.5, abs=0.01), pytest.approx(30.5, abs=0.01))


def test_a_hole_is_none_of_it() -> None:
    """A shell from 8 to 16 mm: the larger ball less the smaller, each a cap in closed form."""
    outer, inner = ball(16, 1), ball(8, 1)
    shell = Roi(1, "Shell", (0, 0, 0), "", (*outer.contours, *inner.contours), FRAME)
    (found,) = viewer3d.dvh(gradient((0.3, 0.4, 0)), one_of(shell)).regions
    big, small = (4 / 3 * np.pi * r**3 / 1000 for r in (16, 8))
    assert found.ml == pytest.approx(big - small, rel=2e-3)
    t = 5.0
    true = (big * ball_share(t, 16) - small * ball_share(t, 8)) / (big - small)
    assert found.volume_at(BASE + 0.5 * t) == pytest.approx(100 * float(true), abs=0.15)


def test_voxels_of_a_segment_are_boxes() -> None:
    """A block of voxels in a gradient: its dose is spread evenly, and each number is a straight line's."""
    labels = np.zeros((20, 20, 20), np.uint8)
    labels[5:13, 6:14, 4:12] = 1
    affine = np.diag([4.0, 4, 4, 1])
    affine[:3, 3] = CENTER - affine[:3, :3] @ (8.5, 9.5, 7.5)  # the block's middle
    block = Segmentation.from_array(labels, affine, names={1: "Block"}, frame_of_reference=FRAME)
    (found,) = viewer3d.dvh(gradient((0, 0.5, 0)), block).regions
    assert (found.name, found.ml) == ("Block", pytest.approx(32.768))
    for percent in (2, 50, 95, 98):
        assert found.dose_at(percent) == pytest.approx(BASE + 0.5 * 32 * (0.5 - percent / 100), abs=0.02)
    assert LEAST_DOSE_SAMPLES / 4 < found.samples < MOST_DOSE_SAMPLES * 4


def test_a_segment_of_one_voxel_and_a_contour_as_thin_as_a_hair_have_histograms() -> None:
    labels = np.zeros((3, 3, 3), np.uint8)
    labels[1, 1, 1] = 1
    affine = np.eye(4)
    affine[:3, 3] = CENTER - 1
    one = Segmentation.from_array(labels, affine, frame_of_reference=FRAME)
    (found,) = viewer3d.dvh(gradient((0.5, 0, 0)), one).regions
    assert (found.min, found.max) == (pytest.approx(BASE - 0.25, abs=0.01), pytest.approx(BASE + 0.25, abs=0.01))
    hair = [Contour(np.array([(0, 0, z), (30, 0, z), (30, 1e-5, z), (0, 1e-5, z)]) + CENTER) for z in (0, 1, 2)]
    (thin,) = viewer3d.dvh(gradient((0.5, 0, 0)), one_of(Roi(1, "Hair", (0, 0, 0), "", tuple(hair), FRAME))).regions
    assert thin.ml == pytest.approx(9e-7)
    assert thin.samples > 0


def test_what_lies_beyond_the_grid_has_no_part_and_is_told() -> None:
    dose = gradient((0, 0, 0.5))
    end = float(dose.geometry.bounds[1][2])
    roi = ball(12, 1)
    moved = tuple(
        Contour(one.points + np.array((0, 0, end - CENTER[2]))) for one in roi.contours
    )  # half of it is beyond
    found = viewer3d.dvh(dose, one_of(Roi(1, "Half", (0, 0, 0), "", moved, FRAME)))
    (half,) = found.regions
    assert half.covered == pytest.approx(0.5, abs=0.01)
    assert any("Half: 50 % of its volume lie beyond the dose grid" in note for note in found.notes)
    assert half.ml == pytest.approx(4 / 3 * np.pi * 1.728, rel=2e-3)
    assert half.volume_at(0) == 100  # of what lies in it
    far = tuple(Contour(one.points + np.array((0, 0, 200))) for one in roi.contours)
    both = StructureSet((ball(12, 1), Roi(2, "Far", (0, 0, 0), "", far, FRAME)))
    found = viewer3d.dvh(dose, both)
    assert [one.name for one in found.regions] == ["Ball 1"]
    assert "Far lies beyond the dose grid, and has no histogram." in found.notes


def test_doses_that_are_no_numbers_have_no_part_in_it() -> None:
    dose = gradient((0.5, 0, 0))
    voxels = dose.voxels.copy()
    voxels[: voxels.shape[0] // 2] = np.nan
    holed = Volume.from_array(voxels, dose.affine, unit="Gy", modality="RTDOSE", frame_of_reference=FRAME)
    (found,) = viewer3d.dvh(holed, one_of(ball(12, 1))).regions
    assert found.covered == pytest.approx(0.5, abs=0.12)
    assert found.min > BASE
    assert np.isfinite([found.mean, found.d98, *found.doses, *found.volumes]).all()
    filled = Volume.from_array(
        dose.voxels, dose.affine, unit="Gy", info=dose.info, measured=[[0, 0, 0, 0]] * dose.shape[2]
    )
    with pytest.raises(DoseError, match="no region has a volume in the dose grid"):
        viewer3d.dvh(filled, one_of(ball(12, 1)))


def test_an_even_dose_is_one_number() -> None:
    (found,) = viewer3d.dvh(gradient((0, 0, 0)), one_of(ball(12, 2))).regions
    assert (found.min, found.mean, found.max, found.d2, found.d98) == (pytest.approx(BASE),) * 5
    assert (found.volume_at(BASE), found.volume_at(BASE + 0.01)) == (100, 0)


def test_cumulative_weights_are_exact_at_their_ends() -> None:
    doses, least = cumulative(np.array([1.0, 2.0, 2.0, 4.0]), np.array([1.0, 1.0, 2.0, 4.0]))
    assert (doses[0], least[0], doses[-1], least[-1]) == (0, 8, 4, 4)
    assert np.interp([1, 1.5, 2.5], doses, least).tolist() == [8, 7, 4]


def test_percent_are_of_the_prescription() -> None:
    dose, structures = phantom.dose(shape=(67, 48, 27), spacing=(6, 6, 6)), phantom.structures()
    found = viewer3d.dvh(dose, structures, 60, regions=["PTV", 4])
    ptv, bladder = found.regions
    assert (bladder.name, found.prescription) == ("Bladder", viewer3d.Prescription(60))
    assert ptv.volume_at("95%") == ptv.volume_at(57) == ptv.volume_at("57Gy") == ptv.volume_at("5700 cGy")
    assert ptv.dose_at(ptv.volume_at(57.0)) == pytest.approx(57, abs=0.01)
    assert ptv.ml_at("95%") == pytest.approx(ptv.volume_at("95%") / 100 * ptv.ml)
    assert ptv.dose_at_ml(0.03) == pytest.approx(ptv.max, abs=0.1)
    (bare,) = viewer3d.dvh(dose, structures, regions="PTV").regions
    with pytest.raises(DoseError, match="percent are of a prescription: give a plan"):
        bare.volume_at("95%")
    with pytest.raises(ViewError, match="the values are in Gy"):
        bare.volume_at("5SUV")
    with pytest.raises(DoseError, match="give percent, 0 to 100"):
        bare.dose_at(101)
    with pytest.raises(DoseError, match="no dose at 1000"):
        bare.dose_at_ml(1000)
    with pytest.raises(DoseError, match="give the number of one of: 3 PTV"):
        found.region("Liver")


def test_files_of_a_treatment_make_the_same_histograms(tmp_path: Path) -> None:
    small = {"shape": (34, 24, 14), "spacing": (12.0, 12.0, 12.0)}
    grid = phantom.grid((4, 4, 71))  # slices of 10 mm
    files = (
        phantom.write_dose(tmp_path / "dose.dcm", **small),  # type: ignore[arg-type]
        phantom.write_structures(tmp_path / "structures.dcm", grid),
        phantom.write_plan(tmp_path / "plan.dcm"),
    )
    some = ["PTV", "Rectum"]
    found = viewer3d.dvh(*files, regions=some)
    made = viewer3d.dvh(phantom.dose(**small), phantom.structures(grid), 60, regions=some)  # type: ignore[arg-type]
    assert [(one.name, one.mean, one.d95) for one in found.regions] == [
        (one.name, one.mean, one.d95) for one in made.regions
    ]
    assert str(found.prescription) == "60 Gy to PTV"


def test_a_dose_without_a_unit_in_gy_is_never_called_so() -> None:
    relative = gradient((0.01, 0, 0), unit="relative")
    found = viewer3d.dvh(relative, one_of(ball(12, 2)))
    (one,) = found.regions
    assert (found.unit, one.unit, one.v20gy) == ("relative", "relative", None)
    with pytest.raises(ViewError, match="prescribes 60 Gy, and the values are relative"):
        viewer3d.dvh(relative, one_of(ball(12, 2)), 60)
    for modality, unit in (("CT", "HU"), ("PT", "SUVbw"), ("MR", "")):
        with pytest.raises(DoseError, match=f"{modality} is no dose: its values are in"):
            viewer3d.dvh(gradient((0.5, 0, 0), modality=modality, unit=unit), one_of(ball(12, 2)))


def test_structures_of_another_frame_are_refused_and_placed_by_a_transform() -> None:
    dose, roi = gradient((0.5, 0, 0)), ball(12, 1)
    aside = Roi(1, "Ball", (0, 0, 0), "", tuple(Contour(one.points - (30, 0, 0)) for one in roi.contours), "9.9.9")
    with pytest.raises(ViewError, match="its frame of reference is another"):
        viewer3d.dvh(dose, one_of(aside))
    shift = np.eye(4)
    shift[0, 3] = 30
    found = viewer3d.dvh(dose, Layer(one_of(aside), transform=shift))
    assert worst(found.regions[0], 0.5, 12) < 0.15
    assert any("placed by a given matrix" in note for note in found.notes)
    trusted = viewer3d.dvh(dose, Layer(one_of(aside), same_frame=True))
    assert trusted.regions[0].mean == pytest.approx(BASE - 15, abs=0.01)


def test_regions_without_a_volume_are_told() -> None:
    empty = Roi(2, "Empty", (0, 0, 0), "", (), FRAME)
    point = Roi(3, "Isocentre", (0, 0, 0), "", (Contour(CENTER[None], "POINT"),), FRAME)
    found = viewer3d.dvh(gradient((0.5, 0, 0)), StructureSet((ball(12, 2), empty, point)))
    assert [one.number for one in found.regions] == [1]
    told = " ".join(found.notes)
    assert "Empty" in told
    assert "Isocentre" in told
    with pytest.raises(StructureError, match="no ROI 'Liver'"):
        viewer3d.dvh(gradient((0.5, 0, 0)), one_of(ball(12, 2)), regions="Liver")
    with pytest.raises(ViewError, match="no regions"):
        viewer3d.dvh(gradient((0.5, 0, 0)), gradient((0.5, 0, 0)))


@pytest.mark.slow
def test_a_single_plane_is_as_thick_as_slices_of_the_dose() -> None:
    roi = Roi(1, "Disc", (0, 0, 0), "", tuple(circles(np.array([10.0]), np.array([0.0]))), FRAME)
    found = viewer3d.dvh(gradient((0.5, 0, 0), (3, 3, 5)), one_of(roi))
    assert found.regions[0].ml == pytest.approx(np.pi * 100 * 5 / 1000, rel=1e-6)
    assert any("taken to be 5 mm thick" in note for note in found.notes)


def test_doses_are_those_of_the_picture() -> None:
    dose = phantom.dose(shape=(20, 15, 10), spacing=(12, 12, 12), direction=DIRECTIONS["oblique"])
    points = dose.geometry.index_to_world(np.random.default_rng(0).uniform(-0.7, 9.7, (60, 3)))
    values, inside = doses_at(dose, points)
    for point, value, held in zip(points, values, inside, strict=True):
        true = dose.value_at(point)
        assert held == (true is not None)
        assert true is None or value == pytest.approx(true, abs=1e-4)
