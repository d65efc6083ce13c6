// <room-switcher>: to another room, or to a person, by a few letters (Ctrl K). Owns its dialog; people come from the server.

import { Choices } from "./choices.js";
import { other } from "./direct.js";
import { avatar, el, one, Part } from "./dom.js";
import { face } from "./faces.js";
import { short } from "./format.js";
import { PeopleSearch } from "./people-search.js";
import { search } from "./rooms.js";

// A list longer than this is narrowed faster by another letter; people have their place in it.
const ROOMS_MOST = 8;
const PEOPLE_MOST = 6;

/** @typedef {{ room?: Room, person?: Person }} Place */

export class RoomSwitcher extends Part {
  /** @type {Room[]} */ #rooms = [];
  /** Enter was pressed before the people were there. */ #hasty = false;
  choices = /** @type {Choices<Place>} */ (/** @type {unknown} */ (null));
  people = /** @type {PeopleSearch} */ (/** @type {unknown} */ (null));
  dialog = /** @type {HTMLDialogElement} */ (one(this, "dialog"));
  input = /** @type {HTMLInputElement} */ (one(this, "input"));

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.choices = new Choices({ input: this.input, list: one(this, "ul"), row, take: (place, event) => this.#go(place, /** @type {MouseEvent} */ (event).shiftKey) });
    this.people = new PeopleSearch(app.session, (people, offline) => this.#found(people, offline));
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    one(this, "[data-act=new-message]").addEventListener("click", () => app.newMessage());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.people.stop());
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
    this.#rooms = (this.input.value ? found : found.sort((a, b) => here(a) - here(b))).slice(0, ROOMS_MOST);
    this.#hasty = false;
    this.people.ask(this.input.value);
    this.#show([], false);
  }

  /**
   * @param {Person[]} people
   * @param {boolean} offline
   */
  #found(people, offline) {
    // Who has a line as a conversation needs no second one.
    const listed = new Set(this.#rooms.map((room) => other(room)?.id));
    this.#show(people.filter(({ id }) => !listed.has(id)).slice(0, PEOPLE_MOST), true);
    one(this, ".switcher__none").textContent = offline ? "No room of yours. People are found when the connection is back." : "Nobody and nothing by these letters.";
    if (this.#hasty) this.#go(this.choices.chosen, false);
  }

  /**
   * @param {Person[]} people
   * @param {boolean} keep
   */
  #show(people, keep) {
    this.choices.show([...this.#rooms.map((room) => ({ room })), ...people.map((person) => ({ person }))], keep);
    one(this, ".switcher__none").toggleAttribute("hidden", this.people.waiting || !!this.choices.items.length);
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    if (event.key === "Enter") this.#go(this.choices.chosen, event.shiftKey);
    else if (!this.choices.key(event)) return;
    event.preventDefault();
  }

  /**
   * @param {Place | undefined} place
   * @param {boolean} together whether more people shall come to the one chosen
   */
  #go(place, together) {
    this.#hasty = !place && !!this.people.waiting;
    if (!place) return;
    const person = place.person ?? other(place.room);
    if (together && person) return void this.app.newMessage([person]);
    this.dialog.close();
    if (place.room) this.app.openRoom(place.room);
    else if (person) this.app.actions.converse([person.id]);
  }
}

/** @param {Place} place */
function row({ room, person }) {
  const count = room && (room.kind === "direct" ? room.unread : room.mentions);
  return el(
    "li",
    { class: "completion__row" },
    person ? avatar(person) : room ? face(room) : null,
    el("span", { class: "completion__label" }, person?.name ?? room?.name ?? ""),
    person ? el("span", { class: "muted" }, `@${person.username}`) : null,
    room?.unread ? el("span", { class: count ? "badge" : "muted" }, short(count || room.unread)) : null,
  );
}

customElements.define("room-switcher", RoomSwitcher);
