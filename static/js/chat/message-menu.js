// <message-menu>: the actions of one message. A popover beside the message, on a phone a sheet from below. What is not the
// chat's to do goes out as "action", with the message.

import { one, Part } from "./dom.js";

// Room for the menu's own height below the button, or it opens upwards.
const SPACE_PX = 260;

export class MessageMenu extends Part {
  /** @type {Message | null} */ #message = null;
  /** @type {HTMLElement | null} */ #row = null;

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.addEventListener("click", ({ target }) => this.#choose(/** @type {Element} */ (target).closest("button")));
    this.addEventListener("keydown", (event) => this.#key(event));
    this.addEventListener("toggle", (event) => {
      if (/** @type {ToggleEvent} */ (event).newState === "closed") this.#row?.classList.remove("message--open");
    });
  }

  /**
   * @param {Message} message
   * @param {HTMLElement} row
   */
  open(message, row) {
    this.#message = message;
    this.#row = row;
    row.classList.add("message--open");
    const own = this.app.actions.isOwn(message);
    for (const button of this.querySelectorAll("[data-own]")) /** @type {HTMLElement} */ (button).hidden = !own;
    this.#place(row.querySelector(".message__more") ?? row);
    this.showPopover();
    /** @type {HTMLElement} */ (one(this, "button")).focus();
  }

  /** @param {Element} by */
  #place(by) {
    const { top, bottom, right } = by.getBoundingClientRect();
    const below = innerHeight - bottom > SPACE_PX;
    this.style.setProperty("--right", `${Math.max(8, innerWidth - right)}px`);
    this.style.setProperty("--top", below ? `${bottom + 4}px` : "auto");
    this.style.setProperty("--bottom", below ? "auto" : `${Math.max(8, innerHeight - top + 4)}px`);
  }

  /** @param {HTMLButtonElement | null} button */
  #choose(button) {
    if (!button || !this.#message) return;
    const { actions } = this.app;
    const message = this.#message;
    this.hidePopover();
    this.#row?.focus({ preventScroll: true });
    const action = button.dataset.action;
    if (action === "link") actions.copyLink(message);
    else if (action === "text") actions.copyText(message);
    else if (action === "unread") actions.markUnread(message);
    else if (action === "edit") actions.edit(message);
    else if (action === "delete") actions.delete(message);
    else this.tell(action ?? "", message);
  }

  /**
   * What is not the chat's to do.
   * @param {string} action
   * @param {Message} message
   */
  tell(action, message) {
    this.dispatchEvent(new CustomEvent("action", { detail: { action, message } }));
  }

  /** @param {KeyboardEvent} event */
  #key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (event.key === "Tab") return this.hidePopover();
    if (!step) return;
    event.preventDefault();
    const items = /** @type {HTMLElement[]} */ ([...this.querySelectorAll("button:not([hidden])")]);
    const at = items.indexOf(/** @type {HTMLElement} */ (document.activeElement));
    items[(at + step + items.length) % items.length].focus();
  }
}

customElements.define("message-menu", MessageMenu);
