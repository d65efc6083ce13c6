// What speaks up by itself: a toast on the page somebody looks at, a notification of the desktop when nobody does. Owns what
// is shown of the two, and takes it away when it was read elsewhere. Whether to speak is decided by attention.js.

import { avatar, el, icon, one } from "../chat/dom.js";
import { iconOf } from "./words.js";

// A title and two lines are read in three seconds; twice that for somebody who is in the middle of a sentence.
const STAYS_MS = 7_000;
// More at once cover what one is doing.
const TOASTS_MOST = 3;
// Pages in the background may be as slow as this to hear of something: timers run once a minute there at worst.
const APART_MS = 60_000;

/** @type {Map<string, { id: number, node: HTMLElement, timer: any }>} toasts by tag */
const toasts = new Map();
/** @type {Map<string, { id: number, shown: Notification }>} of this page, by tag */
const desktop = new Map();
/** @type {WeakSet<Notifications>} */
const heard = new WeakSet();

/**
 * @param {Notifications} owner
 * @param {Notice} notice
 */
export function toast(owner, notice) {
  listen(owner);
  drop(notice.tag);
  if (toasts.size >= TOASTS_MOST) drop([...toasts.keys()][0]);
  const node = build(owner, notice);
  one(document, "#notices").append(node);
  const entry = { id: notice.id, node, timer: setTimeout(() => drop(notice.tag), STAYS_MS) };
  toasts.set(notice.tag, entry);
  // It stays for as long as somebody has hand or focus on it.
  for (const type of ["pointerenter", "focusin"]) node.addEventListener(type, () => clearTimeout(entry.timer));
  for (const type of ["pointerleave", "focusout"]) node.addEventListener(type, () => (entry.timer = setTimeout(() => drop(notice.tag), STAYS_MS)));
}

/**
 * @param {Notifications} owner
 * @param {Notice} notice
 */
export async function onDesktop(owner, notice) {
  listen(owner);
  if (!(await owner.tabs.first(`shown:${notice.id}`, APART_MS))) return;
  if (owner.notices.state.byId.get(notice.id)?.read_at) return; // Another page was faster.
  const { title, body, tag } = notice;
  const options = { body, tag, icon: "/icon-192.png", renotify: true, data: { url: notice.url } };
  try {
    const shown = new Notification(title, options);
    desktop.set(tag, { id: notice.id, shown });
    shown.onclick = () => {
      window.focus();
      shown.close();
      owner.go(notice.url);
      owner.notices.mark([notice.id], true).catch(() => {});
    };
  } catch {
    // Android has them only from a service worker.
    (await navigator.serviceWorker?.getRegistration())?.showNotification(title, options);
  }
}

/** @param {Notifications} owner */
function listen(owner) {
  if (heard.has(owner)) return;
  heard.add(owner);
  owner.notices.addEventListener("gone", (event) => {
    for (const { id, tag } of /** @type {CustomEvent<Notice[]>} */ (event).detail) {
      if (toasts.get(tag)?.id === id) drop(tag);
      if (desktop.get(tag)?.id === id) desktop.get(tag)?.shown.close();
    }
  });
}

/** @param {string} tag */
function drop(tag) {
  const entry = toasts.get(tag);
  if (!entry) return;
  clearTimeout(entry.timer);
  entry.node.remove();
  toasts.delete(tag);
}

/**
 * @param {Notifications} owner
 * @param {Notice} notice
 */
function build(owner, notice) {
  const face = notice.actor ? avatar(notice.actor) : el("span", { class: "notice__kind" }, icon(iconOf(notice.kind)));
  const close = el("button", { class: "icon-button notice__close", type: "button", "aria-label": "Dismiss" }, icon("x"));
  const words = el("span", { class: "notice__words" }, el("strong", { class: "notice__title" }, notice.title), notice.body ? el("span", { class: "notice__body" }, notice.body) : null);
  const link = el("a", { class: "notice__link", href: notice.url || "/notifications/" }, face, words);
  link.addEventListener("click", (event) => {
    drop(notice.tag);
    owner.notices.mark([notice.id], true).catch(() => {});
    if (event.ctrlKey || event.metaKey || event.shiftKey) return;
    event.preventDefault();
    owner.go(link.href);
  });
  close.addEventListener("click", () => drop(notice.tag));
  return el("article", { class: "notice", "data-notice": notice.id }, link, close);
}
