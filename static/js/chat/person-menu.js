// <person-menu>: who somebody is, and what one can do about it: speak to them, or block them. A popover beside the name.

import { avatar, el, one, Part } from "./dom.js";
import { place, walk } from "./popover.js";

export class PersonMenu extends Part {
  /** @type {Person | null} */ #person = null;
  /** @type {HTMLElement | null} */ #by = null;

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.addEventListener("click", ({ target }) => this.#choose(/** @type {Element} */ (target).closest("button")));
    this.addEventListener("keydown", (event) => walk(this, event));
  }

  /**
   * @param {Person} person
   * @param {HTMLElement} by
   */
  open(person, by) {
    this.#person = person;
    this.#by = by;
    const { session } = this.app;
    const mine = person.id === session.me.id;
    const blocked = session.people.blocked.has(person.id);
    this.setAttribute("aria-label", person.name);
    one(this, ".person > :first-child").replaceWith(avatar(person));
    one(this, ".person__name").textContent = person.name;
    one(this, ".person__handle").textContent = `@${person.username}${mine ? " · you" : blocked ? " · blocked" : ""}`;
    const shown = { message: !mine && !blocked, block: !mine && !blocked, unblock: blocked };
    for (const [action, wish] of Object.entries(shown)) /** @type {HTMLElement} */ (one(this, `[data-action=${action}]`)).hidden = !wish;
    const acts = el("div", { class: "menu__acts" }); // A new one, so that what is late for somebody else's menu has no place in this.
    one(this, ".menu__acts").replaceWith(acts);
    const offered = !mine && this.app.actions.isModerator;
    acts.ariaBusy = String(offered);
    if (offered) this.app.moderate((moderation) => this.#person === person && moderation.offer(acts, person, () => place(this, by, "left")));
    this.showPopover();
    place(this, by, "left");
    if (!mine) /** @type {HTMLElement} */ (one(this, "button:not([hidden])")).focus();
  }

  /** @param {HTMLButtonElement | null} button */
  #choose(button) {
    const person = this.#person;
    if (!button || !person) return;
    this.hidePopover();
    this.#by?.focus({ preventScroll: true });
    const { actions } = this.app;
    const { act } = button.dataset;
    if (act) this.app.moderate((moderation) => moderation.act(act, person));
    else if (button.dataset.action === "message") actions.converse([person.id]);
    else actions.block(person, button.dataset.action === "block");
  }
}

customElements.define("person-menu", PersonMenu);
