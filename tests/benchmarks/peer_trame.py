"""trame, as a peer of the page: ``python peer_trame.py WAY FOLDER``; prints its URL, and serves until it is killed.

WAY is ``rca``, viewer3d's own scene pushed whole by trame-rca at each event, or ``pyvista``, pyvista's view of the same
voxels, rendered on the server. They are installed apart (``pip install viewer3d pyvista trame trame-rca trame-vuetify
trame-pyvista`` in an environment of its own), whose Python runs this file.
"""

from __future__ import annotations

import sys
import time
from typing import Any, Final

SIZE: Final = (1200, 900)
"""Of the view in pixels."""

QUALITY: Final = 90
"""Of a JPEG, as the page of viewer3d has it in motion."""


def rca(folder: str, server: Any) -> None:
    """Serve four panes of viewer3d, each event of the wheel and the mouse drawn and pushed as one picture."""
    from trame.ui.html import DivLayout
    from trame.widgets import rca as widgets
    from trame_rca.encoders.pil import encode_np_img_to_bytes
    from trame_rca.protocol import AreaAdapter

    import viewer3d

    viewer = viewer3d.Viewer(viewer3d.load(folder), "quad", SIZE, off_screen=True)

    class Area(AreaAdapter):  # type: ignore[misc]
        """What takes the events of the page."""

        def update_size(self, origin: str, size: dict[str, Any]) -> None:  # noqa: ARG002 (trame calls it so)
            self.push_picture()

        def on_interaction(self, origin: str, event: dict[str, Any]) -> None:  # noqa: ARG002 (as above)
            hand, kind = viewer.interactor, event["type"]
            x, y = event.get("x", 0), SIZE[1] - 1 - event.get("y", 0)
            if kind.endswith("MouseWheel"):
                hand.wheel(-1 if event.get("spinY", 0) > 0 else 1, x, y)
            elif kind == "LeftButtonPress":
                hand.press("left", x, y)
            elif kind == "LeftButtonRelease":
                hand.release("left")
            elif kind == "MouseMove":
                hand.move(x, y)
            else:
                return
            self.push_picture()

        def push_picture(self) -> None:
            viewer.steering.presenter.draw(viewer.state, "interactive")
            picture = viewer.steering.presenter.scene.picture
            data = encode_np_img_to_bytes(picture, *SIZE, "jpeg", QUALITY)
            now = time.time_ns() // 1_000_000
            meta = {"type": "image/jpeg", "codec": "", "w": SIZE[0], "h": SIZE[1], "st": now, "key": "key"}
            self.push(data, {**meta, "quality": QUALITY})

    area = Area("view")

    @server.controller.add("on_server_ready")  # type: ignore[untyped-decorator]
    def ready(**_: Any) -> None:
        server.controller.rc_area_register(area)

    with DivLayout(server):
        widgets.RemoteControlledArea(name="view", display="image", style=f"width:{SIZE[0]}px;height:{SIZE[1]}px")


def pyvista(folder: str, server: Any) -> None:
    """Serve pyvista's view: three slices and a volume rendering, in its mode for remote rendering."""
    import pyvista as pv
    from trame.ui.vuetify3 import SinglePageLayout
    from trame_pyvista.ui import plotter_ui

    import viewer3d

    plotter = pv.Plotter(off_screen=True, window_size=SIZE)
    plotter.add_volume(viewer3d.load(folder).grid, cmap="gray", opacity="sigmoid", show_scalar_bar=False)
    with SinglePageLayout(server) as layout, layout.content:
        plotter_ui(plotter, mode="server", default_server_rendering=True)


def main(way: str, folder: str) -> None:
    """Serve until this process is ended."""
    from trame.app import get_server

    server = get_server(client_type="vue3")
    {"rca": rca, "pyvista": pyvista}[way](folder, server)
    server.start(port=0, open_browser=False)


if __name__ == "__main__":
    main(*sys.argv[1:3])
