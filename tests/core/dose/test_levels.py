"""Levels: texts and numbers become values in the unit, percent of what it says, and no unit is mistaken."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from viewer3d.core.dose.levels import (
    MAXIMUM,
    PRESCRIPTION,
    Level,
    Levels,
    base_text,
    level_text,
    levels_in_unit,
    read_levels,
)
from viewer3d.core.view.look import MOST_LEVELS
from viewer3d.errors import ViewError


@pytest.mark.parametrize(
    ("given", "found"),
    [
        ("20Gy:40Gy", [(20, "Gy"), (40, "Gy")]),
        ("50%:95%:100%", [(50, "%"), (95, "%"), (100, "%")]),
        (" 20 Gy : .5 ", [(20, "Gy"), (0.5, "")]),
        ("1e1:-3.", [(10, ""), (-3, "")]),
        (30, [(30, "")]),
        ((20, "95 %", np.float32(1.5)), [(20, ""), (95, "%"), (1.5, "")]),
        ("1000Bq/ml", [(1000, "Bq/ml")]),
    ],
)
def test_levels_are_read(given: Any, found: list[tuple[float, str]]) -> None:
    assert read_levels(given) == tuple(Level(*one) for one in found)


@pytest.mark.parametrize("wrong", ["", ":", "20;30", "20Gy:", "Gy", "95%%5", "inf", float("nan"), [None], [[1]]])
def test_what_is_no_level_is_refused(wrong: Any) -> None:
    with pytest.raises(ViewError, match="is no level: give some"):
        read_levels(wrong)


def test_none_and_too_many_are_refused() -> None:
    for wrong in ([], range(MOST_LEVELS + 1)):
        with pytest.raises(ViewError, match=f"give 1 to {MOST_LEVELS}"):
            read_levels(wrong)


def test_percent_are_of_the_prescription_else_of_the_maximum() -> None:
    assert levels_in_unit("95%:50%", "Gy", 63.0, 60.0, PRESCRIPTION) == Levels((30.0, 57.0), 60.0, PRESCRIPTION)
    assert levels_in_unit("50%:5", "relative", 1.2) == Levels((0.6, 5.0), 1.2, MAXIMUM)
    assert levels_in_unit("20Gy:20", "Gy", 63.0) == Levels((20.0,))
    assert levels_in_unit("20gy:4000 cGy", "Gy", 63.0) == Levels((20.0, 40.0))
    assert levels_in_unit("30%", "%", 80.0) == Levels((30.0,))  # its own unit
    assert levels_in_unit(40, "SUVbw", 12.0) == Levels((40.0,))
    assert levels_in_unit("40%", "SUVbw", 12.0) == Levels((pytest.approx(4.8),), 12.0, MAXIMUM)


@pytest.mark.parametrize(
    ("levels", "unit", "base", "why"),
    [
        ("20Gy", "relative", 0.0, "relative, of no known value: give levels in relative, or in percent of the maximum"),
        ("20Gy", "SUVbw", 0.0, "level 20Gy: the values are in SUVbw"),
        ("20Gy", "", 0.0, "in no known unit"),
        ("5SUV", "Gy", 0.0, "level 5SUV: the values are in Gy"),
        ("95%", "relative", 60.0, "prescribes 60 Gy, and the values are relative"),
        ("95%", "SUVbw", 60.0, "prescribes 60 Gy, and the values are in SUVbw"),
    ],
)
def test_a_unit_is_never_mistaken(levels: str, unit: str, base: float, why: str) -> None:
    with pytest.raises(ViewError, match=why):
        levels_in_unit(levels, unit, 10.0, base, PRESCRIPTION if base else "")


@pytest.mark.parametrize("maximum", [0.0, -3.0, float("nan")])
def test_percent_of_no_maximum_are_refused(maximum: float) -> None:
    with pytest.raises(ViewError, match="percent of the maximum, which is"):
        levels_in_unit("95%", "Gy", maximum)


def test_levels_are_written_as_they_are_meant() -> None:
    assert level_text(57.0, "Gy", 60.0) == "95 %  57 Gy"
    assert level_text(0.6, "relative", 1.2) == "50 %  0.6"  # never Gy
    assert level_text(20.0, "") == "20"
    assert base_text(60.0, PRESCRIPTION, "Gy") == "% of 60 Gy (prescription)"
    assert base_text(0.0, "", "Gy") == ""
