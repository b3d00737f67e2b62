"""Options of ``viewer3d figure`` and ``viewer3d movie``, and the arguments they stand for."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

import click

from viewer3d.cli.look_values import plan_of
from viewer3d.errors import ViewError

FIGURE_OPTIONS: dict[str, dict[str, Any]] = {
    "--at": {"metavar": "X,Y,Z|WORD", "help": "LPS mm, ras:X,Y,Z, index:I,J,K, center, max or auto (most anatomy)."},
    "--window": {"metavar": "NAME|C/W", "help": "bone, lung, brain, ...; file; auto; or center/width: 40/400."},
    "--plane": {"metavar": "NAME", "help": "axial, coronal or sagittal (plane, lightbox, windows, overlay, ...)."},
    "-n": {"type": int, "metavar": "N", "help": "How many slices (lightbox, overlay, segmentation-comparison)."},
    "--positions": {"metavar": "MM,MM,...", "help": "Where slices cut their axis, LPS mm (lightbox, overlay)."},
    "--margin": {"type": float, "metavar": "MM", "help": "Show this much around the overlays alone (overlay)."},
    "--segments": {"metavar": "A,B,...", "help": "Names or numbers of those compared (segmentation-comparison)."},
    "--scout/--no-scout": {"default": None, "help": "A pane that shows where the slices lie (lightbox)."},
    "--windows": {"metavar": "A,B,...", "help": "Names or center/width (windows, histogram)."},
    "--sides": {"metavar": "LETTERS", "help": "Whence it is seen in 3D, as in ALPR (directions)."},
    "--planes": {"metavar": "A,B,...", "help": "A row each (compare)."},
    "--names": {"metavar": "A,B", "help": "What the two are called (compare, segmentation-comparison)."},
    "--difference": {"is_flag": True, "default": None, "help": "A column of the second less the first (compare)."},
    "--notes/--no-notes": {"default": None, "help": "What keeps the two from being compared, below them (compare)."},
    "--layout": {"metavar": "row|column", "help": "Side by side or one below the other (mpr, mips)."},
    "--crosshair/--no-crosshair": {"default": None, "help": "Where the other planes cut (mpr, quad)."},
    "--rendering": {"metavar": "NAME", "help": "Preset in 3D (quad, directions)."},
    "--hide-couch/--show-couch": {"default": None, "help": "3D without couch and head-holder (quad, directions)."},
    "--hide-face": {"is_flag": True, "default": None, "help": "Without the front of a face (quad, directions, mips)."},
    "--line": {"metavar": "PLACE/PLACE", "help": "Both ends, each as --at has it: -60,0,40/60,0,40 (profile)."},
    "--step": {"type": float, "metavar": "MM", "help": "Between values at most; default half a voxel (profile)."},
    "--segment": {"metavar": "NAME", "help": "Of the --overlay, by name or number (time-curve)."},
    "--plan": {"metavar": "FILE|GY", "help": "RTPLAN, or the prescribed dose, that percent are of (dvh)."},
    "--state": {"metavar": "FILE|JSON", "help": "What is not chosen otherwise, as saved: JSON, its file or a picture."},
    "--size": {"metavar": "WxH", "help": "In pixels."},
    "--width": {"type": float, "metavar": "MM", "help": "On paper, instead of a size.  [default: 180]"},
    "--dpi": {"type": float, "metavar": "DPI", "help": "Pixels per inch on paper.  [default: 300]"},
    "--text": {"type": float, "metavar": "POINTS", "help": "Size of text on paper; default by the figure's."},
    "--background": {"metavar": "NAME", "help": "black, white or transparent."},
    "--colors": {"metavar": "NAME", "help": "Colour map of slices: hot-iron, pet, viridis, cividis, ..."},
    "--invert/--no-invert": {"default": None, "help": "Black and white exchanged; default as the volume has it."},
    "--slab": {"metavar": "MM[,BLEND]", "help": "Thickness of slices; maximum (default), minimum or mean."},
    "--interpolation": {"metavar": "NAME", "help": "Between voxels of slices: linear (default) or nearest."},
    "--value-bar": {"is_flag": True, "default": None, "help": "Say which colour is which value."},
    "--panel-letters": {"is_flag": True, "default": None, "help": "Letter the panes A, B, C."},
    "--scale": {"metavar": "mm|cm", "help": "Unit of the scale bar."},
    "--legend/--no-legend": {"default": None, "help": "A key of the segments that are seen; default where any are."},
}
"""The arguments of ``click.option``; the help ends with the figures that have it, where not all do."""

MOVIE_OPTIONS: dict[str, dict[str, Any]] = {
    "--frames": {"type": int, "metavar": "N", "help": "How many; default 48, of cine every slice there and back."},
    "--rate": {"type": float, "metavar": "N", "help": "Frames per second; default 12.5, of times 5."},
    "--size": {"metavar": "WxH", "default": "512x512", "show_default": True, "help": "In pixels."},
    "--view": {"metavar": "NAME", "help": "Panes, as of shot; default 3d (turntable), the plane (cine) or axial."},
    "--plane": {"metavar": "NAME", "help": "axial, coronal or sagittal (cine).  [default: axial]"},
    "--windows": {"metavar": "A,B,...", "help": "From one to the next: names or center/width (sweep)."},
    "--window": {"metavar": "NAME|C/W", "help": "bone, lung, ...; file; auto; or center/width (cine, times)."},
    "--at": {"metavar": "X,Y,Z|WORD", "help": "LPS mm, ras:X,Y,Z, index:I,J,K, center, max or auto (sweep, times)."},
    "--rendering": {"metavar": "NAME", "help": "Preset in 3D: bone, ct-lung, ... (turntable)."},
    "--hide-couch/--show-couch": {"default": None, "help": "3D without couch and head-holder (turntable)."},
    "--hide-face": {"is_flag": True, "default": None, "help": "3D without the front of a face (turntable)."},
    "--state": {"metavar": "FILE|JSON", "help": "What is not chosen otherwise, as saved: JSON, its file or a picture."},
}
"""The arguments of ``click.option``; the help ends with the movies that have it, where not all do."""

KINDS = ("turntable", "cine", "sweep", "times")

ARGUMENTS = {"hide_couch": "couch_hidden", "hide_face": "face_hidden", "invert": "inverted"}
"""The arguments of figures and movies that are called otherwise."""

LISTS = ("windows", "planes", "names", "segments")
"""Those of several parts."""


def add_options(command: Callable[..., None], options: dict[str, dict[str, Any]]) -> Callable[..., None]:
    """Add options to a command, in their order."""
    for option, about in reversed(options.items()):
        command = click.option(option, **about)(command)
    return command


def chosen_arguments(choices: Mapping[str, Any], options: Iterable[str]) -> dict[str, Any]:
    """Return the options that were given, as figures and movies name and take them.

    Parameters
    ----------
    choices : mapping
        What click found, by name; what is none of the options is passed over.
    options : iterable of str
    """
    names = (option.lstrip("-").partition("/")[0].replace("-", "_") for option in options)
    given = {ARGUMENTS.get(name, name): choices[name] for name in names if choices[name] is not None}
    for name in LISTS:
        if name in given:
            given[name] = [part.strip() for part in given[name].split(",")]
    return given


def figure_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all figures."""
    return add_options(command, FIGURE_OPTIONS)


def figure_arguments(choices: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a figure that were given.

    Parameters
    ----------
    choices : dict
        What click found, by name; other options' are passed over.

    Raises
    ------
    ViewError
        When positions are no numbers.
    DoseError, DicomError
        When the plan is none.
    """
    given = chosen_arguments(choices, FIGURE_OPTIONS)
    if "positions" in given:
        try:
            given["positions"] = [float(part) for part in given["positions"].split(",")]
        except ValueError:
            raise ViewError(f"--positions {given['positions']!r}: expected mm, as in --positions -40,0,40") from None
    if given.get("segment", "").isdecimal():
        given["segment"] = int(given["segment"])
    if "plan" in given:
        given["plan"] = plan_of(given["plan"]).prescription.dose
    if "segments" in given:
        given["segments"] = [int(one) if one.isdecimal() else one for one in given["segments"]]
    return given


def movie_options(command: Callable[..., None]) -> Callable[..., None]:
    """Add the options of all movies."""
    command = add_options(command, MOVIE_OPTIONS)
    kinds = "Once around, through slices, windows, or the times of a 4-D series."
    return click.option("--kind", type=click.Choice(KINDS), default="turntable", show_default=True, help=kinds)(command)


def movie_arguments(choices: dict[str, Any]) -> dict[str, Any]:
    """Return the arguments of a movie that were given.

    Parameters
    ----------
    choices : dict
        What click found, by name; other options' are passed over.
    """
    return chosen_arguments(choices, MOVIE_OPTIONS)
