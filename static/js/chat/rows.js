// One row of a timeline as elements. The only place where HTML of the server goes into the page: it is sanitised there,
// and the page's content policy runs no script it did not bring itself.

import { callsMe, isToMe } from "./concern.js";
import { isDirect } from "./direct.js";
import { avatar, el, icon } from "./dom.js";
import { face, faceVersion } from "./faces.js";
import { dayName, fullTime, isEmojiOnly, listed, time } from "./format.js";
import { quoteLine, quoteVersion } from "./quote-line.js";
import { messagePath } from "./route.js";

/**
 * @typedef {{ me: Person, room: Room, online: boolean, held: string, blocked: ReadonlySet<number> }} RowContext
 */

/**
 * @param {Row} row
 * @param {RowContext} context
 * @returns {string} changes when the row must be drawn anew
 */
export function versionOf(row, { room, online, held, blocked }) {
  if (row.kind === "message") return `${row.message.changed} ${row.head} ${quoteVersion(row.message.reply_to, blocked)}`;
  if (row.kind === "pending") return `${row.entry.state} ${row.head} ${online} ${held}`;
  if (row.kind === "folded") return String(row.messages.length);
  return row.kind === "start" ? `${room.name}\n${room.topic}\n${faceVersion(room)}` : "";
}

/**
 * @param {Row} row
 * @param {RowContext} context
 * @returns {HTMLElement}
 */
export function buildRow(row, context) {
  if (row.kind === "date") return dateRow(row.at);
  if (row.kind === "new") return el("div", { class: "rule rule--new", role: "separator", "aria-label": "New messages" }, el("span", {}, "New"));
  if (row.kind === "start") return isDirect(context.room) ? conversationStart(context.room) : startRow(context.room);
  if (row.kind === "folded") return foldedRow(row);
  if (row.kind === "pending") return pendingRow(row, context);
  if (row.message.kind === "system") return systemRow(row.message);
  return messageRow(row, context);
}

/** @param {string} at */
function dateRow(at) {
  return el("div", { class: "rule", role: "separator", "aria-label": dayName(at) }, el("span", {}, dayName(at)));
}

/** @param {Room} room */
function startRow(room) {
  const invite = el("a", { class: "button", href: `/rooms/${room.slug}/invite/`, "data-dialog": true }, icon("user-plus"), "Invite people");
  return el(
    "section",
    { class: "start" },
    el("h2", { class: "start__title" }, room.name),
    el("p", { class: "muted" }, room.topic || "This is where the room begins. Say hello, or bring somebody along."),
    invite,
  );
}

/** @param {Room} room */
function conversationStart(room) {
  const only = room.people.length > 1 ? "It stays among those who are in it." : "It stays between the two of you.";
  return el(
    "section",
    { class: "start start--direct" },
    face(room),
    el("h2", { class: "start__title" }, room.name),
    el("p", { class: "muted" }, `This is the beginning of your conversation with ${listed(room.people.map(({ name }) => name))}. ${only}`),
  );
}

/** @param {FoldedRow} row */
function foldedRow({ messages }) {
  const text = messages.length > 1 ? `${messages.length} messages of people you have blocked.` : "A message of somebody you have blocked.";
  return el(
    "article",
    { class: "message message--folded", tabindex: -1, "data-seq": messages[0].seq, "data-folded": messages.map(({ id }) => id).join(" ") },
    el("p", { class: "message__body" }, icon("ban"), text, el("button", { class: "link", type: "button", "data-unfold": true }, "Show")),
  );
}

/** @param {Message} message */
function systemRow(message) {
  return el(
    "article",
    { class: "message message--system", tabindex: -1, "data-id": message.id, "data-seq": message.seq },
    el("p", { class: "message__body" }, message.body, " ", stamp(message.created_at)),
  );
}

/**
 * @param {MessageRow} row
 * @param {RowContext} context
 */
function messageRow({ message, head }, context) {
  const { me, room } = context;
  const gone = !!message.deleted_at;
  const classes = ["message", head && "message--head", message.reply_to && "message--reply", isToMe(message, me.id) && "message--to-me"].filter(Boolean);
  return el(
    "article",
    { class: classes.join(" "), tabindex: -1, "data-id": message.id, "data-seq": message.seq },
    message.reply_to && quoteLine(message.reply_to, context),
    gutter(message.author, message.created_at, head, messagePath(room, message.seq)),
    el("div", { class: "message__main" }, meta(message, head, context), gone ? stone() : body(message, me)),
    !gone && el("button", { class: "message__more icon-button", type: "button", "aria-label": "Message actions", "aria-haspopup": "menu" }, icon("ellipsis")),
  );
}

/**
 * @param {Person} author
 * @param {string} at
 * @param {boolean} head
 * @param {string} path
 */
function gutter(author, at, head, path) {
  const inside = head ? avatar(author) : el("a", { class: "message__when", href: path, tabindex: -1, "aria-hidden": "true" }, stamp(at));
  return el("div", { class: "message__gutter" }, inside);
}

/**
 * @param {Message} message
 * @param {boolean} head
 * @param {RowContext} context
 */
function meta({ author, created_at, seq }, head, { me, room }) {
  if (!head) return el("span", { class: "visually-hidden" }, author.name);
  const title = `@${author.username}`;
  // By keys one gets there from the message's menu: not one more stop on each message.
  const button = { class: "message__author", type: "button", tabindex: -1, title, "aria-haspopup": "dialog" };
  return el(
    "header",
    { class: "message__meta" },
    author.id === me.id ? el("span", { class: "message__author", title }, author.name) : el("button", button, author.name),
    el("a", { class: "message__time", href: messagePath(room, seq) }, stamp(created_at)),
  );
}

/** @param {string} iso */
function stamp(iso) {
  return el("time", { datetime: iso, title: fullTime(iso) }, time(iso));
}

function stone() {
  return el("p", { class: "message__body message__stone" }, "This message was deleted");
}

/**
 * @param {Message} message
 * @param {Person} me
 */
function body(message, me) {
  const node = el("div", { class: `message__body rich${isEmojiOnly(message.body) ? " rich--emoji" : ""}` });
  node.innerHTML = message.html;
  for (const link of node.querySelectorAll("a")) link.target = "_blank";
  for (const code of node.querySelectorAll("pre")) code.tabIndex = 0; // It may scroll sideways: let keys do it too.
  for (const name of node.querySelectorAll(".mention")) {
    const called = name.getAttribute("data-user")?.toLowerCase() ?? "";
    const withAll = called === message.audience && callsMe(message, me.id);
    name.classList.toggle("mention--me", withAll || called === me.username.toLowerCase());
  }
  if (message.edited_at) {
    const mark = el("span", { class: "message__edited", title: fullTime(message.edited_at) }, "edited");
    (node.lastElementChild?.matches("p") ? node.lastElementChild : node).append(" ", mark);
  }
  return node;
}

/**
 * @param {PendingRow} row
 * @param {RowContext} context
 */
function pendingRow({ entry, head }, context) {
  const { me, online, held } = context;
  const text = el("div", { class: `message__body rich rich--plain${isEmojiOnly(entry.body) ? " rich--emoji" : ""}` }, entry.body);
  const failed = entry.state === "failed";
  return el(
    "article",
    { class: `message message--${entry.state}${head ? " message--head" : ""}${entry.reply_to ? " message--reply" : ""}`, tabindex: -1, "data-client-id": entry.client_id },
    entry.reply_to && quoteLine(entry.reply_to, context),
    el("div", { class: "message__gutter" }, head ? avatar(me) : null),
    el(
      "div",
      { class: "message__main" },
      head && el("header", { class: "message__meta" }, el("span", { class: "message__author" }, me.name), el("span", { class: "message__time" }, stamp(entry.created_at))),
      text,
      failed ? failure(entry) : el("p", { class: "message__state" }, online ? held || "Sending…" : "Will be sent when you are back online"),
    ),
  );
}

/** @param {Entry} entry */
function failure(entry) {
  const button = (/** @type {string} */ action, /** @type {string} */ label) => el("button", { class: "link", type: "button", "data-outbox": action }, label);
  return el(
    "p",
    { class: "message__failure" },
    icon("circle-alert"),
    el("span", {}, `Not sent. ${entry.error}`),
    button("retry", "Try again"),
    button("edit", "Edit"),
    button("discard", "Discard"),
  );
}
