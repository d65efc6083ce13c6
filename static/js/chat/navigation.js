// Addresses and clicks: which of them stay in the page. Owns the browser's history; what a room shows is the app's.

import { messagePath, parse, roomPath } from "./route.js";

// A room one has just joined comes over the socket; past this it is faster to load the page.
const PATIENCE_MS = 3_000;

/** @param {App} app */
export function listenToLinks(app) {
  document.addEventListener("click", (event) => {
    const link = /** @type {Element} */ (event.target).closest?.("a[href]");
    const plain = event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey;
    if (!plain || event.defaultPrevented || !(link instanceof HTMLAnchorElement)) return;
    if (link.origin !== location.origin) return;
    if (link.hasAttribute("data-dialog")) return intoDialog(app, event, link);
    const route = parse(link.pathname);
    const room = route && findRoom(app, route.slug);
    if (!room) return;
    event.preventDefault();
    app.openRoom(room, { at: route.at });
  });
  addEventListener("popstate", () => {
    const route = parse(location.pathname);
    const room = route && findRoom(app, route.slug);
    if (room) app.openRoom(room, { at: route.at, push: false });
    else location.reload();
  });
}

/**
 * @param {App} app
 * @param {Event} event
 * @param {HTMLAnchorElement} link
 */
function intoDialog(app, event, link) {
  event.preventDefault();
  app.drawer(false);
  app.switcher.dialog.close();
  app.openPage(link.pathname + link.search);
}

/**
 * Where the server says to go next.
 * @param {App} app
 * @param {string} path
 */
export function navigate(app, path) {
  const route = parse(new URL(path, location.href).pathname);
  if (!route) return location.assign(path);
  const go = () => {
    const room = findRoom(app, route.slug);
    if (room) app.openRoom(room, { at: route.at });
    return !!room;
  };
  if (go()) return;
  const late = setTimeout(() => location.assign(path), PATIENCE_MS);
  const listen = () => {
    if (!go()) return;
    clearTimeout(late);
    app.session.removeEventListener("rooms", listen);
  };
  app.session.addEventListener("rooms", listen);
}

/**
 * In the address, and in the cookie by which the server knows where `/` leads.
 *
 * @param {Room} room
 * @param {number | null} at
 */
export function remember(room, at) {
  const path = at === null ? roomPath(room) : messagePath(room, at);
  if (path !== location.pathname) history.pushState(null, "", path);
  const secure = location.protocol === "https:" ? "; secure" : "";
  document.cookie = `room=${room.slug}; path=/; max-age=31536000; samesite=lax${secure}`;
}

/**
 * @param {App} app
 * @param {string} slug
 */
function findRoom(app, slug) {
  return [...app.session.rooms.byId.values()].find((room) => room.slug === slug) ?? null;
}
