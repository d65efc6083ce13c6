// <room-list>: the rooms at the side. Owns their order on screen, which does not change under the pointer.

import { coalesce, el, icon, one, Part } from "./dom.js";
import { plural, short } from "./format.js";
import { reconcile } from "./reconcile.js";
import { roomPath } from "./route.js";
import { ordered } from "./rooms.js";

export class RoomList extends Part {
  /** @type {number[]} */ #order = [];
  #pointed = false;

  /** @param {App} app */
  start(app) {
    this.app = app;
    const paint = coalesce(() => this.paint());
    app.session.addEventListener("rooms", paint);
    this.addEventListener("pointerenter", () => (this.#pointed = true));
    this.addEventListener("pointerleave", () => {
      this.#pointed = false;
      paint();
    });
    this.paint();
  }

  paint() {
    const { session } = this.app;
    const rooms = ordered(session.rooms, this.#pointed ? this.#order : []);
    this.#order = rooms.map(({ id }) => id);
    reconcile(one(this, "ul"), rooms, {
      key: ({ id }) => String(id),
      version: (room) => [room.slug, room.name, room.kind, room.archived, short(room.unread), room.mentions, room.id === session.current, session.rooms.muted.has(room.id)].join("\n"),
      build: (room) => row(room, room.id === session.current, session.rooms.muted.has(room.id)),
    });
  }
}

/**
 * @param {Room} room
 * @param {boolean} current
 * @param {boolean} muted
 */
function row(room, current, muted) {
  const link = el(
    "a",
    { class: `room-link${room.unread ? " room-link--unread" : ""}${room.archived ? " room-link--archived" : ""}${muted ? " room-link--muted" : ""}`, href: roomPath(room), "aria-current": current ? "page" : null, "data-room": room.slug },
    icon(room.kind === "private" ? "lock" : "hash"),
    el("span", { class: "room-link__name" }, room.name),
    badge(room),
  );
  const item = el("li", { class: "room-list__item" }, link);
  item.focus = (options) => link.focus(options);
  return item;
}

/** @param {Room} room */
function badge(room) {
  if (room.mentions) return el("span", { class: "badge", "aria-label": plural(room.mentions, "mention") }, short(room.mentions));
  if (room.unread) return el("span", { class: "room-link__count", "aria-label": `${short(room.unread)} unread` }, short(room.unread));
  return null;
}

customElements.define("room-list", RoomList);
