// <room-header>: the name of the open room, what it is about, and the ways to its people and settings.

import { coalesce, icon, one, Part } from "./dom.js";
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
    one(this, ".room-header__kind").replaceChildren(icon(room.kind === "private" ? "lock" : "hash"));
    one(this, ".room-header__topic").textContent = room.archived ? "Archived: nobody can write here any more" : room.topic;
    one(this, ".room-header__online").textContent = room.online ? String(room.online) : "";
    one(this, "[data-act=members]").setAttribute("aria-label", `People, ${plural(room.online, "person", "people")} online`);
    for (const link of document.querySelectorAll("a[data-act=invite]")) link.setAttribute("href", `/rooms/${room.slug}/invite/`);
    one(this, "[data-act=settings]").setAttribute("href", `/rooms/${room.slug}/settings/`);
    const elsewhere = [...session.rooms.byId.values()].some(({ id, unread }) => unread && id !== room.id && !session.rooms.muted.has(id));
    this.classList.toggle("room-header--news", elsewhere);
  }
}

customElements.define("room-header", RoomHeader);
