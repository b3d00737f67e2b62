// What makes a widget of the viewer's page: messages of the kernel in place of a socket. It stands behind viewer.js in
// one module.

function nameOfView() {
  return Array.from(crypto.getRandomValues(new Uint8Array(16)), (one) => one.toString(16).padStart(2, "0")).join("");
}

// Of an output of JupyterLab or Notebook, the one before it.
function outputBefore(element) {
  return element.closest(".jp-OutputArea-child")?.previousElementSibling ?? null;
}

function render({ model, el }) {
  const view = nameOfView();
  const gone = new AbortController();
  const frame = document.createElement("div");
  const root = document.createElement("div");
  frame.className = "viewer3d-cell";
  el.classList.add("viewer3d-waits");
  root.className = "viewer3d-root";
  // Keys are for the viewer while it has the focus: neither JupyterLab's shortcuts nor its command mode see them.
  frame.dataset.lmSuppressShortcuts = "true";
  frame.append(root);
  el.append(frame);

  const fit = () => {
    const height = model.get("height");
    frame.style.height = height ? `${height}px` : "";
  };
  fit();

  let still = null;
  const showStill = () => {
    still?.classList.remove("viewer3d-hidden");
    still = null;
  };
  const hideStill = () => {
    const before = outputBefore(el);
    const ends = model.get("stills");
    const picture = before?.querySelector("img");
    if (before?.querySelector(".viewer3d-still") || ends.some((end) => picture?.src.endsWith(end))) {
      still = before;
      still.classList.add("viewer3d-hidden");
    }
  };

  const link = {
    send(messages) {
      model.send({ view, messages });
    },
  };
  const stop = start(root, link, { wheel: "always" });

  const take = (content, buffers) => {
    if (content?.view !== view) return;
    const header = content.header;
    if (header.t === "leave") {
      leave();
      return;
    }
    if (header.t === "frame" && el.classList.contains("viewer3d-waits")) {
      el.classList.remove("viewer3d-waits");
      hideStill();
    }
    link.onmessage(header, buffers);
  };
  model.on("msg:custom", take);
  model.on("change:height", fit);
  model.on("change:stills", () => {
    if (!el.classList.contains("viewer3d-waits")) hideStill();
  });
  // The kernel has ended or was restarted: what is seen stays.
  model.on("comm_live_update", () => {
    if (!model.comm_live) link.onstate("ended", "the kernel has ended: run the cell again");
  });
  model.on("destroy", () => link.onstate("ended", "the viewer is gone: run the cell again"));

  // Back to the notebook, as Esc leads from an editor to the cell.
  const leave = () => {
    if (document.activeElement instanceof HTMLElement) document.activeElement.blur();
    frame.closest(".jp-Cell")?.focus({ preventScroll: true });
  };
  const on = (names, handler, capture = false) => {
    for (const name of names.split(" ")) frame.addEventListener(name, handler, { signal: gone.signal, capture });
  };
  on(
    "keydown",
    (event) => {
      if (event.key !== "Tab" || !event.shiftKey) return;
      event.preventDefault();
      event.stopImmediatePropagation();
      leave();
    },
    true,
  );
  on("keydown keypress keyup beforeinput input copy cut paste contextmenu wheel dragstart", (event) =>
    event.stopPropagation(),
  );
  const say = () => model.send({ view, gone: true });
  window.addEventListener("pagehide", say, { signal: gone.signal });

  link.onstate("open");
  return () => {
    gone.abort();
    showStill();
    model.off("msg:custom", take);
    say();
    stop();
    frame.remove();
  };
}

export default { render };
