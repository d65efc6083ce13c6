// <new-message>: a conversation with one or several people. Fetched when it is first wanted. Owns its dialog and who is
// chosen; opening the conversation is the app's.

import { Choices } from "./choices.js";
import { avatar, el, icon, one } from "./dom.js";
import { PeopleSearch } from "./people-search.js";

// docs/protocol.md, `direct.open`.
const PEOPLE_MOST = 8;

export class NewMessage {
  /** @type {Person[]} */ #chosen = [];
  /** @type {Person[]} */ #found = [];
  /** Enter was pressed before the people were there. */ #hasty = false;

  /** @param {App} app */
  constructor(app) {
    this.app = app;
    this.dialog = /** @type {HTMLDialogElement} */ (one(document, "#new-message"));
    this.input = /** @type {HTMLInputElement} */ (one(this.dialog, "input"));
    this.chips = one(this.dialog, ".chips");
    this.start = /** @type {HTMLButtonElement} */ (one(this.dialog, "[data-act=start]"));
    /** @type {Choices<Person>} */
    this.choices = new Choices({ input: this.input, list: one(this.dialog, "ul"), row, take: (person) => this.#add(person) });
    this.people = new PeopleSearch(app.session, (people, offline) => this.#show(people, offline));
    this.input.addEventListener("input", () => this.#search());
    this.input.addEventListener("keydown", (event) => this.#key(event));
    this.chips.addEventListener("click", (event) => this.#drop(/** @type {Element} */ (event.target).closest("button")));
    this.start.addEventListener("click", () => this.#open());
    this.dialog.addEventListener("click", ({ target }) => target === this.dialog && this.dialog.close());
    this.dialog.addEventListener("close", () => this.people.stop());
  }

  /** @param {Person[]} people who is chosen already */
  open(people) {
    this.#chosen = people;
    this.#changed();
    this.dialog.showModal();
    this.input.focus();
  }

  #search() {
    this.#hasty = false;
    this.people.ask(this.input.value);
  }

  /**
   * @param {Person[]} people
   * @param {boolean} offline
   */
  #show(people, offline) {
    this.#found = people;
    this.#draw(offline ? "People are found when the connection is back." : "Nobody by these letters.");
    if (this.#hasty && this.choices.chosen) this.#add(this.choices.chosen);
  }

  /** @param {string} nobody */
  #draw(nobody = "") {
    const chosen = new Set(this.#chosen.map(({ id }) => id));
    const full = chosen.size >= PEOPLE_MOST;
    this.choices.show(full ? [] : this.#found.filter(({ id }) => !chosen.has(id)));
    const line = one(this.dialog, ".switcher__none");
    line.textContent = full ? `A conversation has at most ${PEOPLE_MOST} others.` : nobody;
    line.toggleAttribute("hidden", this.choices.items.length > 0 || !line.textContent || (!this.input.value && !full && nobody.startsWith("Nobody")));
  }

  #changed() {
    this.input.value = "";
    this.chips.replaceChildren(...this.#chosen.map(chip));
    this.start.disabled = !this.#chosen.length;
    this.start.textContent = this.#chosen.length > 1 ? "Start the group" : "Start";
    this.input.placeholder = this.#chosen.length ? "Somebody else?" : "Name";
    this.#draw();
    this.#search();
  }

  /** @param {Person} person */
  #add(person) {
    if (this.#chosen.length >= PEOPLE_MOST) return;
    this.#chosen = [...this.#chosen, person];
    this.#changed();
    this.input.focus();
  }

  /** @param {Element | null} button */
  #drop(button) {
    if (!button) return;
    this.#chosen = this.#chosen.filter(({ id }) => String(id) !== button.getAttribute("data-id"));
    this.#changed();
    this.input.focus();
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.isComposing) return;
    const { chosen } = this.choices;
    if (event.key === "Enter") this.#enter(chosen);
    else if (event.key === "Backspace" && !this.input.value) return this.#drop(this.chips.querySelector("button:last-of-type"));
    else if (event.key === "Tab" && !event.shiftKey && this.input.value && chosen) this.#add(chosen);
    else if (!this.choices.key(event)) return;
    event.preventDefault();
  }

  /**
   * With letters typed it takes the person; with none, who is chosen is who one wants.
   * @param {Person | undefined} person
   */
  #enter(person) {
    if (!this.input.value.trim() && this.#chosen.length) return this.#open();
    this.#hasty = this.people.waiting;
    if (person && !this.#hasty) this.#add(person);
  }

  #open() {
    this.dialog.close();
    this.app.actions.converse(this.#chosen.map(({ id }) => id));
  }
}

/** @param {Person} person */
function row(person) {
  return el("li", { class: "completion__row" }, avatar(person), el("span", { class: "completion__label" }, person.name), el("span", { class: "muted" }, `@${person.username}`));
}

/** @param {Person} person */
function chip(person) {
  return el("button", { class: "chip", type: "button", "data-id": person.id, "aria-label": `Without ${person.name}` }, avatar(person), person.name, icon("x"));
}
