from __future__ import annotations

import numpy as np
import pytest

from viewer3d.core.volume import Volume
from viewer3d.errors import ViewError
from viewer3d.render.volume.transfer import (
    AUTO,
    OUTLIERS,
    choose_preset,
    offered_presets,
    otsu_threshold,
    presets,
    tissue_threshold,
    transfer_function,
)
from viewer3d.render.volume.visibility import visible_points
from viewer3d.render.volume.volume_look import VolumeLook


def volume(values, unit="", modality=""):
    return Volume.from_array(np.resize(values, (20, 20, 20)), np.eye(4), unit=unit, modality=modality)


def test_the_presets_people_know_are_there():
    names = {"ct-bone", "ct-skin", "ct-soft-tissue", "ct-lung", "ct-vessels", "ct-mip"}
    assert names | {"mr-default", "mr-angio", "mr-mip", "pet-mip", "pet-uptake"} == set(presets())


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("CT-Bone", "ct-bone"), ("ct bones", "ct-bone"), ("BONE", "ct-bone"), ("CT_Lung", "ct-lung"),
        ("CT-Coronary-Arteries-3", "ct-vessels"), ("CT-Muscle", "ct-soft-tissue"), ("soft-tissue", "ct-soft-tissue"),
    ],
)  # fmt: skip
def test_names_as_in_slicer_and_short_ones(name, meant):
    assert choose_preset(volume([0, 1], "HU"), name).name == meant


def test_no_name_means_two_presets():
    names = [name.lower() for row in presets().values() for name in (row.name, *row.alias)]
    plain = [name.replace("-", "").replace(" ", "") for name in names]
    assert len(plain) == len(set(plain))
    assert choose_preset(volume([0, 1, 9]), "MR-Angio").name == "mr-angio"


@pytest.mark.parametrize("preset", presets().values(), ids=lambda preset: preset.name)
def test_every_preset_can_be_drawn(preset):
    values = [point[0] for point in preset.points]
    assert values == sorted(set(values))
    assert all(0 <= point[2] <= 1 for point in preset.points)
    assert all(len(point[1]) == 7 and int(point[1][1:], 16) >= 0 for point in preset.points)
    assert preset.points[0][2] == 0, "the background has to be clear"
    if preset.scale == "percentile":
        assert values[0] >= 0
        assert values[-1] <= 100
    assert preset.title


@pytest.mark.parametrize(
    ("values", "unit", "modality", "name"),
    [
        ([-1000, 0, 700], "HU", "CT", "ct-bone"),
        ([-1000, 0, 60], "HU", "CT", "ct-skin"),
        ([0, 100, 900], "", "MR", "mr-default"),
        ([0, 100, 900], "", "CT", "mr-default"),
        ([-1000, 0, 700], "", "CT", "ct-bone"),
        ([-1000, 0, 60], "", "", "mr-default"),
        ([0, 100, 900], "Bq/ml", "PT", "pet-mip"),
    ],
)
def test_auto_suits_unit_modality_and_content(values, unit, modality, name):
    assert choose_preset(volume(values, unit, modality)).name == name


def test_unknown_names_and_other_units_are_refused_with_what_is_known():
    with pytest.raises(ViewError, match=r"'bones'.*auto, ct-bone.*pet-mip"):
        choose_preset(volume([0, 1], "HU"), "bones")
    with pytest.raises(ViewError, match="ct-bone is for values in HU, these are in Gy") as raised:
        choose_preset(volume([0, 1], "Gy"), "ct-bone")
    assert "ct-" not in str(raised.value).split("give one of")[1]
    assert AUTO in str(raised.value)


def test_a_ct_without_a_unit_has_the_presets_of_ct():
    ct = volume([0, 100, 900], "", "CT")
    assert choose_preset(ct, "ct-lung").name == "ct-lung"
    assert set(offered_presets(ct)) == set(presets())
    assert {presets()[name].scale for name in offered_presets(volume([0, 9], "HU", "CT"))} == {"HU"}
    for unit, modality in (("", "MR"), ("", ""), ("Gy", "RTDOSE"), ("MGML", "CT")):
        other = volume([0, 100, 900], unit, modality)
        assert {presets()[name].scale for name in offered_presets(other)} == {"percentile"}
        with pytest.raises(ViewError, match="ct-lung is for values in HU"):
            choose_preset(other, "ct-lung")


def test_hu_presets_keep_their_values():
    transfer = transfer_function(volume([0, 1000], "HU"), presets()["ct-bone"])
    assert transfer.values == tuple(float(point[0]) for point in presets()["ct-bone"].points)


def test_uptake_is_of_suv_where_the_volume_is_in_suv_else_of_percentiles():
    preset = presets()["pet-uptake"]
    in_suv = volume(np.linspace(0, 9, 999), "SUVbw", "PT")
    assert transfer_function(in_suv, preset).values == tuple(float(point[0]) for point in preset.suv_points)
    assert transfer_function(in_suv, preset).values[0] == 2.5
    assert VolumeLook("pet-uptake").title(in_suv) == "Uptake, SUV 2.5 to 12"
    counts = volume(np.linspace(0, 9000, 999), "CNTS", "PT")
    assert transfer_function(counts, preset).values[0] > 8000
    assert VolumeLook("pet-uptake").title(counts) == "Uptake"
    # A projection is of SUV only dark on white, as PET is read.
    assert transfer_function(in_suv, presets()["pet-mip"]).values[3] > 8


@pytest.mark.parametrize("name", ["ct-bone", "ct-mip", "mr-default"])
@pytest.mark.parametrize("stretch", [0.25, 3.0])
def test_a_stretch_moves_values_from_their_middle_and_nothing_else(name, stretch):
    seen = volume(np.arange(8000) % 900, "HU" if name.startswith("ct") else "")
    plain, wide = (transfer_function(seen, presets()[name], stretch=one) for one in (1.0, stretch))
    middle = (plain.values[0] + plain.values[-2]) / 2
    np.testing.assert_allclose(np.subtract(wide.values, middle), stretch * np.subtract(plain.values, middle), rtol=1e-6)
    assert (wide.colors, wide.opacities) == (plain.colors, plain.opacities)
    both = transfer_function(seen, presets()[name], 40.0, stretch)
    np.testing.assert_allclose(np.subtract(both.values, wide.values), 40, rtol=1e-6)
    assert transfer_function(seen, presets()[name], 40.0, 1.0) == transfer_function(seen, presets()[name], 40.0)


def test_a_shift_raises_all_values():
    for unit, name in (("HU", "ct-lung"), ("", "mr-default")):
        seen = volume(np.arange(1000), unit)
        before, after = (transfer_function(seen, presets()[name], shift) for shift in (0, -25))
        np.testing.assert_allclose(np.subtract(before.values, after.values), 25)
        assert (before.opacities, before.step) == (after.opacities, after.step)


@pytest.mark.parametrize("scale", [1, 1e-4, 3e5])
def test_a_step_is_round_and_some_fiftieth_of_the_points(scale):
    transfer = transfer_function(volume(scale * np.linspace(0, 1, 999)), presets()["mr-default"])
    assert float(f"{transfer.step:e}"[0]) in {1, 2, 5}
    assert 50 <= (transfer.values[-2] - transfer.values[0]) / transfer.step < 126
    assert transfer_function(volume([0, 1], "HU"), presets()["ct-bone"]).step == 20


def test_percentiles_are_those_of_the_tissue():
    noise = np.random.default_rng(0).uniform(0, 50, 6000)
    tissue = np.random.default_rng(1).uniform(400, 800, 2000)
    transfer = transfer_function(volume(np.concatenate([noise, tissue])), presets()["mr-default"])
    np.testing.assert_allclose(transfer.values, np.percentile(tissue, [0, 8, 30, 75, 100]), rtol=0.01)


@pytest.mark.parametrize("values", [[5], [0, 1], [np.nan], [np.nan, 3, 3, 3], [0.0, 1e-30]])
def test_poor_values_still_give_growing_points(values):
    poor = volume(np.array(values, np.float32))
    for preset in presets().values():
        if preset.scale == "percentile":
            points = transfer_function(poor, preset).values
            assert np.isfinite(points).all()
            assert (np.diff(np.float32(points)) > 0).all()
            assert np.isfinite(visible_points(poor, transfer_function(poor, preset))).all()


def test_otsu_parts_two_groups():
    rng = np.random.default_rng(0)
    values = np.concatenate([rng.normal(10, 3, 5000), rng.normal(100, 10, 1000)])
    assert 30 < otsu_threshold(values) < 75


def test_whole_numbers_are_parted_where_floats_are():
    rng = np.random.default_rng(0)
    sample = np.concatenate([rng.normal(10, 3, 5000), rng.normal(100, 10, 1000), [30_000] * 20]).astype(np.int16)
    found = tissue_threshold(sample)
    assert 30 < found < 75
    assert found == tissue_threshold(sample.astype(np.float32))
    assert found == otsu_threshold(np.minimum(sample.astype(np.float64), np.percentile(sample, OUTLIERS)))
    assert tissue_threshold(np.array([np.nan, np.inf])) == 0


def test_range_above_a_share_of_the_opacity():
    transfer = transfer_function(volume([0, 1], "HU"), presets()["ct-bone"])
    assert transfer.range_above(0.0) == (150, np.inf)
    low, _ = transfer.range_above(0.06)
    assert low == pytest.approx(240)
    assert transfer_function(volume([0, 1], "HU"), presets()["ct-lung"]).range_above(0.0) == (-930, -420)


@pytest.mark.parametrize("name", [name for name, row in presets().items() if row.scale == "HU"])
def test_air_that_fills_what_was_not_measured_is_no_wall(name):
    transfer = transfer_function(volume([-1000, 0, 60, 700], "HU"), presets()[name])
    assert transfer.range_above(0.0)[0] >= -1000


@pytest.mark.parametrize("name", [name for name, row in presets().items() if row.scale == "percentile"])
def test_no_flow_that_fills_what_was_not_measured_is_no_wall(name):
    """Of signed values 0 is in the middle, and a third of the grid is filled with it: it is all but clear."""
    rng = np.random.default_rng(0)
    values = np.zeros((30, 30, 12), np.int16)
    values[:20] = np.where(rng.random((20, 30, 12)) < 0.2, 3000, rng.integers(-300, 300, (20, 30, 12)))
    phase = Volume.from_array(values, np.eye(4), modality="MR", measured=[[0, 20, 0, 30]] * 12)
    transfer = transfer_function(phase, presets()[name])
    at = np.interp(0, transfer.values, transfer.opacities, left=transfer.opacities[0])
    assert at <= 0.02


def test_the_most_opaque_value_is_infinite_where_opacity_does_not_fall():
    seen = volume([0, 1], "HU")
    for preset in presets().values():
        if preset.scale == "HU":
            expected = -560 if preset.name == "ct-lung" else np.inf
            assert transfer_function(seen, preset).most_opaque == expected
            assert transfer_function(seen, preset, 10).most_opaque == expected + 10
