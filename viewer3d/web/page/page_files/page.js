"use strict";
(() => {
  const byId = (id) => document.getElementById(id);
  const data = JSON.parse(byId("data").textContent);
  const panes = new Map();
  let chosen = 0; // the window
  let large = null; // the pane that is enlarged
  const still = matchMedia("(prefers-reduced-motion: reduce)");

  // The lines of a block are its pictures. Blocks of windows that nobody chooses are never taken apart.
  const blocks = new Map();
  const pictures = (pane, window) => {
    const id = `${pane}-${window}`;
    if (!blocks.has(id)) blocks.set(id, byId(id).textContent.split("\n"));
    return blocks.get(id);
  };

  class Pane {
    constructor(about) {
      Object.assign(this, about);
      const figure = byId(this.id);
      this.figure = figure;
      this.box = figure.querySelector(".picture");
      this.img = figure.querySelector("img");
      this.slider = figure.querySelector("input");
      this.output = figure.querySelector("output");
      this.alt = this.img.alt;
      this.index = this.begin = Number(this.slider.defaultValue);
      this.last = Number(this.slider.max);
      this.img.decoding = "sync"; // else the pane is empty from one picture to the next
      this.shown = `${this.index} 0`;
      this.isWaiting = false;
      [this.width, this.height] = [Number(this.img.getAttribute("width")), Number(this.img.getAttribute("height"))];
      const make = (tag, parent) => parent.appendChild(document.createElementNS("http://www.w3.org/2000/svg", tag));
      this.lines = new Map();
      if (Object.keys(this.cuts || {}).length) {
        const drawing = make("svg", this.box);
        drawing.setAttribute("viewBox", `0 0 ${this.width} ${this.height}`);
        drawing.setAttribute("aria-hidden", "true");
        for (const other of Object.keys(this.cuts)) {
          const line = make("path", drawing);
          line.setAttribute("class", other);
          this.lines.set(other, line);
        }
      }
      this.slider.value = this.index;
      this.slider.addEventListener("input", () => this.go(Number(this.slider.value)));
    }
    get turns() { return this.turn !== undefined; }
    get mm() { return this.at[this.index]; }
    // Once a frame of the screen, and not before the last picture is there: a fast wheel skips pictures.
    show() {
      if (this.isWaiting) return;
      this.isWaiting = true;
      requestAnimationFrame(() => {
        const wanted = `${this.index} ${this.turns ? 0 : chosen}`;
        const done = () => { this.isWaiting = false; if (wanted !== `${this.index} ${this.turns ? 0 : chosen}`) this.show(); };
        if (wanted === this.shown) { done(); return; }
        this.shown = wanted;
        this.img.onload = this.img.onerror = done;
        this.img.src = `data:${data.type};base64,${pictures(this.id, this.turns ? 0 : chosen)[this.index]}`;
      });
    }
    go(index) {
      const next = this.turns ? (index % (this.last + 1) + this.last + 1) % (this.last + 1) : Math.min(Math.max(index, 0), this.last);
      if (next === this.index) return;
      this.index = next;
      this.slider.value = next;
      this.show();
      update();
    }
    nearest(mm) {
      let best = 0;
      this.at.forEach((one, n) => { if (Math.abs(one - mm) < Math.abs(this.at[best] - mm)) best = n; });
      return best;
    }
    get words() {
      if (this.turns) return `${Math.round(this.index * this.turn)}°`;
      const image = this.images[this.index] || `${this.index + 1}/${this.last + 1}`;
      return [image, this.places[this.index]].filter(Boolean).join("  ·  ");
    }
    tell() {
      this.output.value = this.words;
      this.slider.setAttribute("aria-valuetext", this.words.replace("/", " of ").replace("  ·  ", ", "));
      const isFirst = this.index === this.begin && (this.turns || chosen === 0);
      this.img.alt = isFirst ? this.alt : `${this.title}, ${this.slider.getAttribute("aria-valuetext")}${this.turns ? "" : `, ${data.windows[chosen]}`}`;
      this.drawLines();
    }
    // Where the other planes cut it: open where the lines meet, and clear of the letters at the edges.
    drawLines() {
      const lines = [...this.lines].map(([other, path]) => {
        const [begin, right, down] = this.cuts[other];
        return { path, a: right / this.width, b: down / this.height, mm: place(other) - begin }; // a x + b y = mm
      });
      if (!lines.length) return;
      const [p, q] = lines;
      const both = p.a * q.b - p.b * q.a;
      const meet = [(p.mm * q.b - p.b * q.mm) / both, (p.a * q.mm - p.mm * q.a) / both];
      const inset = 0.045 * Math.min(this.width, this.height);
      const gap = inset / 2.2;
      for (const { path, a, b } of lines) {
        const long = Math.hypot(a, b);
        const way = [-b / long, a / long];
        const sides = [this.width, this.height];
        const span = (insets) => {
          let [from, to] = [-Infinity, Infinity];
          for (const n of [0, 1]) {
            const ends = [insets[n] - meet[n], sides[n] - insets[n] - meet[n]];
            if (Math.abs(way[n]) < 1e-9) { if (ends[0] > 0 || ends[1] < 0) return null; continue; }
            const [low, high] = ends.map((end) => end / way[n]).sort((one, other) => one - other);
            [from, to] = [Math.max(from, low), Math.min(to, high)];
          }
          return from < to ? [from, to] : null;
        };
        const level = Math.abs(way[0]) > Math.abs(way[1]);
        const found = span([inset, inset]) || span(level ? [inset, 0] : [0, inset]);
        const parts = found ? [[found[0], Math.min(found[1], -gap)], [Math.max(found[0], gap), found[1]]] : [];
        const at = (t) => meet.map((one, n) => (one + t * way[n]).toFixed(2)).join(" ");
        path.setAttribute("d", parts.filter(([from, to]) => from < to).map(([from, to]) => `M${at(from)}L${at(to)}`).join(""));
      }
    }
    // Where a point of the picture is: the other planes go there.
    point(x, y) {
      const box = this.img.getBoundingClientRect();
      const parts = { x: (x - box.left) / box.width, y: (y - box.top) / box.height };
      for (const [other, [begin, right, down]] of Object.entries(this.cuts)) {
        if (panes.has(other)) panes.get(other).go(panes.get(other).nearest(begin + right * parts.x + down * parts.y));
      }
    }
  }

  // How far along its normal a plane is: that of its pane, or where the page was begun.
  const dot = (a, b) => a.reduce((sum, one, n) => sum + one * b[n], 0);
  const place = (name) => panes.has(name) ? panes.get(name).mm : dot(data.normals[name], data.cursor);

  const update = () => {
    panes.forEach((one) => one.tell());
    if (data.flat) return;
    const names = Object.keys(data.normals);
    const world = [0, 1, 2].map((axis) => names.reduce((sum, name) => sum + place(name) * data.normals[name][axis], 0));
    const sides = [["L", "R"], ["P", "A"], ["H", "F"]];
    const told = world.map((mm, n) => `${sides[n][mm.toFixed(1) < 0 ? 1 : 0]} ${Math.abs(mm).toFixed(1)}`);
    const numbers = world.map((mm) => (Math.abs(mm) < 0.05 ? 0 : mm).toFixed(1).replace("-", "−")).join(", ");
    byId("place").textContent = `${told.join("   ")} mm   (LPS ${numbers})`;
  };

  const choose = (number) => {
    const radio = document.querySelector(`#windows input[value="${number}"]`);
    if (!radio) return;
    radio.checked = true;
    chosen = number;
    panes.forEach((one) => one.show());
    update();
  };

  const enlarge = (pane) => {
    large = pane;
    byId("panes").classList.toggle("one", Boolean(pane));
    panes.forEach((one) => {
      one.figure.classList.toggle("is-large", one === pane);
      const button = one.figure.querySelector(".large");
      button.setAttribute("aria-pressed", String(one === pane));
    });
    if (pane) pane.slider.focus({ preventScroll: true });
  };

  // The turntable plays once it is asked to, and stops when it is turned by hand or not seen.
  let playing = 0;
  const stop = (pane) => {
    clearInterval(playing);
    playing = 0;
    setPlay(pane);
  };
  const setPlay = (pane) => {
    const button = pane.figure.querySelector(".play");
    button.setAttribute("aria-pressed", String(Boolean(playing)));
    button.textContent = playing ? "Stop" : "Play";
  };
  const play = (pane) => {
    if (playing) { stop(pane); return; }
    const wait = still.matches ? 500 : 90; // who wants less motion gets slow steps, and only on demand
    playing = setInterval(() => { if (!document.hidden) pane.go(pane.index + 1); }, wait);
    setPlay(pane);
  };

  const listen = (pane) => {
    let from = null;
    const box = pane.box;
    // A picture for so many pixels: the whole width is all slices, and one turn.
    const step = () => Math.max(box.clientWidth / (pane.last + 1), pane.turns ? 1 : 3);
    box.addEventListener("pointerdown", (event) => {
      if (event.button || !event.isPrimary) return;
      from = { x: event.clientX, y: event.clientY, index: pane.index, moved: false };
      const isTouch = event.pointerType !== "mouse";
      from.steps = pane.turns || isTouch;
      if (pane.turns && playing) stop(pane);
      if (!from.steps) pane.point(event.clientX, event.clientY);
      if (!isTouch) { box.setPointerCapture(event.pointerId); event.preventDefault(); }
      pane.slider.focus({ preventScroll: true });
    });
    box.addEventListener("pointermove", (event) => {
      if (!from || !event.isPrimary) return;
      const across = event.clientX - from.x;
      const down = large === pane && !pane.turns ? event.clientY - from.y : 0;
      if (Math.hypot(across, event.clientY - from.y) > 6) from.moved = true;
      if (!from.steps) pane.point(event.clientX, event.clientY);
      else if (from.moved) pane.go(from.index + Math.round((Math.abs(down) > Math.abs(across) ? -down : across) / step()) * (pane.turns ? -1 : 1));
    });
    box.addEventListener("pointerup", (event) => {
      if (from && from.steps && !from.moved && !pane.turns) pane.point(event.clientX, event.clientY);
      from = null;
    });
    box.addEventListener("pointercancel", () => { from = null; });
    box.addEventListener("dblclick", () => enlarge(large ? null : pane));
    let rolled = 0;
    box.addEventListener("wheel", (event) => {
      if (event.ctrlKey || !event.deltaY) return; // the browser zooms
      event.preventDefault();
      // A wheel gives lines, or many pixels at once: one slice. A touch pad gives few pixels, often.
      const isWheel = event.deltaMode !== 0 || Math.abs(event.deltaY) >= 50;
      rolled = isWheel ? 30 * Math.sign(event.deltaY) : rolled + event.deltaY;
      const whole = Math.trunc(rolled / 30);
      if (!whole) return;
      rolled -= 30 * whole;
      if (pane.turns && playing) stop(pane);
      pane.go(pane.index - whole * (pane.forward || 1));
    }, { passive: false });
    pane.slider.addEventListener("keydown", (event) => {
      if (event.key === " " && pane.turns) { play(pane); event.preventDefault(); }
      else if (pane.turns && playing && /^(Arrow|Page|Home|End)/.test(event.key)) stop(pane);
      if (pane.turns && /^Arrow/.test(event.key)) { // it goes on where it began
        pane.go(pane.index + (/Right|Up/.test(event.key) ? 1 : -1));
        event.preventDefault();
      }
    });
    pane.slider.addEventListener("pointerdown", () => { if (pane.turns && playing) stop(pane); });
    pane.figure.querySelector(".large").addEventListener("click", () => enlarge(large === pane ? null : pane));
    if (pane.turns) pane.figure.querySelector(".play").addEventListener("click", () => play(pane));
  };

  data.panes.forEach((about) => panes.set(about.id, new Pane(about)));
  panes.forEach(listen);
  document.querySelectorAll("#windows input").forEach((radio) => {
    radio.checked = radio.value === "0";
    radio.addEventListener("change", () => choose(Number(radio.value)));
  });
  document.addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const figure = document.activeElement && document.activeElement.closest(".pane");
    if (event.key === "Escape" && large) enlarge(null);
    else if (event.key === "f" && (large || figure)) enlarge(large ? null : panes.get(figure.id));
    else if (/^[1-9]$/.test(event.key)) choose(Number(event.key) - 1);
  });
  document.documentElement.classList.add("scripted");
  update();
})();
