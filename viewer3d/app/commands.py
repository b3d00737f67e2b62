"""What each command does: what is asked of the desktop window and not of the state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from time import monotonic
from typing import TYPE_CHECKING, Final, Literal

from viewer3d.app.beside.commands import (
    close_active_cell,
    link_by_offset,
    put_beside,
    save_pictures,
    save_states,
    toggle_link,
)
from viewer3d.app.beside.screens import CellScreen
from viewer3d.app.input.binding import Command
from viewer3d.app.input.cine import after_command
from viewer3d.app.input.keys.screen_keys import key_on
from viewer3d.app.lists.key_images import close_rows, list_key_images, mark_key_image, save_key_images
from viewer3d.app.plots.shown_plot import copy_plot, toggle_plot, write_plot
from viewer3d.app.saving import (
    copy_line,
    copy_measurements,
    copy_text,
    write_measurements,
)
from viewer3d.app.sessions.undo_commands import redo_change, take_kept, undo_change
from viewer3d.app.window.elsewhere import how_to_close, release_keys
from viewer3d.app.window.help_pages import HelpHandler
from viewer3d.errors import Viewer3DError

if TYPE_CHECKING:
    from viewer3d.app.steering import Steering
    from viewer3d.app.viewer import Viewer
    from viewer3d.app.window.screen import PictureArea

CommandHandler = Callable[["Steering"], str | None]
"""Does what a command asks for, and returns what is said of it; None where nothing is said or what was said stays."""


def with_failure(what: str, act: Callable[[Viewer], str]) -> CommandHandler:
    """Return what does something with the viewer and, where it fails, says why.

    Parameters
    ----------
    what : str
        What was not done then, for example ``"not saved"``.
    act : callable
        Takes the viewer and returns a note; may raise ``Viewer3DError`` or ``OSError``.
    """

    def handle(steering: Steering) -> str:
        try:
            return act(steering.viewer)
        except (Viewer3DError, OSError) as error:
            return f"{what}: {error}"

    return handle


def toggle_help(steering: Steering) -> None:
    """Show the help, or hide it."""
    controls, viewer = steering.presenter.controls, steering.viewer
    controls.toggle_help()
    handler = HelpHandler(lambda pages: controls.turn_help(pages, viewer.size), lambda: toggle_help(steering))
    steering.interactor.modal = handler if controls.has_help else None


def open_palette(steering: Steering) -> None:
    """Open the palette, instead of the help."""
    if steering.presenter.controls.has_help:
        toggle_help(steering)
    steering.palette.open()


def list_choices(text: str) -> CommandHandler:
    """Return what opens the palette as if a text had been typed."""
    return lambda steering: steering.palette.open(text)


def toggle_tool_bar(steering: Steering) -> str | None:
    """Show the tool bar, or hide it."""
    area = _area(steering)
    return area.toggle_bar() if area is not None else "there is no window here that could have a tool bar"


def close(steering: Steering) -> str | None:
    """Close what is over the picture, else leave full screen, else close the window or say how."""
    if steering.presenter.controls.has_help:
        toggle_help(steering)
        return None
    if steering.explained.hide_explanation(steering.viewer.state):
        return ""
    if close_rows(steering) or steering.plots.hide():
        return ""
    area = _area(steering)
    if area is not None and area.is_full_screen:
        area.set_full_screen(is_full=False)
    elif how := how_to_close(steering.screen):
        release_keys(steering.screen)
        return how
    elif steering.screen is not None:
        steering.screen.close()
    return None


def _area(steering: Steering) -> PictureArea | None:
    # Of the desktop window; None where the picture is shown otherwise.
    return steering.screen.shared.area if isinstance(steering.screen, CellScreen) else None


def toggle_full_screen(steering: Steering) -> str:
    """Let the desktop window fill the whole screen, or no longer."""
    area = _area(steering)
    is_full = area is not None and not area.is_full_screen
    if area is None or not area.set_full_screen(is_full=is_full):
        return "this window cannot fill the screen from here: its window manager may have a key for it"
    return f"{key_on('F11', steering.context.screen)} or Esc: a window again" if is_full else ""


def toggle_panel(steering: Steering) -> str | None:
    """Show the panel of layers and series, or hide it."""
    screen = steering.screen
    if isinstance(screen, CellScreen) and screen.shared.area.toggle_panel():
        return None
    return "no other series here: `viewer3d show FOLDER` has those of a folder"


def open_folder(steering: Steering) -> str | None:
    """Ask for the path of another folder or file."""
    area = _area(steering)
    return area.ask_path() if area is not None else "there is no window here that could open a folder"


def open_with_dialog(steering: Steering) -> str | None:
    """Ask for another folder with a dialog, else for its path."""
    area = _area(steering)
    return area.ask_place() if area is not None else "there is no window here that could open a folder"


def list_measurements(steering: Steering) -> str:
    """Show the list of measurements, or hide it."""
    close_rows(steering)
    steering.listed.toggle()
    return ""


def explain_pointed(steering: Steering) -> str:
    """Show why the pixel at the pointer has its colour, or hide that."""
    viewer = steering.viewer
    return steering.explained.explain(
        steering.presenter.scene, viewer.state, steering.interactor.position, viewer.files
    )


def copy_shown(viewer: Viewer, shown: str) -> str:
    """Copy the explanation that is shown, else the measurements."""
    if not shown:
        return copy_measurements(viewer)
    copy_text(viewer.steering.screen, shown)
    return "copied why this pixel has its colour"


def change_cine(what: Literal["cine slices", "cine time", "faster", "slower"]) -> CommandHandler:
    """Return what starts or stops the cine, or changes its rate."""

    def handle(steering: Steering) -> None:
        state, context, position = steering.viewer.state, steering.context, steering.interactor.position
        steering.set_cine(after_command(steering.cine, what, state, context, position, now=monotonic()))

    return handle


def _copy(steering: Steering) -> str:
    shown = steering.explained.explanation(steering.viewer.state)
    copied = with_failure("not copied", lambda viewer: (not shown and copy_plot(viewer)) or copy_shown(viewer, shown))
    return copied(steering) or ""


COMMANDS: Final[Mapping[Command, CommandHandler]] = {
    "save picture": with_failure("not saved", save_pictures),
    "save state": with_failure("not saved", save_states),
    "list measurements": list_measurements,
    "copy measurements": _copy,
    "mark key image": mark_key_image,
    "list key images": list_key_images,
    "save key images": with_failure("not saved", save_key_images),
    "save measurements": with_failure("not saved", write_measurements),
    "time curve": toggle_plot("time curve"),
    "profile": toggle_plot("profile"),
    "histogram": toggle_plot("histogram"),
    "save plot": with_failure("not saved", write_plot),
    "cine slices": change_cine("cine slices"),
    "cine time": change_cine("cine time"),
    "faster": change_cine("faster"),
    "slower": change_cine("slower"),
    "series": toggle_panel,
    "open folder": open_folder,
    "open with dialog": open_with_dialog,
    "put beside": put_beside,
    "close cell": close_active_cell,
    "link": toggle_link,
    "link by offset": link_by_offset,
    "why": explain_pointed,
    "copy line": with_failure("not copied", lambda viewer: copy_line(viewer, "shell")),
    "copy lines of Python": with_failure("not copied", lambda viewer: copy_line(viewer, "python")),
    "undo": undo_change,
    "redo": redo_change,
    "palette": open_palette,
    "take kept": take_kept,
    "list windows": list_choices("window "),
    "list colours": list_choices("colours "),
    "tool bar": toggle_tool_bar,
    "help": toggle_help,
    "full screen": toggle_full_screen,
    "close": close,
}
"""What each command of the table in :mod:`viewer3d.app.input.bindings` does; add a line to add a command."""
