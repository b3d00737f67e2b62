"""Convert dates and times of a header to numbers, in every form of DA, TM and DT (PS3.5 6.2)."""

from __future__ import annotations

import datetime
import re
from functools import lru_cache
from typing import Final

_DATE: Final = re.compile(r"(\d{4})(\.?)(\d\d)\2(\d\d)")
_TIME: Final = re.compile(r"(\d\d)(?:(:?)(\d\d)(?:\2(\d\d)(\.\d+)?)?)?")
_DATETIME: Final = re.compile(r"(\d{4})(\d\d)?(\d\d)?((?<=\d{8})\d.*?)?([+-]\d{4})?")
_OFFSET: Final = re.compile(r"([+-])(\d\d)([0-5]\d)")

_FIRST_DAY: Final = datetime.date(1900, 1, 1).toordinal()
_DAY: Final = 86400.0  # seconds
_WESTMOST, _EASTMOST = -12 * 3600.0, 14 * 3600.0  # seconds; PS3.5 6.2: the offset is from -1200 to +1400


@lru_cache(maxsize=1 << 12)  # a series has few dates, and is asked for a time with each slice
def seconds_since_1900(date: str, time: str, zone: str = "") -> float | None:
    """Return a date and a time as seconds since 1900.

    Parameters
    ----------
    date : str
        DA: ``20240105``; ``2024.01.05`` as in ACR-NEMA is read as well.
    time : str
        TM: ``093000.25``, ``0930`` or ``09``; ``09:30:00`` as in ACR-NEMA is read as well. Omitted parts are 0.
    zone : str
        Timezone Offset From UTC (0008,0201), ``+0100``, when it is known.

    Returns
    -------
    float or None
        Since the first day of 1900, exact to the microsecond: in UTC when there is a zone, else in local
        time. None when date or time is empty or not of its form.
    """
    day, clock = _day(date), time_of_day(time)
    if day is None or clock is None:
        return None
    return day + clock - (utc_offset(zone) or 0.0)


@lru_cache(maxsize=1 << 12)
def seconds_of_datetime(text: str, zone: str = "") -> float | None:
    """Return a date and time in one text as seconds since 1900.

    Parameters
    ----------
    text : str
        DT: ``20240105093000.25+0100``, where everything after the year may be omitted: the earliest such time is meant.
    zone : str
        Timezone Offset From UTC (0008,0201), which is used when the text has no offset of its own.

    Returns
    -------
    float or None
        As :func:`seconds_since_1900` returns them: in UTC when the text or the zone has an offset. None when the text
        is empty or not of its form.
    """
    parts = _DATETIME.fullmatch(text.strip(" \0"))
    if parts is None:
        return None
    year, month, day, clock, own = parts.groups()
    return (
        seconds_since_1900(f"{year}{month or '01'}{day or '01'}", clock or "00", own or zone)
        if _valid_zone(own)
        else None
    )


@lru_cache(maxsize=1 << 12)
def time_of_day(time: str) -> float | None:
    """Return a time (TM) as seconds since midnight; None when it is empty or not of its form."""
    parts = _TIME.fullmatch(time.strip(" \0"))
    if parts is None:
        return None
    hour, _, minute, second, share = parts.groups(default="0")
    if int(hour) > 23 or int(minute) > 59 or int(second) > 60:  # 60 is a leap second
        return None
    return int(hour) * 3600.0 + int(minute) * 60.0 + int(second) + float(share)


def utc_offset(text: str) -> float | None:
    """Return the offset from UTC at the end of a zone or DT, in seconds east; None without one."""
    parts = re.search(r"[+-]\d{4}$", text.strip(" \0"))
    return _east(parts.group()) if parts else None


def _east(zone: str) -> float | None:
    parts = _OFFSET.fullmatch(zone)
    if parts is None:
        return None
    sign, hours, minutes = parts.groups()
    east = (int(hours) * 3600.0 + int(minutes) * 60.0) * (-1 if sign == "-" else 1)
    return east if _WESTMOST <= east <= _EASTMOST else None


def _valid_zone(own: str | None) -> bool:
    return own is None or _east(own) is not None


def _day(date: str) -> float | None:
    parts = _DATE.fullmatch(date.strip(" \0"))
    if parts is None:
        return None
    try:
        return (datetime.date(int(parts[1]), int(parts[3]), int(parts[4])).toordinal() - _FIRST_DAY) * _DAY
    except ValueError:  # a day that does not exist
        return None
