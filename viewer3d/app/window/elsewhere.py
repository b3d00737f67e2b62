"""What a screen on another machine takes instead of this one: files, texts, what it says of places."""

from __future__ import annotations

from viewer3d.app.input.keys.screen_traits import ScreenTraits


def give_file(screen: object, name: str, data: bytes) -> bool:
    """Give a file to a screen; return whether it takes files: not where it knows of none."""
    give = getattr(screen, "give_file", None)
    return give is not None and bool(give(name, data))


def copy_to(screen: object, text: str) -> bool:
    """Copy a text to the clipboard of a screen; return whether it has one: not where it knows of none."""
    copy = getattr(screen, "copy_text", None)
    return copy is not None and bool(copy(text))


def paste_from(screen: object) -> str | None:
    """Return the text on the clipboard of a screen; None where it has none, or knows of none."""
    paste = getattr(screen, "paste_text", None)
    return None if paste is None else paste()


def opens_places(screen: object) -> bool:
    """Return whether who sees a screen may open places of this machine: also where it says nothing."""
    return bool(getattr(screen, "opens_places", True))


def is_in_browser(screen: object) -> bool:
    """Return whether a screen is shown in a browser: not where it says nothing."""
    return bool(getattr(screen, "in_browser", False))


def how_to_close(screen: object) -> str:
    """Return how a screen is closed that keys cannot close; empty where they can, or it says nothing."""
    return str(getattr(screen, "how_to_close", ""))


def traits_of(screen: object) -> ScreenTraits:
    """Return what help, palette and panel must know of a screen."""
    return ScreenTraits(is_in_browser(screen), opens_places(screen), closes_by_keys=not how_to_close(screen))


def request_events(screen: object) -> None:
    """Have a screen's event loop process events soon, where it sleeps at rest; any thread may ask."""
    request = getattr(screen, "request_events", None)
    if request is not None:
        request()


def release_keys(screen: object) -> None:
    """Have a screen give the keys back to what is around it, where a key has asked to close it and cannot."""
    release = getattr(screen, "release_keys", None)
    if release is not None:
        release()


class ShownOnScreen:
    """Forwards what commands ask of a screen to the one that this is a part of, which need not know of it."""

    @property
    def whole(self) -> object:
        """The screen that this is a part of."""
        raise NotImplementedError

    def give_file(self, name: str, data: bytes) -> bool:
        """Give a file to who sees the screen; return whether it takes files."""
        return give_file(self.whole, name, data)

    def copy_text(self, text: str) -> bool:
        """Copy a text to the clipboard of who sees the screen; return whether it has one."""
        return copy_to(self.whole, text)

    def paste_text(self) -> str | None:
        """Return the text on the clipboard of who sees the screen; None where it has none."""
        return paste_from(self.whole)

    def request_events(self) -> None:
        """Have the event loop of the screen process events soon, where it sleeps at rest."""
        request_events(self.whole)

    def release_keys(self) -> None:
        """Have the screen give the keys back to what is around it."""
        release_keys(self.whole)

    @property
    def opens_places(self) -> bool:
        """Whether who sees the screen may open folders and files of this machine."""
        return opens_places(self.whole)

    @property
    def in_browser(self) -> bool:
        """Whether it is shown in a browser."""
        return is_in_browser(self.whole)

    @property
    def how_to_close(self) -> str:
        """How it is closed, where keys cannot; else empty."""
        return how_to_close(self.whole)
