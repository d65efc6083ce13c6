// The dashboard: one socket, four panels, and whether all of it is still true. The page's only entry.

import { LiveSocket } from "../live/socket.js";
import { one, say } from "./dom.js";
import { time } from "./format.js";
import { freshness } from "./freshness.js";
import { Headline } from "./headline.js";
import { Proof } from "./proof.js";
import { Rooms } from "./rooms.js";
import "./spark-line.js";
import { Workers } from "./workers.js";

// Nobody looks at a hidden tab, so nothing is to be told to it; a glance elsewhere is no reason to hang up.
const HIDDEN_MS = 30_000;
const LOOK_MS = 1_000;

const root = /** @type {HTMLElement} */ (one(document, ".dash"));
const socket = new LiveSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/dashboard/`);
const headline = new Headline(one(root, "[data-panel=headline]"));
const workers = new Workers(one(root, "[data-panel=workers]"));
const proof = new Proof(one(root, "[data-panel=proof]"));
const rooms = new Rooms(one(root, "[data-panel=rooms]"), watch);
const word = one(root, ".live__word");
const detail = one(root, ".live__detail");
const asOf = one(root, ".live__time");
let heardAt = 0;
/** @type {any} */ let hiding = null;

/** @type {Record<string, (frame: any, now: number) => void>} */
const SHOWN = {
  totals: (frame, now) => headline.show(frame, now),
  workers: (frame, now) => workers.show(frame.workers, now),
  proof: (frame) => proof.show(frame),
  anomalies: (frame) => proof.showAnomalies(frame.anomalies),
  rooms: (frame, now) => rooms.show(frame, now),
};

/** @param {RoomsView} view */
function watch(view) {
  socket.request("dashboard.watch", view).catch(() => {}); // Asked again with the next welcome.
}

function look() {
  const now = Date.now();
  const { state, verdict } = socket;
  const fresh = freshness({ state, verdict, heardAt, now });
  root.dataset.live = fresh.live ? "yes" : heardAt ? "no" : "not yet";
  say(word, fresh.word);
  say(detail, fresh.detail);
  say(asOf, heardAt ? `${fresh.live ? "" : "figures of "}${time(heardAt)}` : "");
}

function hide() {
  clearTimeout(hiding);
  if (document.hidden) hiding = setTimeout(() => socket.stop({ action: "pause", why: "Goes on when you come back." }), HIDDEN_MS);
  else if (socket.verdict?.action === "pause" || socket.state === "waiting") socket.retryNow();
}

socket.addEventListener("welcome", () => watch(rooms.view));
socket.addEventListener("frame", (event) => {
  const { detail: frame } = /** @type {CustomEvent} */ (event);
  const now = Date.now();
  if (frame.type === "totals") heardAt = now;
  SHOWN[frame.type]?.(frame, now);
  look();
});
socket.addEventListener("state", look);
document.addEventListener("visibilitychange", hide);
addEventListener("online", () => socket.wake());
document.addEventListener("keydown", (event) => {
  if (event.key !== "/" || event.ctrlKey || event.metaKey || event.target instanceof HTMLInputElement) return;
  event.preventDefault();
  rooms.search.focus();
});
setInterval(look, LOOK_MS);
socket.start();
