// What keys and clicks within a timeline do: walking from message to message, and a message's actions by one letter.

import { isTyping } from "./dom.js";

/** @type {Record<string, (app: App, message: Message, row: HTMLElement) => void>} */
const ACTIONS = {
  Enter: (app, message, row) => app.menu.open(message, row),
  e: (app, message) => app.actions.edit(message),
  l: (app, message) => app.actions.copyLink(message),
  c: (app, message) => app.actions.copyText(message),
  u: (app, message) => app.actions.markUnread(message),
  w: (app, message) => app.menu.tell("why", message),
  Delete: (app, message) => app.actions.delete(message),
};

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 */
export function onTimelineKey(app, event) {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = /** @type {Element} */ (event.target).closest(".message");
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return step(app, event, row);
  if (!row || row !== event.target || !(event.key in ACTIONS)) return; // Enter on a button or a link is theirs.
  const message = app.messageOf(row);
  if (!message) return;
  event.preventDefault();
  event.stopPropagation();
  ACTIONS[event.key](app, message, /** @type {HTMLElement} */ (row));
}

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 * @param {Element | null} row
 */
function step(app, event, row) {
  const all = [...app.timeline.rows.querySelectorAll(".message")];
  const from = row ? all.indexOf(row) : all.length;
  const next = all[Math.min(all.length - 1, Math.max(0, from + (event.key === "ArrowUp" ? -1 : 1)))];
  if (!(next instanceof HTMLElement)) return;
  event.preventDefault();
  next.focus({ preventScroll: true });
  next.scrollIntoView({ block: "nearest" });
}

/**
 * @param {App} app
 * @param {MouseEvent} event
 */
export function onOutboxClick(app, event) {
  const target = /** @type {Element} */ (event.target);
  const row = target.closest(".message");
  const wish = target.closest("[data-outbox]")?.getAttribute("data-outbox");
  if (wish) return outbox(app, wish, row?.getAttribute("data-client-id") ?? "");
  const message = row && app.messageOf(row);
  if (!message) return;
  if (target.closest(".message__more")) app.menu.open(message, /** @type {HTMLElement} */ (row));
  else if (event.altKey) app.actions.markUnread(message);
}

/**
 * @param {App} app
 * @param {string} wish
 * @param {string} id
 */
function outbox({ session, composer }, wish, id) {
  if (wish === "retry") session.outbox.retry(id);
  else if (wish === "edit") composer.put(session.outbox.discard(id));
  else session.outbox.discard(id);
}
