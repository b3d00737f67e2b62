"""Single values out of the attributes that were read; what is absent is None or an empty text."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from viewer3d.dicom.attributes import Value
from viewer3d.dicom.frame import ModalityTable, Vector
from viewer3d.errors import BadFileError, WindowError
from viewer3d.window import Window

if TYPE_CHECKING:
    from pydicom import Dataset

Attributes = dict[str, Value]


def text(attributes: Attributes, keyword: str) -> str:
    """Return the first value as text."""
    values = attributes.get(keyword)
    return str(values[0]) if values else ""


def number(attributes: Attributes, keyword: str) -> float | None:
    """Return the first value as a finite float."""
    values = attributes.get(keyword)
    return float(values[0]) if values and np.isfinite(float(values[0])) else None


def integer(attributes: Attributes, keyword: str) -> int | None:
    """Return the first value as an int."""
    values = attributes.get(keyword)
    return int(values[0]) if values else None


def numbers(attributes: Attributes, keyword: str, count: int) -> tuple[float, ...] | None:
    """Return all values as floats, when there are as many as there must be and all are finite."""
    values = attributes.get(keyword)
    if not values or len(values) != count:
        return None
    floats = tuple(float(v) for v in values)
    return floats if np.isfinite(floats).all() else None


def vector(values: Any) -> Vector | None:
    """Return three numbers as a tuple of float."""
    if values is None:
        return None
    x, y, z = (float(v) for v in values)
    return x, y, z


def window(center: float | None, width: float | None, function: str) -> Window | None:
    """Return the file's window, or None when it has none that PS3.3 C.11.2 allows."""
    if center is None or width is None:
        return None
    try:
        return Window(center, width, function or "LINEAR")  # type: ignore[arg-type]  # Window itself checks the name
    except WindowError:
        return None


def modality_table(dataset: Dataset) -> ModalityTable | None:
    """Read the Modality LUT Sequence of a dataset or functional group (PS3.3 C.11.1.1)."""
    items = dataset.get("ModalityLUTSequence")
    if not items:
        return None
    item = items[0]
    count, first, bits = (int(v) for v in item.LUTDescriptor)
    count = count or 1 << 16  # PS3.3 C.11.1.1.1: 0 means 65,536
    raw = item.LUTData
    dtype = np.dtype("<u1" if bits <= 8 and isinstance(raw, bytes) and len(raw) < 2 * count else "<u2")
    entries = np.frombuffer(raw, dtype) if isinstance(raw, bytes) else np.atleast_1d(np.asarray(raw, np.uint16))
    if len(entries) < count:
        raise BadFileError(f"Modality LUT has {len(entries)} entries where its descriptor says {count}")
    return ModalityTable(first, entries[:count], str(item.get("ModalityLUTType", "")))
