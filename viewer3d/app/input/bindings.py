"""Every key and gesture, in one table: the window obeys it, its help and the README's list are written from it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from viewer3d.app.input import camera_gestures as orbit
from viewer3d.app.input import measure_gestures as measuring
from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input import tools
from viewer3d.app.input.cine import to_member
from viewer3d.app.input.context import Drag, Gesture
from viewer3d.app.input.crop_gestures import drag_face, switch_crop
from viewer3d.app.input.plane_gestures import drag_outline, switch_planes
from viewer3d.app.input.rotate_gestures import drag_turn, straighten
from viewer3d.app.input.slider import drag_slider
from viewer3d.core.camera import SIDES

Where = Literal["slices", "3d", "anywhere"]
Command = Literal[
    "save picture", "save state", "list measurements", "copy measurements", "save measurements", "cine slices",
    "cine time", "faster", "slower", "series", "help", "close",
]  # fmt: skip


@dataclass(frozen=True)
class Action:
    """One line of the table.

    Attributes
    ----------
    inputs : tuple of str
        Keys as VTK names them (``"Prior"``, ``"ctrl+s"``), or gestures (``"wheel up"``, ``"left drag"``).
    written : str
        How the inputs are written for people.
    words : str
        What they do.
    where : {"slices", "3d", "anywhere"}
        The panes it is for.
    gestures : tuple of callable
        What each input does to a state, in the same order; empty for drags and commands.
    drag : callable, optional
        What a drag does to a state.
    commands : tuple of str
        What each input asks of the window itself, in the same order.
    takes : tuple of callable
        Which tool each input takes in hand, in the same order.
    """

    inputs: tuple[str, ...]
    written: str
    words: str
    where: Where = "anywhere"
    gestures: tuple[Gesture, ...] = ()
    drag: Drag | None = None
    commands: tuple[Command, ...] = ()
    takes: tuple[tools.Take, ...] = ()


_STEP, _PAGE = slices.stepping, slices.PAGE
_IN, _OUT = slices.ZOOM_STEP, 1 / slices.ZOOM_STEP

_SLICES = (
    Action(("wheel up", "wheel down"), "wheel", "next slice: up to head, front, right", "slices",
           (_STEP(1), _STEP(-1))),
    Action(
        ("Up", "Right", "f", "Down", "Left", "b"), "arrows, f b", "next slice, as the wheel", "slices",
        (_STEP(1),) * 3 + (_STEP(-1),) * 3,
    ),
    Action(("Prior", "Next"), "Page Up, Page Down", f"{_PAGE} slices", "slices", (_STEP(_PAGE), _STEP(-_PAGE))),
    Action(("Home", "End"), "Home, End", "first slice (head, front, right), last", "slices",
           (slices.to_first, slices.to_last)),
    Action(("slider drag",), "drag the slider", "goes through the slices", "slices", drag=drag_slider),
    Action(("left click",), "click", "crosshair there, in all panes", "slices", (slices.put_cursor,)),
    Action(("shift+move",), "Shift + move", "crosshair follows", "slices", (slices.put_cursor,)),
    Action(("line drag",), "drag the crosshair", "moves that slice, both where lines meet", "slices",
           drag=slices.drag_cursor),
    Action(("handle drag",), "drag its handles", "turns the other two planes, oblique", "slices", drag=drag_turn),
    Action(("o",), "o", "planes upright again", gestures=(straighten,)),
    Action(("bracketright", "bracketleft"), "] [", "slab thicker, thinner (mm)",
           gestures=(slices.thicken(1), slices.thicken(-1))),
    Action(("backslash",), "\\", "slab as MIP, MinIP or mean", gestures=(slices.next_blend,)),
    Action(("middle drag",), "middle drag", "moves the picture", "slices", drag=slices.drag_pan),
    Action(("right drag",), "right drag", "zooms: down nearer", "slices", drag=slices.drag_zoom),
    Action(
        ("ctrl+wheel up", "plus", "equal", "KP_Add", "ctrl+wheel down", "minus", "KP_Subtract"),
        "Ctrl + wheel, + -", "zooms to the pointer",
        "slices", (slices.zooming(_IN),) * 4 + (slices.zooming(_OUT),) * 3,
    ),
)  # fmt: skip

_WINDOW = (
    Action(("left drag",), "left drag", "right wider, up brighter", "slices", drag=slices.drag_window),
    Action(
        tuple("123456789"),
        "1 ... 9",
        "soft tissue, lung, liver, bone, ... (HU); PET 0-5, 0-7, ... (SUV); 0-90%, ...",
        gestures=tuple(slices.named_window(digit) for digit in range(1, 10)),
    ),
    Action(("0",), "0", "the first window: the files' own", gestures=(slices.own_window,)),
    Action(("a",), "a", "window from what the pane shows", gestures=(slices.seen_window,)),
    Action(("i",), "i", "black and white exchanged", gestures=(slices.invert,)),
    Action(
        ("k", "K"),
        "k, K",
        "colours: hot iron, PET, viridis, ..., and back",
        gestures=(slices.next_colors, slices.previous_colors),
    ),
    Action(("j",), "j", "value bar", gestures=(slices.switch_value_bar,)),
    Action(("I",), "Shift + i", "voxels as boxes, or interpolated", gestures=(slices.switch_interpolation,)),
)

_MEASURE = (
    Action(("d", "n", "e", "w"), "d, n, e, w", "draws distance, angle, ellipse, rectangle", "slices",
           takes=(tools.drawing("distance"), tools.drawing("angle"), tools.drawing("ellipse"),
                  tools.drawing("rectangle"))),
    Action(("p",), "p", "probe: the value pointed at", "slices", (measuring.put_probe,)),
    Action(("measurement drag",), "drag a measurement", "moves it; its points one by one", "slices",
           drag=measuring.drag_measurement),
    Action(("F2",), "F2", "names it (Return, Esc)", "slices", takes=(tools.naming,)),
    Action(("Delete", "BackSpace"), "Delete", "deletes it, or the last", "slices", (measuring.remove,) * 2),
    Action(("M",), "M", "lists all (with Shift)", commands=("list measurements",)),
    Action(("ctrl+c",), "Ctrl + c", "copies the list", commands=("copy measurements",)),
    Action(("ctrl+e",), "Ctrl + e", "saves the list (JSON, CSV)", commands=("save measurements",)),
)  # fmt: skip

_IN_SPACE = (
    Action(("left drag",), "left drag", "turns", "3d", drag=orbit.drag_turn),
    Action(("middle drag",), "middle drag", "moves the picture", "3d", drag=orbit.drag_aside),
    Action(("right drag",), "right drag", "zooms: down nearer", "3d", drag=orbit.drag_nearer),
    Action(
        (
            "wheel up",
            "ctrl+wheel up",
            "plus",
            "equal",
            "KP_Add",
            "wheel down",
            "ctrl+wheel down",
            "minus",
            "KP_Subtract",
        ),
        "wheel, + -",
        "zooms",
        "3d",
        (orbit.nearing(_IN),) * 5 + (orbit.nearing(_OUT),) * 4,
    ),
    Action(
        tuple(SIDES),
        "A P L R H F",
        "from front, back, left, right, head, feet (Shift)",
        gestures=tuple(orbit.from_side(side) for side in SIDES),
    ),
    Action(("t",), "t", "next transfer function", gestures=(orbit.next_rendering,)),
    Action(
        ("braceleft", "braceright"),
        "{ }",
        "transfer function of lower, higher values",
        gestures=(orbit.shifting(-1), orbit.shifting(1)),
    ),
    Action(
        ("shift+left drag",),
        "Shift + left drag",
        "shifts the transfer function: up shows more",
        "3d",
        drag=orbit.drag_shift,
    ),
    Action(("h",), "h", "crop box, and back", gestures=(switch_crop,)),
    Action(("handle drag",), "drag a handle", "moves that face of the crop box", "3d", drag=drag_face),
    Action(("u",), "u", "couch and head-holder hidden (HU)", gestures=(orbit.switch_couch,)),
    Action(("l",), "l", "slices in 3D, the corner before them open", gestures=(switch_planes,)),
    Action(("outline drag",), "drag an outline", "moves that slice", "3d", drag=drag_outline),
)

_PANES = (
    Action(("double click",), "double-click", "enlarges a pane, and back", gestures=(slices.enlarge,)),
    Action(("z", "y", "x"), "z, y, x", "axial, coronal, sagittal alone",
           gestures=(slices.showing("axial"), slices.showing("coronal"), slices.showing("sagittal"))),
    Action(("v", "m", "g"), "v, m, g", "3D alone, three slices, grid of four",
           gestures=(slices.showing("3d"), slices.showing("mpr"), slices.showing("quad"))),
)  # fmt: skip

_SERIES = (
    Action(("Tab",), "Tab", "those of the folder: click, arrows, Return", commands=("series",)),
    Action(("comma", "period"), ", .", "previous, next time of a 4-D series",
           gestures=(to_member(-1, "first"), to_member(1, "first"))),
    Action(("less", "greater"), "< >", "previous, next echo, or what else parts it",
           gestures=(to_member(-1, "second"), to_member(1, "second"))),
    Action(("c", "C"), "c, C", "cine through slices, times (Shift), or stops it",
           commands=("cine slices", "cine time")),
    Action(("parenleft", "parenright"), "( )", "cine slower, faster", commands=("slower", "faster")),
)  # fmt: skip

_PROGRAM = (
    Action(("r",), "r", "everything as it was at first", gestures=(slices.reset,)),
    Action(("s",), "s", "saves the picture, its state inside (PNG)", commands=("save picture",)),
    Action(("ctrl+s",), "Ctrl + s", "saves the state (JSON)", commands=("save state",)),
    Action(("question", "F1"), "?", "this help", commands=("help",) * 2),
    Action(("q", "Escape"), "q, Esc", "closes", commands=("close",) * 2),
)

GROUPS: dict[str, tuple[Action, ...]] = {
    "Slices": _SLICES,
    "Window and colours": _WINDOW,
    "Measuring": _MEASURE,
    "3D": _IN_SPACE,
    "Panes": _PANES,
    "Series and times": _SERIES,
    "Program": _PROGRAM,
}
"""The actions under the headings of the help."""

ACTIONS = tuple(action for group in GROUPS.values() for action in group)


IN_3D: tuple[Where, ...] = ("anywhere", "3d")
"""Actions that the 3D pane obeys."""

IN_SLICES: tuple[Where, ...] = ("anywhere", "slices")
"""Actions that slice panes obey."""


def find_gesture(name: str, *, in_3d: bool) -> Gesture | None:
    """Return what a key, click or wheel does in a pane, or None."""
    action = _find(name, in_3d=in_3d)
    return action.gestures[action.inputs.index(name)] if action is not None and action.gestures else None


def find_drag(name: str, *, in_3d: bool) -> Drag | None:
    """Return what a drag does that begins in a pane, or None."""
    action = _find(name, in_3d=in_3d)
    return None if action is None else action.drag


def find_command(name: str) -> Command | None:
    """Return what a key asks of the window itself, or None."""
    action = next((action for action in ACTIONS if action.commands and name in action.inputs), None)
    return None if action is None else action.commands[action.inputs.index(name)]


def find_take(name: str) -> tools.Take | None:
    """Return which tool a key takes in hand, or None."""
    action = next((action for action in ACTIONS if action.takes and name in action.inputs), None)
    return None if action is None else action.takes[action.inputs.index(name)]


def _find(name: str, *, in_3d: bool) -> Action | None:
    here = IN_3D if in_3d else IN_SLICES
    return next((action for action in ACTIONS if name in action.inputs and action.where in here), None)


def table() -> str:
    """Write the table as the README shows it."""
    lines = ["| where | key or gesture | what it does |", "|---|---|---|"]
    for title, actions in GROUPS.items():
        lines += [f"| {title} | {one.written} | {one.words} |" for one in actions]
    return "\n".join(lines)
