// The list that `@` and `:` open above the composer. Owns the list on screen and the chosen line; what fits is completion.js's.

import { complete, findTrigger, matchCalls, matchEmoji, matchPeople, offered } from "./completion.js";
import { mayCallAll } from "./direct.js";
import { avatar, el, icon, one } from "./dom.js";

const RECENT_KEY = "confab:emoji";
const RECENT_MOST = 20;

export class CompletionList {
  /** @type {Option[]} */ #options = [];
  /** @type {Trigger | null} */ #trigger = null;
  #at = 0;
  /** @type {Iterable<[string, string]> | null} fetched with the first colon */ #emoji = null;

  /**
   * @param {Composer} composer
   * @param {App} app
   */
  constructor(composer, app) {
    this.composer = composer;
    this.app = app;
    /** @type {HTMLElement} */ this.list = one(composer, ".completion");
    this.list.addEventListener("pointerdown", (event) => event.preventDefault()); // The text keeps the focus.
    this.list.addEventListener("click", ({ target }) => {
      const row = /** @type {Element} */ (target).closest("[role=option]");
      if (row) this.#take([...this.list.children].indexOf(row));
    });
    app.session.addEventListener("members", () => this.#trigger && this.update());
  }

  update() {
    const { input } = this.composer;
    this.#trigger = input.selectionStart === input.selectionEnd ? findTrigger(input.value, input.selectionStart) : null;
    this.#options = this.#trigger ? this.#match(this.#trigger) : [];
    this.#at = 0;
    this.#draw();
  }

  close() {
    this.#options = [];
    this.#trigger = null;
    this.#draw();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was meant for the list
   */
  key({ key, shiftKey }) {
    if (!this.#options.length || shiftKey) return false;
    if (key === "Enter" || key === "Tab") this.#take(this.#at);
    else if (key === "Escape") this.close();
    else if (key === "ArrowDown" || key === "ArrowUp") this.#move(key === "ArrowDown" ? 1 : -1);
    else return false;
    return true;
  }

  /** @param {Trigger} trigger */
  #match({ kind, query }) {
    if (kind === ":") return this.#emoji ? matchEmoji(this.#emoji, query, this.#recent()) : this.#fetch();
    const { session } = this.app;
    const log = session.log(session.current);
    if (!log.members) session.loadMembers(session.current);
    const speakers = log.timeline.messages.map(({ author }) => author).reverse();
    const others = (log.members ?? [...new Map(speakers.map((person) => [person.id, person])).values()]).filter(({ id }) => id !== session.me.id);
    const people = matchPeople(others, query, [...new Set(speakers.map(({ id }) => id))]);
    return offered(query, this.#calls(query), people);
  }

  /** @returns {Option[]} none until they are there */
  #fetch() {
    const load = async () => {
      this.#emoji = (await import("./emoji.js")).EMOJI;
      if (this.#trigger) this.update();
    };
    load().catch(() => {}); // Without a connection there is no help with names of emoji; the next letter asks again.
    return [];
  }

  /** @param {string} query */
  #calls(query) {
    const { session } = this.app;
    const { room } = session;
    if (!room || !mayCallAll(room)) return [];
    const members = session.log(room.id).members;
    return matchCalls(query, { room: members && members.length - 1, online: Math.max(0, room.online - 1) });
  }

  /** @param {number} index */
  #take(index) {
    const option = this.#options[index];
    const { input } = this.composer;
    if (!option || !this.#trigger) return;
    if (this.#trigger.kind === ":") this.#remember(option.hint);
    const { text, caret } = complete(input.value, input.selectionStart, this.#trigger, option.value);
    this.composer.accept(text, caret);
    this.close();
  }

  /** @param {number} step */
  #move(step) {
    this.#at = (this.#at + step + this.#options.length) % this.#options.length;
    this.#draw();
  }

  #draw() {
    const { input } = this.composer;
    this.list.hidden = !this.#options.length;
    this.list.replaceChildren(...this.#options.map((option, index) => this.#row(option, index)));
    if (this.#options.length) input.setAttribute("aria-activedescendant", `completion-${this.#at}`);
    else input.removeAttribute("aria-activedescendant");
  }

  /**
   * @param {Option} option
   * @param {number} index
   */
  #row({ label, hint, person, icon: sign }, index) {
    return el(
      "li",
      { id: `completion-${index}`, role: "option", class: "completion__row", "aria-selected": String(index === this.#at) },
      person ? avatar(person) : sign ? icon(sign) : null,
      el("span", { class: person || sign ? "completion__label" : "completion__sign" }, label),
      el("span", { class: "muted" }, hint),
    );
  }

  /** @returns {string[]} */
  #recent() {
    return (this.app.storage.getItem(RECENT_KEY) ?? "").split(" ").filter(Boolean);
  }

  /** @param {string} name */
  #remember(name) {
    const names = [name, ...this.#recent().filter((other) => other !== name)];
    this.app.storage.setItem(RECENT_KEY, names.slice(0, RECENT_MOST).join(" "));
  }
}
