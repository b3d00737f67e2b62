/* What the page shows. Text of files is put in as text alone, never as markup. */

const byId = (id) => document.getElementById(id);
const plural = (count, one, many) => `${count.toLocaleString("en")} ${count === 1 ? one : many}`;
let shown = [], fails = new Uint8Array(COUNT), tableColumns = DATA.columns.filter((one) => one.first).map((one) => one.name);

/* Make an element: properties, then children; text is text. */
function make(tag, properties = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(properties)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, act] of Object.entries(value)) element.addEventListener(event, act);
    else if (name in element && name !== "list" && name !== "width") element[name] = value;
    else element.setAttribute(name, value);
  }
  element.append(...children.filter((child) => child !== null && child !== undefined && child !== false));
  return element;
}

const classOf = (status) => `is-${status.replaceAll(" ", "-")}`;
const titleOf = (item) => word("description", item) || lastPart(word("place", item)) || ITEMS.key[item];
const lastPart = (path) => path.split(/[\\/]/).filter(Boolean).at(-1) ?? "";
const nameOf = (column) => column.slice(column.indexOf(".") + 1).replaceAll("_", " ");
const jobOf = (column) => (column.includes(".") ? column.slice(0, column.indexOf(".")) : "");
const stateOf = (status) => make("span", { className: `state ${classOf(status)}` }, make("span", { className: "dot" }), status);

function numberText(value, name = "") {
  if (value === null || value === undefined || value === "") return "";
  if (typeof value === "boolean" || (DATA.meanings[name] ?? "").startsWith("whether")) return value ? "yes" : "no";
  if (typeof value !== "number" || Number.isInteger(value)) return String(value);
  const size = Math.abs(value);
  return size >= 1e6 || size < 1e-3 ? value.toExponential(1) : String(Number(value.toPrecision(5)));
}

function bytesText(bytes) {
  if (typeof bytes !== "number") return "";
  const units = ["B", "kB", "MB", "GB", "TB"];
  let unit = 0;
  for (; bytes >= 1000 && unit < 4; unit++) bytes /= 1000;
  return `${unit && bytes < 10 ? bytes.toFixed(1) : Math.round(bytes)} ${units[unit]}`;
}

function change(some, { keepPage = false } = {}) {
  state = { ...state, ...some };
  if (!keepPage) state.page = 1;
  history.replaceState(null, "", toHash(state));
  refresh();
}

function toggle(name, value) {
  const chosen = state[name];
  change({ [name]: chosen.includes(value) ? chosen.filter((one) => one !== value) : [...chosen, value] });
}

/* Draw all anew; what had the focus has it again. */
function refresh() {
  for (const name of [state.number, state.sort]) {
    if (COLUMNS.has(name) && !values.has(name)) loadColumn(name).then(refresh, complain);
  }
  const focus = document.activeElement?.dataset?.focus;
  fails = failures();
  shown = chosenItems(fails);
  drawStatus();
  drawFacets();
  drawDistribution();
  drawBar();
  drawListing();
  drawPages();
  drawDetail();
  if (focus && document.activeElement?.dataset?.focus !== focus) {
    document.querySelector(`[data-focus="${CSS.escape(focus)}"]`)?.focus({ preventScroll: true });
  }
}

function focusable(element, name) { element.dataset.focus = name; return element; }

function complain(error) {
  byId("listing").prepend(make("p", { className: "empty", role: "alert" }, error.message));
}

function drawStatus() {
  const counts = countWords(FACETS[0], fails), all = totalsOf(FACETS[0]);
  byId("status").replaceChildren(...WORDS.status.map((status, one) => all[one] > 0 && focusable(make("button", {
    type: "button", className: classOf(status), ariaPressed: String(state.status.includes(status)),
    on: { click: () => toggle("status", status) },
  }, make("span", { className: "dot", ariaHidden: "true" }), make("b", {}, counts[one].toLocaleString("en")), status), `status ${status}`)).filter(Boolean));
}

const opened = new Map(), within = new Map();  // of facets: whether all words are shown, and what is looked for in them
const FEW = 8;

function drawFacets() {
  const drawn = FACETS.filter((facet) => facet.name !== "status" && WORDS[facet.name].length > 0).map((facet) => {
    const known = document.querySelector(`details[data-facet="${facet.name}"]`);
    const block = known ?? make("details", { className: "facet", open: true, "data-facet": facet.name });
    const chosen = state[facet.name], counts = countWords(facet, fails), all = totalsOf(facet), names = WORDS[facet.name];
    const wanted = (within.get(facet.name) ?? "").toLowerCase();
    const order = names.map((_, one) => one).sort((a, b) => all[b] - all[a] || compareText(names[a], names[b]));
    const fitting = order.filter((one) => names[one].toLowerCase().includes(wanted) && (counts[one] || chosen.includes(names[one])));
    const few = fitting.filter((one, at) => at < (opened.get(facet.name) ? 200 : FEW) || chosen.includes(names[one]));
    block.hidden = !wanted && few.length === 0;
    const summary = make("summary", {}, facet.title, chosen.length ? make("span", { className: "muted" }, `  ${chosen.length} chosen`) : null);
    const field = names.length > FEW && focusable(make("input", {
      type: "search", placeholder: `Find among ${names.length}`, ariaLabel: `Find among ${facet.title}`, value: within.get(facet.name) ?? "",
      on: { input: (event) => { within.set(facet.name, event.target.value); drawFacets(); byId("facets").querySelector(`[data-focus="find ${facet.name}"]`).focus(); } },
    }), `find ${facet.name}`);
    const list = make("ul", {}, ...few.map((one) => make("li", {}, make("label", {},
      focusable(make("input", { type: "checkbox", checked: chosen.includes(names[one]), on: { change: () => toggle(facet.name, names[one]) } }), `${facet.name} ${names[one]}`),
      make("span", { className: "word" }, names[one] || facet.none), make("span", { className: "number" }, counts[one].toLocaleString("en"))))));
    const rest = fitting.length - FEW;
    const more = rest > 0 && focusable(make("button", { type: "button", className: "quiet more", on: { click: () => { opened.set(facet.name, !opened.get(facet.name)); refresh(); } } },
      opened.get(facet.name) ? "Show fewer" : `Show ${Math.min(rest, 200 - FEW)} more`), `more ${facet.name}`);
    block.replaceChildren(...[summary, field, list, more].filter(Boolean));
    return block;
  });
  const place = byId("facets");
  if (place.children.length !== drawn.length) place.replaceChildren(...drawn);
  byId("clear").disabled = toHash({ ...state, sort: "place", down: false, layout: "cards", page: 1, item: "" }) === "#";
}

function options(columns) {
  const groups = new Map();
  for (const column of columns) groups.set(jobOf(column.name), [...(groups.get(jobOf(column.name)) ?? []), column]);
  return [...groups].map(([job, some]) => make("optgroup", { label: job || "run" }, ...some.map((one) => make("option", { value: one.name, title: DATA.meanings[one.name] ?? one.name }, nameOf(one.name)))));
}

function drawDistribution() {
  const place = byId("distribution");
  byId("number").value = state.number;
  if (!state.number || !values.has(state.number)) { place.replaceChildren(); return; }
  const { least, most, width, without, all, meant } = histogram(state.number, fails);
  if (least > most) { place.replaceChildren(make("p", { className: "muted" }, "No series has it.")); return; }
  const high = Math.max(...all), low = limit(state.low), top = limit(state.high);
  const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
  svg.setAttribute("viewBox", `0 0 ${BINS} 100`);
  svg.setAttribute("preserveAspectRatio", "none");
  svg.setAttribute("role", "img");
  svg.setAttribute("aria-label", `Distribution of ${nameOf(state.number)}, from ${numberText(least)} to ${numberText(most)}`);
  const box = (name, x, y, w, h) => {
    const one = document.createElementNS("http://www.w3.org/2000/svg", "rect");
    Object.entries({ class: name, x, y, width: w, height: h }).forEach(([key, value]) => one.setAttribute(key, value));
    svg.append(one);
  };
  const tall = (count) => (count ? Math.max(2.5, 100 * Math.sqrt(count / high)) : 0);
  for (let bin = 0; bin < BINS; bin++) {
    box("all", bin + 0.06, 100 - tall(all[bin]), 0.88, tall(all[bin]));
    box("in", bin + 0.06, 100 - tall(meant[bin]), 0.88, tall(meant[bin]));
  }
  const at = (value) => Math.min(BINS, Math.max(0, (value - least) / width));
  if (low !== null || top !== null) {
    const from = low === null ? 0 : at(low), to = top === null ? BINS : at(top);
    box("range", from, 0, Math.max(0.2, to - from), 100);
  }
  svg.addEventListener("pointerdown", (down) => {
    const where = (event) => {
      const frame = svg.getBoundingClientRect();
      return Math.min(BINS, Math.max(0, (BINS * (event.clientX - frame.left)) / frame.width));
    };
    const first = where(down);
    svg.setPointerCapture(down.pointerId);
    svg.addEventListener("pointerup", (up) => {
      const [from, to] = [first, where(up)].sort((a, b) => a - b);
      const ends = [least + Math.floor(from) * width, least + Math.ceil(Math.max(to, from + 0.01)) * width];
      change({ low: String(Number(ends[0].toPrecision(6))), high: String(Number(ends[1].toPrecision(6))) });
    }, { once: true });
  });
  const end = (name, label, value) => make("label", {}, label, focusable(make("input", {
    type: "text", inputMode: "decimal", value: state[name], placeholder: numberText(value), on: { change: (event) => change({ [name]: event.target.value }) },
  }), name));
  place.replaceChildren(svg, make("div", { className: "ends" }, end("low", "from", least), end("high", "to", most)),
    make("p", { className: "muted small" }, without ? `${plural(without, "series has", "series have")} no such number; ` : "", "heights are square roots of counts"));
}

function drawBar() {
  const from = (state.page - 1) * PAGE_SIZE, some = shown.slice(from, from + PAGE_SIZE).length;
  byId("count").textContent = shown.length === 0 ? "No series fits" : `${(from + 1).toLocaleString("en")} to ${(from + some).toLocaleString("en")} of ${plural(shown.length, "volume", "volumes")}${shown.length < COUNT ? ` (${COUNT.toLocaleString("en")} in all)` : ""}`;
  byId("sort").value = state.sort;
  byId("direction").textContent = state.down ? "↓" : "↑";
  byId("direction").ariaLabel = state.down ? "Sorted downwards; sort upwards" : "Sorted upwards; sort downwards";
  byId("as-cards").ariaPressed = String(state.layout === "cards");
  byId("as-table").ariaPressed = String(state.layout === "table");
  byId("columns-choice").hidden = state.layout !== "table" || DATA.columns.length === 0;
}

const linkOf = (item) => toHash({ ...state, item: ITEMS.key[item] });
const TALL = new Set(["quad", "lightbox", "turntable", "mips"]);

function pictureOf(item) {
  const pattern = WORDS.picture[ITEMS.picture[item]];
  if (pattern === undefined) return null;
  const path = ofKey(pattern, ITEMS.key[item]);
  const picture = make("img", { src: address(path), loading: "lazy", decoding: "async", alt: `${word("modality", item)} ${titleOf(item)}`.trim() });
  picture.addEventListener("error", () => picture.replaceWith(make("span", { className: "muted" }, `picture missing: ${path}`)), { once: true });
  return picture;
}

function cardOf(item) {
  const status = word("status", item), fine = status === "done", picture = pictureOf(item), noted = ITEMS.note[item].length;
  const isTall = TALL.has(/-([a-z0-9_]+)\.[^.]*$/i.exec(WORDS.picture[ITEMS.picture[item]] ?? "")?.[1]);
  const blank = picture ?? make("div", { className: "blank" }, ...(fine ? ["no picture was made"] : [stateOf(status), make("div", { className: "why" }, word("why", item))]));
  const facts = [word("summary", item), ITEMS.stack[item] === null ? "" : `stack ${ITEMS.stack[item]}`].filter(Boolean).join(" · ");
  return make("li", {}, focusable(make("a", { className: `card ${classOf(status)}${fine ? "" : " fails"}`, href: linkOf(item) },
    make("div", { className: `picture${isTall ? " tall" : ""}${picture ? "" : " lacks"}` }, blank),
    make("div", { className: "words" },
      make("div", { className: "first" }, word("modality", item) && make("span", { className: "modality" }, word("modality", item)),
        make("span", { className: "description", title: titleOf(item) }, titleOf(item))),
      make("div", { className: "small" }, facts || lastPart(word("place", item))),
      noted ? make("div", { className: "noted", title: notesOf(item).join("\n") }, `${plural(noted, "note", "notes")}: ${notesOf(item)[0]}`) : null)), `item ${ITEMS.key[item]}`));
}

function drawListing() {
  const place = byId("listing"), some = shown.slice((state.page - 1) * PAGE_SIZE, state.page * PAGE_SIZE);
  if (some.length === 0) {
    place.replaceChildren(make("p", { className: "empty" }, COUNT === 0 ? "The run has no items: nothing was found in its places." : "No series fits all filters. ",
      COUNT > 0 && make("button", { type: "button", on: { click: clearAll } }, "Clear all filters")));
  } else if (state.layout === "cards") {
    place.replaceChildren(make("ul", { className: "cards" }, ...some.map(cardOf)));
  } else {
    drawTable(place, some);
  }
}

function drawTable(place, some) {
  for (const name of tableColumns) if (!values.has(name)) loadColumn(name).then(refresh, complain);
  const loaded = tableColumns.filter((name) => values.has(name));
  const isFigure = (name) => COLUMNS.get(name).kind === "number";
  const head = (name, label, figure = false) => make("th", {
    scope: "col", className: figure ? "figure" : "", "aria-sort": state.sort === name ? (state.down ? "descending" : "ascending") : null, title: DATA.meanings[name] ?? name,
  }, focusable(make("button", { type: "button", on: { click: () => change({ sort: name, down: state.sort === name && !state.down }) } },
    label, state.sort === name ? (state.down ? " ↓" : " ↑") : ""), `head ${name}`));
  const rows = some.map((item) => make("tr", {},
    make("td", { className: "picture" }, pictureOf(item)),
    make("td", {}, word("modality", item)),
    make("td", { className: "text" }, focusable(make("a", { href: linkOf(item) }, titleOf(item)), `item ${ITEMS.key[item]}`)),
    make("td", { className: word("why", item) ? "text" : "" }, stateOf(word("status", item)), word("why", item) ? make("div", { className: "cut", title: word("why", item) }, word("why", item)) : null),
    make("td", { className: "text" }, make("div", { className: "cut", title: notesOf(item).join("\n") }, notesOf(item).join("; "))),
    ...loaded.map((name) => make("td", { className: isFigure(name) ? "figure" : "text" }, numberText(values.get(name)[item], name)))));
  place.replaceChildren(make("div", { className: "scroll", tabIndex: 0, role: "region", ariaLabel: "Table of the series" }, make("table", { className: "list" },
    make("thead", {}, make("tr", {}, make("th", {}, make("span", { className: "unseen" }, "Picture")), head("modality", "Modality"), head("description", "Description"),
      head("status", "Status"), head("notes", "Notes"), ...loaded.map((name) => head(name, nameOf(name), isFigure(name))))), make("tbody", {}, ...rows))));
}

function drawPages() {
  const count = Math.max(1, Math.ceil(shown.length / PAGE_SIZE)), place = byId("pages");
  if (state.page > count) { change({ page: count }, { keepPage: true }); return; }
  const go = (page) => () => { change({ page }, { keepPage: true }); byId("results").scrollIntoView(); };
  const button = (label, page, name) => focusable(make("button", { type: "button", disabled: page < 1 || page > count, on: { click: go(page) } }, label), name);
  place.hidden = count === 1;
  place.replaceChildren(button("Previous", state.page - 1, "previous"), make("label", {}, "Page ", focusable(make("input", {
    type: "text", inputMode: "numeric", value: state.page, on: { change: (event) => go(Math.min(count, Math.max(1, Math.floor(Number(event.target.value)) || 1)))() },
  }), "page"), ` of ${count.toLocaleString("en")}`), button("Next", state.page + 1, "next"));
}

function clearAll() { within.clear(); change({ ...START, sort: state.sort, down: state.down, layout: state.layout }); }
