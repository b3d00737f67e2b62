"""Coded terms of measurement reports: what is measured (PS3.16), in which unit (UCUM), derived how."""

from __future__ import annotations

from typing import Final

from viewer3d.core.segmentation import CodedConcept
from viewer3d.core.text import printable

OWN_SCHEME: Final = "99VIEWER3D"
"""Coding Scheme Designator of terms that the standard has none for; 99 marks it as private (PS3.16 8.1)."""

LENGTH: Final = CodedConcept("410668003", "SCT", "Length")
LONG_AXIS: Final = CodedConcept("103339001", "SCT", "Long Axis")
SHORT_AXIS: Final = CodedConcept("103340004", "SCT", "Short Axis")
PERIMETER: Final = CodedConcept("131191004", "SCT", "Perimeter")
ANGLE: Final = CodedConcept("1483009", "SCT", "Angle")
AREA: Final = CodedConcept("42798000", "SCT", "Area")
VOLUME: Final = CodedConcept("118565006", "SCT", "Volume")
GLYCOLYSIS: Final = CodedConcept("126033", "DCM", "Total Lesion Glycolysis")
VOXELS: Final = CodedConcept("voxels", OWN_SCHEME, "Number of voxels of the segment")
COUNT: Final = CodedConcept("count", OWN_SCHEME, "Number of values")
OCCUPIED_VOLUME: Final = CodedConcept("occupied-volume", OWN_SCHEME, "Sum of the occupied parts of voxels")
POLYGON_VOLUME: Final = CodedConcept("polygon-volume", OWN_SCHEME, "Area of contours times their distance")

MEAN_VALUE: Final = CodedConcept("373098007", "SCT", "Mean")
SD_VALUE: Final = CodedConcept("386136009", "SCT", "Standard Deviation")
MINIMUM_VALUE: Final = CodedConcept("255605001", "SCT", "Minimum")
MAXIMUM_VALUE: Final = CodedConcept("56851009", "SCT", "Maximum")
PEAK_VALUE: Final = CodedConcept("126031", "DCM", "Peak Value Within ROI")
PERCENTILE_CODES: Final = {
    5: CodedConcept("371888009", "SCT", "Fifth percentile"),
    25: CodedConcept("p25", OWN_SCHEME, "25th percentile"),
    50: CodedConcept("373099004", "SCT", "Median"),
    75: CodedConcept("p75", OWN_SCHEME, "75th percentile"),
    95: CodedConcept("371889001", "SCT", "Ninety-fifth percentile"),
}

CENTER_OF_MASS: Final = CodedConcept("128138", "DCM", "Center of Mass")
SOURCE_OF_MEASUREMENT: Final = CodedConcept("260753009", "SCT", "Source")

MM: Final = CodedConcept("mm", "UCUM", "millimeter")
MM2: Final = CodedConcept("mm2", "UCUM", "square millimeter")
ML: Final = CodedConcept("ml", "UCUM", "milliliter")
DEGREE: Final = CodedConcept("deg", "UCUM", "degree")
ONE: Final = CodedConcept("1", "UCUM", "no units")
GRAM: Final = CodedConcept("g", "UCUM", "gram")

_VALUE: Final = CodedConcept("value", OWN_SCHEME, "Value of the images")
_ATTENUATION: Final = CodedConcept("112031", "DCM", "Attenuation Coefficient")
_CONCENTRATION: Final = CodedConcept("126377", "DCM", "Tracer Concentration")
_SUV: Final = CodedConcept("126400", "DCM", "Standardized Uptake Value")

_QUANTITIES: Final = {
    "HU": (_ATTENUATION, CodedConcept("[hnsf'U]", "UCUM", "Hounsfield unit")),
    "SUVbw": (CodedConcept("126401", "DCM", "SUVbw"), CodedConcept("g/ml{SUVbw}", "UCUM", "SUV body weight")),
    "SUVlbm": (CodedConcept("126402", "DCM", "SUVlbm"), CodedConcept("g/ml{SUVlbm}", "UCUM", "SUV lean body mass")),
    "SUVibw": (CodedConcept("126404", "DCM", "SUVibw"), CodedConcept("g/ml{SUVibw}", "UCUM", "SUV ideal body weight")),
    "g/ml": (_SUV, CodedConcept("g/ml", "UCUM", "gram per milliliter")),
    "cm2/ml": (_SUV, CodedConcept("cm2/ml", "UCUM", "square centimeter per milliliter")),
    "Bq/ml": (_CONCENTRATION, CodedConcept("Bq/ml", "UCUM", "Becquerel per ml")),
    "Gy": (CodedConcept("128513", "DCM", "Absorbed Dose"), CodedConcept("Gy", "UCUM", "gray")),
    "counts": (_VALUE, CodedConcept("{counts}", "UCUM", "Counts")),
    "proportional to counts": (_VALUE, CodedConcept("{propcounts}", "UCUM", "Proportional to counts")),
    "proportional to counts/s": (_VALUE, CodedConcept("{propcounts}/s", "UCUM", "Proportional to counts per second")),
    "%": (_VALUE, CodedConcept("%", "UCUM", "Percent")),
}  # fmt: skip
"""Units as viewer3d writes them, and the quantity and unit that they are of (PS3.16 CID 85, 7181, 7466, 7467)."""


def quantity_of(unit: str, modality: str) -> tuple[CodedConcept, CodedConcept]:
    """Return what values are of, and their unit.

    Parameters
    ----------
    unit : str
        As :attr:`viewer3d.Volume.unit`.
    modality : str
    """
    if unit in _QUANTITIES:
        return _QUANTITIES[unit]
    if not unit:
        return (CodedConcept("110852", "DCM", "MR signal intensity") if modality == "MR" else _VALUE), ONE
    shown = printable(unit)
    return _VALUE, CodedConcept(shown[:16], OWN_SCHEME, shown[:64])


def named_finding(name: str) -> CodedConcept | None:
    """Return what a person called a finding as a coded term; None where it has no name."""
    shown = " ".join(printable(name).split())
    return CodedConcept("name", OWN_SCHEME, shown[:64]) if shown else None
