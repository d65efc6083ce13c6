// <room-header>: the name of the open room, what it is about, and the ways to its people and settings. A conversation has
// neither settings nor invitations: who is in it never changes.

import { isDirect, isOtherOnline, other } from "./direct.js";
import { coalesce, one, Part } from "./dom.js";
import { face } from "./faces.js";
import { plural } from "./format.js";

export class RoomHeader extends Part {
  /** @param {App} app */
  start(app) {
    this.app = app;
    app.session.addEventListener("rooms", coalesce(() => this.paint()));
    one(this, "[data-act=members]").addEventListener("click", () => app.members.toggle());
    one(this, "[data-act=rooms]").addEventListener("click", () => app.drawer(true));
    this.paint();
  }

  paint() {
    const { session } = this.app;
    const { room } = session;
    if (!room) return;
    one(this, ".room-header__name").textContent = room.name;
    one(this, ".room-header__kind").replaceChildren(face(room));
    one(this, ".room-header__topic").textContent = about(room);
    for (const act of ["invite", "settings"]) /** @type {HTMLElement} */ (one(this, `[data-act=${act}]`)).hidden = isDirect(room);
    one(this, ".room-header__online").textContent = room.online ? String(room.online) : "";
    one(this, "[data-act=members]").setAttribute("aria-label", `People, ${plural(room.online, "person", "people")} online`);
    for (const link of document.querySelectorAll("a[data-act=invite]")) link.setAttribute("href", `/rooms/${room.slug}/invite/`);
    one(this, "[data-act=settings]").setAttribute("href", `/rooms/${room.slug}/settings/`);
    this.classList.toggle("room-header--direct", isDirect(room));
    const elsewhere = [...session.rooms.byId.values()].some(({ id, unread }) => unread && id !== room.id && !session.rooms.muted.has(id));
    this.classList.toggle("room-header--news", elsewhere);
  }
}

/** @param {Room} room */
function about(room) {
  if (room.archived) return "Archived: nobody can write here any more";
  if (!isDirect(room)) return room.topic;
  const person = other(room);
  if (!person) return `${plural(room.people.length + 1, "person", "people")} · ${room.online} online`;
  return `@${person.username} · ${isOtherOnline(room) ? "online" : "away"}`;
}

customElements.define("room-header", RoomHeader);
