"""The table of keys, gestures and commands, which interactor, help, palette and README follow.

To bind a key, add a :class:`viewer3d.app.input.binding.Binding` to a group below, with a title for each of its actions
where it has several, and with ``when`` where it cannot be done always (:mod:`viewer3d.app.input.conditions`).

To add a command: a binding with ``commands=("open folder",)``, its key or ``()`` and ``""`` for none, and a line in
:data:`viewer3d.app.commands.COMMANDS`, which says what it does::

    Binding(("ctrl+o",), "Ctrl + o", "opens another folder", commands=("open folder",)),    # here
    "open folder": open_folder,    # in COMMANDS; a function that takes the Steering and returns a note, or None
"""

from __future__ import annotations

from viewer3d.app.input import camera_gestures as cameras
from viewer3d.app.input import choices, conditions, tools
from viewer3d.app.input import layer_gestures as layers
from viewer3d.app.input import measure_gestures as measuring
from viewer3d.app.input import pane_gestures as panes
from viewer3d.app.input import region_gestures as regions
from viewer3d.app.input import slice_gestures as slices
from viewer3d.app.input.binding import Binding
from viewer3d.app.input.cine import go_to_member
from viewer3d.app.input.crop_gestures import drag_face, toggle_crop
from viewer3d.app.input.isocontours import thresholds
from viewer3d.app.input.isocontours import tools as iso_tools
from viewer3d.app.input.key_images import gestures as key_images
from viewer3d.app.input.key_images import naming as key_naming
from viewer3d.app.input.plane_gestures import drag_outline, toggle_planes
from viewer3d.app.input.rotate_gestures import drag_planes, reset_planes
from viewer3d.app.input.slider import drag_slider
from viewer3d.core.view.camera import SIDES

_STEP, _PAGE = slices.step_by, slices.PAGE_SLICES
_NEXT, _PREVIOUS = _STEP(1), _STEP(-1)
_NEARER, _FARTHER = slices.zoom_by(slices.ZOOM_STEP), slices.zoom_by(1 / slices.ZOOM_STEP)
_DOLLY_IN, _DOLLY_OUT = cameras.dolly_by(slices.ZOOM_STEP), cameras.dolly_by(1 / slices.ZOOM_STEP)
_MORE, _LESS = layers.change_opacity(1), layers.change_opacity(-1)
_DIGITS = tuple(slices.named_window(digit) for digit in range(1, 10))
_SIDES = {"A": "front", "P": "back", "L": "left", "R": "right", "H": "head", "F": "feet"}

_SLICES = (
    Binding(("wheel up", "wheel down"), "wheel", "next slice: up to head, front, right", "slices", (_NEXT, _PREVIOUS),
           titles=("next slice, to head, front, right", "previous slice, to feet, back, left")),
    Binding(
        ("Up", "Right", "f", "Down", "Left", "b"), "arrows, f b", "next slice, as the wheel", "slices",
        (_NEXT,) * 3 + (_PREVIOUS,) * 3,
        titles=("next slice, to head, front, right", "previous slice, to feet, back, left"),
    ),
    Binding(("Prior", "Next"), "Page Up, Page Down", f"{_PAGE} slices", "slices", (_STEP(_PAGE), _STEP(-_PAGE)),
           titles=(f"{_PAGE} slices on, to head, front, right", f"{_PAGE} slices back, to feet, back, left")),
    Binding(("Home", "End"), "Home, End", "first slice (head, front, right), last", "slices",
           (slices.go_to_first, slices.go_to_last), titles=("first slice (head, front, right)", "last slice")),
    Binding(("slider drag",), "drag the slider", "goes through the slices", "slices", drag=drag_slider),
    Binding(("left click",), "click", "crosshair there, in all panes", "slices", (slices.set_cursor,),
           titles=("crosshair to the pointer",)),
    Binding(("shift+move",), "Shift + move", "crosshair follows", "slices", (slices.set_cursor,),
           titles=("crosshair to the pointer",)),
    Binding(("line drag",), "drag the crosshair", "moves that slice, both where lines meet", "slices",
           drag=slices.drag_cursor),
    Binding(("handle drag",), "drag its handles", "turns the other two planes, oblique", "slices", drag=drag_planes),
    Binding(("o",), "o", "planes upright again", gestures=(reset_planes,), when=conditions.is_oblique),
    Binding(("bracketright", "bracketleft"), "] [", "slab thicker, thinner (mm)",
           gestures=(slices.change_slab(1), slices.change_slab(-1)),
           titles=("slab thicker (mm)", "slab thinner (mm)"), when=conditions.has_slices),
    Binding(("backslash",), "\\", "slab as MIP, MinIP or mean", gestures=(slices.next_blend,),
           when=conditions.has_slices),
    Binding(("middle drag",), "middle drag", "moves the picture", "slices", drag=slices.drag_pan),
    Binding(("right drag",), "right drag", "zooms: down nearer", "slices", drag=slices.drag_zoom),
    Binding(
        ("ctrl+wheel up", "plus", "equal", "KP_Add", "ctrl+wheel down", "minus", "KP_Subtract"),
        "Ctrl + wheel, + -", "zooms to the pointer",
        "slices", (_NEARER,) * 4 + (_FARTHER,) * 3, titles=("zoom in", "zoom out"),
    ),
)  # fmt: skip

_WINDOW = (
    Binding(("left drag",), "left drag", "right wider, up brighter", "slices", drag=slices.drag_window),
    Binding(tuple("123456789"), "1 ... 9", "soft tissue, lung, ...; SUV 0-5, ...; 0-90%",
           gestures=_DIGITS, choices=choices.window_choices(_DIGITS)),
    Binding(("0",), "0", "the first window: the files' own", gestures=(slices.reset_window,),
           titles=("window: the first, the files' own",)),
    Binding(("a",), "a", "window from what the pane shows", gestures=(slices.pane_window,),
           titles=("window: from what the pane shows",), when=conditions.has_slices),
    Binding(("i",), "i", "black and white exchanged", gestures=(slices.invert,)),
    Binding(("k", "K"), "k, K", "colours: hot iron, PET, viridis, ..., and back",
           gestures=(slices.next_colors, slices.previous_colors), titles=("next colours", "previous colours")),
    Binding((), "", "colours by their name", choices=choices.color_choices),
    Binding((), "", "lists windows and colours in the palette", commands=("list windows", "list colours"),
           titles=("list of windows", "list of colours"), icons=("window", "colours")),
    Binding(("j",), "j", "value bar", gestures=(slices.toggle_value_bar,)),
    Binding(("I",), "Shift + i", "voxels as boxes, or interpolated", gestures=(slices.toggle_interpolation,)),
)  # fmt: skip

_LAYERS = (
    Binding(("N",), "Shift + n", "next layer takes window, digits, colours", gestures=(layers.next_layer,),
           when=conditions.has_layers, icons=("layer",)),
    Binding(("space",), "Space", "overlay hidden, and back", gestures=(layers.toggle_overlay,),
           when=conditions.has_overlays, icons=("overlay",)),
    Binding(("asterisk", "KP_Multiply", "ampersand", "KP_Divide"), "* &", "overlay 10 % more, less opaque",
           gestures=(_MORE,) * 2 + (_LESS,) * 2, titles=("overlay 10 % more opaque", "overlay 10 % less opaque"),
           when=conditions.has_overlays),
    Binding(("B",), "Shift + b", "overlay everywhere, in squares, split", gestures=(layers.next_overlay_blend,),
           when=conditions.has_layers),
    Binding(("D",), "Shift + d", "graphics of the files hidden, and back", gestures=(layers.toggle_graphics,),
           when=conditions.has_graphics),
    Binding(("split drag",), "drag the split line", "moves it", "slices", drag=layers.drag_split),
)  # fmt: skip

_REGIONS = (
    Binding(("S",), "Shift + s", "all hidden, and back", gestures=(regions.toggle_regions,),
           titles=("segments and structures hidden, and back",), when=conditions.has_regions),
    Binding(("O",), "Shift + o", "outlines alone, with fill, fill alone", gestures=(regions.next_region_style,),
           titles=("segments and structures: outlines alone, with fill, fill alone",), when=conditions.has_regions,
           icons=("regions",)),
    Binding(("V",), "Shift + v", "their surfaces in 3D, and back", gestures=(regions.toggle_surfaces,),
           titles=("surfaces of segments and structures in 3D, and back",),
           when=conditions.all_of(conditions.has_regions, conditions.has_3d)),
    Binding(("G", "J"), "Shift + g, j", "crosshair to the previous, next one",
           gestures=(regions.step_to_region(-1), regions.step_to_region(1)),
           titles=("crosshair to the previous segment or structure", "crosshair to the next segment or structure"),
           when=conditions.has_regions),
    Binding((), "", "crosshair to one by its name", choices=choices.region_choices),
)  # fmt: skip

_MEASURE = (
    Binding(("d", "n", "e", "w"), "d, n, e, w", "draws distance, angle, ellipse, rectangle", "slices",
           tool_starters=(tools.start_drawing("distance"), tools.start_drawing("angle"), tools.start_drawing("ellipse"),
                  tools.start_drawing("rectangle")),
           titles=("measure a distance", "measure an angle", "measure in an ellipse", "measure in a rectangle"),
           icons=("distance", "angle", "ellipse", "rectangle")),
    Binding(("p",), "p", "probe: the value pointed at", "slices", (measuring.add_probe,), icons=("probe",)),
    Binding(("E", "Q", "X"), "E, Q, X", "draws freehand region, polygon, two diameters (Shift)", "slices",
           tool_starters=(tools.start_drawing("freehand"), tools.start_drawing("polygon"),
                  tools.start_drawing("bidirectional")),
           titles=("measure in a region drawn freehand", "measure in a polygon",
                   "measure two diameters: longest, and across it (RECIST)"),
           icons=("freehand", "polygon", "diameters")),
    Binding(("ctrl+left click",), "Ctrl + click", "on a polygon: a corner more, or away", "slices",
           (measuring.change_corner,), titles=("corner of a polygon more, or away, at the pointer",),
           when=conditions.has_polygon),
    Binding(("ctrl+a", "T"), "Ctrl + a, T", "arrow, text: draw, then type (Return)", "slices",
           tool_starters=(tools.start_drawing("arrow"), tools.start_drawing("text")),
           titles=("arrow with a text", "text at a place"), icons=("arrow", "text")),
    Binding(("ctrl+g",), "Ctrl + g", "grows an isocontour: drag a sphere around it", "slices",
            tool_starters=(iso_tools.start_sphere,), titles=("grow an isocontour in a sphere (MTV, SUVpeak, TLG)",),
            when=conditions.is_in_space, also="threshold volume"),
    Binding(("ctrl+G",), "Ctrl + Shift + g", "its threshold: 41, 50 %, SUV 2.5, 4", "slices",
            (thresholds.next_threshold,), titles=("next threshold of the isocontour",),
            when=conditions.has_isocontour),
    Binding((), "", "threshold of an isocontour by its value", "slices", choices=choices.threshold_choices,
            when=conditions.has_isocontour),
    Binding((), "", "threshold of an isocontour, typed", "slices", tool_starters=(iso_tools.start_threshold,),
            titles=("threshold: type a value, or % of the maximum",), when=conditions.has_isocontour),
    Binding(("measurement drag",), "drag a measurement", "moves it; its points one by one", "slices",
           drag=measuring.drag_measurement),
    Binding(("label drag",), "drag its label", "puts it elsewhere", "slices", drag=measuring.drag_label),
    Binding(("label double click",), "double-click on it", "puts the label back", "slices", (measuring.put_label_back,),
            titles=("labels back beside their measurements",), when=conditions.has_dragged_label),
    Binding(("F2",), "F2", "names it (Return, Esc)", "slices", tool_starters=(tools.start_naming,),
           titles=("name the measurement pointed at, or the last",), when=conditions.has_measurements),
    Binding(("Delete", "BackSpace"), "Delete", "deletes it, or the last", "slices",
            (measuring.remove_measurement,) * 2, titles=("delete the measurement pointed at, or the last",),
            when=conditions.has_measurements),
    Binding(("M",), "M", "lists all (with Shift)", commands=("list measurements",), titles=("list of measurements",)),
    Binding(("ctrl+c",), "Ctrl + c", "copies the list, or what is plotted", commands=("copy measurements",),
           titles=("copy the measurements",), when=conditions.has_measurements),
    Binding(("ctrl+t", "ctrl+p", "ctrl+i"), "Ctrl + t, p, i", "plots times, profile of a line, histogram",
           commands=("time curve", "profile", "histogram"),
           titles=("plot a time curve at the crosshair and of regions", "plot a profile along a line",
                   "plot a histogram of what a slice shows")),
    Binding((), "", "saves the values of the plot that is shown (CSV)", commands=("save plot",),
           titles=("save the values that are plotted (CSV)",)),
    Binding(("ctrl+e",), "Ctrl + e", "saves the list (JSON, CSV)", commands=("save measurements",),
           titles=("save the measurements (JSON, CSV)",), when=conditions.has_measurements),
)  # fmt: skip

_KEY_IMAGES = (
    Binding(("ctrl+d",), "Ctrl + d", "marks the slice as a key image, or no longer", commands=("mark key image",),
           titles=("mark the slice at the pointer as a key image, or no longer",), when=conditions.has_slices,
           icons=("key image",)),
    Binding(("ctrl+l",), "Ctrl + l", "lists them: click, Return, F2, Delete", commands=("list key images",),
           titles=("list of key images",)),
    Binding((), "", "shows the next key image, the previous one",
           gestures=(key_images.step_key_image(1), key_images.step_key_image(-1)),
           titles=("next key image", "previous key image"), when=conditions.has_key_images),
    Binding((), "", "a key image by its number or name", choices=key_images.key_image_choices,
           when=conditions.has_key_images),
    Binding((), "", "names the key image that is seen", tool_starters=(key_naming.start_naming_seen_key,),
           titles=("name the key image that is seen",), when=conditions.has_key_images),
    Binding((), "", "saves a page of the key images (PNG)", commands=("save key images",),
           titles=("key images: lightbox, a page of them (PNG)",), when=conditions.has_key_images),
)  # fmt: skip

_IN_SPACE = (
    Binding(("left drag",), "left drag", "turns", "3d", drag=cameras.drag_rotation),
    Binding(("middle drag",), "middle drag", "moves the picture", "3d", drag=cameras.drag_camera_pan),
    Binding(("right drag",), "right drag", "zooms: down nearer", "3d", drag=cameras.drag_dolly),
    Binding(
        ("wheel up", "ctrl+wheel up", "plus", "equal", "KP_Add",
         "wheel down", "ctrl+wheel down", "minus", "KP_Subtract"),
        "wheel, + -", "zooms", "3d", (_DOLLY_IN,) * 5 + (_DOLLY_OUT,) * 4, titles=("zoom in, in 3D", "zoom out, in 3D"),
    ),
    Binding(tuple(SIDES), "A P L R H F", "from front, back, left, right, head, feet (Shift)",
           gestures=tuple(cameras.look_from(side) for side in SIDES),
           titles=tuple(f"3D from {_SIDES[side]}" for side in SIDES), when=conditions.has_3d),
    Binding(("t",), "t", "next transfer function", gestures=(cameras.next_transfer_function,), when=conditions.has_3d),
    Binding((), "", "a transfer function by its name", choices=choices.transfer_function_choices,
           when=conditions.has_3d),
    Binding(("braceleft", "braceright"), "{ }", "transfer function of lower, higher values",
           gestures=(cameras.shift_transfer_function(-1), cameras.shift_transfer_function(1)),
           titles=("transfer function of lower values", "transfer function of higher values"), when=conditions.has_3d),
    Binding(("shift+left drag",), "Shift + left drag", "shifts the transfer function: up shows more; right widens it",
           "3d", drag=cameras.drag_transfer_function),
    Binding(("h",), "h", "crop box, and back", gestures=(toggle_crop,), when=conditions.has_3d),
    Binding(("handle drag",), "drag a handle", "moves that face of the crop box", "3d", drag=drag_face),
    Binding(("u",), "u", "couch and head-holder hidden (HU)", gestures=(cameras.toggle_couch,),
           when=conditions.all_of(conditions.has_3d, conditions.is_in_hu)),
    Binding(("U",), "Shift + u", "face hidden (CT, MR)", gestures=(cameras.toggle_face,), when=conditions.has_3d),
    Binding(("l",), "l", "slices in 3D, the corner before them open", gestures=(toggle_planes,),
           when=conditions.has_3d),
    Binding(("outline drag",), "drag an outline", "moves that slice", "3d", drag=drag_outline),
)  # fmt: skip

_PANES = (
    Binding(("double click",), "double-click", "enlarges a pane, and back", gestures=(slices.toggle_enlarged,),
           titles=("enlarge the pane at the pointer, and back",), when=conditions.has_panes_to_enlarge),
    Binding(("z", "y", "x"), "z, y, x", "axial, coronal, sagittal alone",
           gestures=(slices.show_view("axial"), slices.show_view("coronal"), slices.show_view("sagittal")),
           titles=("layout: axial alone", "layout: coronal alone", "layout: sagittal alone"),
           icons=("A", "C", "S"), chosen=conditions.view_among("axial", "coronal", "sagittal"),
           when=conditions.is_in_space),
    Binding(("v", "m", "g"), "v, m, g", "3D alone, three slices, grid of four",
           gestures=(slices.show_view("3d"), slices.show_view("mpr"), slices.show_view("quad")),
           titles=("layout: 3D alone", "layout: three slices", "layout: grid of four"),
           icons=("3D", "three", "four"), chosen=conditions.view_among("3d", "mpr", "quad"),
           when=conditions.is_in_space),
    Binding(("ctrl+Right", "ctrl+Left"), "Ctrl + right, left", "turns a slice pane 90° clockwise, back", "slices",
           gestures=(panes.turn_by(1), panes.turn_by(-1)),
           titles=("turn the slice pane 90° clockwise", "turn the slice pane 90° counterclockwise"),
           when=conditions.has_slices),
    Binding(("ctrl+f",), "Ctrl + f", "mirrors a slice pane, which says so", "slices", gestures=(panes.mirror,),
           titles=("mirror the slice pane",), when=conditions.has_slices),
    Binding(("Z",), "Shift + z", "one voxel a pixel, and fitted again", "slices", gestures=(panes.toggle_voxel_zoom,),
           titles=("zoom: one voxel a pixel, and fitted again",), when=conditions.has_slices),
)  # fmt: skip

_SERIES = (
    Binding(("Tab",), "Tab", "layers and series: click, arrows, Return", commands=("series",),
           titles=("panel of layers and series",), icons=("panel",)),
    Binding(("ctrl+o",), "Ctrl + o", "opens another folder or file: its path, Tab completes", commands=("open folder",),
           titles=("open a folder or file: recent, or by its path",), when=conditions.can_open_places),
    Binding((), "", "opens a folder with the desktop's own dialog", commands=("open with dialog",),
           titles=("open a folder with the desktop's own dialog",), when=conditions.can_open_places),
    Binding(("ctrl+b",), "Ctrl + b", "the chosen series beside; Ctrl + click on one too", commands=("put beside",),
           titles=("put the chosen series beside what is shown",)),
    Binding(("F3", "F4"), "F3, F4", "side by side: linked or not; by offset, or place",
           commands=("link", "link by offset"),
           titles=("link series side by side, or unlink", "link series side by side by their present offset")),
    Binding((), "", "takes the active one of series side by side away", commands=("close cell",),
           titles=("close this cell, of series side by side",)),
    Binding(("comma", "period"), ", .", "previous, next time of a 4-D series",
           gestures=(go_to_member(-1, "first"), go_to_member(1, "first")), titles=("previous time", "next time"),
           when=conditions.has_times),
    Binding(("less", "greater"), "< >", "previous, next echo, or what else parts it",
           gestures=(go_to_member(-1, "second"), go_to_member(1, "second")),
           titles=("previous echo, or what else parts it", "next echo, or what else parts it"),
           when=conditions.has_echoes),
    Binding(("c",), "c", "cine through slices, or stops it", commands=("cine slices",), when=conditions.has_slices),
    Binding(("C",), "Shift + c", "cine through times, or stops it", commands=("cine time",),
           when=conditions.has_times),
    Binding(("parenleft", "parenright"), "( )", "cine slower, faster", commands=("slower", "faster"),
           titles=("cine slower", "cine faster")),
)  # fmt: skip

_PROGRAM = (
    Binding(("r",), "r", "as at first; measurements stay, Ctrl + z undoes", gestures=(slices.reset,),
           titles=("everything as it was at first, but measurements and key images",)),
    Binding(("ctrl+z", "ctrl+Z"), "Ctrl + z, Shift too", "undoes window, measurements, ...; redoes",
           commands=("undo", "redo"), titles=("undo", "redo"), icons=("undo", "redo")),
    Binding(("ctrl+r",), "Ctrl + r", "takes what was kept of the series", commands=("take kept",),
           titles=("take what was kept of the series",)),
    Binding(("s",), "s", "saves the picture, its state inside (PNG)", commands=("save picture",),
           titles=("save the picture, its state inside (PNG)",), icons=("picture",)),
    Binding(("ctrl+s",), "Ctrl + s", "saves the state (JSON)", commands=("save state",),
           titles=("save the state (JSON)",)),
    Binding(("W",), "Shift + w", "why this grey: voxels, weights, window, blend", commands=("why",)),
    Binding(("Y", "ctrl+y"), "Shift + y, Ctrl + y", "copies what makes this view: shell, Python",
           commands=("copy line", "copy lines of Python"),
           titles=("copy the line that makes this view: shell", "copy the lines that make this view: Python")),
    Binding(("slash", "ctrl+k"), "/, Ctrl + k", "every command: a few letters, arrows, Return",
           commands=("palette",) * 2, titles=("palette of every command",), icons=("search",)),
    Binding(("F11",), "F11", "fills the screen, and back (Esc)", commands=("full screen",),
           titles=("full screen, and back",)),
    Binding(("question", "F1"), "?", "this help", commands=("help",) * 2, titles=("help: keys and gestures",),
           icons=("?",)),
    Binding((), "", "tool bar shown or hidden", commands=("tool bar",), titles=("tool bar, shown or hidden",)),
    Binding(("q", "Escape"), "q, Esc", "closes", commands=("close",) * 2, titles=("close the window",)),
)  # fmt: skip

GROUPS: dict[str, tuple[Binding, ...]] = {
    "Slices": _SLICES,
    "Window and colours": _WINDOW,
    "Layers": _LAYERS,
    "Segments and structures": _REGIONS,
    "Measuring": _MEASURE,
    "Key images": _KEY_IMAGES,
    "3D": _IN_SPACE,
    "Panes": _PANES,
    "Series and times": _SERIES,
    "Program": _PROGRAM,
}
"""The bindings under the headings of the help."""

BINDINGS = tuple(binding for group in GROUPS.values() for binding in group)


def markdown_table() -> str:
    """Return the table in Markdown, as the README shows it; what has no key is in the palette alone."""
    lines = ["| where | key or gesture | what it does |", "|---|---|---|"]
    for title, bindings in GROUPS.items():
        lines += [f"| {title} | {one.label or '(palette)'} | {one.description} |" for one in bindings]
    return "\n".join(lines)
