// The viewer in a page or a cell of a notebook: a canvas that shows the pictures of a viewer elsewhere, and sends it
// what hands do. An ES module without dependencies and without a build step.
//
//   const stop = start(root, link, {wheel: "always"});
//
// root: an element; all is built inside of it, as large as it is. link: what carries messages, with
//   link.send(message)                     set by who made it: an object or an array, see viewer3d/web/messages.py
//   link.onmessage(header, buffers)        set here: call it with every message; buffers are ArrayBuffers or views
//   link.onstate(state, words)             set here: call it with "open" when messages go through, "waiting" while they
//                                          do not, "ended" when they never will again, and with what to say of it
// wheel: "always", or "focused": only while the viewer has the focus, so that a page can be scrolled past it.
// It returns a function that takes everything away again.

const PIXELS_A_STEP = 30; // two fingers move so far for one slice, as in app/qt/wheel.py
const PINCH_A_STEP = 0.12; // two fingers part by this share for one step of the zoom, as there
const UNITS_A_STEP = 120; // of wheelDelta, for one notch
const SWIPE_MS = 150; // after so long without a wheel event a swipe is over
const DRAG_PIXELS = 6; // a finger that moves further does not tap
const DOUBLE_TAP_MS = 350;
const DECODE_AGAIN_MS = 1000; // after a picture that could not be decoded
const FINGER_A_STEP = 10; // one finger, where it goes through the slices, moves so many pixels for one
const TWO_FINGERS_PIXELS = 12; // two fingers move so far, or part, before they mean something
const MOST_PASTED = 8192; // characters; a message may have 64 kB
const KEYPAD = 3; // KeyboardEvent.DOM_KEY_LOCATION_NUMPAD
const IS_MAC = /Mac|iPhone|iPad/.test(navigator.platform);
const EXACT = {colorSpaceConversion: "none", premultiplyAlpha: "none"}; // no color management: bytes are bytes

const LOADING = "Loading …";
const DROPPED = "Nothing is opened by dropping it here: the viewer shows what is on the machine that it runs on.";
const HELP =
  "Keys work as in the viewer's window: question mark shows help, slash lists every command, Tab shows the panel, " +
  "Shift and Tab leave the viewer. " +
  (IS_MAC ? "Command does what Ctrl does." : "Alt does what Ctrl does, also where the browser keeps Ctrl for itself.");

let count = 0;

export function start(root, link, {wheel = "always"} = {}) {
  const parts = build(root, `viewer3d-${(count += 1)}-${Math.random().toString(36).slice(2)}`);
  const gone = new AbortController(); // its signal takes all listeners away
  const on = (target, names, handler, options = {}) => {
    for (const name of names.split(" ")) target.addEventListener(name, handler, {signal: gone.signal, ...options});
  };
  const send = sender(link);
  const words = wording(parts);
  const picture = shownPicture(parts, send, words, on);
  const focus = () => parts.keys.focus({preventScroll: true});
  const world = {root, parts, on, send, words, picture, focus, kept: new Set()};
  const hands = {held: new Set(), finger: "button"};
  listenToMouse(world, hands);
  listenToFingers(world, hands);
  listenToWheel(world, hands, wheel);
  listenToKeys(world);
  listenToFocus(world);
  on(root, "dragover drop", (event) => {
    event.preventDefault(); // else the browser shows the file instead of this page
    if (event.type === "drop") words.note(DROPPED);
  });
  on(document, "fullscreenchange", () => send({t: "full", on: document.fullscreenElement === root}));

  const handlers = {
    frame: picture.take,
    info(header) {
      world.kept = new Set(header.keys);
      words.setTabs(header.clients);
      fillRow(world, hands, header.buttons ?? []);
    },
    say: (header) => words.say(header.text, header.kind),
    file: (header, buffers) => saveFile(header, buffers[0]),
    copy: (header) => copyText(world, header.text),
    full: (header) => fillScreen(world, header.on),
    end: (header) => link.onstate("ended", header.why),
  };
  link.onmessage = (header, buffers = []) => handlers[header.t]?.(header, buffers);
  link.onstate = (state, text = "") => {
    if (parts.app.dataset.state === "ended") return; // the first reason is the true one
    parts.app.dataset.state = state;
    words.setLine(state === "open" ? LOADING : text);
    if (state === "open") picture.greet();
  };
  return () => {
    gone.abort();
    picture.stop();
    words.stop();
    root.classList.remove("viewer3d");
    root.replaceChildren();
  };
}

// ---- What is in the page -------------------------------------------------------------------------------------------

// Create an element with properties, and attributes where a value is given by setAttribute alone.
function element(name, properties = {}, attributes = {}) {
  const made = Object.assign(document.createElement(name), properties);
  for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, value);
  return made;
}

function build(root, id) {
  const live = () => element("div", {className: "viewer3d-unseen"}, {"aria-live": "polite"});
  const skip = element("button", {type: "button", className: "viewer3d-skip", textContent: "Skip the viewer"});
  const label = {role: "application", "aria-label": "Viewer of medical images"};
  const app = element("div", {className: "viewer3d-app"}, label);
  const canvas = element("canvas", {className: "viewer3d-picture", width: 1, height: 1}, {"aria-hidden": "true"});
  // What has the focus is a text area, for a canvas gets no letters of dead keys, input methods and soft keyboards.
  const keys = element(
    "textarea",
    {className: "viewer3d-keys", spellcheck: false, autocomplete: "off", autocapitalize: "none"},
    {"aria-label": "Keys of the viewer", "aria-describedby": id, inputmode: "none"},
  );
  keys.setAttribute("data-lm-suppress-shortcuts", "true"); // those of JupyterLab
  const help = element("div", {id, className: "viewer3d-unseen", textContent: HELP});
  const row = element("div", {className: "viewer3d-row"}, {role: "toolbar", "aria-label": "For fingers"});
  const keyboard = button("keyboard", "keyboard on the screen", "viewer3d-keyboard");
  const tabs = element("div", {className: "viewer3d-tabs", hidden: true});
  const line = element("p", {className: "viewer3d-line", hidden: true}, {role: "status"});
  const after = element("span", {className: "viewer3d-unseen", tabIndex: -1, textContent: "End of the viewer"});
  const said = {note: live(), choice: live(), place: live()};
  app.append(keys, canvas, help, tabs, line);
  root.classList.add("viewer3d");
  root.replaceChildren(skip, app, row, ...Object.values(said), after);
  return {root, skip, app, canvas, keys, row, keyboard, tabs, line, said, after};
}

// Lines of icons, in a square of 24 units; those of the tool bar by their names in viewer3d/app/window/bar/icons.py.
const ICONS = {
  slices: "M12 3v18M8 7l4-4 4 4M8 17l4 4 4-4",
  contrast: "M12 4a8 8 0 0 1 0 16zM12 4a8 8 0 0 0 0 16",
  panel: "M3 5h18v14H3zM9 5v14",
  search: "M10 4a6 6 0 0 1 0 12a6 6 0 0 1 0-12M14.5 14.5L20 20",
  undo: "M9 5L4 10l5 5M4 10h10a5 5 0 0 1 0 10h-3",
  four: "M4 4h16v16H4zM12 4v16M4 12h16",
  picture: "M3 8h5l2-3h4l2 3h5v11H3zM12 10a3 3 0 0 1 0 6a3 3 0 0 1 0-6",
  distance: "M4 20L20 4M2 17l5 5M17 2l5 5",
  keyboard: "M2 6h20v12H2zM6 10h0M10 10h0M14 10h0M18 10h0M7 14h10",
};

// Make a button with an icon, or with a few letters.
function button(icon, title, className = "") {
  const made = element("button", {type: "button", className, title}, {"aria-label": title, "data-icon": icon});
  if (!ICONS[icon]) {
    made.textContent = icon;
    return made;
  }
  const drawing = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  drawing.setAttribute("viewBox", "0 0 24 24");
  drawing.setAttribute("aria-hidden", "true");
  const path = drawing.appendChild(document.createElementNS("http://www.w3.org/2000/svg", "path"));
  path.setAttribute("d", ICONS[icon]);
  made.append(drawing);
  return made;
}

// Fill the row for fingers: what one finger does when it is drawn over the picture, then commands of the tool bar.
function fillRow({parts: {row, keyboard}, send, focus}, hands, buttons) {
  if (row.childElementCount) return; // keys do not change while a viewer lives
  const modes = [
    ["button", "contrast", "one finger changes the window, turns in 3D, and measures"],
    ["slices", "slices", "one finger goes through the slices"],
  ];
  const choices = modes.map(([name, icon, title]) => [name, button(icon, title)]);
  const mark = () => choices.forEach(([name, one]) => one.setAttribute("aria-pressed", String(name === hands.finger)));
  for (const [name, one] of choices)
    one.addEventListener("click", () => {
      hands.finger = name;
      mark();
    });
  mark();
  const commands = buttons.map(([icon, title, name]) => {
    const one = button(icon, title);
    const [key, ctrl] = [name.replace(/^ctrl\+/, ""), name.startsWith("ctrl+")];
    one.addEventListener("click", () => {
      focus(); // what is typed next is for what it shows
      send({t: "key", key, ctrl});
    });
    return one;
  });
  row.append(...choices.map(([, one]) => one), keyboard, ...commands);
}

// Send messages together that are made together; of motions without a button the last.
function sender(link) {
  let waiting = [];
  const flush = () => {
    const messages = waiting;
    waiting = [];
    link.send(messages.length === 1 ? messages[0] : messages);
  };
  return (message) => {
    if (!waiting.length) queueMicrotask(flush);
    waiting.push(message);
  };
}

// Words beside the picture: a line at the bottom, how many tabs there are, and what screen readers say.
function wording({line, tabs, said}) {
  let timer = 0;
  let lasting = "";
  const show = (text) => {
    line.textContent = text;
    line.hidden = !text;
  };
  return {
    setLine(text) {
      lasting = text;
      clearTimeout(timer);
      show(text);
    },
    endLoading() {
      if (lasting === LOADING) this.setLine("");
    },
    note(text) {
      clearTimeout(timer);
      show(text);
      timer = setTimeout(() => show(lasting), 6000);
    },
    setTabs(clients) {
      tabs.hidden = clients < 2;
      tabs.textContent = clients < 2 ? "" : `${clients} tabs`;
      tabs.title = "All of them show this view, and steer it";
    },
    say(text, kind) {
      const region = said[kind] ?? said.note;
      region.textContent = region.textContent === text ? `${text}\u00a0` : text; // said again, it must differ
    },
    stop: () => clearTimeout(timer),
  };
}

// ---- The picture ---------------------------------------------------------------------------------------------------

// Draw frames in their order, whole, and tell of each when it is on the canvas.
function shownPicture({app, canvas}, send, words, on) {
  const context = canvas.getContext("2d", {alpha: false});
  let drawn = Promise.resolve();
  let points = [1, 1];
  let told = "";
  let begun = 0; // how often all was asked for: what was sent before is of no use then
  let stopped = false;

  const room = () => ({
    size: [Math.max(app.clientWidth, 1), Math.max(app.clientHeight, 1)],
    scale: window.devicePixelRatio || 1,
  });

  // A picture of this page's size has a pixel a pixel of the screen; one of another tab's size is fitted.
  function place() {
    const {size, scale} = room();
    const [width, height] = [canvas.width / scale, canvas.height / scale];
    const own = Math.abs(width - size[0]) * scale < 2 && Math.abs(height - size[1]) * scale < 2;
    const fit = own ? 1 : Math.min(size[0] / width, size[1] / height);
    const box = app.getBoundingClientRect();
    const snap = (edge) => Math.round(edge * scale) / scale - edge; // to whole pixels of the screen
    canvas.classList.toggle("viewer3d-exact", own);
    canvas.style.width = `${width * fit}px`;
    canvas.style.height = `${height * fit}px`;
    canvas.style.left = `${own ? snap(box.left) : (size[0] - width * fit) / 2}px`;
    canvas.style.top = `${own ? snap(box.top) : (size[1] - height * fit) / 2}px`;
  }

  function draw(header, bitmaps) {
    const [width, height] = header.size;
    if (canvas.width !== width || canvas.height !== height) [canvas.width, canvas.height] = header.size;
    header.rects.forEach(([x, y], index) => {
      context.drawImage(bitmaps[index], x, y);
      bitmaps[index].close();
    });
    points = header.points;
    place();
    Object.assign(app.dataset, {serial: header.n, still: header.still, fresh: true});
    words.endLoading();
  }

  function take(header, buffers) {
    const decoding = header.rects.map(([, , , , kind], index) =>
      createImageBitmap(new Blob([buffers[index]], {type: `image/${kind}`}), EXACT),
    );
    const decoded = Promise.allSettled(decoding);
    const mine = begun;
    drawn = drawn.then(async () => {
      const done = await decoded;
      if (stopped || mine !== begun) return;
      const broken = done.find((one) => one.status === "rejected");
      if (broken) {
        // What is on the canvas is of no one moment then: all is asked for again.
        words.note(`This browser cannot decode a part of the picture: ${broken.reason.message}`);
        begun += 1;
        delete app.dataset.fresh;
        setTimeout(() => !stopped && app.dataset.state === "open" && greet(), DECODE_AGAIN_MS);
      } else {
        draw(header, done.map((one) => one.value));
        send({t: "ack", n: header.n});
      }
    });
  }

  // Where a pointer is, in points of the picture; whole numbers are their centers, as in app/qt/widget.py.
  function point(event) {
    const box = canvas.getBoundingClientRect();
    const {size, scale} = room();
    const own = points[0] === size[0] && points[1] === size[1];
    const share = own ? 1 : points[0] / box.width;
    const middle = (0.5 * share) / scale - 0.5;
    const round = (value) => Math.round(100 * (value * share + middle)) / 100;
    return {x: round(event.clientX - box.left), y: round(event.clientY - box.top)};
  }

  function tellRoom() {
    place();
    const now = room();
    const text = JSON.stringify(now);
    if (text === told || app.dataset.state !== "open" || !app.clientWidth) return; // a hidden page has no size
    told = text;
    send({t: "resize", ...now});
  }

  // The picture is not of now until the first of what is asked for here has come.
  function greet() {
    begun += 1;
    delete app.dataset.fresh;
    told = JSON.stringify(room());
    send({t: "hello", v: 1, ...room()});
  }

  const observer = new ResizeObserver(tellRoom);
  observer.observe(app);
  function watchScale() {
    const query = matchMedia(`(resolution: ${window.devicePixelRatio}dppx)`);
    const changed = () => {
      if (stopped) return;
      tellRoom();
      watchScale();
    };
    on(query, "change", changed, {once: true});
  }
  watchScale();
  on(window, "resize", tellRoom);
  const stop = () => {
    stopped = true;
    observer.disconnect();
  };
  return {take, greet, point, stop};
}

// ---- Hands ---------------------------------------------------------------------------------------------------------

const isCtrl = (event) => event.ctrlKey || event.altKey || (IS_MAC && event.metaKey);

// Mouse and pen. Buttons come from mouse events, which tell a double click as the system has it and each of several
// buttons; motions from pointer events, which go on outside of the page while a button is down.
function listenToMouse({parts: {canvas}, on, send, picture, focus}, hands) {
  const {held} = hands;
  let last = "";
  const isFinger = (event) => event.pointerType === "touch";
  const releaseAll = () => {
    for (const b of held) send({t: "release", b});
    held.clear();
  };
  on(canvas, "pointerdown", (event) => {
    if (!isFinger(event)) canvas.setPointerCapture(event.pointerId);
  });
  on(canvas, "mousedown", (event) => {
    event.preventDefault(); // the middle button does not scroll, nothing is selected
    focus();
    const b = event.button;
    if (b > 2 || held.has(b)) return;
    hands.endSwipe();
    held.add(b);
    const at = picture.point(event);
    if (b === 0 && event.detail > 0 && event.detail % 2 === 0) send({t: "double", ...at});
    else send({t: "press", b, ...at, shift: event.shiftKey, ctrl: isCtrl(event)});
  });
  on(canvas, "mouseup", (event) => {
    if (held.delete(event.button)) send({t: "release", b: event.button});
  });
  on(canvas, "pointermove", (event) => {
    const mark = `${event.clientX} ${event.clientY} ${event.shiftKey}`;
    if (isFinger(event) || mark === last) return; // browsers tell of moves where nothing has moved
    last = mark;
    if (!event.buttons) releaseAll(); // it went up where nobody told
    hands.endSwipe();
    const path = held.size ? apart(event.getCoalescedEvents?.() ?? [], event) : [event];
    for (const one of path) send({t: "move", ...picture.point(one), shift: event.shiftKey});
  });
  on(canvas, "pointerleave", (event) => {
    last = "";
    if (!isFinger(event) && !held.size) send({t: "leave"});
  });
  on(canvas, "pointercancel", releaseAll);
  on(window, "blur", releaseAll);
  on(canvas, "contextmenu auxclick dragstart", (event) => event.preventDefault());
}

// Of the motions since the last event those that are two pixels apart, and the last.
function apart(events, last) {
  const path = [];
  for (const one of events.slice(0, -1)) {
    const before = path.at(-1);
    if (!before || Math.hypot(one.clientX - before.clientX, one.clientY - before.clientY) >= 2) path.push(one);
  }
  return [...path, last];
}

// Fingers: one is the left button, or goes through the slices where the row of buttons says so; two zoom where they
// part, go through the slices up and down, move the picture to the sides.
function listenToFingers({parts: {canvas}, on, send, picture, focus}, hands) {
  const fingers = new Map(); // those that are down, by number
  let mode = ""; // "", "tap", "drag", "slide" of one finger; "two", "zoom", "steps", "pan" of two; "over"
  let began = null; // the first event of one finger, or of two what they span
  let tapped = {time: 0, clientX: 0, clientY: 0};
  let rest = 0;

  const press = (event) => {
    const at = picture.point(event);
    const isDouble =
      event.timeStamp - tapped.time < DOUBLE_TAP_MS &&
      Math.hypot(event.clientX - tapped.clientX, event.clientY - tapped.clientY) < 4 * DRAG_PIXELS;
    send({t: "move", ...at, shift: false});
    send(isDouble ? {t: "double", ...at} : {t: "press", b: 0, ...at, shift: false, ctrl: false});
    return isDouble;
  };
  const span = () => {
    const [a, b] = [...fingers.values()];
    const middle = {clientX: (a.clientX + b.clientX) / 2, clientY: (a.clientY + b.clientY) / 2};
    return {...middle, wide: Math.max(Math.hypot(a.clientX - b.clientX, a.clientY - b.clientY), 1)};
  };
  const end = () => {
    if (mode === "drag") send({t: "release", b: 0});
    if (mode === "pan") send({t: "release", b: 1});
    mode = fingers.size ? "over" : "";
  };
  const steps = (amount, at, ctrl) => {
    const n = Math.trunc(rest + amount);
    rest += amount - n;
    if (n) send({t: "wheel", n, ...picture.point(at), ctrl});
  };
  // A finger has moved so far that it does not tap.
  const drag = () => {
    rest = 0;
    mode = hands.finger === "slices" ? "slide" : "drag";
    if (mode === "drag") press(began);
  };
  const moveTwo = () => {
    const now = span();
    const [right, down] = [now.clientX - began.clientX, now.clientY - began.clientY];
    if (mode === "two") {
      const apart = Math.abs(now.wide - began.wide);
      if (Math.max(apart, Math.abs(right), Math.abs(down)) < TWO_FINGERS_PIXELS) return;
      mode = Math.abs(down) > Math.abs(right) ? "steps" : "pan";
      if (apart > Math.max(Math.abs(right), Math.abs(down))) mode = "zoom";
      rest = 0;
      if (mode === "pan") send({t: "press", b: 1, ...picture.point(began), shift: false, ctrl: false});
    }
    if (mode === "pan") send({t: "move", ...picture.point(now), shift: false});
    else {
      const amount = mode === "zoom" ? Math.log(now.wide / began.wide) / PINCH_A_STEP : down / PIXELS_A_STEP;
      steps(amount, began, mode === "zoom");
      began = {...began, clientY: now.clientY, wide: now.wide};
    }
  };

  on(canvas, "pointerdown", (event) => {
    if (event.pointerType !== "touch") return;
    event.preventDefault(); // no mouse events follow
    focus();
    canvas.setPointerCapture(event.pointerId);
    fingers.set(event.pointerId, event);
    if (fingers.size === 1) [mode, began] = ["tap", event];
    else if (fingers.size === 2 && mode !== "over") {
      end();
      [mode, began] = ["two", span()];
    } else end();
  });
  on(canvas, "pointermove", (event) => {
    if (!fingers.has(event.pointerId)) return;
    fingers.set(event.pointerId, event);
    if (mode === "tap" && Math.hypot(event.clientX - began.clientX, event.clientY - began.clientY) > DRAG_PIXELS)
      drag();
    if (mode === "drag")
      for (const one of apart(event.getCoalescedEvents?.() ?? [], event))
        send({t: "move", ...picture.point(one), shift: false});
    else if (mode === "slide") {
      steps((event.clientY - began.clientY) / FINGER_A_STEP, event, false);
      began = event;
    } else if (fingers.size === 2 && mode !== "over") moveTwo();
  });
  on(canvas, "pointerup pointercancel", (event) => {
    if (!fingers.delete(event.pointerId)) return;
    if (mode === "tap" && event.type === "pointerup") {
      const isDouble = press(began);
      send({t: "release", b: 0});
      tapped = {time: isDouble ? 0 : event.timeStamp, clientX: event.clientX, clientY: event.clientY};
      mode = "";
    } else end();
  });
}

// The wheel in whole steps; what touch pads send is added up, as app/qt/wheel.py does it.
function listenToWheel({parts: {canvas, keys}, on, send, picture}, hands, when) {
  let rest = 0;
  let swipe = null; // of a touch pad: {kind: "steps" or "pan", at, right, down}
  let timer = 0;
  hands.endSwipe = () => {
    clearTimeout(timer);
    if (swipe?.kind === "pan") send({t: "release", b: 1});
    swipe = null;
  };
  const add = (steps, event) => {
    if (steps * rest < 0) rest = 0; // what is left of the other way is forgotten
    const n = Math.trunc(rest + steps + Math.sign(steps) * 1e-6);
    rest += steps - n;
    if (n) send({t: "wheel", n, ...picture.point(event), ctrl: isCtrl(event)});
  };
  const pan = (event) => {
    const at = swipe.at;
    if (!swipe.isDown) send({t: "press", b: 1, ...picture.point(at), shift: false, ctrl: false});
    swipe.isDown = true;
    swipe.right -= event.deltaX;
    swipe.down -= event.deltaY;
    const now = {clientX: at.clientX + swipe.right, clientY: at.clientY + swipe.down};
    send({t: "move", ...picture.point(now), shift: false});
  };
  on(
    canvas,
    "wheel",
    (event) => {
      if (when === "focused" && document.activeElement !== keys) return;
      event.preventDefault(); // neither the page scrolls nor the browser zooms
      const mode = event.deltaMode; // read first: Firefox has other deltas for who does not
      const turned = event.deltaY || event.deltaX; // to the side with Shift, on some systems
      const units = event.wheelDeltaY || event.wheelDeltaX || 0;
      if (mode === 1) return add(-turned / 3, event); // three lines a notch
      if (mode === 2) return add(-turned, event);
      // A notch is 120 units, and some pixels more or less; on macOS, where it is accelerated, no whole number of
      // pixels. A touch pad has three units for each pixel.
      const isFine = Math.abs(units + 3 * turned) < 2;
      if (!isFine && units) return add(units / UNITS_A_STEP, event);
      if (IS_MAC && event.deltaY % 1 && !event.ctrlKey) return add(-Math.sign(turned), event);
      if (event.ctrlKey) return add(-turned / (100 * PINCH_A_STEP), event); // so browsers tell of a pinch
      clearTimeout(timer);
      timer = setTimeout(hands.endSwipe, SWIPE_MS);
      const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY) || event.shiftKey;
      swipe ??= {kind: isSideways && !hands.held.size ? "pan" : "steps", at: event, right: 0, down: 0};
      if (swipe.kind === "pan") pan(event);
      else add(-event.deltaY / PIXELS_A_STEP, event);
    },
    {passive: false},
  );
}

// ---- Keys ----------------------------------------------------------------------------------------------------------

// Keys go raw; viewer3d/web/keys.py names them, and says which of them the page keeps from the browser.
function listenToKeys(world) {
  const {parts: {keys, keyboard}, on, send} = world;
  const press = (key) => send({t: "key", key});
  const type = (text) => [...text.normalize("NFC")].forEach((one) => press(one === "\n" ? "Enter" : one));

  on(keys, "keydown", (event) => {
    if (event.isComposing || event.keyCode === 229) return; // an input method's
    const {key, code, location, shiftKey: shift, ctrlKey: ctrl, altKey: alt, metaKey: meta} = event;
    const altgraph = event.getModifierState("AltGraph");
    const {types, name} = meaning({key, code, shift, ctrl, alt, meta, altgraph});
    const leaves = key === "Tab" && shift; // the keyboard is no trap
    if (leaves || !(types || world.kept.has(name))) return;
    event.preventDefault();
    event.stopPropagation(); // a notebook has keys of its own
    send({t: "key", key, code, location: Math.min(location, KEYPAD), shift, ctrl, alt, meta, altgraph, mac: IS_MAC});
  });
  // What dead keys, input methods and soft keyboards have put together.
  on(keys, "input compositionend", (event) => {
    if (event.isComposing) return;
    const text = keys.value;
    keys.value = "";
    if (text) type(text);
  });
  on(keys, "beforeinput", (event) => {
    if (event.inputType === "deleteContentBackward") press("Backspace");
  });
  on(keys, "paste", (event) => {
    event.preventDefault();
    const text = event.clipboardData.getData("text/plain").slice(0, MOST_PASTED);
    if (text) send({t: "paste", text});
  });
  on(keyboard, "click", () => {
    const isShown = keys.inputMode === "text";
    keys.blur();
    keys.inputMode = isShown ? "none" : "text";
    keys.focus({preventScroll: true});
  });
}

// Return whether a key types a character, and its name as `prevented` in viewer3d/web/keys.py has it.
export function meaning({key, code, shift, ctrl, alt, meta, altgraph}, isMac = IS_MAC) {
  const isPlain = [...key].length === 1;
  if (meta && !isMac) return {types: false, name: ""};
  if (alt && !ctrl && key === "Enter") return {types: false, name: "F11"};
  const isSign = isPlain && !/[a-z0-9]/i.test(key);
  const typesMore = isMac ? alt && !ctrl && !meta : altgraph || (ctrl && alt && isSign); // AltGr, Option
  if (!(ctrl || alt || meta) || (isPlain && typesMore)) return {types: isPlain, name: key};
  let letter = key;
  if (isPlain && key > "\x7f" && /^Key[A-Z]$/.test(code)) letter = code.slice(3); // of another script
  if (/^[a-z]$/i.test(letter)) letter = shift ? letter.toUpperCase() : letter.toLowerCase();
  return {types: false, name: `ctrl+${letter}`};
}

// A ring shows the focus to who came by the keyboard; who came by pointer knows where it is.
function listenToFocus({parts: {root, app, keys, skip, after}, on}) {
  let byPointer = true; // a page begins with the focus here
  on(root, "pointerdown", () => (byPointer = true), {capture: true});
  on(document, "keydown", (event) => (byPointer &&= event.key !== "Tab"), {capture: true});
  on(keys, "focus", () => app.classList.toggle("viewer3d-ring", !byPointer));
  on(keys, "blur", () => app.classList.remove("viewer3d-ring"));
  on(root, "pointerdown", () => app.classList.remove("viewer3d-ring"));
  on(skip, "click", () => after.focus());
}

// ---- What leaves the picture ---------------------------------------------------------------------------------------

function saveFile({name, type}, data) {
  const url = URL.createObjectURL(new Blob([data], {type}));
  element("a", {href: url, download: name}).click();
  setTimeout(() => URL.revokeObjectURL(url), 60000);
}

// Copy a text; where the browser does not let the page do it, show the text to be copied by hand.
async function copyText({root, focus}, text) {
  try {
    await navigator.clipboard.writeText(text); // undefined where the page is not secure
    return;
  } catch {
    /* shown then */
  }
  const dialog = element("dialog", {className: "viewer3d-copy"}, {"aria-label": "Text to copy"});
  const words = element("p", {textContent: "The browser keeps its clipboard from this page. Copy the text here:"});
  const area = element("textarea", {readOnly: true, value: text, rows: 8}, {"aria-label": "Text to copy"});
  const copy = element("button", {type: "button", textContent: "Copy"});
  const close = element("button", {type: "button", textContent: "Close"});
  const choose = () => (area.focus(), area.select());
  copy.addEventListener("click", () => (choose(), document.execCommand("copy") && dialog.close()));
  close.addEventListener("click", () => dialog.close());
  dialog.addEventListener("keydown", (event) => event.stopPropagation());
  dialog.addEventListener("close", () => (dialog.remove(), focus()));
  dialog.append(words, area, copy, close);
  root.append(dialog);
  dialog.showModal();
  choose();
}

// Fill the screen, which browsers allow for a moment after a key or a click; tell what became of it.
async function fillScreen({root, send, words}, on) {
  try {
    if (on) await root.requestFullscreen();
    else if (document.fullscreenElement) await document.exitFullscreen();
  } catch {
    words.note("The browser did not let the page fill the screen.");
  }
  send({t: "full", on: document.fullscreenElement === root});
}
