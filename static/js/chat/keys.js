// The keys of the whole page. The list that `?` shows stands in templates/chat/_keys.html; a change here belongs there too.

import { besides } from "./direct.js";
import { isTyping } from "./dom.js";
import { neighbour } from "./rooms.js";

/** @param {App} app */
export function listenToKeys(app) {
  document.addEventListener("keydown", (event) => {
    if (event.defaultPrevented || event.isComposing) return;
    if (onChord(app, event) || (!document.querySelector("dialog[open]") && onKey(app, event))) event.preventDefault();
  });
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 * @returns {boolean} whether it was one of ours
 */
function onChord(app, { key, ctrlKey, metaKey, altKey, shiftKey }) {
  if ((ctrlKey || metaKey) && !altKey && !shiftKey && key.toLowerCase() === "k") {
    if (!app.switcher.dialog.open) app.switcher.open();
    return true;
  }
  if (!altKey || ctrlKey || metaKey || (key !== "ArrowUp" && key !== "ArrowDown")) return false;
  const { session } = app;
  const next = neighbour(besides(session.rooms, session.current), session.current, key === "ArrowDown" ? 1 : -1, shiftKey);
  if (next) app.openRoom(next);
  return true;
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 * @returns {boolean}
 */
function onKey(app, { key, target, ctrlKey, metaKey, altKey }) {
  if (key === "Escape") return escape(app);
  if (isTyping(target) || ctrlKey || metaKey || altKey) return false;
  if (key === "?") {
    app.help();
    return true;
  }
  const onControl = target instanceof Element && target.closest("button, a, [popover]");
  // Whoever starts to type means the message, wherever the focus is.
  if (key.length === 1 && !(onControl && key === " ")) app.composer.focus();
  return false;
}

/** @param {App} app */
function escape(app) {
  if (document.querySelector(":popover-open")) return false;
  if (app.drawer(false) || app.composer.stopEditing() || app.composer.stopReplying()) return true;
  app.session.markRead();
  app.timeline.toEnd();
  app.composer.focus();
  return true;
}
