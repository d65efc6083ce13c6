// <room-switcher>: to another room by a few letters (Ctrl K). Owns its dialog and the chosen line.

import { el, icon, one, Part } from "./dom.js";
import { short } from "./format.js";
import { search } from "./rooms.js";

// A list longer than this is narrowed faster by another letter.
const SHOWN_MOST = 12;

export class RoomSwitcher extends Part {
  /** @type {Room[]} */ #found = [];
  #at = 0;
  dialog = /** @type {HTMLDialogElement} */ (one(this, "dialog"));
  input = /** @type {HTMLInputElement} */ (one(this, "input"));

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    one(this, "ul").addEventListener("click", ({ target }) => {
      const row = /** @type {Element} */ (target).closest("[role=option]");
      if (row) this.#go(Number(row.id.split("-")[1]));
    });
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
  }

  open() {
    this.app.drawer(false);
    this.input.value = "";
    this.#search();
    this.dialog.showModal();
  }

  #search() {
    const { session } = this.app;
    const found = search(session.rooms, this.input.value);
    // With nothing typed the first line is where one most likely wants to go: not where one is.
    const here = (/** @type {Room} */ room) => Number(room.id === session.current);
    this.#found = (this.input.value ? found : found.sort((a, b) => here(a) - here(b))).slice(0, SHOWN_MOST);
    this.#at = 0;
    this.#draw();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (step && this.#found.length) {
      event.preventDefault();
      this.#at = (this.#at + step + this.#found.length) % this.#found.length;
      this.#draw();
    } else if (event.key === "Enter" && !event.isComposing) {
      event.preventDefault();
      this.#go(this.#at);
    }
  }

  /** @param {number} index */
  #go(index) {
    const room = this.#found[index];
    if (!room) return;
    this.dialog.close();
    this.app.openRoom(room);
  }

  #draw() {
    one(this, "ul").replaceChildren(...this.#found.map((room, index) => row(room, index, index === this.#at)));
    one(this, ".switcher__none").toggleAttribute("hidden", this.#found.length > 0);
    this.input.setAttribute("aria-activedescendant", this.#found.length ? `switch-${this.#at}` : "");
    this.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }
}

/**
 * @param {Room} room
 * @param {number} index
 * @param {boolean} chosen
 */
function row(room, index, chosen) {
  return el(
    "li",
    { id: `switch-${index}`, role: "option", class: "completion__row", "aria-selected": String(chosen) },
    icon(room.kind === "private" ? "lock" : "hash"),
    el("span", { class: "completion__label" }, room.name),
    room.unread ? el("span", { class: room.mentions ? "badge" : "muted" }, short(room.mentions || room.unread)) : null,
  );
}

customElements.define("room-switcher", RoomSwitcher);
