"use strict";
/* What the page knows: the items, which of them are meant, and their order. No element of the page is touched here. */

const DATA = JSON.parse(document.getElementById("data").textContent);
const ITEMS = DATA.items, WORDS = DATA.words, COUNT = ITEMS.key.length;
const PAGE_SIZE = 60;
const FACETS = [
  { name: "status", title: "Status", bit: 1 },
  { name: "modality", title: "Modality", bit: 2, none: "not said" },
  { name: "description", title: "Description", bit: 4, none: "no description" },
  { name: "note", title: "Notes", bit: 8, many: true },
  { name: "reason", title: "Reasons", bit: 16 },
];
const SEARCH_BIT = 32, NUMBER_BIT = 64;
const BASE_SORTS = { place: "Place", description: "Description", modality: "Modality", status: "Status", notes: "Number of notes" };
const COLUMNS = new Map(DATA.columns.map((column) => [column.name, column]));
const collator = new Intl.Collator(undefined, { numeric: true, sensitivity: "base" });
const compareText = (a, b) => collator.compare(a, b);

const START = {
  q: "", status: [], modality: [], description: [], note: [], reason: [], number: "", low: "", high: "",
  sort: "place", down: false, layout: "cards", page: 1, item: "",
};
let state = { ...START };

/* Of the address: what differs from the start, so that a view can be kept and sent. */
function toHash(some) {
  const words = new URLSearchParams();
  for (const [name, first] of Object.entries(START)) {
    const value = some[name];
    if (Array.isArray(first)) value.forEach((one) => words.append(name, one));
    else if (value !== first) words.set(name, String(value === true ? 1 : value));
  }
  return "#" + words.toString();
}

function fromHash(hash) {
  const words = new URLSearchParams(hash.slice(1)), found = { ...START };
  for (const [name, first] of Object.entries(START)) {
    if (!words.has(name)) continue;
    if (Array.isArray(first)) found[name] = words.getAll(name);
    else if (typeof first === "boolean") found[name] = words.get(name) === "1";
    else if (typeof first === "number") found[name] = Math.max(1, Math.floor(Number(words.get(name))) || 1);
    else found[name] = words.get(name);
  }
  if (!Object.hasOwn(BASE_SORTS, found.sort) && !COLUMNS.has(found.sort)) found.sort = START.sort;
  if (!COLUMNS.has(found.number)) found.number = "";
  if (found.layout !== "table") found.layout = "cards";
  return found;
}

/* Files of data beside the page: each is a script that hands over what it holds, as a page from a disk may not fetch. */
const loads = new Map(), waiting = new Map();
window.viewer3dTake = (name, value) => waiting.get(name)?.(value);

function load(name) {
  if (!loads.has(name)) {
    loads.set(name, new Promise((resolve, reject) => {
      const script = document.createElement("script");
      waiting.set(name, resolve);
      script.onerror = () => { loads.delete(name); reject(new Error(
        `${DATA.folder}/${name} is not beside this page: load the page again, and keep the folder ${DATA.folder} with it.`)); };
      script.src = `${DATA.folder}/${name}`;
      document.head.append(script);
    }));
  }
  return loads.get(name);
}

const values = new Map();  // of columns that were loaded, by name
async function loadColumn(name) {
  if (!values.has(name)) values.set(name, await load(COLUMNS.get(name).file));
  return values.get(name);
}

const keys = new Map();  // the number of each item by its key, made when first asked for
function itemOf(key) {
  if (!keys.size) ITEMS.key.forEach((one, item) => keys.set(one, item));
  return keys.has(key) ? keys.get(key) : -1;
}

const word = (facet, item) => WORDS[facet][ITEMS[facet][item]] ?? "";
const notesOf = (item) => ITEMS.note[item].map((one) => WORDS.note[one]);
const wordsOf = (facet, item) => (facet.many ? ITEMS[facet.name][item] : [ITEMS[facet.name][item]]);

const texts = [];  // what is searched of each item, made when first asked for
function textOf(item) {
  texts[item] ??= [word("description", item), word("modality", item), word("place", item), word("status", item),
    word("why", item), word("summary", item), ...notesOf(item)].join("\n").toLowerCase();
  return texts[item];
}

function limit(text) { return text.trim() === "" || Number.isNaN(Number(text)) ? null : Number(text); }

/* What is searched: words, and what stands between quotation marks. */
const termsOf = (text) => [...text.toLowerCase().matchAll(/"([^"]+)"?|\S+/g)].map((found) => found[1] ?? found[0]);

/* The bits of the filters that leave out each item: none of them, and it is meant. */
function failures() {
  const fails = new Uint8Array(COUNT);
  for (const facet of FACETS) {
    const chosen = state[facet.name];
    if (!chosen.length) continue;
    const wanted = new Set(chosen.map((one) => WORDS[facet.name].indexOf(one)));
    for (let item = 0; item < COUNT; item++) {
      if (!wordsOf(facet, item).some((one) => wanted.has(one))) fails[item] |= facet.bit;
    }
  }
  const terms = termsOf(state.q);
  if (terms.length) {
    for (let item = 0; item < COUNT; item++) {
      const text = textOf(item);
      if (!terms.every((term) => text.includes(term) || (term.length >= 6 && ITEMS.key[item].startsWith(term)))) fails[item] |= SEARCH_BIT;
    }
  }
  const column = values.get(state.number), low = limit(state.low), high = limit(state.high);
  if (column && (low !== null || high !== null)) {
    for (let item = 0; item < COUNT; item++) {
      const value = column[item];
      if (typeof value !== "number" || (low !== null && value < low) || (high !== null && value > high)) fails[item] |= NUMBER_BIT;
    }
  }
  return fails;
}

/* Of each word of a facet, how many items have it that all other filters leave. */
function countWords(facet, fails) {
  const counts = new Uint32Array(WORDS[facet.name].length);
  for (let item = 0; item < COUNT; item++) {
    if ((fails[item] & ~facet.bit) !== 0) continue;
    for (const one of wordsOf(facet, item)) if (one >= 0) counts[one]++;
  }
  return counts;
}

const totals = new Map();
function totalsOf(facet) {
  if (!totals.has(facet.name)) totals.set(facet.name, countWords(facet, new Uint8Array(COUNT)));
  return totals.get(facet.name);
}

const ranks = new Map();  // of the words of a facet, where each stands among them
function rankOf(name) {
  if (!ranks.has(name)) {
    const order = WORDS[name].map((_, one) => one);
    if (name !== "status") order.sort((a, b) => compareText(WORDS[name][a], WORDS[name][b]));
    const rank = new Uint32Array(order.length);
    order.forEach((one, at) => { rank[one] = at; });
    ranks.set(name, rank);
  }
  return ranks.get(name);
}

function comparison() {
  const sort = state.sort, column = values.get(sort);
  if (sort === "place" || (COLUMNS.has(sort) && !column)) return (a, b) => a - b;
  if (sort === "notes") return (a, b) => ITEMS.note[a].length - ITEMS.note[b].length;
  if (column && COLUMNS.get(sort).kind === "number") return (a, b) => column[a] - column[b];
  if (column) return (a, b) => compareText(String(column[a]), String(column[b]));
  const rank = rankOf(sort);
  return (a, b) => rank[ITEMS[sort][a]] - rank[ITEMS[sort][b]];
}

/* The items that are meant, in their order; what has no value comes last in both directions. */
function chosenItems(fails) {
  const chosen = [];
  for (let item = 0; item < COUNT; item++) if (!fails[item]) chosen.push(item);
  const compare = comparison(), sign = state.down ? -1 : 1, column = values.get(state.sort);
  const lacks = (item) => column !== undefined && (column[item] === null || column[item] === undefined);
  return chosen.sort((a, b) => lacks(a) - lacks(b) || (lacks(a) ? 0 : sign * compare(a, b)) || a - b);
}

const BINS = 40;
/* A histogram of the numbers of a column: of all items, and of those that the other filters leave. */
function histogram(name, fails) {
  const column = values.get(name);
  let least = Infinity, most = -Infinity, without = 0;
  for (const value of column) {
    if (typeof value !== "number") { without++; continue; }
    if (value < least) least = value;
    if (value > most) most = value;
  }
  const all = new Uint32Array(BINS), meant = new Uint32Array(BINS), width = (most - least) / BINS || 1;
  column.forEach((value, item) => {
    if (typeof value !== "number") return;
    const bin = Math.min(BINS - 1, Math.floor((value - least) / width));
    all[bin]++;
    if ((fails[item] & ~NUMBER_BIT) === 0) meant[bin]++;
  });
  return { least, most, width, without, all, meant };
}

/* A path of OUT as an address: what a name may hold is not taken for what addresses mean by it. */
const address = (path) => path.split("/").map(encodeURIComponent).join("/");
const ofKey = (path, key) => (path.startsWith("=") ? path.slice(1) : path.replaceAll("*", key).replace("?", key.slice(0, 2)));
