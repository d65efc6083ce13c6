// What keys and clicks within a timeline do: walking from message to message, and a message's actions by one letter.

import { isTyping } from "./dom.js";

/** @type {Record<string, string>} to the names that the menu has */
const ACTIONS = { r: "reply", e: "edit", l: "link", c: "text", u: "unread", p: "person", w: "why", f: "report", Delete: "delete" };

/**
 * @param {App} app
 * @param {KeyboardEvent} event
 */
export function onTimelineKey(app, event) {
  if (isTyping(event.target) || event.ctrlKey || event.metaKey || event.altKey) return;
  const row = /** @type {Element} */ (event.target).closest(".message");
  if (event.key === "ArrowUp" || event.key === "ArrowDown") return step(app, event, row);
  if (!(row instanceof HTMLElement) || row !== event.target) return; // Enter on a button or a link is theirs.
  if (event.key !== "Enter" && !(event.key in ACTIONS)) return;
  const message = app.messageOf(row);
  if (!message && !row.dataset.folded) return;
  event.preventDefault();
  event.stopPropagation();
  if (!message) app.timeline.unfold(row);
  else if (event.key === "Enter") app.menu.open(message, row);
  else app.menu.run(ACTIONS[event.key], message, row);
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
export function onTimelineClick(app, event) {
  const target = /** @type {Element} */ (event.target);
  const row = target.closest(".message");
  if (!(row instanceof HTMLElement)) return;
  const quote = target.closest("[data-quote]");
  if (quote) return jump(app, event, Number(quote.getAttribute("data-quote")));
  if (target.closest("[data-unfold]")) return app.timeline.unfold(row);
  const wish = target.closest("[data-outbox]")?.getAttribute("data-outbox");
  if (wish) return outbox(app, wish, row.dataset.clientId ?? "");
  const message = app.messageOf(row);
  if (!message) return;
  if (target.closest(".message__more")) app.menu.open(message, row);
  else if (target.closest(".message__author, .message__gutter > .avatar")) app.actions.about(message.author, row);
  else if (event.altKey) app.actions.markUnread(message);
}

/**
 * @param {App} app
 * @param {MouseEvent} event
 * @param {number} seq
 */
function jump(app, event, seq) {
  if (event.ctrlKey || event.metaKey || event.shiftKey) return; // To another tab, as with any link.
  event.preventDefault();
  app.timeline.jump(seq);
}

/**
 * @param {App} app
 * @param {string} wish
 * @param {string} id
 */
function outbox({ session, composer }, wish, id) {
  if (wish === "retry") return session.outbox.retry(id);
  const entry = session.outbox.discard(id);
  if (wish === "edit" && entry) composer.put(entry.body, entry.reply_to ?? null);
}
