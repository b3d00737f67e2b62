"""List what a place holds that cannot be shown, and why, as rows of its catalog."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator
from typing import Final

from viewer3d.dicom.catalog_rows import CatalogRefusal
from viewer3d.dicom.headers.frame import SeriesTags
from viewer3d.dicom.objects.dicom_object import PRESENTATIONS, REGISTRATION_KIND, DicomObject
from viewer3d.dicom.series.scan import Scan

_WITHOUT_PIXELS: Final = "no pixels ("
"""What the reason of a file without an image begins with; the name of its SOP Class follows."""

_WHY_NO_OBJECT: Final = {
    PRESENTATIONS: "presentation state of images that are not here",
    REGISTRATION_KIND: "spatial registration: it lays series over each other, and has nothing to see",
    "plan": "plan: it has doses in words, and nothing to see",
}


def refused_rows(found: Scan, offered: Collection[str]) -> tuple[CatalogRefusal, ...]:
    """Return a row for each series and reason, and for each object, that cannot be shown.

    Parameters
    ----------
    found : Scan
    offered : collection of str
        Kinds of objects that can be laid over images, which are no refusals.
    """
    counts = Counter((one.series, one.reason) for one in found.all_refused if not one.frames)
    listed = [
        (tags, CatalogRefusal(_title(tags), _described(tags, reason), _files(n)))
        for (tags, reason), n in counts.items()
    ]
    listed += [(one.tags, _of_object(one)) for one in _hidden_objects(found, offered)]
    listed.sort(key=lambda one: _order(one[0]))
    return tuple(row for _, row in listed)


def _reason_text(reason: str) -> str:
    if not reason.startswith(_WITHOUT_PIXELS):
        return reason
    name = reason.removeprefix(_WITHOUT_PIXELS).removesuffix(")").removesuffix(" Storage")
    return f"{name}: no image"


def _hidden_objects(found: Scan, offered: Collection[str]) -> Iterator[DicomObject]:
    for one in found.objects:
        if one.kind not in offered and not (one.kind == PRESENTATIONS and found.series_of(one)):
            yield one


def _of_object(one: DicomObject) -> CatalogRefusal:
    why = _WHY_NO_OBJECT.get(one.kind, one.kind)
    return CatalogRefusal(_title(one.tags), _described(one.tags, why), one.size)


def _title(tags: SeriesTags | None) -> str:
    if tags is None:
        return "-"
    return f"{'-' if tags.number is None else tags.number}  {tags.modality}".rstrip()


def _described(tags: SeriesTags | None, reason: str) -> str:
    return ", ".join(part for part in (tags.description if tags else "", _reason_text(reason)) if part)


def _files(count: int) -> str:
    return f"{count} file{'s' * (count > 1)}"


def _order(tags: SeriesTags | None) -> tuple[bool, str, bool, int]:
    return (True, "", True, 0) if tags is None else (False, tags.study_uid, tags.number is None, tags.number or 0)
