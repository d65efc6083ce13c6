// The rows of the moderators' dialog: a report, a ban, an act.

import { avatar, el, icon } from "../chat/dom.js";
import { dayName, fullTime, time } from "../chat/format.js";
import { messagePath } from "../chat/route.js";
import { moment } from "../chat/standing.js";

/** @type {Record<string, string>} */
const REASONS = { spam: "Spam", abuse: "Hurts or threatens", private: "Private matters", other: "Something else" };

/**
 * @param {Report} report
 * @param {Room} room
 */
export function reportRow({ id, message, reporter, reason, note, created_at }, room) {
  const said = message.deleted_at ? el("em", { class: "muted" }, "This message was deleted") : message.body;
  return el(
    "li",
    { class: "mod__row", "data-report": id },
    el("p", { class: "mod__head-line" }, icon("flag"), el("strong", {}, REASONS[reason] ?? reason), el("span", { class: "muted" }, `${reporter.name}, `, when(created_at))),
    note && el("p", { class: "mod__note" }, `“${note}”`),
    el("blockquote", { class: "mod__said" }, avatar(message.author), el("div", {}, el("strong", {}, message.author.name), el("p", {}, said))),
    el(
      "div",
      { class: "mod__ways" },
      el("a", { href: messagePath(room, message.seq) }, "Show it in the room"),
      way("dismissed", id, "Dismiss"),
      way("removed", id, "Delete the message", true),
    ),
  );
}

/** @param {Ban} ban */
export function banRow({ person, by, reason, created_at, until }) {
  const how = until ? `until ${moment(Date.parse(until), Date.now())}` : "for good";
  return el(
    "li",
    { class: "mod__row mod__row--person" },
    avatar(person),
    el("div", { class: "mod__words" }, el("strong", {}, person.name), el("p", { class: "muted" }, `Banned ${how}${by ? ` by ${by.name}` : ""}, `, when(created_at), reason && `. ${reason}`)),
    way("unban", person.id, "Unban", false, person.name),
  );
}

/** @param {LogEntry} act */
export function actRow({ id, at, actor, summary, reason, undone, undoable }) {
  return el(
    "li",
    { class: `mod__row mod__row--person${undone ? " mod__row--undone" : ""}` },
    el("div", { class: "mod__words" }, el("p", {}, summary), el("p", { class: "muted" }, `${actor}, `, when(at), reason && `. ${reason}`, undone && " · undone")),
    undoable && way("undo", id, "Undo"),
  );
}

/**
 * @param {string} wish
 * @param {number} id
 * @param {string} label
 * @param {boolean} danger
 * @param {string} name
 */
function way(wish, id, label, danger = false, name = "") {
  return el("button", { class: `button button--small${danger ? " button--danger" : ""}`, type: "button", "data-do": wish, "data-id": id, "data-name": name }, label);
}

/** @param {string} iso */
function when(iso) {
  const day = dayName(iso);
  return el("time", { datetime: iso, title: fullTime(iso) }, day === "Today" ? time(iso) : day);
}
