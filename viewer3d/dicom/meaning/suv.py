"""Convert PET activity to SUV, if the header has all that it takes and is plausible.

SUVbw (g/ml) is activity (Bq/ml) times weight (g) over dose (Bq), the dose as it had decayed when the scan began. The
formula and its conditions, Philips' and GE's private attributes among them, are those of the QIBA "Vendor-neutral
pseudo-code for SUV Calculation" (Clunie and others).
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import fields
from typing import Final

from viewer3d.dicom.headers.frame import ActivityTags, Frame

UNIT: Final = "SUVbw"
NEEDED: Final = ("ATTN", "DECY")
"""Corrections (Corrected Image (0028,0051)) without which activity is not in proportion to uptake."""

DAY: Final = 86400.0
"""Seconds."""

LEAST_LEFT: Final = 0.01
"""Of the dose, at the start of the scan: with less there is no image, so one of the times or the half-life is wrong.
It is reached after 6.6 half-lives, 12 hours of F-18."""

EARLY: Final = 300.0
"""Seconds by which a dynamic scan may begin before the injection."""

WEIGHTS: Final = (0.005, 1000.0)
"""kg: a mouse to a horse. A person in g weighs more."""

DOSES: Final = (1e4, 5e9)
"""Bq per kg: a hundredth of the least Zr-89 of a person to five times a mouse's F-18. In MBq, kBq or mCi it is less."""

HALF_LIVES: Final = {
    "Rb-82": 75.5, "O-15": 122.2, "N-13": 597.9, "Cu-62": 580.2, "C-11": 1221.8, "Tc-94m": 3120.0, "Ga-68": 4062.6,
    "F-18": 6586.2, "Cu-61": 12020.0, "Sc-43": 14010.0, "Sc-44": 14551.0, "Cu-64": 45723.0, "Y-86": 53064.0,
    "Br-76": 58320.0, "Y-90": 230580.0, "Zr-89": 282276.0, "I-124": 360806.0, "Mn-52": 483062.0, "Ge-68": 23410080.0,
}  # fmt: skip
"""Seconds, of nuclides that PET sees (NUBASE2020)."""

SAME_HALF_LIFE: Final = 0.02
"""Relative: headers give 6580 to 6600 s for F-18."""

LEAST_HALF_LIFE: Final = 60.0
"""Seconds; the shortest in use is that of Rb-82."""

_SLIPS: Final = (("minutes", 60.0), ("hours", 3600.0), ("days", DAY), ("milliseconds", 1e-3))
_NAMES: Final = {
    "corrected": "Corrected Image (0028,0051)",
    "decay": "Decay Correction (0054,1102)",
    "weight": "Patient Weight (0010,1030)",
    "dose": "Radionuclide Total Dose (0018,1074)",
    "half_life": "Radionuclide Half Life (0018,1075)",
    "injected": "Radiopharmaceutical Start Time (0018,1072)",
    "scanned": "Series Date and Time (0008,0021), (0008,0031)",
    "scan_began": "GE's scan time (0009,xx0D)",
    "suv_type": "SUV Type (0054,1006)",
    "suv_of_counts": "Philips' SUV factor (7053,xx00)",
    "activity_of_counts": "Philips' activity factor (7053,xx09)",
}
"""What messages call the fields of :class:`~viewer3d.dicom.headers.frame.ActivityTags`."""


def suv_factor(frames: Iterable[Frame], unit: str = "Bq/ml") -> tuple[float | None, str]:
    """Return the factor from values to SUVbw (g/ml), or None, and the reason.

    Parameters
    ----------
    frames : iterable of Frame
        Of one PET stack.
    unit : str
        ``"Bq/ml"``, or ``"counts"``, for which only Philips gives a factor.
    """
    frames = tuple(frames)
    activity, reason = _one(frames)
    if activity is None:
        return None, reason
    if lacking := [word for word in NEEDED if word not in activity.corrected]:
        return None, f"Corrected Image (0028,0051) lacks {' and '.join(lacking)}"
    scale = 1.0
    if unit == "counts":
        if activity.suv_of_counts is not None:
            return activity.suv_of_counts, f"counts x {activity.suv_of_counts:.6g}: {_NAMES['suv_of_counts']}"
        if activity.activity_of_counts is None:
            return None, f"{_NAMES['suv_of_counts']} and {_NAMES['activity_of_counts']} are missing"
        scale = activity.activity_of_counts
    late = any(frame.activity is not None and frame.activity.late for frame in frames)
    if reason := _missing(activity, late=late) or _unlikely(activity):
        return None, reason
    weight, dose, half_life = (
        activity.weight or 0.0,
        activity.dose or 0.0,
        activity.half_life or 1.0,
    )  # none is missing
    waited = 0.0
    if activity.decay == "START":
        waited, reason = _waited(activity, late=late)
        if reason:
            return None, reason
    factor = scale * weight * 1000 / (dose * 0.5 ** (waited / half_life))
    minutes = f"{abs(waited) / 60:.1f} minutes {'before' if waited < 0 else 'after'} injection"
    return factor, f"{unit} x {factor:.6g}: by weight, and by the dose {minutes}"


def uptake_time(frames: Iterable[Frame]) -> float | None:
    """Return the seconds from injection to the start of a PET scan; None where it is not known.

    The start is Series Date and Time, or GE's private time where that was changed, as for SUV.
    """
    frames = tuple(frames)
    activity, _ = _one(frames)
    if activity is None or activity.injections > 1 or activity.injected is None or activity.half_life is None:
        return None
    late = any(frame.activity is not None and frame.activity.late for frame in frames)
    if (activity.scan_began if late else activity.scanned) is None:
        return None
    waited, reason = _waited(activity, late=late)
    return None if reason else waited


def activity_factor(frames: Iterable[Frame]) -> tuple[float | None, str]:
    """Return the factor from counts to Bq/ml, or None, and the reason; only Philips gives it."""
    activity, reason = _one(tuple(frames))
    if activity is None or activity.activity_of_counts is None:
        return None, reason or f"{_NAMES['activity_of_counts']} is missing"
    factor = activity.activity_of_counts
    return factor, f"counts x {factor:.6g}: {_NAMES['activity_of_counts']}"


def declared_suv(frames: Iterable[Frame]) -> tuple[str, str]:
    """Return the unit of values in g/ml by SUV Type, and the reason; by default it is SUVbw.

    Source: PS3.3 C.8.9.1, SUV Type (0054,1006).
    """
    activity, reason = _one(tuple(frames))
    if activity is None:
        return "g/ml", f"declared as GML; {reason}"
    kind = activity.suv_type
    unit = {"": UNIT, "BW": UNIT, "IBW": "SUVibw"}.get(kind, "SUVlbm" if kind.startswith("LBM") else "g/ml")
    return unit, f"declared as GML, SUV Type (0054,1006) {kind or 'absent, so by body weight'}"


def _one(frames: tuple[Frame, ...]) -> tuple[ActivityTags | None, str]:
    """Return the activity attributes that all frames share, or None and the reason."""
    if any(frame.table is not None for frame in frames):
        return None, "the values come by a Modality LUT"
    found = list({frame.activity for frame in frames})
    if None in found:
        return None, "dose and times are read of PET Image Storage only"
    known = [activity for activity in found if activity is not None]
    different = [
        _NAMES[name]
        for name in (field.name for field in fields(ActivityTags))
        if name in _NAMES and len({getattr(activity, name) for activity in known}) > 1
    ]
    if different:
        return None, f"the images differ in {', '.join(different)}"
    return known[0], ""


def _missing(activity: ActivityTags, *, late: bool) -> str:
    """Return why SUV cannot be computed for lack of an attribute, or an empty text."""
    if activity.decay not in ("START", "ADMIN"):
        return f"Decay Correction (0054,1102) is {activity.decay or 'missing'}"
    if activity.injections > 1:
        return f"there are {activity.injections} radiopharmaceuticals, and which of them is seen is not said"
    needed = ["weight", "dose", "half_life"]
    if activity.decay == "START":
        needed += ["injected", "scanned"]
    if lacking := [_NAMES[name] for name in needed if getattr(activity, name) is None]:
        return f"{', '.join(lacking)} missing"
    if activity.decay == "START" and late and activity.scan_began is None:
        return "Series Time is later than Acquisition Time, so when the scan began is not known"
    return ""


def _unlikely(activity: ActivityTags) -> str:
    """Return which value is implausible, or an empty text; the weight of the patient is not written."""
    weight, dose, half_life = activity.weight or 0.0, activity.dose or 0.0, activity.half_life or 0.0
    if not WEIGHTS[0] <= weight <= WEIGHTS[1]:
        return f"{_NAMES['weight']} is not between {WEIGHTS[0]:g} and {WEIGHTS[1]:g} kg: is it in g?"
    if not DOSES[0] <= dose / weight <= DOSES[1]:
        much = "little" if dose / weight < DOSES[0] else "much"
        return f"{_NAMES['dose']} of {dose:g} Bq is too {much} for that weight: is it in another unit, as MBq?"
    if _nuclide(half_life):
        return ""
    for words, unit in _SLIPS:
        if name := _nuclide(half_life * unit):
            return f"{_NAMES['half_life']} of {half_life:g} s is of no nuclide: in {words} it is that of {name}"
    if half_life < LEAST_HALF_LIFE:
        return f"{_NAMES['half_life']} of {half_life:g} s is shorter than that of any nuclide in use"
    return ""


def _nuclide(half_life: float) -> str:
    near = (name for name, known in HALF_LIVES.items() if abs(half_life - known) <= SAME_HALF_LIFE * known)
    return next(near, "")


def _waited(activity: ActivityTags, *, late: bool) -> tuple[float, str]:
    """Return the seconds from injection to scan, or why they are implausible."""
    half_life = activity.half_life or 1.0
    began = activity.scan_began if late else activity.scanned
    waited = (began or 0.0) - (activity.injected or 0.0)  # none is missing
    if not activity.dated:
        waited %= DAY  # injected before midnight, scanned after
        waited -= DAY if waited > DAY - EARLY else 0.0
        if 0.5 ** ((waited + DAY) / half_life) > LEAST_LEFT:
            return 0.0, (
                f"only the time of the injection is known, and with a half-life of {half_life / 3600:.1f} hours it may "
                "have been on another day"
            )
    if waited < -EARLY:
        return 0.0, f"the injection is {-waited / 3600:.1f} hours after the scan: one of the dates is wrong"
    if 0.5 ** (max(waited, 0.0) / half_life) < LEAST_LEFT:
        return 0.0, (
            f"{waited / 3600:.1f} hours from injection to scan are not to be believed: {waited / half_life:.1f} "
            "half-lives, and less than 1 % of the dose is left"
        )
    return waited, ""
