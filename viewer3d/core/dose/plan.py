"""Plans of radiotherapy: the doses they prescribe, and to what."""

from __future__ import annotations

import math
import os
from collections.abc import Sequence
from dataclasses import dataclass, field
from numbers import Real
from typing import Any, Final, cast

from viewer3d.core.series_info import Described, SeriesInfo
from viewer3d.core.text import printable
from viewer3d.errors import DoseError

MOST_GY: Final = 1000.0
"""Gy: no treatment prescribes more; 6000 is a dose in cGy."""


@dataclass(frozen=True)
class Prescription:
    """A dose that a plan prescribes.

    Attributes
    ----------
    dose : float
        Target Prescription Dose (300A,0026), in Gy.
    target : str
        Dose Reference Description (300A,0016), in words; empty where there is none.
    roi : int, optional
        Number of the ROI in the plan's structure set, Referenced ROI Number (3006,0084).
    number : int, optional
        Dose Reference Number (300A,0012).

    Raises
    ------
    DoseError
        When the dose is none in Gy: not finite, not above 0, or more than :data:`MOST_GY`.
    """

    dose: float
    target: str = ""
    roi: int | None = None
    number: int | None = None

    def __post_init__(self) -> None:
        object.__setattr__(self, "target", printable(self.target))
        dose = _number(self.dose)
        if not 0 < dose <= MOST_GY:
            raise DoseError(f"{self.dose!r:.40} is no prescribed dose: give Gy, above 0 and at most {MOST_GY:g}")
        object.__setattr__(self, "dose", dose)

    def __str__(self) -> str:
        to = self.target or ("" if self.roi is None else f"ROI {self.roi}")
        return f"{self.dose:g} Gy" + (f" to {to}" if to else "")


def _number(value: Any) -> float:
    try:
        return float(value)
    except (TypeError, ValueError):
        return math.nan


@dataclass(frozen=True, eq=False)
class Plan(Described):
    """A plan of a treatment: what it prescribes, and to which structures it belongs.

    Parameters
    ----------
    prescriptions : sequence of Prescription
        In the order of the file; a plan may have none.
    fractions : int, optional
        How many are planned, Number of Fractions Planned (300A,0078), of all its fraction groups.
    structure_set : str
        SOP Instance UID of the structure set it was made on; empty where it names none.
    info : SeriesInfo
        What is known of its series; its fields are readable here as well: ``plan.notes``.

    Examples
    --------
    >>> Plan((Prescription(60, "PTV"), Prescription(54, "nodes"))).prescription
    Prescription(dose=60.0, target='PTV', roi=None, number=None)
    """

    prescriptions: tuple[Prescription, ...]
    fractions: int | None = None
    structure_set: str = field(default="", repr=False)
    info: SeriesInfo = field(default_factory=lambda: SeriesInfo(modality="RTPLAN"))

    def __post_init__(self) -> None:
        object.__setattr__(self, "prescriptions", tuple(self.prescriptions))

    @property
    def prescription(self) -> Prescription:
        """The highest dose that it prescribes, of which levels are a percentage.

        Raises
        ------
        DoseError
            When it prescribes none: the doses of its beams add up to what is delivered, which need not be prescribed.
        """
        if not self.prescriptions:
            raise DoseError(
                f"the plan {self.description!r:.60} prescribes no dose: it has no Target Prescription Dose "
                "(300A,0026); give levels in Gy, or the prescribed dose in Gy as the plan"
            )
        return max(self.prescriptions, key=lambda one: one.dose)

    def __repr__(self) -> str:
        listed = ", ".join(map(str, self.prescriptions)) or "no prescription"
        return f"Plan({listed}, {'?' if self.fractions is None else self.fractions} fractions, {len(self.notes)} notes)"


AnyPlan = Plan | float | str | os.PathLike[str] | Sequence[Any]
"""A plan, the dose that is prescribed in Gy, or what :func:`viewer3d.load_plan` takes."""


def as_plan(what: Any) -> Plan:
    """Return a plan from one, from the dose that is prescribed, or from the file that holds it.

    Raises
    ------
    DoseError
        When the number is no dose in Gy.
    DicomError
        As :func:`viewer3d.load_plan` raises.
    """
    if isinstance(what, Plan):
        return what
    if isinstance(what, Real):
        return Plan((Prescription(cast("float", what)),))
    from viewer3d.dicom.objects.plan import load_plan  # noqa: PLC0415 (a plan that is there needs no reader)

    return load_plan(what)
