"""The verb serve: the window of the verb show, in a browser."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from viewer3d.cli.drawing_options import window_options
from viewer3d.cli.inputs import path_argument
from viewer3d.cli.overlay_options import OverlayCommand, overlay_options
from viewer3d.cli.reading_options import with_options
from viewer3d.cli.terminal import drop_unwritten
from viewer3d.cli.windows.opening import Opening, beside_option, opening_options

if TYPE_CHECKING:
    from viewer3d.app.browser import Browser
    from viewer3d.web.screen import WebScreen

_SERVING = (
    click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen at; others need TLS."),
    click.option("--port", type=int, default=0, metavar="N", help="Port to listen at; by default any that is free."),
    click.option("--certificate", type=click.Path(), metavar="FILE", help="Of the server, as PEM: for TLS."),
    click.option("--key", type=click.Path(), metavar="FILE", help="Of the certificate, as PEM, without a password."),
    click.option("--insecure", is_flag=True, help="Serve others on the network without TLS: it can be read."),
    click.option("--no-browser", is_flag=True, help="Print the URL, and open nothing."),
    click.option(
        "--idle",
        default="8h",
        show_default=True,
        metavar="TIME",
        help="End after so long without a hand in any page: 30m, 2d, none.",
    ),
)


@click.command("serve", cls=OverlayCommand)
@path_argument
@opening_options
@window_options
@beside_option
@overlay_options
@lambda command: with_options(command, _SERVING)
def serve_command(*, path: str | list[str], **choices: Any) -> None:
    """Show the series at PATH in a browser: the window of `viewer3d show`, as a page on this machine.

    It prints the URL, opens it, and ends with Ctrl+C. The URL lets one browser in, once; the tabs of that browser see
    and steer the same view. From another machine come through ssh -L PORT:127.0.0.1:PORT HOST.
    """
    from viewer3d.web.server.addresses import PageAddress  # noqa: PLC0415 (each verb imports what it needs)
    from viewer3d.web.server.console import parse_idle  # noqa: PLC0415 (as above)
    from viewer3d.web.server.serve import PageChoice, serve_source  # noqa: PLC0415 (as above)

    names = ("host", "port", "certificate", "key", "insecure")
    address = PageAddress(**{name: choices.pop(name) for name in names})
    idle, is_opened = parse_idle(choices.pop("idle")), not choices.pop("no_browser")
    opening = Opening(path, choices)

    def show_on(screen: WebScreen) -> Browser:
        """Return what shows the series on a screen."""
        return opening.browser(screen)

    page = PageChoice(address, is_opened, opening.identify, idle, not opening.has_view)
    try:
        serve_source(show_on, opening.size, page)
    finally:
        drop_unwritten()  # the terminal may have been closed
    opening.check()
