"""Read the tags of a PET header that turn activity into uptake: dose, times and private factors."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

from viewer3d.dicom.headers.dates import seconds_of_datetime, seconds_since_1900, utc_offset
from viewer3d.dicom.headers.frame import ActivityTags
from viewer3d.dicom.headers.values import all_values

if TYPE_CHECKING:
    from pydicom import Dataset

LATE: Final = 1.0
"""Seconds that Series Time may be later than Acquisition Time: Siemens rounds them differently, by microseconds."""

_PHILIPS: Final = 0x7053, "Philips PET Private Group"
_GE: Final = 0x0009, "GEMS_PETD_01"
_WITH_HOUR: Final = len("2024010509")  # digits of a DT (PS3.5 6.2); with fewer it is a date


def activity_tags(dataset: Dataset) -> ActivityTags:
    """Read the tags that turn activity into uptake from the header of a PET image.

    A value that cannot be read counts as absent: then there is no uptake, and the reason names the attribute.
    """
    items = _get(dataset, "RadiopharmaceuticalInformationSequence")
    item = items[0] if items else {}
    zone = _text(dataset, "TimezoneOffsetFromUTC")
    date = _text(dataset, "SeriesDate")
    scanned = seconds_since_1900(date, _text(dataset, "SeriesTime"), zone)
    acquired = seconds_since_1900(_text(dataset, "AcquisitionDate"), _text(dataset, "AcquisitionTime"), zone)
    injected, dated = _injected(item, date, zone)
    return ActivityTags(
        corrected=tuple(str(word) for word in all_values(_get(dataset, "CorrectedImage"))),
        decay=_text(dataset, "DecayCorrection"),
        weight=_positive(_get(dataset, "PatientWeight")),
        dose=_positive(_get(item, "RadionuclideTotalDose")),
        half_life=_positive(_get(item, "RadionuclideHalfLife")),
        injected=injected,
        dated=dated,
        scanned=scanned,
        late=scanned is not None and acquired is not None and scanned > acquired + LATE,
        scan_began=_moment(_private(dataset, *_GE, 0x0D), zone),
        injections=len(items or ()),
        suv_type=_text(dataset, "SUVType"),
        suv_of_counts=_positive(_private(dataset, *_PHILIPS, 0x00)),
        activity_of_counts=_positive(_private(dataset, *_PHILIPS, 0x09)),
    )


def _injected(item: Any, date: str, zone: str) -> tuple[float | None, bool]:
    """Return when the dose was given (s since 1900), and whether its day is known or assumed.

    Without a day it is assumed to be that of the series.
    """
    moment, time = _text(item, "RadiopharmaceuticalStartDateTime"), _text(item, "RadiopharmaceuticalStartTime")
    whole = moment.split(".")[0].split("+")[0].split("-")[0]
    if len(whole) >= _WITH_HOUR and (found := _moment(moment, zone)) is not None:
        return found, True
    if len(whole) == len("20240105") and (found := seconds_since_1900(whole, time, zone)) is not None:
        return found, True
    return seconds_since_1900(date, time, zone), False


def _moment(text: str, zone: str) -> float | None:
    found = seconds_of_datetime(text, zone)
    # Where only this one has an offset from UTC, the other times are local times of the same place.
    return found if found is None or zone else found + (utc_offset(text) or 0.0)


def _private(dataset: Dataset, group: int, creator: str, element: int) -> str:
    try:
        value = dataset.private_block(group, creator)[element].value
    except Exception:  # it is absent, or breaks its VR
        return ""
    return (value.decode("latin-1") if isinstance(value, bytes) else str(value)).strip(" \0")


def _get(dataset: Any, keyword: str) -> Any:
    try:
        return dataset.get(keyword)
    except Exception:  # pydicom raises any kind of error at a value that breaks its VR
        return None


def _text(dataset: Any, keyword: str) -> str:
    return str(_get(dataset, keyword) or "").strip(" \0")


def _positive(value: Any) -> float | None:
    try:
        found = float(value)
    except (TypeError, ValueError):
        return None
    return found if 0 < found < float("inf") else None
