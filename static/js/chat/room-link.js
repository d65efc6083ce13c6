// One line of the lists at the side, a room's or a conversation's.

import { isDirect, isOtherOnline } from "./direct.js";
import { el } from "./dom.js";
import { face, faceVersion } from "./faces.js";
import { plural, short } from "./format.js";
import { roomPath } from "./route.js";

/**
 * @param {number} current
 * @param {Set<number>} muted
 */
export function linkRecipe(current, muted) {
  return {
    key: (/** @type {Room} */ { id }) => String(id),
    version: (/** @type {Room} */ room) =>
      [room.slug, room.name, room.archived, short(room.unread), room.mentions, room.id === current, muted.has(room.id), faceVersion(room)].join("\n"),
    build: (/** @type {Room} */ room) => link(room, room.id === current, muted.has(room.id)),
  };
}

/**
 * @param {Room} room
 * @param {boolean} current
 * @param {boolean} muted
 */
function link(room, current, muted) {
  const classes = ["room-link", room.unread && "room-link--unread", room.archived && "room-link--archived", muted && "room-link--muted", isDirect(room) && "room-link--direct"];
  const anchor = el(
    "a",
    { class: classes.filter(Boolean).join(" "), href: roomPath(room), "aria-current": current ? "page" : null, "data-room": room.slug },
    face(room),
    el("span", { class: "room-link__name" }, room.name),
    isOtherOnline(room) && el("span", { class: "visually-hidden" }, ", online"),
    badge(room),
  );
  const item = el("li", {}, anchor);
  item.focus = (options) => anchor.focus(options);
  return item;
}

/**
 * A number for what is meant for this person, and every direct message is.
 * @param {Room} room
 */
function badge(room) {
  if (isDirect(room) && room.unread) return el("span", { class: "badge", "aria-label": `${short(room.unread)} unread` }, short(room.unread));
  if (room.mentions) return el("span", { class: "badge", "aria-label": plural(room.mentions, "mention") }, short(room.mentions));
  if (room.unread) return el("span", { class: "room-link__count", "aria-label": `${short(room.unread)} unread` }, short(room.unread));
  return null;
}
