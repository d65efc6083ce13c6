// <room-level>: how much of the open room one wants to hear. A bell that shows the state, and a menu of three.

import { whyNot } from "../chat/actions.js";
import { icon, one, toast } from "../chat/dom.js";
import { place, walk } from "../chat/popover.js";

/** @type {Record<Level, [string, string]>} the icon, and what is said */
const LOOKS = { everything: ["bell-ring", "everything"], mentions: ["at-sign", "mentions"], nothing: ["bell-off", "nothing"] };

export class RoomLevel extends HTMLElement {
  button = /** @type {HTMLElement} */ (one(this, "button"));
  menu = /** @type {HTMLElement} */ (one(this, "[popover]"));

  /** @param {Notifications} owner */
  start(owner) {
    this.owner = owner;
    const paint = () => this.#paint();
    owner.app.session.addEventListener("rooms", paint);
    owner.notices.addEventListener("level", paint);
    this.button.addEventListener("click", () => this.open());
    this.menu.addEventListener("click", ({ target }) => this.#choose(/** @type {Element} */ (target).closest("[data-level]")));
    this.menu.addEventListener("keydown", (event) => this.#key(event));
    this.menu.addEventListener("toggle", (event) => {
      this.button.setAttribute("aria-expanded", String(/** @type {ToggleEvent} */ (event).newState === "open"));
    });
    paint();
  }

  open() {
    this.menu.togglePopover();
    if (!this.menu.matches(":popover-open")) return;
    place(this.menu, this.button, "right");
    /** @type {HTMLElement} */ (one(this.menu, "[aria-checked=true]")).focus();
  }

  /** @returns {Level} */
  get level() {
    const { app, notices } = /** @type {Notifications} */ (this.owner);
    const { room } = app.session;
    return notices.levels.get(`room:${room?.id}`) ?? (room?.kind === "direct" ? "everything" : "mentions");
  }

  #paint() {
    const { level } = this;
    if (this.dataset.level === level) return;
    this.dataset.level = level;
    const [name, words] = LOOKS[level];
    this.button.replaceChildren(icon(name));
    this.button.setAttribute("aria-label", `Notify me of ${words}`);
    this.button.title = `Notify me of ${words}`;
    for (const item of this.menu.querySelectorAll("[data-level]")) item.setAttribute("aria-checked", String(item.getAttribute("data-level") === level));
  }

  /** @param {Element | null} item */
  async #choose(item) {
    const { app, notices } = /** @type {Notifications} */ (this.owner);
    if (!item) return;
    this.menu.hidePopover();
    this.button.focus();
    try {
      await notices.setLevel(`room:${app.session.current}`, /** @type {Level} */ (item.getAttribute("data-level")));
    } catch (error) {
      toast(`Not changed. ${whyNot(error)}`);
    }
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    if (event.key.length === 1) event.stopPropagation(); // Not the beginning of a message.
    walk(this.menu, event);
  }
}

customElements.define("room-level", RoomLevel);
