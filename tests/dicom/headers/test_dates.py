"""Dates and times as numbers: every form of DA, TM and DT of PS3.5 6.2, and what is none."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone

import pytest

from viewer3d.dicom.headers.dates import seconds_of_datetime, seconds_since_1900, time_of_day, utc_offset

START = datetime(1900, 1, 1, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("09", 9 * 3600),
        ("0930", 9 * 3600 + 30 * 60),
        ("093015", 9 * 3600 + 30 * 60 + 15),
        ("093015.5", 9 * 3600 + 30 * 60 + 15.5),
        ("093015.000001", 9 * 3600 + 30 * 60 + 15.000001),
        ("093015.25 ", 9 * 3600 + 30 * 60 + 15.25),  # padded to an even length
        ("000000", 0),
        ("235960", 86400),  # a leap second
        ("09:30:15.5", 9 * 3600 + 30 * 60 + 15.5),  # ACR-NEMA
        ("09:30", 9 * 3600 + 30 * 60),
    ],
)
def test_a_time_in_each_form_is_seconds_since_midnight(text, expected):
    assert time_of_day(text) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    "text", ["", "9", "930", "24", "0960", "093061", "0930.5", "09-30", "noon", "09:3015", "-0930"]
)
def test_what_is_no_time_is_none(text):
    assert time_of_day(text) is None


@pytest.mark.parametrize(
    ("date", "time", "zone", "expected"),
    [
        ("20240105", "0930", "", datetime(2024, 1, 5, 9, 30, tzinfo=UTC)),
        ("2024.01.05", "09:30:00", "", datetime(2024, 1, 5, 9, 30, tzinfo=UTC)),
        ("20240229", "235959.999999", "", datetime(2024, 2, 29, 23, 59, 59, 999999, tzinfo=UTC)),
        ("20240101", "003000", "+0100", datetime(2023, 12, 31, 23, 30, tzinfo=UTC)),
        ("20240101", "003000", "-0330", datetime(2024, 1, 1, 4, 0, tzinfo=UTC)),
        ("18990101", "00", "", datetime(1899, 1, 1, tzinfo=UTC)),
    ],
)
def test_a_date_and_a_time_are_seconds_exact_to_the_microsecond(date, time, zone, expected):
    assert seconds_since_1900(date, time, zone) == pytest.approx((expected - START).total_seconds(), abs=5e-7, rel=0)


@pytest.mark.parametrize(
    ("date", "time"),
    [("", "0930"), ("20240105", ""), ("20230229", "0930"), ("20241301", "0930"), ("2024", "0930"), ("2024.0105", "09")],
)
def test_a_date_and_a_time_of_which_one_lacks_are_none(date, time):
    assert seconds_since_1900(date, time) is None


def test_midnight_lies_between_two_days():
    assert seconds_since_1900("20240101", "000000") - seconds_since_1900("20231231", "235950") == 10


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("2024", datetime(2024, 1, 1, tzinfo=UTC)),
        ("202403", datetime(2024, 3, 1, tzinfo=UTC)),
        ("20240105", datetime(2024, 1, 5, tzinfo=UTC)),
        ("2024010509", datetime(2024, 1, 5, 9, tzinfo=UTC)),
        ("202401050930", datetime(2024, 1, 5, 9, 30, tzinfo=UTC)),
        ("20240105093015", datetime(2024, 1, 5, 9, 30, 15, tzinfo=UTC)),
        ("20240105093015.25", datetime(2024, 1, 5, 9, 30, 15, 250000, tzinfo=UTC)),
        ("20240105093015.25+0100", datetime(2024, 1, 5, 9, 30, 15, 250000, tzinfo=timezone(timedelta(hours=1)))),
        ("202401050930-0500 ", datetime(2024, 1, 5, 9, 30, tzinfo=timezone(-timedelta(hours=5)))),
        ("2024-0500", datetime(2024, 1, 1, 5, tzinfo=UTC)),
        ("20240105+1400", datetime(2024, 1, 4, 10, tzinfo=UTC)),
    ],
)
def test_a_date_and_time_in_one_text_is_seconds(text, expected):
    assert seconds_of_datetime(text) == pytest.approx((expected - START).total_seconds(), abs=5e-7, rel=0)


def test_the_zone_of_the_file_holds_where_the_text_has_none():
    assert seconds_of_datetime("202401050930", "+0100") == seconds_since_1900("20240105", "0930", "+0100")
    assert seconds_of_datetime("202401050930-0500", "+0100") == seconds_since_1900("20240105", "0930", "-0500")


@pytest.mark.parametrize(
    "text", ["", "20", "202", "20241", "20241301", "202401052500", "20240105+9900", "2024+01", "x"]
)
def test_what_is_no_date_and_time_is_none(text):
    assert seconds_of_datetime(text) is None


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("+0100", 3600),
        ("-0330", -12600),
        ("20240105-0500", -18000),
        ("+1400", 50400),
        ("20240105", None),
        ("", None),
        ("+1500", None),
        ("+0060", None),
    ],
)
def test_the_offset_is_told_in_seconds_east(text, expected):
    assert utc_offset(text) == expected
