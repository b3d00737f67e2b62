"""DICOM structure sets: what is read is what was written, and what cannot be right is told or refused in words."""

from __future__ import annotations

import json
import tracemalloc
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from pydicom import Dataset, dcmread
from pydicom.uid import DeflatedExplicitVRLittleEndian, ExplicitVRLittleEndian, ImplicitVRLittleEndian

import viewer3d
from tests.dicom.made import image, item
from tests.dicom.objects.structure_files import FRAME_OF_REFERENCE, circle, contour, roi, save, structure_set
from viewer3d.core.geometry import Geometry
from viewer3d.core.vectors import rotation
from viewer3d.dicom.objects import structures as module
from viewer3d.errors import (
    BadFileError,
    ChoiceError,
    LimitError,
    NotFoundError,
    NoVolumeError,
    Viewer3DError,
    ViewError,
)

Real = Callable[[str], Path]


def stack(radius: float = 9, planes: int = 4, **values: Any) -> list[Dataset]:
    """Circles in planes of 2.5 mm."""
    return [contour(circle(radius, z=2.5 * k), **values) for k in range(planes)]


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian, DeflatedExplicitVRLittleEndian])
def test_where_contours_lie_and_what_they_are(tmp_path: Path, syntax: str) -> None:
    """With a contour of 90 kB, for which explicit VR has no length of a DS."""
    long = circle(50, 4000, center=(3, 4), z=5)
    dataset = structure_set(
        [
            roi(3, stack(ContourSlabThickness="2.5"), ROIName="Left lung", color=[10, 20, 30]),
            roi(1, [contour(long)], ROIName="PT\x1bV", type="PTV", ROIGenerationAlgorithm="AUTOMATIC"),
        ]
    )
    found = viewer3d.load_structures(save(dataset, tmp_path, syntax=syntax))
    assert (found.modality, found.description, found.notes) == ("RTSTRUCT", "Plan", ())
    assert found.frame_of_reference == FRAME_OF_REFERENCE
    lung, target = found.rois
    assert (lung.number, lung.name, lung.color, lung.type) == (3, "Left lung", (10, 20, 30), "ORGAN")
    assert (target.number, target.name, target.type, target.algorithm) == (1, "PT\\x1bV", "PTV", "AUTOMATIC")
    assert (len(lung.contours), lung.contours[0].thickness, lung.contours[0].type) == (4, 2.5, "CLOSED_PLANAR")
    np.testing.assert_allclose(lung.contours[2].points, circle(9, z=5), atol=1e-6)
    np.testing.assert_allclose(target.contours[0].points, long, atol=1e-6)
    assert not target.contours[0].points.flags.writeable
    less = 200 / (2 * np.pi) * np.sin(2 * np.pi / 200)
    assert found.measure("Left lung").ml == pytest.approx(np.pi * 81 * 10 * less / 1000, rel=1e-6)


def test_a_dataset_gives_the_same_before_and_after_its_values_were_looked_at(tmp_path: Path) -> None:
    path = save(structure_set([roi(1, stack())]), tmp_path)
    dataset = dcmread(path)
    before = viewer3d.load_structures(dataset)
    str(dataset)  # pydicom makes each coordinate an object, and keeps those
    after = viewer3d.load_structures(dataset)
    assert before.digest == after.digest == viewer3d.load_structures(path).digest


def test_it_is_found_in_a_folder_and_chosen(tmp_path: Path) -> None:
    image(1, 0, 5, "CT").save_as(tmp_path / "image.dcm", implicit_vr=False, little_endian=True)
    with pytest.raises(NoVolumeError, match="no structure set among what is there: 1 CT Image Storage"):
        viewer3d.load_structures(tmp_path)
    save(structure_set([roi(1, stack())]), tmp_path)
    assert len(viewer3d.load_structures(tmp_path).rois) == 1
    save(structure_set([roi(1, []), roi(2, [])], SeriesNumber=9, SOPInstanceUID="1.2.3.79"), tmp_path, "b.dcm")
    with pytest.raises(ChoiceError, match=r"load_structures\(\.\.\., series=9\)"):
        viewer3d.load_structures(tmp_path)
    assert len(viewer3d.load_structures(tmp_path, series=9).rois) == 2
    with pytest.raises(NotFoundError):
        viewer3d.load_structures(tmp_path / "none.dcm")


def test_frames_of_reference_are_those_of_the_rois(tmp_path: Path) -> None:
    """Of each ROI, else the one of Referenced Frame of Reference Sequence, else the file's."""
    none = roi(1, stack(), ReferencedFrameOfReferenceUID=None)
    listed = [item(FrameOfReferenceUID="1.2.9.7")]
    for values, expected in (
        ({}, ""),
        ({"FrameOfReferenceUID": "1.2.9.8"}, "1.2.9.8"),
        ({"FrameOfReferenceUID": "1.2.9.8", "ReferencedFrameOfReferenceSequence": listed}, "1.2.9.7"),
    ):
        found = viewer3d.load_structures(save(structure_set([none], **values), tmp_path))
        assert (found.frame_of_reference, found.rois[0].frame_of_reference) == (expected, expected)
    two = [roi(1, stack()), roi(2, stack(), ReferencedFrameOfReferenceUID="1.2.9.2")]
    found = viewer3d.load_structures(save(structure_set(two), tmp_path))
    assert found.frame_of_reference == ""
    assert [one.frame_of_reference for one in found.rois] == [FRAME_OF_REFERENCE, "1.2.9.2"]
    assert found.notes == ("The ROIs are in 2 frames of reference: each lies only over images of its own.",)


@pytest.mark.parametrize(
    ("bad", "said"),
    [
        (contour(b"1\\2"), "2 coordinates, which are no points of three: left out"),
        (contour(b"1\\2\\3\\4\\nan\\6\\7\\8\\9"), "coordinates that are not finite: left out"),
        (contour(b"1\\2\\3\\4\\inf\\6\\7\\8\\9"), "coordinates that are not finite: left out"),
        (contour(b"1\\2\\3\\4\\1e300\\6\\7\\8\\9"), "coordinates more than a kilometre away: left out"),
        (contour(b"1\\2\\3\\4\\five\\6\\7\\8\\9"), "coordinates that are no numbers: left out"),
        (contour(b"1\\2\\3\\\\5\\6\\7\\8\\9"), "coordinates that are no numbers: left out"),
        (contour(b""), "no points: left out"),
        (item(ContourGeometricType="CLOSED_PLANAR"), "no points: left out"),
        (contour(circle(9), "CLOSED"), "the Contour Geometric Type CLOSED: left out"),
        (contour(circle(9), None), "the Contour Geometric Type (none): left out"),
    ],
)
def test_a_contour_of_which_nothing_can_be_made_is_left_out_and_told(tmp_path: Path, bad: Dataset, said: str) -> None:
    found = viewer3d.load_structures(save(structure_set([roi(1, [bad, *stack()])]), tmp_path))
    assert len(found.rois[0].contours) == 4
    assert found.notes == (f"Part 1: 1 contour with {said}.",)


def test_contours_that_enclose_nothing_are_kept_and_told(tmp_path: Path) -> None:
    points = [contour(b"1\\2\\3", "POINT"), contour(b"4\\5\\6", "POINT")]
    lines = [contour(circle(9), "OPEN_PLANAR"), contour(circle(9), "OPEN_NONPLANAR")]
    few = contour(b"1\\2\\3\\4\\5\\6")
    rois = [roi(1, points), roi(2, lines), roi(3, [few, *stack()]), roi(4, None), roi(5, [])]
    found = viewer3d.load_structures(save(structure_set(rois), tmp_path))
    assert [len(one.contours) for one in found.rois] == [2, 2, 5, 0, 0]
    assert [len(one.closed) for one in found.rois] == [0, 0, 4, 0, 0]
    assert found.notes == (
        "2 ROIs without contours: Part 4, Part 5.",
        "Part 1: 2 points, which enclose no volume.",
        "Part 2: 2 open contours, which enclose no volume.",
        "Part 3: 1 closed contour of fewer than three points, which enclose none.",
    )


def test_what_contradicts_itself_is_told(tmp_path: Path) -> None:
    lying = contour(circle(9), NumberOfContourPoints="7")
    dataset = structure_set([roi(1, [lying]), roi(2, stack()), roi(2, stack())])
    dataset.ROIContourSequence[1].ReferencedROINumber = 8
    del dataset.StructureSetROISequence[0].ROIName
    dataset.ROIContourSequence[0].ROIDisplayColor = [1, 2, 300]
    found = viewer3d.load_structures(save(dataset, tmp_path))
    assert [(one.number, one.name, len(one.contours)) for one in found.rois] == [
        (1, "ROI 1", 1),
        (2, "Part 2", 4),
        (8, "ROI 8", 4),
    ]
    assert found.rois[0].color != (1, 2, 300)
    assert len(found.rois[0].contours[0].points) == 200
    assert found.notes[:3] == (
        "Structure Set ROI Sequence lists ROI 2 twice; the first was taken.",
        "ROI 1: 1 contour with not as many points as it says: taken as they are.",
        "Structure Set ROI Sequence does not list ROI 8, which has contours.",
    )


def test_a_structure_set_without_rois_or_cut_off_is_refused(tmp_path: Path) -> None:
    nothing = structure_set([], StructureSetROISequence=None, ROIContourSequence=None, RTROIObservationsSequence=None)
    with pytest.raises(BadFileError, match="a structure set without ROIs"):
        viewer3d.load_structures(save(nothing, tmp_path))
    empty = viewer3d.load_structures(save(structure_set([]), tmp_path))
    assert (empty.rois, empty.notes) == ((), ())
    path = save(structure_set([roi(1, stack())]), tmp_path)
    whole = path.read_bytes()
    for left in (len(whole) - 2, len(whole) - 3000, len(whole) // 2):
        path.write_bytes(whole[:left])
        with pytest.raises(BadFileError, match="truncated"):
            viewer3d.load_structures(path)
    dataset = structure_set([roi(1, stack())], ROIContourSequence=None)
    (note, _) = viewer3d.load_structures(save(dataset, tmp_path)).notes
    assert note == "There is no ROI Contour Sequence (3006,0039), or the file was cut off before its end."


def test_a_sequence_without_a_length_that_is_cut_off_is_refused(tmp_path: Path) -> None:
    dataset = structure_set([roi(1, stack())])
    dataset["ROIContourSequence"].is_undefined_length = True
    path = save(dataset, tmp_path)
    assert len(viewer3d.load_structures(path).rois[0].contours) == 4
    path.write_bytes(path.read_bytes()[:-3000])
    with pytest.raises(BadFileError, match="its header cannot be read"):
        viewer3d.load_structures(path)


def test_ten_million_points_are_refused_before_they_are_read(tmp_path: Path) -> None:
    data = b"\\".join([b"1\\2\\3"] * 10_000_000)
    dataset = structure_set([roi(1, [contour(data)])])
    tracemalloc.start()
    try:
        with pytest.raises(LimitError, match="more than 5,000,000 points"):
            viewer3d.load_structures(dataset)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def damaged(whole: bytes, rng: np.random.Generator) -> bytes:
    """A file with some bytes flipped, a part overwritten, taken out or doubled, or its end cut off."""
    data, at = bytearray(whole), int(rng.integers(132, len(whole)))
    length = int(rng.integers(1, 40))
    match int(rng.integers(5)):
        case 0:
            for place in rng.integers(132, len(data), int(rng.integers(1, 20))).tolist():
                data[place] ^= 1 << int(rng.integers(8))
        case 1:
            data[at : at + length] = rng.bytes(min(length, len(data) - at))
        case 2:
            del data[at : at + length]
        case 3:
            data[at:at] = data[at : at + length]
        case _:
            del data[at:]
    return bytes(data)


@pytest.mark.parametrize("syntax", [ExplicitVRLittleEndian, ImplicitVRLittleEndian])
def test_a_damaged_file_is_read_or_refused_in_one_line(tmp_path: Path, syntax: str) -> None:
    """Warnings are errors here, of pydicom and numpy as well."""
    rings = [contour(circle(radius, 12, z=2.5 * k)) for k in range(3) for radius in (20, 8)]
    whole = save(structure_set([roi(1, rings), roi(2, [contour(b"1\\2\\3", "POINT")])]), tmp_path, syntax=syntax)
    geometry = Geometry(np.array([[2, 0, 0, -30], [0, 2, 0, -30], [0, 0, 2.5, 0], [0, 0, 0, 1.0]]), (30, 30, 3))
    rng, content, read, refused = np.random.default_rng(7), whole.read_bytes(), 0, []
    for number in range(150):
        path = tmp_path / f"damaged-{number}.dcm"
        path.write_bytes(damaged(content, rng))
        try:
            found = viewer3d.load_structures(path)
            for one in found.rois:
                found.measure(one.number, geometry)
                found.mask(one.number, geometry)
            read += 1
        except Viewer3DError as error:
            refused.append(str(error))
        path.unlink()
    assert all(len(one.splitlines()) == 1 for one in refused)
    assert min(read, len(refused)) > 20


def test_contours_have_a_limit_and_many_numbers_are_read_part_by_part(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = save(structure_set([roi(1, stack(planes=5))]), tmp_path)
    whole = viewer3d.load_structures(path)
    monkeypatch.setattr(module, "_PART", 100)
    assert viewer3d.load_structures(path).digest == whole.digest
    monkeypatch.setattr(module, "MOST_CONTOURS", 4)
    with pytest.raises(LimitError, match="or 4 contours"):
        viewer3d.load_structures(path)


def test_an_oblique_ellipsoid_of_the_expected_values(tmp_path: Path, real: Real) -> None:
    expected = json.loads(real("expected-overlays.json").read_text())["oblique_contours"]
    affine = np.eye(4)
    affine[:3, :3] = rotation((0, 1, 0), 0.2) @ rotation((1, 0, 0), 0.3) @ np.diag([0.8, 0.8, 2.5])
    affine[:3, 3] = (-90, -100, 40)
    geometry = Geometry(affine, (200, 180, 40))
    contours = []
    for k in range(10, 30):
        radius = 30 * np.sqrt(1 - ((k - 20) / 10.5) ** 2) / 0.8
        world = geometry.index_to_world(circle(radius, center=(100, 90), z=k))
        contours.append(contour(b"\\".join(b"%.3f" % value for value in world.ravel())))
    found = viewer3d.load_structures(save(structure_set([roi(1, contours)]), tmp_path))
    mask = found.rasterize(1, geometry)
    assert (mask.voxels.sum(), mask.notes) == (expected["mask_voxels"], ())
    assert found.measure(1).ml == pytest.approx(expected["analytic_ml"], rel=2e-4)


@pytest.mark.parametrize("name", ["rt.dcm", "invalid_reference_rt.dcm", "non_existent_reference_rt.dcm"])
def test_real_structure_sets_have_the_expected_voxels_and_volumes(real: Real, name: str) -> None:
    """Counted by scikit-image and matplotlib beside each other, see ../shared/docs/overlays.md."""
    expected = json.loads(real("expected-overlays.json").read_text())[f"ct_rtstruct/{name}"]
    folder = real("ct_rtstruct")
    ct = viewer3d.load([folder / "ct_1.dcm", folder / "ct_2.dcm"])
    found = viewer3d.load_structures(folder / name)
    assert len(found.rois) == len(expected["rois"])
    for label, one in expected["rois"].items():
        region = found.roi(label)
        assert (region.number, list(region.color)) == (one["number"], one["color"])
        assert (len(region.contours), sum(len(c.points) for c in region.contours)) == (one["contours"], one["points"])
        mask = found.mask(label, ct.geometry)
        assert mask.sum() == one["mask_xor_voxels"]
        assert found.mask(label, ct.geometry, rule="or").sum() == one["mask_or_voxels"]
        at = ct.geometry.index_to_world(np.argwhere(mask).mean(0))
        np.testing.assert_allclose(at, one["mask_centroid_lps"], atol=1e-3)
        measured = found.measure(label, ct.geometry)
        assert measured.ml == pytest.approx(one["exact_xor_ml"], abs=1e-4)
        assert measured.centroid == pytest.approx(one["exact_centroid_lps"], abs=1e-3)
        assert measured.planes == one["planes"]
        if "image_mean" in one:
            values = found.mask(label, ct)  # the frame of reference is that of the CT
            assert ct.voxels[values].mean() == pytest.approx(one["image_mean"], abs=1e-3)
            assert ct.voxels[values].std() == pytest.approx(one["image_sd"], abs=1e-3)


def test_a_real_structure_set_of_another_frame_of_reference_is_refused(real: Real) -> None:
    expected = json.loads(real("expected-overlays.json").read_text())["frame_of_reference_refusal"]
    folder = real("ct_rtstruct")
    ct = viewer3d.load([folder / "ct_1.dcm", folder / "ct_2.dcm"])
    found = viewer3d.load_structures(folder / "rt.dcm")
    assert (found.frame_of_reference, ct.frame_of_reference) == (expected["overlay_for"], expected["image_for"])
    with pytest.raises(ViewError, match="its frame of reference is another") as refused:
        found.mask(1, ct)
    assert found.frame_of_reference not in str(refused.value)
    assert found.mask(1, ct, same_frame=True).sum() == 1443
