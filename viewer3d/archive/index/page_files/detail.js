/* The panel of one item, the keys, and the start. */

const SHOWN_SUFFIXES = /\.(png|jpe?g|webp|gif|svg|avif)$/i, MOVIE_SUFFIXES = /\.(mp4|webm)$/i;
const STILL = window.matchMedia("(prefers-reduced-motion: reduce)");
/* What the picture of a job shows, for who does not see it; its file carries its own words. */
const SEEN = {
  thumbnail: "axial, coronal and sagittal slices, small", mpr: "axial, coronal and sagittal slices",
  quad: "axial, coronal and sagittal slices and a 3D rendering", lightbox: "slices side by side",
  mips: "maximum intensity projections along three axes", turntable: "one turn around a 3D rendering",
};
let detailItem = -1;

function pairs(rows) {
  return make("dl", {}, ...rows.flatMap(([name, value]) => [make("dt", {}, name), make("dd", {}, value)]));
}

/* Of a single image every job but the turntable draws that image. */
function altOf(item, job) {
  const seen = /^\d+ x \d+ x 1\b/.test(word("summary", item)) ? "image" : SEEN[job] ?? job;
  return `${word("modality", item)} ${seen}`.trim();
}

function figureOf(item, job, path, bytes) {
  const source = address(path), moves = job === "turntable" && STILL.matches;
  const shownAs = MOVIE_SUFFIXES.test(path) ? make("video", { src: source, controls: true, preload: "metadata" })
    : moves ? "A movie: open it" : make("img", { src: source, loading: "lazy", alt: altOf(item, job) });
  return make("figure", {}, make("a", { href: source }, shownAs), make("figcaption", {}, `${job} · ${bytesText(bytes)}`));
}

function rowParts(item, row) {
  const [files, numbers, notes, run] = row, parts = [], key = ITEMS.key[item];
  const all = files.map(([job, path, bytes, sha256]) => ({ job, path: ofKey(path, key), bytes, sha256 }));
  const pictures = all.filter((one) => SHOWN_SUFFIXES.test(one.path) || MOVIE_SUFFIXES.test(one.path));
  parts.push(...pictures.map((one) => figureOf(item, one.job, one.path, one.bytes)));
  if (notes.length) parts.push(make("h3", {}, "Notes"), make("ul", { className: "notes" }, ...notes.map((note) => make("li", {}, note))));
  const groups = new Map();
  for (const [name, value] of numbers) {
    if (value === null || value === "") continue;
    const column = DATA.names[name];
    groups.set(jobOf(column), [...(groups.get(jobOf(column)) ?? []), [column, numberText(value, column)]]);
  }
  for (const [job, rows] of groups) {
    parts.push(make("h3", {}, job || "numbers"), make("dl", { className: "numbers" }, ...rows.map(([name, value]) =>
      make("div", { title: DATA.meanings[name] ?? name }, make("dt", {}, nameOf(name)), make("dd", {}, value)))));
  }
  parts.push(make("h3", {}, "Where it comes from"), pairs([["place", word("place", item)], ...run.filter(([, value]) => value !== null && value !== "")
    .map(([name, value]) => [name.replaceAll("_", " "), name === "memory" ? bytesText(value) : numberText(value)]), ["key", key]]));
  if (all.length) {
    parts.push(make("h3", {}, "Files"), make("ul", { className: "files" }, ...all.map((one) => make("li", {},
      make("a", { href: address(one.path) }, one.path), ` ${bytesText(one.bytes)} `, make("code", { className: "muted", title: "SHA-256" }, one.sha256)))));
  }
  return parts;
}

function drawDetail() {
  const dialog = byId("detail"), item = state.item ? itemOf(state.item) : -1;
  if (item < 0) {
    if (dialog.open) dialog.close();
    detailItem = -1;
    return;
  }
  if (item === detailItem && dialog.open) return;
  detailItem = item;
  const at = shown.indexOf(item), status = word("status", item), body = make("div", { className: "body" });
  const step = (by, label, keyName) => focusable(make("button", {
    type: "button", ariaLabel: label, title: `${label} (${keyName})`, disabled: at < 0 || shown[at + by] === undefined, on: { click: () => showItem(shown[at + by]) },
  }, by < 0 ? "‹" : "›"), `step ${by}`);
  const facts = [word("modality", item), word("summary", item), ITEMS.stack[item] === null ? "" : `stack ${ITEMS.stack[item]}`].filter(Boolean);
  const focus = document.activeElement?.dataset?.focus;
  dialog.replaceChildren(make("div", { className: "top" },
    make("div", {}, make("h2", { id: "detail-title" }, titleOf(item)), make("p", { className: "muted" }, facts.join(" · ")), stateOf(status)),
    step(-1, "Previous", "←"), step(1, "Next", "→"),
    focusable(make("button", { type: "button", ariaLabel: "Close", title: "Close (Esc)", on: { click: () => dialog.close() } }, "✕"), "close")), body);
  if (word("why", item)) body.append(make("p", { className: `said ${classOf(status)}` }, word("why", item)));
  if (!dialog.open) dialog.showModal();
  dialog.scrollTop = 0;
  dialog.querySelector(`[data-focus="${CSS.escape(focus?.startsWith("step") ? focus : "close")}"]:not(:disabled)`)?.focus();
  load(DATA.rows[Math.floor(item / DATA.chunk)]).then((rows) => {
    if (detailItem === item) body.append(...rowParts(item, rows[item % DATA.chunk]));
  }, (error) => body.append(make("p", { className: "said is-bad", role: "alert" }, error.message)));
}

function showItem(item) {
  if (item === undefined) return;
  const at = shown.indexOf(item);
  change({ item: ITEMS.key[item], page: at < 0 ? state.page : Math.floor(at / PAGE_SIZE) + 1 }, { keepPage: true });
}

byId("detail").addEventListener("close", () => {
  const key = state.item;
  if (!key) return;
  change({ item: "" }, { keepPage: true });
  document.querySelector(`[data-focus="item ${CSS.escape(key)}"]`)?.focus();
});
for (const dialog of [byId("detail"), byId("help")]) {
  dialog.addEventListener("click", (event) => { if (event.target === dialog) dialog.close(); });
}

const KEYS = [["/", "search"], ["← → ↑ ↓", "from picture to picture"], ["Enter", "all of a volume: its pictures and numbers"], ["← →", "there, the one before and the next"],
  ["Esc", "close it"], ["[ ]", "the page before and the next"], ["t", "pictures or table"], ["?", "this help"]];
byId("help").replaceChildren(make("h2", { id: "help-title" }, "Keys"), pairs(KEYS),
  make("p", { className: "muted" }, "The address keeps what is filtered, sorted and open: it can be bookmarked and sent. All numbers, with the path of each series, are in table.csv beside this page."),
  make("p", {}, make("button", { type: "button", on: { click: () => byId("help").close() } }, "Close")));

/* Move the focus among the pictures, by one or by a line of them. */
function moveFocus(key) {
  const all = [...document.querySelectorAll("#listing a[data-focus]")], now = all.indexOf(document.activeElement);
  if (!all.length) return false;
  const top = all[0].getBoundingClientRect().top, line = all.filter((one) => one.getBoundingClientRect().top === top).length;
  const by = { ArrowLeft: -1, ArrowRight: 1, ArrowUp: -line, ArrowDown: line }[key];
  if (now < 0 && (key === "ArrowUp" || key === "ArrowDown")) return false;
  const next = all[now < 0 ? 0 : now + by];
  next?.focus();
  return next !== undefined;
}

document.addEventListener("keydown", (event) => {
  if (event.ctrlKey || event.metaKey || event.altKey) return;
  const dialog = byId("detail"), isTyping = event.target.matches("input:not([type=checkbox]), select, textarea");
  if (event.key === "Escape" && event.target === byId("search")) { change({ q: "" }); byId("search").value = ""; event.target.blur(); return; }
  if (isTyping || byId("help").open) return;
  const at = shown.indexOf(detailItem);
  if (dialog.open) {
    if (event.key === "ArrowLeft" || event.key === "ArrowRight") { showItem(shown[at + (event.key === "ArrowLeft" ? -1 : 1)]); event.preventDefault(); }
    return;
  }
  const acts = {
    "/": () => byId("search").focus(), "?": () => byId("help").showModal(),
    "[": () => change({ page: Math.max(1, state.page - 1) }, { keepPage: true }), "]": () => change({ page: state.page + 1 }, { keepPage: true }),
    t: () => change({ layout: state.layout === "cards" ? "table" : "cards" }, { keepPage: true }),
  };
  if (acts[event.key]) { acts[event.key](); event.preventDefault(); } else if (event.key.startsWith("Arrow") && moveFocus(event.key)) event.preventDefault();
});

const THEMES = ["system", "dark", "light"];
function setTheme(theme) {
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  byId("theme").textContent = { system: "Auto", dark: "Dark", light: "Light" }[theme];
  byId("theme").ariaLabel = `Colours: ${theme}; change`;
  try { localStorage.setItem("viewer3d-theme", theme); } catch { /* a page from a disk may have no storage */ }
}
function themeNow() { return document.documentElement.dataset.theme ?? "system"; }

function start() {
  let theme = "system";
  try { theme = localStorage.getItem("viewer3d-theme") ?? theme; } catch { /* as above */ }
  setTheme(THEMES.includes(theme) ? theme : "system");
  byId("about").textContent = DATA.about;
  byId("sort").append(...Object.entries(BASE_SORTS).map(([name, label]) => make("option", { value: name }, label)), ...options(DATA.columns));
  const numbers = DATA.columns.filter((one) => one.kind === "number");
  byId("number-facet").hidden = numbers.length === 0;
  byId("number").append(make("option", { value: "" }, "choose a number"), ...options(numbers));
  byId("columns").append(...DATA.columns.map((one) => make("label", {}, make("input", {
    type: "checkbox", checked: tableColumns.includes(one.name), on: { change: (event) => {
      tableColumns = DATA.columns.map((other) => other.name).filter((name) => (name === one.name ? event.target.checked : tableColumns.includes(name)));
      refresh();
    } },
  }), " ", make("span", { title: DATA.meanings[one.name] ?? "" }, one.name))));
  const left = byId("left"), count = DATA.left.reduce((sum, one) => sum + one[1], 0);
  left.hidden = count === 0;
  left.querySelector("summary").textContent = `${plural(count, "file belongs", "files belong")} to no volume`;
  left.querySelector("ul").append(...DATA.left.map(([reason, files]) => make("li", {}, `${files.toLocaleString("en")} ${reason}`)));
  byId("skip").addEventListener("click", (event) => { event.preventDefault(); byId("results").focus(); });
  byId("theme").addEventListener("click", () => setTheme(THEMES[(THEMES.indexOf(themeNow()) + 1) % THEMES.length]));
  byId("help-open").addEventListener("click", () => byId("help").showModal());
  byId("clear").addEventListener("click", () => { byId("search").value = ""; clearAll(); });
  byId("number").addEventListener("change", (event) => change({ number: event.target.value, low: "", high: "" }));
  byId("sort").addEventListener("change", (event) => change({ sort: event.target.value }));
  byId("direction").addEventListener("click", () => change({ down: !state.down }));
  byId("as-cards").addEventListener("click", () => change({ layout: "cards" }, { keepPage: true }));
  byId("as-table").addEventListener("click", () => change({ layout: "table" }, { keepPage: true }));
  byId("search").addEventListener("input", (event) => change({ q: event.target.value }));
  byId("search-form").addEventListener("submit", (event) => event.preventDefault());
  byId("filters-open").addEventListener("click", () => {
    const open = byId("filters").classList.toggle("open");
    byId("filters-open").ariaExpanded = String(open);
  });
  const read = () => { state = fromHash(location.hash); byId("search").value = state.q; refresh(); };
  window.addEventListener("hashchange", read);
  read();
}

start();
