// <room-header>: the name of the open room, what it is about, and the ways to its people and settings. A conversation has
// neither settings nor invitations: who is in it never changes.

import { isDirect, isOtherOnline, other } from "./direct.js";
import { coalesce, one, Part } from "./dom.js";
import { face } from "./faces.js";
import { plural, short } from "./format.js";

export class RoomHeader extends Part {
  /** @param {App} app */
  start(app) {
    this.app = app;
    app.session.addEventListener("rooms", coalesce(() => this.paint()));
    one(this, "[data-act=members]").addEventListener("click", () => app.members.toggle());
    one(this, "[data-act=rooms]").addEventListener("click", () => app.drawer(true));
    for (const button of document.querySelectorAll("[data-act=queue]")) button.addEventListener("click", () => app.moderate((moderation) => moderation.openQueue()));
    this.paint();
  }

  paint() {
    const { session } = this.app;
    const { room } = session;
    if (!room) return;
    one(this, ".room-header__name").textContent = room.name;
    one(this, ".room-header__kind").replaceChildren(face(room));
    one(this, ".room-header__topic").textContent = about(room);
    one(this, ".room-header__online").textContent = room.online ? String(room.online) : "";
    one(this, "[data-act=members]").setAttribute("aria-label", `People, ${plural(room.online, "person", "people")} online`);
    // The way to invite stands in the list of people too.
    for (const link of document.querySelectorAll("a:is([data-act=invite], [data-act=settings])")) {
      link.setAttribute("href", `/rooms/${room.slug}/${link.getAttribute("data-act")}/`);
      /** @type {HTMLElement} */ (link).hidden = isDirect(room);
    }
    const reports = room.reports ? short(room.reports) : "";
    for (const button of document.querySelectorAll("[data-act=queue]")) {
      button.toggleAttribute("hidden", !this.app.actions.isModerator);
      button.setAttribute("aria-label", reports ? `Moderation, ${plural(room.reports, "open report")}` : "Moderation");
      one(button, ".queue-count").textContent = reports;
    }
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
  const who = person ? `@${person.username}` : plural(room.people.length + 1, "person", "people");
  if (!room.last_message_at) return who; // the others are not in it yet, so nobody knows
  if (!person) return `${who} · ${room.online} online`;
  return `${who} · ${isOtherOnline(room) ? "online" : "away"}`;
}

customElements.define("room-header", RoomHeader);
