"""Levels of a layer: given as text or numbers, of a plan or not, they are numbers in its unit when it is placed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

from viewer3d import Layer, Plan, Prescription, Volume, phantom
from viewer3d.core.layers import as_overlays, place_layers
from viewer3d.core.window import Window
from viewer3d.errors import DoseError, ViewError
from viewer3d.recipes.data_record import OverlayRecord
from viewer3d.render.first_state import first_state, with_first_looks


@pytest.fixture(scope="module")
def ct() -> Volume:
    return phantom.volume(shape=(40, 30, 20), spacing=(10, 10, 10), center=(0, 5, -240))


@pytest.fixture(scope="module")
def dose() -> Volume:
    return phantom.dose(shape=(41, 31, 17), spacing=(9, 9, 9))


def look_of(ct: Volume, layer: Layer) -> dict[str, Any]:
    return dict(place_layers(ct, layer).layers[1].look)


def test_levels_are_in_percent_of_the_prescription_of_a_plan(ct: Volume, dose: Volume, tmp_path: Path) -> None:
    for plan in (phantom.write_plan(tmp_path / "plan.dcm"), Plan((Prescription(60),)), 60):
        layer = Layer(dose, plan=plan, look={"levels": "95%:30Gy"})
        assert layer.plan.prescription.dose == 60  # type: ignore[union-attr]
        (tmp_path / "plan.dcm").unlink(missing_ok=True)  # it is not needed any more
        found = look_of(ct, layer)
        assert found == {"levels": (30.0, 57.0), "level_base": 60.0, "level_base_name": "prescription"}


def test_without_a_plan_percent_are_of_the_maximum(ct: Volume, dose: Volume) -> None:
    highest = float(dose.voxels.max())
    found = look_of(ct, Layer(dose, look={"levels": "50%"}))
    assert found == {"levels": (pytest.approx(highest / 2),), "level_base": highest, "level_base_name": "maximum"}
    assert look_of(ct, Layer(dose, look={"levels": [40, 20]}))["levels"] == (20.0, 40.0)
    assert look_of(ct, Layer(dose, look={"levels": ()})) == {"levels": ()}


def test_a_recipe_holds_numbers_that_come_back_the_same(ct: Volume, dose: Volume) -> None:
    (_, placed) = place_layers(ct, Layer(dose, plan=60, look={"levels": "50%:95%"})).layers
    record = OverlayRecord.of(placed)
    assert record.look == {"levels": (30.0, 57.0), "level_base": 60.0, "level_base_name": "prescription"}
    assert look_of(ct, record.layer([dose])) == dict(placed.look)
    (again,) = as_overlays([placed])
    assert look_of(ct, again) == dict(placed.look)


def test_lines_stand_alone_and_their_colours_are_far_from_each_other(ct: Volume, dose: Volume) -> None:
    def first(**look: Any) -> Any:
        placed = place_layers(ct, Layer(dose, plan=60, look={"levels": "50%:75%:100%", **look}))
        return with_first_looks(first_state(ct, "axial"), placed).layers[1]

    lines = first()
    assert (lines.levels, lines.opacity, lines.value_bar, lines.colors) == ((30, 45, 60), 0.0, False, "rainbow")
    assert lines.window.bounds == (20.0, 60.0)  # the lowest has the colour of a quarter
    both = first(opacity=0.4)
    assert (both.levels, both.opacity, both.value_bar) == ((30, 45, 60), 0.4, True)
    assert both.window.bounds == (0.0, float(dose.voxels.max()))
    assert first(window=(30, 60)).window == Window(30, 60)
    uptake = Layer(ct, look={"levels": [100, 300]})  # of any modality
    assert with_first_looks(first_state(ct, "axial"), place_layers(ct, uptake)).layers[1].colors == "rainbow"
    assert first(colors="viridis").colors == "viridis"


def test_a_dose_is_a_wash_from_0_to_its_highest(ct: Volume, dose: Volume) -> None:
    look = with_first_looks(first_state(ct, "axial"), place_layers(ct, dose)).layers[1]
    assert (look.levels, look.opacity, look.value_bar, look.colors) == ((), 0.5, True, "rainbow")
    assert look.window.bounds == (0.0, float(dose.voxels.max()))


def test_what_cannot_be_is_refused_as_early_as_it_can_be(ct: Volume, dose: Volume) -> None:
    with pytest.raises(ViewError, match="is no level: give some"):
        Layer("dose.dcm", look={"levels": "95;100"})
    with pytest.raises(ViewError, match="levels too"):
        Layer(dose, plan=60)
    with pytest.raises(DoseError, match="prescribes no dose"):
        Layer(dose, plan=Plan(()), look={"levels": "95%"})
    relative = Volume.from_array(dose.voxels, dose.affine, unit="relative", info=dose.info)
    with pytest.raises(ViewError, match="prescribes 60 Gy, and the values are relative"):
        place_layers(ct, Layer(relative, plan=60, look={"levels": "95%"}))
    with pytest.raises(ViewError, match="level 20Gy: the values are relative, of no known value"):
        place_layers(ct, Layer(relative, look={"levels": "20Gy"}))
    with pytest.raises(ViewError, match="level 5SUV: the values are in Gy"):
        place_layers(ct, Layer(dose, look={"levels": "5SUV"}))
    empty = Volume.from_array(np.full(dose.shape, np.nan, np.float32), dose.affine, unit="Gy", info=dose.info)
    with pytest.raises(ViewError, match="percent of the maximum, which is nan"):
        place_layers(ct, Layer(empty, look={"levels": "95%"}))
