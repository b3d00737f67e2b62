// The page of `viewer3d serve`: it lets itself in with the token of the link, and keeps a websocket open.

import {start} from "./viewer.js";

const TOKEN_HEADER = "X-Viewer3d-Token";
const WAITS_MS = [250, 500, 1000, 2000, 4000, 8000]; // before each further try
const TRY_LATER = 1013; // code of who has no room for another page (RFC 6455, registry of close codes)
const OPENS_WITHIN_MS = 15000; // so long an answer or a websocket may take
const TRIES_OF_A_PROXY = 2; // so often the page is answered and the websocket is not, before a proxy is blamed

const ADDRESS = (name) => new URL(name, location.href.split("#")[0]);
const WORDS = {
  first: "Connecting …",
  lost: "The connection is lost: the picture is the last one. Connecting again …",
  silent: "viewer3d does not answer: it may have ended, or the tunnel to it is closed. Trying again …",
  refused: "This browser was not let in: open the link that was printed where the viewer runs.",
  another: "The viewer was started again: open the link that it has printed, here or in another tab.",
  forgetful: "This browser keeps no cookie of this page, by which the viewer knows it: allow cookies, and start again.",
  proxy:
    "This page arrives, but its websocket does not: a proxy between may cut it. Start the viewer again and come " +
    "through ssh -L PORT:127.0.0.1:PORT HOST, with the port of the link that is printed.",
};

const link = {send: () => {}, onmessage: null, onstate: null};
start(document.getElementById("viewer3d"), link);
document.querySelector(".viewer3d-keys").focus();

let token = new URLSearchParams(location.hash.slice(1)).get("token");
let socket = null;
let tries = 0;
let timer = 0;
let wasLetIn = false;
let wasIn = false;
let isOver = false;

link.onstate("waiting", WORDS.first);
begin();

// Exchange the token for the cookie, once; return what is wrong, or nothing.
async function letIn() {
  let answer;
  try {
    const signal = AbortSignal.timeout(OPENS_WITHIN_MS);
    const headers = token ? {[TOKEN_HEADER]: token} : {};
    answer = await fetch(ADDRESS("session"), {headers, cache: "no-store", signal});
  } catch {
    return {words: WORDS.silent};
  }
  if (answer.status >= 500 || answer.status === 429) return {words: WORDS.silent};
  token = null;
  if (location.hash) history.replaceState(null, "", location.pathname + location.search);
  if (answer.ok) {
    wasLetIn = true;
    return null;
  }
  const said = (answer.headers.get("Content-Type") ?? "").startsWith("text/plain") ? (await answer.text()).trim() : "";
  const known = wasIn ? WORDS.another : wasLetIn ? WORDS.forgetful : "";
  return {words: known || (said ? sentence(said) : WORDS.refused), isFinal: true};
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

async function begin() {
  const wrong = await letIn();
  if (wrong?.isFinal) finish(wrong.words);
  else if (wrong) again(wrong.words);
  else open();
}

function finish(words) {
  isOver = true;
  link.onstate("ended", words);
}

function again(words) {
  link.onstate("waiting", words);
  clearTimeout(timer);
  timer = setTimeout(begin, WAITS_MS[Math.min(tries, WAITS_MS.length - 1)]);
  tries += 1;
}

function open() {
  const address = ADDRESS("socket");
  address.protocol = address.protocol.replace("http", "ws");
  const mine = new WebSocket(address);
  let wasOpen = false;
  let heard = Date.now(); // which counts the time that a machine sleeps
  let within = OPENS_WITHIN_MS;
  const watch = setInterval(() => Date.now() - heard > within && end({}), 1000); // a line may end without a word
  socket = mine;
  mine.binaryType = "arraybuffer";
  mine.onopen = () => {
    wasOpen = wasIn = true;
    within = Infinity; // until the viewer says how long it is silent at most
    link.send = (message) => mine.readyState === WebSocket.OPEN && mine.send(JSON.stringify(message));
    link.onstate("open");
  };
  mine.onmessage = ({data}) => {
    const [header, buffers] = unpacked(data);
    tries = 0;
    heard = Date.now();
    if (header.t === "alive") within = header.within * 1000;
    if (header.t === "info") document.title = header.title;
    if (header.t === "end") isOver = true;
    link.onmessage(header, buffers);
  };
  const end = ({code, reason}) => {
    clearInterval(watch);
    mine.onopen = mine.onmessage = mine.onclose = null;
    mine.close();
    link.send = () => {};
    if (socket === mine) socket = null;
    if (isOver) return;
    if (wasOpen) again(code === TRY_LATER && reason ? `${sentence(reason)} Trying again …` : WORDS.lost);
    else again(tries >= TRIES_OF_A_PROXY ? WORDS.proxy : WORDS.first);
  };
  mine.onclose = end;
}

// A message is JSON, or binary: the length of the header, the header, and the buffers whose lengths it tells.
function unpacked(data) {
  if (typeof data === "string") return [JSON.parse(data), []];
  const length = new DataView(data).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(new Uint8Array(data, 4, length)));
  let at = 4 + length;
  return [header, header.bytes.map((size) => new Uint8Array(data, (at += size) - size, size))];
}

// At once when there is hope, without waiting for the next try.
function hurry() {
  if (isOver || socket || document.visibilityState === "hidden") return;
  clearTimeout(timer);
  timer = setTimeout(begin, 0);
}
for (const [target, name] of [[window, "online"], [window, "focus"], [document, "visibilitychange"]])
  target.addEventListener(name, hurry);
// Another link in this tab is the same page, of which browsers change the address alone.
window.addEventListener("hashchange", () => location.reload());
