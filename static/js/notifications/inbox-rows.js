// One row of the inbox as elements: who, what, when, and what one can do with it.

import { avatar, el, icon } from "../chat/dom.js";
import { fullTime } from "../chat/format.js";
import { isUnread } from "./inbox.js";
import { ago, iconOf } from "./words.js";

/** @typedef {{ key: string, latest: Notice, items: Notice[], unread: boolean }} Fold */

/**
 * @param {Fold} fold
 * @param {boolean} open
 * @param {Date} now
 * @returns {string} changes when the row must be drawn anew
 */
export function versionOf({ items, unread, latest }, open, now) {
  const times = open ? items.map(({ created_at }) => ago(created_at, now)) : ago(latest.created_at, now);
  return [items.map(({ id, changed, read_at }) => `${id} ${changed} ${!!read_at}`), unread, open, times].join("\n");
}

/**
 * @param {Fold} fold
 * @param {boolean} open
 * @param {Date} now
 */
export function row(fold, open, now) {
  const { latest, items, unread, key } = fold;
  const rest = items.slice(1);
  const node = el(
    "li",
    { class: `item${unread ? " item--unread" : ""}`, "data-ids": items.map(({ id }) => id).join(" "), "data-key": key },
    el("div", { class: "item__row" }, link(latest, now), actions(unread)),
    rest.length > 0 && el(
      "button",
      { class: "item__more", type: "button", "data-act": "unfold", "aria-expanded": String(open), tabindex: -1 },
      icon("chevron-down"),
      open ? "Show less" : `${rest.length} more like this`,
    ),
    open && rest.length > 0 && el("ul", { class: "item__rest" }, ...rest.map((one) => el("li", { class: "item__row", "data-ids": one.id, "data-key": key }, link(one, now)))),
  );
  node.focus = (options) => /** @type {HTMLElement} */ (node.querySelector("a")).focus(options);
  return node;
}

/**
 * @param {Notice} notice
 * @param {Date} now
 */
function link(notice, now) {
  const { actor, kind, title, body, url, created_at } = notice;
  const outside = !url.startsWith("/");
  const face = actor ? avatar(actor) : el("span", { class: "avatar" }, icon(iconOf(kind)));
  return el(
    "a",
    { class: "item__link", href: url || "/notifications/", target: outside && url ? "_blank" : null, rel: outside ? "noopener" : null },
    el("span", { class: "item__face" }, face, actor && el("span", { class: "item__kind" }, icon(iconOf(kind)))),
    el(
      "span",
      { class: "item__words" },
      isUnread(notice) && el("span", { class: "visually-hidden" }, "Unread. "),
      el("span", { class: "item__title" }, title),
      body ? el("span", { class: "item__body" }, body) : null,
    ),
    el("time", { class: "item__when", datetime: created_at, title: fullTime(created_at) }, ago(created_at, now)),
  );
}

/** @param {boolean} unread */
function actions(unread) {
  const label = unread ? "Mark as read" : "Mark as unread";
  return el(
    "span",
    { class: "item__actions" },
    el("button", { class: "icon-button", type: "button", "data-act": "why", "aria-label": "Why was I notified?", title: "Why?", tabindex: -1 }, icon("circle-question-mark")),
    el("button", { class: "icon-button item__dot", type: "button", "data-act": "read", "aria-label": label, title: label, tabindex: -1 }, el("span", {})),
  );
}
