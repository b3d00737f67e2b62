"""Numbers are printed to the place that their uncertainty bears."""

from __future__ import annotations

import math

import pytest

from viewer3d.measurements.uncertainty.intervals import NORMAL, coverage_factor, with_uncertainty


@pytest.mark.parametrize(
    ("value", "uncertainty", "text"),
    [
        (12.4377, 0.4183, "12.4 ± 0.4"),
        (12.4377, 0.1234, "12.44 ± 0.12"),
        (12.4377, 0.354, "12.44 ± 0.35"),
        (12.4377, 0.356, "12.4 ± 0.4"),
        (12.4377, 0.949, "12.4 ± 0.9"),
        (12.4377, 0.951, "12.4 ± 1.0"),
        (12.4377, 0.9996, "12.4 ± 1.0"),
        (12.4377, 9.7, "12 ± 10"),
        (1234.5, 123.4, "1230 ± 120"),
        (1234.5, 480.0, "1200 ± 500"),
        (-0.04, 0.7, "0.0 ± 0.7"),
        (0.0, 5e-7, "0.0000000 ± 0.0000005"),
        (-999.96, 1.5, "-1000.0 ± 1.5"),
        (3.14159, None, "3.14"),
        (3.14159, 0.0, "3.14"),
        (3.14159, math.inf, "3.14"),
    ],
)
def test_both_have_the_last_place_of_the_uncertainty(value: float, uncertainty: float | None, text: str) -> None:
    assert with_uncertainty(value, uncertainty, 2) == text


@pytest.mark.parametrize(
    ("freedom", "quantile"), [(2, 4.3027), (3, 3.1824), (5, 2.5706), (10, 2.2281), (30, 2.0423), (1e9, NORMAL)]
)
def test_factors_are_those_of_tables_of_students_t(freedom: float, quantile: float) -> None:
    assert coverage_factor(freedom) == pytest.approx(quantile, rel=0.03 if freedom < 3 else 0.005)
    assert coverage_factor(1.9) is None
