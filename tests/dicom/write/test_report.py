"""Measurements as a DICOM report: points, numbers, units and codes as highdicom and pydicom read them back."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pydicom
import pytest
from click.testing import CliRunner, Result

import viewer3d
from tests.dicom.write.dciodvfy import errors_of
from tests.phantom_files import write_phantom
from viewer3d import Measurement, Segmentation, Volume, load, measure_regions
from viewer3d.cli import main
from viewer3d.errors import GeometryError, NotFoundError, OutputError, ViewError
from viewer3d.measurements.isocontours import grown_region

pytestmark = pytest.mark.slow
highdicom = pytest.importorskip("highdicom")

SMALL: dict[str, Any] = {"shape": (14, 12, 6), "spacing": (20.0, 22.0, 40.0)}
FLOAT32 = 3e-5
"""mm: half a step of float32 at half a metre."""


@pytest.fixture(scope="module")
def ct(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("data") / "ct"
    write_phantom(folder, **SMALL)
    return folder


def drawn(volume: Volume, tilt: float = 0.0) -> tuple[Measurement, ...]:
    """One of each kind through the middle of a volume, on its slices or tilted against them."""
    middle = volume.geometry.index_to_world((np.array(volume.shape) // 2).astype(float))
    right, down, along = volume.geometry.direction.T
    down = np.cos(tilt) * down + np.sin(tilt) * along
    axes = (tuple(map(float, right)), tuple(map(float, down)))

    def at(x: float, y: float) -> tuple[float, float, float]:
        a, b, c = (float(one) for one in middle + x * right + y * down)
        return a, b, c

    def one(kind: Any, *points: tuple[float, float, float], name: str = "") -> Measurement:
        return Measurement(kind, points, *axes, name)  # type: ignore[arg-type]

    return (
        one("distance", at(-30, 0), at(0, 40), name="Länge"),
        one("angle", at(50, 0), at(0, 0), at(7, 7)),
        one("ellipse", at(-40, -60), at(40, 60), name="lesion"),
        one("rectangle", at(-61, -30), at(40, 31)),
        one("probe", at(3, 4)),
    )


def items(group: Any) -> Any:
    return group[0].ContentSequence


def places(group: Any) -> list[Any]:
    """All SCOORD3D of a group, at any depth."""
    found, left = [], list(items(group))
    while left:
        one = left.pop(0)
        found += [one] if one.ValueType == "SCOORD3D" else []
        left += list(one.get("ContentSequence") or [])
    return found


def points_of(place: Any) -> np.ndarray[Any, Any]:
    return np.array(place.GraphicData).reshape(-1, 3)


def read(path: Path) -> Any:
    return highdicom.sr.srread(path)


def numbers(group: Any) -> dict[tuple[str, str], tuple[float, str]]:
    return {
        (one.name.meaning, "" if one.derivation is None else one.derivation.meaning): (one.value, one.unit.value)
        for one in group.get_measurements()
    }


def ranges(group: Any) -> dict[str, tuple[float, float, str]]:
    """Return the upper and lower uncertainty of each number that has one, and their unit (TID 310)."""
    found = {}
    for one in group.get_measurements():
        by_code = {item.name.value: item for item in items(one)}
        if "371886008" in by_code:
            upper, lower = by_code["371886008"], by_code["371885007"]
            assert upper.unit == lower.unit
            found[one.name.meaning] = (upper.value, lower.value, upper.unit.value)
    return found


def rows(volume: Volume, measurements: Sequence[Measurement], path: Path) -> list[dict[str, Any]]:
    text = viewer3d.save(measurements, path, volume=volume).path.read_text()
    found: list[dict[str, Any]] = json.loads(text)["measurements"]
    return found


@pytest.mark.parametrize("tilt", [pytest.param(0.0, marks=pytest.mark.slow), 0.4])
def test_points_and_numbers_are_those_of_the_table(ct: Path, tmp_path: Path, tilt: float) -> None:
    volume = load(ct)
    measurements = drawn(volume, tilt)
    path = viewer3d.save(measurements, tmp_path / "m.dcm", volume=volume, source=ct).path
    report, table = read(path), rows(volume, measurements, tmp_path / "m.json")
    line, angle, probe = report.content.get_image_measurement_groups()
    ellipse, rectangle = report.content.get_planar_roi_measurement_groups()
    for group, row in zip((line, angle, ellipse, rectangle, probe), table, strict=True):
        assert {one.ReferencedFrameOfReferenceUID for one in places(group)} == {volume.frame_of_reference}
        assert row["kind"] in group.tracking_identifier or row["name"] == group.tracking_identifier
    assert numbers(line) == {("Length", ""): (table[0]["length_mm"], "mm")}
    assert numbers(angle) == {("Angle", ""): (table[1]["angle_degrees"], "deg")}
    assert ranges(line) == {"Length": (table[0]["length_uncertainty_mm"],) * 2 + ("mm",)}
    assert ranges(angle) == {"Angle": (table[1]["angle_uncertainty_degrees"],) * 2 + ("deg",)}
    assert ranges(probe) == {}
    for group, row in ((line, table[0]), (angle, table[1]), (probe, table[4])):
        (place,) = places(group)
        assert np.abs(points_of(place) - row["points_mm"]).max() < FLOAT32
        assert place.GraphicType == ("POINT" if group is probe else "POLYLINE")
    assert numbers(probe) == {("Attenuation Coefficient", ""): (table[4]["value"], "[hnsf'U]")}
    for group, row in ((ellipse, table[2]), (rectangle, table[3])):
        assert numbers(group) == {
            ("Area", ""): (row["area_mm2"], "mm2"),
            ("Number of values", ""): (row["count"], "1"),
            ("Attenuation Coefficient", "Mean"): (row["mean"], "[hnsf'U]"),
            ("Attenuation Coefficient", "Standard Deviation"): (row["sd"], "[hnsf'U]"),
            ("Attenuation Coefficient", "Minimum"): (row["min"], "[hnsf'U]"),
            ("Attenuation Coefficient", "Maximum"): (row["max"], "[hnsf'U]"),
        }
        assert ranges(group)["Area"] == (row["area_uncertainty_mm2"],) * 2 + ("mm2",)
        if row["mean_uncertainty"] is not None:
            assert ranges(group)["Attenuation Coefficient"] == (row["mean_uncertainty"],) * 2 + ("[hnsf'U]",)
    (outline,) = places(rectangle)
    assert outline.GraphicType == "POLYGON"
    assert np.abs(points_of(outline)[:4] - measurements[3].handles).max() < FLOAT32
    assert np.array_equal(points_of(outline)[0], points_of(outline)[4])


def test_an_ellipse_has_the_ends_of_its_axes_the_longer_first(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    shape = drawn(volume)[2]
    path = viewer3d.save([shape], tmp_path / "m.dcm", volume=volume, source=ct).path
    (group,) = read(path).content.get_planar_roi_measurement_groups()
    (place,) = places(group)
    first, second, third, fourth = points_of(place)
    assert place.GraphicType == "ELLIPSE"
    assert np.linalg.norm(second - first) == pytest.approx(120, abs=1e-3)
    assert np.linalg.norm(fourth - third) == pytest.approx(80, abs=1e-3)
    assert (first + second) / 2 == pytest.approx(shape.center, abs=1e-3)
    assert (second - first) / 120 == pytest.approx(shape.down, abs=1e-5)
    assert (fourth - third) / 80 == pytest.approx(shape.right, abs=1e-5)


def test_a_rectangle_whose_corners_are_a_little_off_its_plane_is_put_into_it(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    first, second = volume.geometry.index_to_world([(3, 3, 2), (8, 9, 2)])
    corners = tuple(map(float, first)), tuple(map(float, np.add(second, (0, 0, 9e-4))))
    shape = Measurement("rectangle", corners, (1, 0, 0), (0, 1, 0))  # type: ignore[arg-type]
    path = viewer3d.save([shape], tmp_path / "m.dcm", volume=volume, source=ct).path
    (place,) = places(read(path).content.get_planar_roi_measurement_groups()[0])
    assert np.abs(points_of(place)[:4] - shape.handles).max() < 6e-4


def newer(volume: Volume, tilt: float = 0.0) -> tuple[Measurement, ...]:
    """One of each newer kind through the middle of a volume, on its slices or tilted against them."""
    distance = drawn(volume, tilt)[0]
    middle, axes = np.array(volume.geometry.middle), np.array([distance.right, distance.down])

    def one(kind: Any, *flat: tuple[float, float], name: str = "") -> Measurement:
        points = tuple(tuple(point) for point in (middle + np.array(flat) @ axes).tolist())
        return replace(distance, kind=kind, points=points, name=name)

    return (
        one("freehand", (-40, -60), (40, -50), (50, 20), (0, 60), (-30, 30), name="lesion"),
        one("polygon", (-40, -60), (40, 50), (40, -50), (-30, 60)),
        one("bidirectional", (-10, 5), (10, 5), (2, -20), (2, 30), name="node"),
        one("arrow", (0, 0), (30, 30), name="look"),
        one("text", (0, 0), name="here"),
    )


@pytest.mark.parametrize("tilt", [0.0, 0.4])
def test_outlines_are_polygons_and_diameters_have_their_codes(ct: Path, tmp_path: Path, tilt: float) -> None:
    volume = load(ct)
    measurements = newer(volume, tilt)
    saved = viewer3d.save(measurements, tmp_path / "m.dcm", volume=volume, source=ct)
    report, table = read(saved.path), rows(volume, measurements, tmp_path / "m.json")
    told = [note for note in saved.notes if "there is no number of it" in note]
    assert [note.partition(":")[0] for note in told] == ["look", "here"]
    (node,) = report.content.get_image_measurement_groups()
    long, short = node.get_measurements()
    assert [(one.name.value, one.name.scheme_designator) for one in (long, short)] == [
        ("103339001", "SCT"),
        ("103340004", "SCT"),
    ]
    assert numbers(node) == {("Long Axis", ""): (50, "mm"), ("Short Axis", ""): (20, "mm")}
    assert ranges(node)["Short Axis"] == (table[2]["short_uncertainty_mm"],) * 2 + ("mm",)
    drawn_short, drawn_long = np.array(table[2]["points_mm"]).reshape(2, 2, 3)
    for place, axis in zip(places(node), (drawn_long, drawn_short), strict=True):
        assert place.GraphicType == "POLYLINE"
        assert np.abs(points_of(place) - axis).max() < FLOAT32
    groups = report.content.get_planar_roi_measurement_groups()
    for group, row in zip(groups, table[:2], strict=True):
        (outline,) = places(group)
        points = points_of(outline)
        assert outline.GraphicType == "POLYGON"
        assert (points[0] == points[-1]).all()
        assert np.abs(points[:-1] - row["points_mm"]).max() < FLOAT32
        found = numbers(group)
        assert found["Area", ""] == (row["area_mm2"], "mm2")
        assert found["Perimeter", ""] == (row["perimeter_mm"], "mm")
        assert found["Number of values", ""] == (row["count"], "1")
        assert ranges(group)["Area"] == (row["area_uncertainty_mm2"],) * 2 + ("mm2",)
    with pytest.raises(OutputError, match="there are no measurements with a number"):
        viewer3d.save(measurements[3:], tmp_path / "n.dcm", volume=volume, source=ct)


def test_it_is_in_the_study_and_refers_to_the_images(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    saved = viewer3d.save(drawn(volume), tmp_path / "m.dcm", volume=volume, source=ct)
    found = pydicom.dcmread(saved.path)
    sources = [pydicom.dcmread(path) for path in sorted(ct.iterdir())]
    assert found.SOPClassUID.name == "Comprehensive 3D SR Storage"
    assert (found.Modality, found.CompletionFlag, found.Manufacturer) == ("SR", "COMPLETE", "viewer3d")
    for word in ("PatientName", "PatientID", "PatientBirthDate", "PatientSex", "StudyInstanceUID", "StudyDate"):
        assert found[word] == sources[0][word]
    assert found.SeriesNumber == sources[0].SeriesNumber + 4000
    listed = {
        one.ReferencedSOPInstanceUID
        for name in ("CurrentRequestedProcedureEvidenceSequence", "PertinentOtherEvidenceSequence")
        for study in found.get(name) or []
        for series in study.ReferencedSeriesSequence
        for one in series.ReferencedSOPSequence
    }
    assert listed == {one.SOPInstanceUID for one in sources}
    line = read(saved.path).content.get_image_measurement_groups()[0]
    assert line.finding_type.meaning == "Länge"
    (image,) = [one for one in items(line) if one.ValueType == "IMAGE"]
    uid = image.ReferencedSOPSequence[0].ReferencedSOPInstanceUID
    (meant,) = [one for one in sources if one.SOPInstanceUID == uid]
    assert meant.ImagePositionPatient[2] == pytest.approx(drawn(volume)[0].points[0][2])
    assert [note for note in saved.notes if "holds patient and study" in note]


def test_without_identity_nothing_of_the_source_is_left(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    saved = viewer3d.save(drawn(volume), tmp_path / "m.dcm", volume=volume, source=ct, identify=False)
    content, source = saved.path.read_bytes(), pydicom.dcmread(next(ct.iterdir()))
    for word in ("PatientName", "PatientID", "StudyInstanceUID", "SeriesInstanceUID", "FrameOfReferenceUID"):
        assert str(source[word].value).encode() not in content, word
    for path in ct.iterdir():
        assert pydicom.dcmread(path).SOPInstanceUID.encode() not in content
    found = pydicom.dcmread(saved.path)
    assert (found.PatientID, found.PatientIdentityRemoved, found.ContentDate) == ("", "YES", "19000101")
    assert len(read(saved.path).content.get_image_measurement_groups()) == 3
    assert [note for note in saved.notes if "all UIDs are new" in note]


def test_what_no_report_holds_is_refused_or_told(ct: Path, tmp_path: Path) -> None:
    volume, path = load(ct), tmp_path / "m.dcm"
    all_of_them = drawn(volume)
    with pytest.raises(OutputError, match="give volume=, the one whose values are measured"):
        viewer3d.save(all_of_them, path)
    with pytest.raises(OutputError, match="give source=PATH, the series that was measured"):
        viewer3d.save(all_of_them, path, volume=volume)
    viewer3d.save(volume, tmp_path / "v.nii")
    grid = load(tmp_path / "v.nii", unit="HU")
    with pytest.raises(NotFoundError, match="holds no series of DICOM images"):
        viewer3d.save(all_of_them, path, volume=grid, source=tmp_path / "v.nii")
    with pytest.raises(OutputError, match=r"names no frame of reference, so nothing says .* give same_frame=True"):
        viewer3d.save(all_of_them, path, volume=grid, source=ct)
    other = volume.with_info(frame_of_reference="1.2.3", provenance=None)
    with pytest.raises(GeometryError, match="another frame of reference"):
        viewer3d.save(all_of_them, path, volume=other, source=ct)
    with pytest.raises(ViewError, match="has no option"):
        viewer3d.save(all_of_them, path, volume=volume, source=ct, space="RAS")
    nothing = Measurement("angle", ((0.0, 0.0, 0.0), (0.0, 0.0, 0.0), (1.0, 0.0, 0.0)), (1, 0, 0), (0, 1, 0))
    with pytest.raises(OutputError, match="no measurements with a number"):
        viewer3d.save([nothing], path, volume=volume, source=ct)
    assert not path.exists()
    saved = viewer3d.save([nothing, *all_of_them], path, volume=volume, source=ct)
    assert "angle 1: there is no number of it, so that it is not in the report." in saved.notes
    trusted = viewer3d.save(all_of_them, path, volume=grid, source=ct, same_frame=True)
    (place, *_) = places(read(trusted.path).content.get_image_measurement_groups()[0])
    assert place.ReferencedFrameOfReferenceUID == volume.frame_of_reference


def test_without_highdicom_the_error_has_the_command(ct: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "highdicom", None)
    volume = load(ct)
    with pytest.raises(OutputError, match=r"need highdicom: pip install 'viewer3d\[dicom\]'"):
        viewer3d.save(drawn(volume), tmp_path / "m.dcm", volume=volume, source=ct)


def labelled(volume: Volume) -> Segmentation:
    labels = np.zeros(volume.shape, np.uint8)
    labels[3:7, 3:8, 1:4], labels[8:11, 2:9, 2:5] = 1, 2
    return Segmentation.from_array(
        labels, volume.affine, names={1: "Leber", 2: "Kopf"}, frame_of_reference=volume.frame_of_reference
    )


def test_an_isocontour_has_its_numbers_and_the_centre_of_its_voxels(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    center = tuple(map(float, volume.geometry.middle))
    shape = Measurement(
        "isocontour",
        (center, (center[0] + 40, *center[1:])),  # type: ignore[arg-type]
        (1, 0, 0),
        (0, 1, 0),
        "node",
        threshold=viewer3d.Threshold(-200),
    )
    nothing = replace(shape, name="none", threshold=viewer3d.Threshold(9000))
    saved = viewer3d.save([shape, nothing], tmp_path / "m.dcm", volume=volume, source=ct)
    (group,) = read(saved.path).content.get_image_measurement_groups()
    (row, _) = rows(volume, [shape, nothing], tmp_path / "m.json")
    found = numbers(group)
    assert found["Volume", ""] == (pytest.approx(row["volume_ml"]), "ml")
    assert found["Number of values", ""] == (row["count"], "1")
    assert found["Attenuation Coefficient", "Mean"] == (pytest.approx(row["mean"]), "[hnsf'U]")
    world = volume.geometry.index_to_world(np.argwhere(voxels_of(volume, shape))).mean(0)
    assert np.abs(points_of(places(group)[0])[0] - world).max() < FLOAT32
    assert any(note.startswith("node: its numbers have a centre and no shape") for note in saved.notes)
    assert any(note.startswith("none: there is no number of it") for note in saved.notes)


def voxels_of(volume: Volume, shape: Measurement) -> np.ndarray[Any, np.dtype[np.bool_]]:
    region = grown_region(volume, shape)
    whole = np.zeros(volume.shape, np.bool_)
    whole[region.box] = region.mask
    return whole


@pytest.fixture(scope="module")
def segments(ct: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("segments") / "seg.dcm"
    return viewer3d.save(labelled(load(ct)), path, source=ct).path


def test_segments_are_referred_to_with_their_numbers(ct: Path, segments: Path, tmp_path: Path) -> None:
    volume = load(ct)
    statistics = measure_regions(volume, segments)
    saved = viewer3d.save(
        statistics, tmp_path / "m.dcm", volume=volume, source=ct, segmentations=segments
    )  # fmt: skip
    groups = read(saved.path).content.get_volumetric_roi_measurement_groups()
    assert [one.tracking_identifier for one in groups] == ["Leber", "Kopf"]
    uid = pydicom.dcmread(segments).SOPInstanceUID
    for turn, (group, one) in enumerate(zip(groups, statistics, strict=True), 1):
        segment = group.referenced_segment
        assert (segment.referenced_sop_instance_uid, segment.referenced_segment_numbers[0]) == (uid, turn)
        found = numbers(group)
        assert found["Volume", ""] == (one.ml, "ml")
        assert found["Number of values", ""] == (one.count, "1")
        of_values = (("Mean", one.mean), ("Median", one.percentiles[50]), ("Fifth percentile", one.percentiles[5]))
        for name, value in of_values:
            assert found["Attenuation Coefficient", name] == (value, "[hnsf'U]")
        assert group.finding_type.meaning == "Tissue"
    assert [note for note in saved.notes if note.startswith("Centres and places of peaks are not in a report")]


def test_segments_of_a_label_map_have_their_centre_and_uptake_its_peak(ct: Path, tmp_path: Path) -> None:
    volume = load(ct)
    values = np.maximum(volume.voxels.astype(np.float32), 0) / 100
    frame = {"frame_of_reference": volume.frame_of_reference}
    pet = Volume.from_array(values, volume.affine, unit="SUVbw", modality="PT", **frame)
    statistics = measure_regions(pet, labelled(volume))
    saved = viewer3d.save(statistics, tmp_path / "m.dcm", volume=pet, source=ct)
    groups = read(saved.path).content.get_image_measurement_groups()
    for group, one in zip(groups, statistics, strict=True):
        center, peak = places(group)
        assert center.ConceptNameCodeSequence[0].CodeMeaning == "Center of Mass"
        assert np.abs(points_of(center)[0] - one.centroid).max() < FLOAT32
        assert np.abs(points_of(peak)[0] - one.suv_peak_at).max() < FLOAT32
        assert group.finding_type.meaning == one.name
        assert numbers(group)["SUVbw", "Peak Value Within ROI"] == (one.suv_peak, "g/ml{SUVbw}")
        assert numbers(group)["Total Lesion Glycolysis", ""] == (one.tlg, "g")
    assert [note for note in saved.notes if note.startswith("Leber: no DICOM segmentation is known of it")]


def run(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def test_measure_writes_it(ct: Path, segments: Path, tmp_path: Path) -> None:
    done = run("measure", ct, "--overlay", segments, "-o", tmp_path / "m.dcm")
    assert done.exit_code == 0, done.output
    assert len(read(tmp_path / "m.dcm").content.get_volumetric_roi_measurement_groups()) == 2
    done = run("measure", ct, "--overlay", segments, "-o", tmp_path / "n.dcm", "--no-identity")
    assert (done.exit_code, pydicom.dcmread(tmp_path / "n.dcm").PatientID) == (0, "")
    done = run("measure", ct, "--overlay", segments, "-o", tmp_path / "m.dcm", "--space", "RAS")
    assert (done.exit_code, "places in DICOM are in LPS" in done.output) == (2, True)
    done = run("measure", ct, "--overlay", segments, "-o", tmp_path / "m.csv", "--no-identity")
    assert (done.exit_code, "--no-identity: is of DICOM" in done.output) == (2, True)


@pytest.mark.slow
@pytest.mark.parametrize("name", ["ct_seg_liver", "ct_torso_acrin", "mr_sag_hfs", "pet_ac_bqml", "mr_enh_philips"])
@pytest.mark.parametrize("identify", [True, False])
def test_dciodvfy_finds_no_error(real: Callable[[str], Path], name: str, identify: bool, tmp_path: Path) -> None:
    volume = load(real(name), **({"stack": 1} if name == "mr_enh_philips" else {}))
    labels = (volume.voxels > np.percentile(volume.voxels, 80)).astype(np.uint8)
    made = Segmentation.from_array(labels, volume.affine, frame_of_reference=volume.frame_of_reference)
    segments = viewer3d.save(made, tmp_path / "seg.dcm", source=real(name)).path
    how: dict[str, Any] = {"volume": volume, "source": real(name), "identify": identify}
    files = [
        viewer3d.save((*drawn(volume, 0.3), *newer(volume, 0.3)), tmp_path / "m.dcm", **how),
        viewer3d.save(measure_regions(volume, made), tmp_path / "c.dcm", **how),
        viewer3d.save(measure_regions(volume, segments), tmp_path / "s.dcm", segmentations=segments, **how),
    ]
    for one in files:
        assert errors_of(one.path) == set()
        assert read(one.path).content.get_image_measurement_groups() or identify
