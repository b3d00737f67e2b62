"""The table of keys and gestures: where each is bound, and what the help and the README list.

To bind a key, add a :class:`Binding` to a group below: the interactor, the help and the README's table follow it.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from viewer3d.app.input import camera_gestures as cameras
from viewer3d.app.input import layer_gestures as layers
from viewer3d.app.input import measure_gestures as measuring
from viewer3d.app.input import region_gestures as regions
from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input import tools
from viewer3d.app.input.cine import go_to_member
from viewer3d.app.input.context import Drag, Gesture
from viewer3d.app.input.crop_gestures import drag_face, toggle_crop
from viewer3d.app.input.plane_gestures import drag_outline, toggle_planes
from viewer3d.app.input.rotate_gestures import drag_planes, reset_planes
from viewer3d.app.input.slider import drag_slider
from viewer3d.core.view.camera import SIDES

BindingScope = Literal["slices", "3d", "anywhere"]
Command = Literal[
    "save picture", "save state", "list measurements", "copy measurements", "save measurements", "cine slices",
    "cine time", "faster", "slower", "series", "why", "copy line", "copy lines of Python", "help", "close",
]  # fmt: skip


@dataclass(frozen=True)
class Binding:
    """One line of the table: some inputs, and what they do.

    Attributes
    ----------
    inputs : tuple of str
        Keys as VTK names them (``"Prior"``, ``"ctrl+s"``), or gestures (``"wheel up"``, ``"left drag"``).
    label : str
        How the help writes the inputs.
    description : str
        What the help says that they do.
    scope : {"slices", "3d", "anywhere"}
        The panes in which they do it.
    gestures : tuple of callable
        What each input does to a state, in the same order; empty for drags, commands and tools.
    drag : callable, optional
        What the drag does to a state.
    commands : tuple of str
        What each input asks of the desktop window, in the same order.
    tool_starters : tuple of callable
        What starts the tool of each input, in the same order.
    """

    inputs: tuple[str, ...]
    label: str
    description: str
    scope: BindingScope = "anywhere"
    gestures: tuple[Gesture, ...] = ()
    drag: Drag | None = None
    commands: tuple[Command, ...] = ()
    tool_starters: tuple[tools.ToolStarter, ...] = ()


_STEP, _PAGE = slices.step_by, slices.PAGE_SLICES
_IN, _OUT = slices.ZOOM_STEP, 1 / slices.ZOOM_STEP

_SLICES = (
    Binding(("wheel up", "wheel down"), "wheel", "next slice: up to head, front, right", "slices",
           (_STEP(1), _STEP(-1))),
    Binding(
        ("Up", "Right", "f", "Down", "Left", "b"), "arrows, f b", "next slice, as the wheel", "slices",
        (_STEP(1),) * 3 + (_STEP(-1),) * 3,
    ),
    Binding(("Prior", "Next"), "Page Up, Page Down", f"{_PAGE} slices", "slices", (_STEP(_PAGE), _STEP(-_PAGE))),
    Binding(("Home", "End"), "Home, End", "first slice (head, front, right), last", "slices",
           (slices.go_to_first, slices.go_to_last)),
    Binding(("slider drag",), "drag the slider", "goes through the slices", "slices", drag=drag_slider),
    Binding(("left click",), "click", "crosshair there, in all panes", "slices", (slices.set_cursor,)),
    Binding(("shift+move",), "Shift + move", "crosshair follows", "slices", (slices.set_cursor,)),
    Binding(("line drag",), "drag the crosshair", "moves that slice, both where lines meet", "slices",
           drag=slices.drag_cursor),
    Binding(("handle drag",), "drag its handles", "turns the other two planes, oblique", "slices", drag=drag_planes),
    Binding(("o",), "o", "planes upright again", gestures=(reset_planes,)),
    Binding(("bracketright", "bracketleft"), "] [", "slab thicker, thinner (mm)",
           gestures=(slices.change_slab(1), slices.change_slab(-1))),
    Binding(("backslash",), "\\", "slab as MIP, MinIP or mean", gestures=(slices.next_blend,)),
    Binding(("middle drag",), "middle drag", "moves the picture", "slices", drag=slices.drag_pan),
    Binding(("right drag",), "right drag", "zooms: down nearer", "slices", drag=slices.drag_zoom),
    Binding(
        ("ctrl+wheel up", "plus", "equal", "KP_Add", "ctrl+wheel down", "minus", "KP_Subtract"),
        "Ctrl + wheel, + -", "zooms to the pointer",
        "slices", (slices.zoom_by(_IN),) * 4 + (slices.zoom_by(_OUT),) * 3,
    ),
)  # fmt: skip

_WINDOW = (
    Binding(("left drag",), "left drag", "right wider, up brighter", "slices", drag=slices.drag_window),
    Binding(
        tuple("123456789"),
        "1 ... 9",
        "soft tissue, lung, ...; SUV 0-5, ...; 0-90%",
        gestures=tuple(slices.named_window(digit) for digit in range(1, 10)),
    ),
    Binding(("0",), "0", "the first window: the files' own", gestures=(slices.reset_window,)),
    Binding(("a",), "a", "window from what the pane shows", gestures=(slices.pane_window,)),
    Binding(("i",), "i", "black and white exchanged", gestures=(slices.invert,)),
    Binding(
        ("k", "K"),
        "k, K",
        "colours: hot iron, PET, viridis, ..., and back",
        gestures=(slices.next_colors, slices.previous_colors),
    ),
    Binding(("j",), "j", "value bar", gestures=(slices.toggle_value_bar,)),
    Binding(("I",), "Shift + i", "voxels as boxes, or interpolated", gestures=(slices.toggle_interpolation,)),
)

_LAYERS = (
    Binding(("N",), "Shift + n", "next layer takes window, digits, colours", gestures=(layers.next_layer,)),
    Binding(("space",), "Space", "overlay hidden, and back", gestures=(layers.toggle_overlay,)),
    Binding(
        ("asterisk", "KP_Multiply", "slash", "KP_Divide"),
        "* /",
        "overlay 10 % more, less opaque",
        gestures=(layers.change_opacity(1),) * 2 + (layers.change_opacity(-1),) * 2,
    ),
    Binding(("B",), "Shift + b", "overlay everywhere, in squares, split", gestures=(layers.next_overlay_blend,)),
    Binding(("D",), "Shift + d", "graphics of the files hidden, and back", gestures=(layers.toggle_graphics,)),
    Binding(("split drag",), "drag the split line", "moves it", "slices", drag=layers.drag_split),
)

_REGIONS = (
    Binding(("S",), "Shift + s", "all hidden, and back", gestures=(regions.toggle_regions,)),
    Binding(("O",), "Shift + o", "outlines alone, with fill, fill alone", gestures=(regions.next_region_style,)),
    Binding(("V",), "Shift + v", "their surfaces in 3D, and back", gestures=(regions.toggle_surfaces,)),
    Binding(
        ("G", "J"),
        "Shift + g, j",
        "crosshair to the previous, next one",
        gestures=(regions.step_to_region(-1), regions.step_to_region(1)),
    ),
)

_MEASURE = (
    Binding(("d", "n", "e", "w"), "d, n, e, w", "draws distance, angle, ellipse, rectangle", "slices",
           tool_starters=(tools.start_drawing("distance"), tools.start_drawing("angle"), tools.start_drawing("ellipse"),
                  tools.start_drawing("rectangle"))),
    Binding(("p",), "p", "probe: the value pointed at", "slices", (measuring.add_probe,)),
    Binding(("measurement drag",), "drag a measurement", "moves it; its points one by one", "slices",
           drag=measuring.drag_measurement),
    Binding(("F2",), "F2", "names it (Return, Esc)", "slices", tool_starters=(tools.start_naming,)),
    Binding(("Delete", "BackSpace"), "Delete", "deletes it, or the last", "slices",
            (measuring.remove_measurement,) * 2),
    Binding(("M",), "M", "lists all (with Shift)", commands=("list measurements",)),
    Binding(("ctrl+c",), "Ctrl + c", "copies the list", commands=("copy measurements",)),
    Binding(("ctrl+e",), "Ctrl + e", "saves the list (JSON, CSV)", commands=("save measurements",)),
)  # fmt: skip

_IN_SPACE = (
    Binding(("left drag",), "left drag", "turns", "3d", drag=cameras.drag_rotation),
    Binding(("middle drag",), "middle drag", "moves the picture", "3d", drag=cameras.drag_camera_pan),
    Binding(("right drag",), "right drag", "zooms: down nearer", "3d", drag=cameras.drag_dolly),
    Binding(
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
        (cameras.dolly_by(_IN),) * 5 + (cameras.dolly_by(_OUT),) * 4,
    ),
    Binding(
        tuple(SIDES),
        "A P L R H F",
        "from front, back, left, right, head, feet (Shift)",
        gestures=tuple(cameras.look_from(side) for side in SIDES),
    ),
    Binding(("t",), "t", "next transfer function", gestures=(cameras.next_transfer_function,)),
    Binding(
        ("braceleft", "braceright"),
        "{ }",
        "transfer function of lower, higher values",
        gestures=(cameras.shift_transfer_function(-1), cameras.shift_transfer_function(1)),
    ),
    Binding(
        ("shift+left drag",),
        "Shift + left drag",
        "shifts the transfer function: up shows more",
        "3d",
        drag=cameras.drag_transfer_function,
    ),
    Binding(("h",), "h", "crop box, and back", gestures=(toggle_crop,)),
    Binding(("handle drag",), "drag a handle", "moves that face of the crop box", "3d", drag=drag_face),
    Binding(("u",), "u", "couch and head-holder hidden (HU)", gestures=(cameras.toggle_couch,)),
    Binding(("U",), "Shift + u", "face hidden (CT, MR)", gestures=(cameras.toggle_face,)),
    Binding(("l",), "l", "slices in 3D, the corner before them open", gestures=(toggle_planes,)),
    Binding(("outline drag",), "drag an outline", "moves that slice", "3d", drag=drag_outline),
)

_PANES = (
    Binding(("double click",), "double-click", "enlarges a pane, and back", gestures=(slices.toggle_enlarged,)),
    Binding(("z", "y", "x"), "z, y, x", "axial, coronal, sagittal alone",
           gestures=(slices.show_view("axial"), slices.show_view("coronal"), slices.show_view("sagittal"))),
    Binding(("v", "m", "g"), "v, m, g", "3D alone, three slices, grid of four",
           gestures=(slices.show_view("3d"), slices.show_view("mpr"), slices.show_view("quad"))),
)  # fmt: skip

_SERIES = (
    Binding(("Tab",), "Tab", "layers and series: click, arrows, Return", commands=("series",)),
    Binding(("comma", "period"), ", .", "previous, next time of a 4-D series",
           gestures=(go_to_member(-1, "first"), go_to_member(1, "first"))),
    Binding(("less", "greater"), "< >", "previous, next echo, or what else parts it",
           gestures=(go_to_member(-1, "second"), go_to_member(1, "second"))),
    Binding(("c", "C"), "c, C", "cine through slices, times (Shift), or stops it",
           commands=("cine slices", "cine time")),
    Binding(("parenleft", "parenright"), "( )", "cine slower, faster", commands=("slower", "faster")),
)  # fmt: skip

_PROGRAM = (
    Binding(("r",), "r", "everything as it was at first", gestures=(slices.reset,)),
    Binding(("s",), "s", "saves the picture, its state inside (PNG)", commands=("save picture",)),
    Binding(("ctrl+s",), "Ctrl + s", "saves the state (JSON)", commands=("save state",)),
    Binding(("W",), "Shift + w", "why this grey: voxels, weights, window, blend", commands=("why",)),
    Binding(("Y", "ctrl+y"), "Shift + y, Ctrl + y", "copies the line that makes this view: shell, Python",
           commands=("copy line", "copy lines of Python")),
    Binding(("question", "F1"), "?", "this help", commands=("help",) * 2),
    Binding(("q", "Escape"), "q, Esc", "closes", commands=("close",) * 2),
)  # fmt: skip

GROUPS: dict[str, tuple[Binding, ...]] = {
    "Slices": _SLICES,
    "Window and colours": _WINDOW,
    "Layers": _LAYERS,
    "Segments and structures": _REGIONS,
    "Measuring": _MEASURE,
    "3D": _IN_SPACE,
    "Panes": _PANES,
    "Series and times": _SERIES,
    "Program": _PROGRAM,
}
"""The bindings under the headings of the help."""

BINDINGS = tuple(binding for group in GROUPS.values() for binding in group)

SCOPES_3D: tuple[BindingScope, ...] = ("anywhere", "3d")
"""Scopes of the bindings for the 3D pane."""

SCOPES_SLICES: tuple[BindingScope, ...] = ("anywhere", "slices")
"""Scopes of the bindings for slice panes."""


def find_gesture(name: str, *, in_3d: bool) -> Gesture | None:
    """Return the gesture that a key, click or wheel is bound to in a pane, or None."""
    binding = _find(name, in_3d=in_3d)
    return binding.gestures[binding.inputs.index(name)] if binding is not None and binding.gestures else None


def find_drag(name: str, *, in_3d: bool) -> Drag | None:
    """Return the drag that a button is bound to in a pane, or None."""
    binding = _find(name, in_3d=in_3d)
    return None if binding is None else binding.drag


def find_command(name: str) -> Command | None:
    """Return the command that a key is bound to, or None."""
    binding = next((binding for binding in BINDINGS if binding.commands and name in binding.inputs), None)
    return None if binding is None else binding.commands[binding.inputs.index(name)]


def find_tool(name: str) -> tools.ToolStarter | None:
    """Return what starts the tool that a key is bound to, or None."""
    binding = next((binding for binding in BINDINGS if binding.tool_starters and name in binding.inputs), None)
    return None if binding is None else binding.tool_starters[binding.inputs.index(name)]


def _find(name: str, *, in_3d: bool) -> Binding | None:
    here = SCOPES_3D if in_3d else SCOPES_SLICES
    return next((binding for binding in BINDINGS if name in binding.inputs and binding.scope in here), None)


def markdown_table() -> str:
    """Return the table in Markdown, as the README shows it."""
    lines = ["| where | key or gesture | what it does |", "|---|---|---|"]
    for title, bindings in GROUPS.items():
        lines += [f"| {title} | {one.label} | {one.description} |" for one in bindings]
    return "\n".join(lines)
