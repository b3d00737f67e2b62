"""Write measurements, and what segments measure, as a table or as a DICOM report."""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, cast

import numpy as np

from viewer3d.core.geometry import Space, check_space
from viewer3d.core.images.image2d import LIES_NOWHERE
from viewer3d.core.notes.note import Note
from viewer3d.core.progress import Progress
from viewer3d.core.segmentation import CodedConcept
from viewer3d.core.vectors import vector
from viewer3d.core.view.measurement import Measurement
from viewer3d.core.volume import Volume
from viewer3d.dicom.write import report_codes as codes
from viewer3d.errors import OutputError, ViewError
from viewer3d.formats.write.output import Output, OutputFile
from viewer3d.measurements.image_results import ImageResult
from viewer3d.measurements.isocontours import grown_region
from viewer3d.measurements.region_table import statistics_text
from viewer3d.measurements.results import measure
from viewer3d.measurements.segments import SegmentStatistics
from viewer3d.measurements.table import measurements_text
from viewer3d.measurements.values import Angle, Bidirectional, Isocontour, Length, MeasurementResult, ProbeValue, Remark

if TYPE_CHECKING:
    from viewer3d.dicom.files.sources import DicomInput
    from viewer3d.dicom.objects.dicom_object import DicomObject
    from viewer3d.dicom.series.scan import Scan, Series
    from viewer3d.dicom.write.report import Report, ReportItem, ReportNumber, ReportPlace


def write_measurement_table(
    measurements: Sequence[Measurement],
    target: Path,
    *,
    volume: Volume | None = None,
    layer: str = "",
    space: Space = "LPS",
    progress: Progress | None = None,  # noqa: ARG001 (every writer takes it)
) -> Output:
    """Plan a table of measurements in JSON or CSV, see :mod:`viewer3d.measurements.table`.

    Parameters
    ----------
    measurements : sequence of Measurement
    target : Path
    volume : Volume
        Whose values are measured.
    layer : str
        Name of the layer that it is, where it is not the base.
    space : {"LPS", "RAS"}
        Of the places.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no volume.
    ViewError
        When there is no such space.
    """
    measured = _volume(volume, target)
    text = measurements_text(measured, measurements, target, layer=layer, space=check_space(space))
    return Output((OutputFile(target, lambda file: file.write(text.encode())),))


def write_statistics_table(
    statistics: Sequence[SegmentStatistics],
    target: Path,
    *,
    space: Space = "LPS",
    progress: Progress | None = None,  # noqa: ARG001 (every writer takes it)
) -> Output:
    """Plan a table of what segments measure in JSON or CSV, see :mod:`viewer3d.measurements.region_table`.

    Raises
    ------
    OutputError
        When the statistics are in several units.
    ViewError
        When there is no such space.
    """
    text = statistics_text(statistics, target, space=check_space(space))
    return Output((OutputFile(target, lambda file: file.write(text.encode())),))


def write_measurement_report(
    measurements: Sequence[Measurement],
    target: Path,
    *,
    volume: Volume | None = None,
    source: DicomInput | Scan | Series | None = None,
    identify: bool = True,
    same_frame: bool = False,
    description: str | None = None,
    progress: Progress | None = None,
) -> Output:
    """Plan a DICOM report (TID 1500) of measurements, with their points in the patient, by highdicom.

    Parameters
    ----------
    measurements : sequence of Measurement
    target : Path
    volume : Volume
        Whose values are measured.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that the volume is of: patient, study and frame of reference are its.
    identify : bool
        False takes over none of them, and makes all UIDs anew.
    same_frame : bool
        Whether to trust that a volume that names no frame of reference lies in that of the source.
    description : str, optional
        Series Description.
    progress : callable, optional

    Raises
    ------
    OutputError
        When there is no volume or source, highdicom is not installed, or no frame of reference is known.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        When the source is not there, is one of several, lies elsewhere or cannot be read.
    """
    measured = _volume(volume, target)
    from viewer3d.dicom.write.report import Report  # noqa: PLC0415 (only who writes DICOM needs it)

    results = [measure(measured, one) for one in measurements]
    kinds = [f"{one.kind} {turn}" for turn, one in enumerate(measurements, 1)]
    items = [_item(one, result, kind, measured) for one, result, kind in zip(measurements, results, kinds, strict=True)]
    notes = tuple(
        Note(f"{one.name or kind}: there is no number of it, so that it is not in the report.", "written.no_number")
        for one, kind, item in zip(measurements, kinds, items, strict=True)
        if not item.numbers
    ) + tuple(
        Note(f"{item.name}: its numbers have a centre and no shape: a report holds no voxels.", "written.no_segment")
        for one, item in zip(measurements, items, strict=True)
        if one.kind == "isocontour" and item.numbers
    )
    report = Report(tuple(item for item in items if item.numbers), measured, (), description or "Measurements")
    return _output(report, target, source, notes, progress, identify=identify, same_frame=same_frame)


def write_statistics_report(
    statistics: Sequence[SegmentStatistics],
    target: Path,
    *,
    volume: Volume | None = None,
    source: DicomInput | Scan | Series | None = None,
    segmentations: DicomInput | Scan | Sequence[DicomObject] | None = None,
    identify: bool = True,
    same_frame: bool = False,
    progress: Progress | None = None,
) -> Output:
    """Plan a DICOM report (TID 1500) of what segments measure, by highdicom.

    Parameters
    ----------
    statistics : sequence of SegmentStatistics
    target : Path
    volume : Volume
        The one that was measured.
    source : path, pydicom.Dataset, sequence of them, Scan or Series
        The series that it is of: patient and study are its.
    segmentations : path, Scan or sequence of DicomObject, optional
        Where the DICOM segmentations are whose segments these are: they are referred to by number.
    identify, same_frame, progress
        As of :func:`write_measurement_report`.

    Raises
    ------
    OutputError
        When there is no volume or source, highdicom is not installed, or no frame of reference is known.
    NotFoundError, ChoiceError, GeometryError, BadFileError
        When the source is not there, is one of several, lies elsewhere or cannot be read.
    """
    measured = _volume(volume, target)
    from viewer3d.dicom.write.report import Report  # noqa: PLC0415 (only who writes DICOM needs it)

    objects = _objects(segmentations)
    items, notes = [], []
    for one in statistics:
        segment = _segment_of(one, objects)
        if segment is None:
            sentence = f"{one.name}: no DICOM segmentation is known of it: its numbers have a centre and no shape."
            notes.append(Note(sentence, "written.no_segment"))
        finding = codes.named_finding(one.name)
        items.append(
            _report_item(one.name or f"segment {one.number}", tuple(_numbers(one, measured)), finding, segment)
        )
    report = Report(tuple(items), measured, tuple(objects), "Measurements of segments")
    return _output(report, target, source, tuple(notes), progress, identify=identify, same_frame=same_frame)


def _volume(volume: Volume | None, target: Path) -> Volume:
    if volume is None:
        raise OutputError(f"{target}: measurements are of a volume: give volume=, the one whose values are measured")
    return volume


def _output(
    report: Report,
    target: Path,
    source: DicomInput | Scan | Series | None,
    notes: tuple[Note, ...],
    progress: Progress | None,
    *,
    identify: bool,
    same_frame: bool,
) -> Output:
    if source is None:
        raise OutputError(
            f"{target}: a DICOM report needs patient and study, which a volume does not hold: give source=PATH, the "
            "series that was measured"
        )
    from viewer3d.dicom.write.report import make_report  # noqa: PLC0415 (as above)

    made = make_report(report, source, str(target), identify=identify, same_frame=same_frame)

    def write(file: BinaryIO) -> None:
        made.dataset.save_as(file, enforce_file_format=True)
        if progress is not None:
            progress("writing", len(report.items), len(report.items))

    return Output((OutputFile(target, write),), (*notes, *made.notes))


def _report_item(
    name: str,
    numbers: tuple[ReportNumber, ...],
    finding: CodedConcept | None,
    segment: tuple[str, int] | None = None,
    region: ReportPlace | None = None,
) -> ReportItem:
    from viewer3d.dicom.write.report import ReportItem  # noqa: PLC0415 (as above)

    return ReportItem(name, numbers, finding, region, segment)


def _item(measurement: Measurement, result: MeasurementResult, kind: str, volume: Volume) -> ReportItem:
    """Return a measurement as an item: a region with its numbers, or a number with its points."""
    from viewer3d.dicom.write.report import ReportNumber, ReportPlace  # noqa: PLC0415 (as above)

    if isinstance(result, ImageResult):
        raise ViewError(f"{measurement.name or kind}: {LIES_NOWHERE}, and a report has places: write .csv or .json")
    finding, name = codes.named_finding(measurement.name), measurement.name or kind
    numbers: tuple[ReportNumber, ...]
    points = np.array(measurement.points, np.float64)
    if isinstance(result, Length):
        line = (ReportPlace("POLYLINE", points),)
        length = ReportNumber(codes.LENGTH, result.length, codes.MM, None, line, result.uncertainty)
        return _report_item(name, (length,), finding)
    if isinstance(result, Remark):
        return _report_item(name, (), finding)  # a report holds what was measured
    if isinstance(result, Bidirectional):
        axes = sorted(points.reshape(2, 2, 3), key=lambda one: -float(np.linalg.norm(one[1] - one[0])))
        both = (
            (codes.LONG_AXIS, result.long, result.long_uncertainty),
            (codes.SHORT_AXIS, result.short, result.short_uncertainty),
        )
        numbers = tuple(
            ReportNumber(code, value, codes.MM, None, (ReportPlace("POLYLINE", axis),), known)
            for (code, value, known), axis in zip(both, axes, strict=True)
        )
        return _report_item(name, numbers, finding)
    if isinstance(result, Angle):
        line = (ReportPlace("POLYLINE", points),)
        known = result.uncertainty
        if result.angle is None:
            return _report_item(name, (), finding)
        return _report_item(name, (ReportNumber(codes.ANGLE, result.angle, codes.DEGREE, None, line, known),), finding)
    if isinstance(result, Isocontour):
        statistics = _statistics_of(measurement, result, name, volume)
        return _report_item(name, tuple(_numbers(statistics, volume)) if result.count else (), finding)
    quantity, unit = codes.quantity_of(result.unit, volume.modality)
    if isinstance(result, ProbeValue):
        at = (ReportPlace("POINT", points),)
        numbers = () if result.value is None else (ReportNumber(quantity, result.value, unit, None, at),)
        return _report_item(name, numbers, finding)
    of_values = (
        (codes.MEAN_VALUE, result.mean), (codes.SD_VALUE, result.sd), (codes.MINIMUM_VALUE, result.minimum),
        (codes.MAXIMUM_VALUE, result.maximum),
    )  # fmt: skip
    numbers = (
        ReportNumber(codes.AREA, result.area, codes.MM2, uncertainty=result.area_uncertainty),
        *(() if result.perimeter is None else (ReportNumber(codes.PERIMETER, result.perimeter, codes.MM),)),
        ReportNumber(codes.COUNT, result.count, codes.ONE),
        *(
            ReportNumber(quantity, value, unit, how, (), result.mean_uncertainty if how is codes.MEAN_VALUE else None)
            for how, value in of_values
            if value is not None
        ),
    )
    return _report_item(name, numbers, finding, region=_shape(measurement))


def _statistics_of(measurement: Measurement, result: Isocontour, name: str, volume: Volume) -> SegmentStatistics:
    """Return what an isocontour measures as that of a segment, with the centre of its voxels."""
    region = grown_region(volume, measurement)
    indices = np.argwhere(region.mask) + [part.start for part in region.box]
    return SegmentStatistics(
        1,
        name,
        result.count,
        result.ml,
        centroid=vector(volume.geometry.index_to_world(indices.mean(0))) if result.count else None,
        unit=result.unit,
        count=result.count,
        mean=result.mean,
        sd=result.sd,
        min=result.minimum,
        max=result.maximum,
        suv_peak=result.peak,
        suv_peak_at=result.peak_at,
        tlg=result.tlg,
        ml_uncertainty=result.ml_uncertainty,
        mean_uncertainty=result.mean_uncertainty,
    )


def _shape(measurement: Measurement) -> ReportPlace:
    """Return the outline of a region, exactly in one plane, as readers ask for."""
    from viewer3d.dicom.write.report import ReportPlace  # noqa: PLC0415 (as above)

    if measurement.is_outline:
        away = measurement.flat - measurement.flat[0]
        corners = np.array(measurement.points[0]) + away @ np.array([measurement.right, measurement.down])
        return ReportPlace("POLYGON", np.concatenate([corners, corners[:1]]))
    if measurement.kind == "rectangle":
        way = np.subtract(measurement.points[1], measurement.points[0]) / 2
        across, along = (np.multiply(axis, way @ axis) for axis in (measurement.right, measurement.down))
        corners = [-across - along, across - along, across + along, along - across, -across - along]
        return ReportPlace("POLYGON", measurement.center + corners)
    axes = [
        np.outer((-side / 2, side / 2), direction)
        for side, direction in zip(measurement.sides, (measurement.right, measurement.down), strict=True)
    ]
    major, minor = axes if measurement.sides[0] >= measurement.sides[1] else axes[::-1]
    return ReportPlace("ELLIPSE", measurement.center + np.concatenate([major, minor]))


def _numbers(one: SegmentStatistics, volume: Volume) -> Iterator[ReportNumber]:
    """Yield the numbers of a segment: what a table has of it, where there is a number."""
    from viewer3d.dicom.write.report import ReportNumber, ReportPlace  # noqa: PLC0415 (as above)

    quantity, unit = codes.quantity_of(one.unit, volume.modality)
    center, peak_at = (
        () if point is None else (ReportPlace("POINT", np.array([point]), purpose),)
        for point, purpose in (
            (one.centroid, codes.CENTER_OF_MASS), (one.suv_peak_at, codes.SOURCE_OF_MEASUREMENT),
        )
    )  # fmt: skip
    of_values = (
        (codes.MEAN_VALUE, one.mean), (codes.SD_VALUE, one.sd), (codes.MINIMUM_VALUE, one.min),
        (codes.MAXIMUM_VALUE, one.max),
        *((codes.PERCENTILE_CODES[percent], one.percentiles.get(percent)) for percent in codes.PERCENTILE_CODES),
    )  # fmt: skip
    found = (
        ReportNumber(codes.VOLUME, one.ml, codes.ML, None, center, one.ml_uncertainty),
        ReportNumber(codes.VOXELS, one.voxels, codes.ONE),
        *(ReportNumber(name, value, codes.ML) for name, value in (
            (codes.OCCUPIED_VOLUME, one.occupied_ml), (codes.POLYGON_VOLUME, one.polygon_ml)
        ) if value is not None),
        ReportNumber(codes.COUNT, one.count, codes.ONE),
        *(
            ReportNumber(quantity, value, unit, how, (), one.mean_uncertainty if how is codes.MEAN_VALUE else None)
            for how, value in of_values
            if value is not None
        ),
        *([] if one.suv_peak is None else [ReportNumber(quantity, one.suv_peak, unit, codes.PEAK_VALUE, peak_at)]),
        *([] if one.tlg is None else [ReportNumber(codes.GLYCOLYSIS, one.tlg, codes.GRAM)]),
    )  # fmt: skip
    yield from (number for number in found if not math.isnan(number.value))


def _objects(segmentations: DicomInput | Scan | Sequence[DicomObject] | None) -> list[DicomObject]:
    from viewer3d.dicom.objects.dicom_object import DicomObject  # noqa: PLC0415 (as above)
    from viewer3d.dicom.series.scan import scan  # noqa: PLC0415

    if segmentations is None:
        return []
    if isinstance(segmentations, list | tuple) and all(isinstance(one, DicomObject) for one in segmentations):
        found = cast("list[DicomObject]", list(segmentations))
    else:
        found = list(scan(cast("DicomInput | Scan", segmentations)).objects)
    return [one for one in found if one.kind == "segmentation"]


def _segment_of(one: SegmentStatistics, objects: Sequence[DicomObject]) -> tuple[str, int] | None:
    """Return which segment of which object statistics are of; None where nothing says it."""
    fit = [each for each in objects if (one.number, one.name) in each.contents]
    return (fit[0].sop_uid, one.number) if len(fit) == 1 else None
