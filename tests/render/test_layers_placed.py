"""Markers of a base and of what lies over it are where their affines say, whatever grid each has."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

import viewer3d
from tests.combinations import each_value
from tests.phantom_files import write_phantom
from tests.render.markers import DIRECTIONS, rotation
from viewer3d import phantom
from viewer3d.core.layers import Layer, place_layers
from viewer3d.core.view.planes import PLANES
from viewer3d.core.view.state import SlicePane
from viewer3d.core.volume import Volume
from viewer3d.core.window import Window
from viewer3d.render.first_state import first_state, with_first_looks
from viewer3d.render.scene import Scene

MARKER = np.array(phantom.MARKERS["inside-stomach"])
SHAPE, SPACING = (48, 40, 40), (1.3, 1.1, 1.7)
SIZE = (400, 400)
BRIGHT = Window(2000, 1600)
"""From 1200 HU on: of the phantom the marker alone, and its edge as grey as it is full."""

RIGID = np.eye(4)
RIGID[:3, :3] = rotation(0, 12) @ rotation(2, -20)
RIGID[:3, 3] = (15.0, -40.0, 22.0)

TURNED = ((0.8, 0.6, 0.0), (-0.36, 0.48, 0.8), (0.48, -0.64, 0.6))


def patient(name, folder):
    """The phantom around a marker, which lies between voxels: on a grid, or read from files of a tilted gantry."""
    center = tuple(float(mm) for mm in np.add(MARKER, (0.37, -0.21, 0.55)))
    if name == "tilted":
        write_phantom(folder, shape=SHAPE, spacing=SPACING, center=center, noise=0, faults=phantom.Faults(tilt=14.0))
        return viewer3d.load(folder)
    direction = DIRECTIONS[name]
    return phantom.volume(shape=SHAPE, spacing=SPACING, direction=direction, center=center, noise=0)


def overlay(name, folder):
    """A layer with the marker where the base has it."""
    if name != "moved":
        return Layer(patient(name, folder))
    there = patient("oblique", folder)
    away = Volume.from_array(there.voxels, np.linalg.inv(RIGID) @ there.affine, unit="HU", modality="CT")
    return Layer(away, transform=RIGID)


def seen_at(scene, state, number, plane):
    """The middle of what one layer alone shows, weighted by its greys, in pixels of its pane."""
    alone = replace(state, layers=tuple(replace(look, shown=n == number) for n, look in enumerate(state.layers)))
    scene.apply(alone)
    grey = scene.screenshot().astype(float).max(axis=2)
    pane = scene.pane(plane)
    marker = pane.to_pixel(MARKER)
    rows, columns = np.indices(grey.shape)
    near = np.hypot(columns - marker[0], rows - marker[1]) < 9 / pane.mm_per_pixel
    weight = np.where(near, grey, 0)
    assert weight.max() > 200
    return np.array([(weight * columns).sum(), (weight * rows).sum()]) / weight.sum() - marker


PARTNERS = ["identity", "oblique", "sagittal", "flipped", "tilted", "moved"]


@pytest.mark.parametrize(("how", "partner"), each_value(["plain", "oblique", "slab"], PARTNERS))
def test_markers_of_all_layers_lie_where_their_affines_say(partner, how, tmp_path):
    base, over = patient("identity", tmp_path), overlay(partner, tmp_path)
    state = with_first_looks(first_state(base, "axial", BRIGHT, at=MARKER), place_layers(base, over))
    state = state.with_look(1, window=BRIGHT, opacity=1.0, ramp=0.0, colors="grey")
    if how == "oblique":
        state = replace(state, axes=TURNED)
    if how == "slab":
        state = replace(state, slab=viewer3d.Slab(4.0, "mean"))
    with Scene(base, SIZE, overlays=over) as scene:
        for plane in PLANES:
            here = replace(state, view=plane, **{plane: SlicePane(zoom=1.5)})
            for number in (0, 1):
                off = seen_at(scene, here, number, plane)
                # The crosshair is drawn over all layers alike, through the middle of the marker.
                assert np.abs(off).max() < 0.2, (plane, number, off)
