"""The panel of a window in which other folders are opened, and those that were opened before."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import partial
from typing import Any, Final

from viewer3d.app.beside.catalog_panel import CatalogPanel
from viewer3d.app.input.binding import Action
from viewer3d.app.input.find_binding import keys_of_actions
from viewer3d.app.input.interactor import Button
from viewer3d.app.places.prompt_handler import PathPromptHandler
from viewer3d.app.places.recent import read_recent, remember
from viewer3d.app.task import Task
from viewer3d.app.window.panel_interactor import CloseKeys
from viewer3d.app.window.screen import EventHandler, Screen, drawable
from viewer3d.app.window.series.draw_series import Thumbnail
from viewer3d.core.progress import Progress
from viewer3d.core.volume import Volume
from viewer3d.dicom.series.catalog import Catalog, CatalogEntry, CatalogObject
from viewer3d.errors import OutputError

OPENS: Final = "open ..."
"""What the last row of the panel says."""

OPEN_COMMAND: Final = "open folder"

NOT_FROM_HERE: Final = "no other folder can be opened from here: start viewer3d with its path, where the files are"
"""What is said on a screen whose user may not open places of this machine."""

NOTHING_LOADED: Final = "Loading was stopped: Return loads what is chosen in the panel"
"""What a window says that shows nothing, and that keys cannot close."""

EMPTY_WINDOW: Final = "Open a folder or a file: {key}, the last row of the panel, or drop one here where that works"
"""What a window says that was opened without a place."""


@dataclass(frozen=True)
class FoundPlace:
    """What was found in a place.

    Attributes
    ----------
    catalog : Catalog
    recent : tuple of str
        Places that were opened before, this one the first where it is kept.
    problem : str
        Why it is not kept; empty where it is, or is not to be.
    """

    catalog: Catalog
    recent: tuple[str, ...] = ()
    problem: str = ""


class PlacePanel(CatalogPanel):
    """The panel of a window in which other folders and files can be opened.

    Parameters
    ----------
    desktop : Screen
    source : path or None
        What is opened first.
    opened : callable
        See :class:`viewer3d.app.browser.Browser`.
    keeps_recent : bool
        Whether places that are opened are kept, where the settings allow it.

    Attributes
    ----------
    prompt : PathPromptHandler
        Asks for a path over the picture.
    """

    def __init__(
        self, desktop: Screen, source: Any, opened: Callable[[Sequence[Volume]], object], *, keeps_recent: bool
    ) -> None:
        super().__init__(desktop, source, opened)
        self.prompt = PathPromptHandler(lambda: drawable(self._area.size), self.open_place, self._release)
        self.prompt.screen = self._area
        self._keeps_recent, self._recent = keeps_recent and self._area.opens_places, tuple[str, ...]()
        self._stays = source is None  # whether the window stays where nothing can be shown
        self._drawing_thumbnails: Task[None] | None = None
        keys = keys_of_actions().get(Action(command=OPEN_COMMAND), ())
        self._open_key = keys[0] if keys else ""
        self.panel = replace(self.panel, can_open=self._area.opens_places)
        self._list_recent(())
        take_drops = getattr(desktop, "take_drops", None)
        if take_drops is not None and self._area.opens_places:
            take_drops(self._open_dropped)

    @property
    def is_modal(self) -> bool:
        """Whether something is shown over the picture that takes keys and mouse."""
        return self.prompt.prompt is not None or super().is_modal

    @property
    def picture_handler(self) -> EventHandler:
        """What handles events beside the panel: a prompt, or the few keys of a window that is empty."""
        if self.prompt.prompt is not None:
            return self.prompt
        return CloseKeys(self._close_by_hand, self._ask_path_alone)

    @property
    def _here(self) -> str:
        """The path of what is listed; empty where it is none, or several."""
        given = self._source if isinstance(self._source, str | os.PathLike) else ""
        return os.path.abspath(given) if given else ""  # noqa: PTH100 (as typed: links stay)

    def ask_path(self) -> str | None:
        """Ask for a path over the picture; return why not, where none may be opened from this screen."""
        if not self._area.opens_places:
            return NOT_FROM_HERE
        here = self._here
        self.prompt.open(self._recent, here if os.path.isdir(here) else os.path.dirname(here))  # noqa: PTH112, PTH120
        return ""

    def ask_place(self) -> str | None:
        """Ask for a folder with a dialog of the desktop or the toolkit, else for a path."""
        choose = getattr(self._desktop, "choose_place", None) if self._area.opens_places else None
        if choose is not None and choose(self._take_answer):
            return ""
        return self.ask_path()

    def open_place(self, source: str | Sequence[str]) -> None:
        """Look for series in another place; what is shown stays until one of them is.

        Parameters
        ----------
        source : path or list of paths
        """
        self.stop_job()
        self._stays = True
        self._start(partial(self.find, source), partial(self._take_place, source))

    def choose_below(self, row: int) -> None:
        """Say in full why something cannot be shown, or open again what was opened before."""
        number = row - self.panel.count - self.panel.refused
        if number < 0:
            super().choose_below(row)
        else:
            self.open_place(self._recent[number])

    def find_series(self, source: Any, progress: Progress) -> Catalog:
        """Find the series of a place."""
        raise NotImplementedError

    def find(self, source: Any, progress: Progress) -> FoundPlace:
        """Find the series of a place, and keep its path where that is allowed."""
        if source is None:
            return FoundPlace(Catalog((), 0), read_recent() if self._keeps_recent else ())
        catalog = self.find_series(source, progress)
        if not self._keeps_recent or not isinstance(source, str | os.PathLike):
            return FoundPlace(catalog)
        try:
            return FoundPlace(catalog, remember(os.fspath(source)))
        except OutputError as error:
            return FoundPlace(catalog, read_recent(), f"the path is not kept: {error}")

    def _ask_path_alone(self) -> None:
        if note := self.ask_path():
            self._say(note)

    def _close_by_hand(self) -> None:
        if self._area.is_full_screen:
            self._area.set_full_screen(is_full=False)
        elif how := self._area.how_to_close:
            self._area.release_keys()
            self._say(how)
        else:
            self._area.close()

    def _end_empty(self) -> None:
        """Close a window in which nothing is shown; where that cannot be, have its panel stay."""
        if self._area.how_to_close:
            self.panel = replace(self.panel, is_wanted=True, has_keys=bool(self._catalog.rows))
            self._say(NOTHING_LOADED if self._catalog.rows else self._area.how_to_close)
        else:
            self._area.close()

    @property
    def _empty_words(self) -> str:
        return EMPTY_WINDOW.format(key=self._open_key or "palette") if self.panel.can_open else NOT_FROM_HERE

    def _release(self, button: Button) -> None:
        if self.cells.count:
            self.cells.handler.release(button)

    def _open_dropped(self, paths: Sequence[str]) -> None:
        if paths:
            self.open_place(paths[0] if len(paths) == 1 else list(paths))

    def _take_answer(self, path: str | None) -> None:
        if path is None:
            self.ask_path()
        elif path:
            self.open_place(path)

    def _take_place(self, source: Any, found: FoundPlace) -> None:
        self._source = source
        for one in self._rows:  # rows of another catalog
            one.entry, one.laid = -1, {}
        self._show_found(found)

    def _show_found(self, found: FoundPlace) -> None:
        raise NotImplementedError

    def _list_recent(self, recent: Sequence[str]) -> None:
        self._recent = tuple(path for path in recent if path != self._here)
        self.panel = replace(self.panel, recent=len(self._recent))
        self._listed = replace(
            self._listed, recent=self._recent, opens=OPENS if self.panel.can_open else "", key=self._open_key
        )

    def _list_catalog(self, catalog: Catalog) -> None:
        super()._list_catalog(catalog)
        self.panel = replace(self.panel, can_open=self._area.opens_places)
        self._list_recent(self._recent)
        if self._drawing_thumbnails is not None:
            self._drawing_thumbnails.cancel()
            self._drawing_thumbnails = None

    def _begin_thumbnails(self) -> None:
        if self._drawing_thumbnails is None and self.panel.is_shown and self._catalog.entries:
            self._drawing_thumbnails = Task(partial(_draw_thumbnails, self._catalog.rows, self._thumbnails))


def _draw_thumbnails(
    rows: Sequence[CatalogEntry | CatalogObject], thumbnails: list[Thumbnail | None], progress: Progress
) -> None:
    for number, entry in enumerate(rows):
        progress("thumbnails", number, len(rows))
        with suppress(Exception):  # its box stays empty; the error is told when it is chosen
            thumbnails[number] = entry.thumbnail()
