// <room-list>: the rooms at the side, or with data-direct the conversations. Owns their order on screen, which does not
// change under the pointer.

import { conversations } from "./direct.js";
import { coalesce, one, Part } from "./dom.js";
import { reconcile } from "./reconcile.js";
import { linkRecipe } from "./room-link.js";
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
    const { rooms, current } = this.app.session;
    const held = this.#pointed ? this.#order : [];
    const shown = this.hasAttribute("data-direct") ? conversations(rooms, current, held) : ordered(rooms, held);
    this.#order = shown.map(({ id }) => id);
    reconcile(one(this, "ul"), shown, linkRecipe(current, rooms.muted));
    this.classList.toggle("room-list--empty", !shown.length);
  }
}

customElements.define("room-list", RoomList);
