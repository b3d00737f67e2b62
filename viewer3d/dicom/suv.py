"""PET activity to standardized uptake, when and only when the header has all that takes.

SUVbw (g/ml) is activity (Bq/ml) times weight (g) over dose (Bq), the dose as it had decayed when the scan began. The
formula and its conditions are those of the QIBA "Vendor-neutral pseudo-code for SUV Calculation" (Clunie and others).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from viewer3d.dicom.frame import Activity, Frame

UNIT: Final = "SUVbw"
NEEDED: Final = ("ATTN", "DECY")
"""Corrections (Corrected Image (0028,0051)) without which activity is not in proportion to uptake."""

DAY: Final = 86400.0
"""Seconds."""

LONGEST: Final = DAY / 2
"""Seconds from injection to scan that are believed; beyond it one of the two times is wrong."""


def suv_factor(frames: Iterable[Frame]) -> tuple[float | None, str]:
    """Return what makes SUVbw out of Bq/ml, or None, and the reason.

    Parameters
    ----------
    frames : iterable of Frame
        Of one PET stack, in Bq/ml.
    """
    found = {frame.activity for frame in frames}
    if len(found) != 1 or (activity := found.pop()) is None:
        return None, "the images differ in weight, dose or times"
    if reason := _missing(activity):
        return None, reason
    weight, dose, half_life = activity.weight or 0.0, activity.dose or 0.0, activity.half_life or 1.0  # _missing looked
    waited = 0.0
    if activity.decay == "START":
        waited = (activity.scanned or 0.0) - (activity.injected or 0.0)  # _missing looked
        waited += DAY if waited < 0 else 0.0  # injected before midnight, scanned after
        if waited > LONGEST:
            return None, f"{waited / 3600:.1f} hours from injection to scan are not to be believed"
    decayed = dose * 0.5 ** (waited / half_life)
    factor = weight * 1000 / decayed
    return factor, f"Bq/ml x {factor:.6g}: by weight, and by the dose {waited / 60:.1f} minutes after injection"


def _missing(activity: Activity) -> str:
    """Return what keeps activity from being uptake, or an empty text."""
    if lacking := [word for word in NEEDED if word not in activity.corrected]:
        return f"Corrected Image (0028,0051) lacks {' and '.join(lacking)}"
    if activity.decay not in ("START", "ADMIN"):
        return f"Decay Correction (0054,1102) is {activity.decay or 'missing'}"
    needed = {
        "Patient Weight (0010,1030)": activity.weight,
        "Radionuclide Total Dose (0018,1074)": activity.dose,
        "Radionuclide Half Life (0018,1075)": activity.half_life,
    }
    if activity.decay == "START":
        needed["Radiopharmaceutical Start Time (0018,1072)"] = activity.injected
        needed["Series Date and Time (0008,0021), (0008,0031)"] = activity.scanned
    if lacking := [name for name, value in needed.items() if value is None]:
        return f"{', '.join(lacking)} missing"
    if activity.decay == "START" and activity.late:
        return "Series Time is later than Acquisition Time, so when the scan began is not known"
    return ""
