// <message-menu>: the actions of one message. A popover beside the message, on a phone a sheet from below. What was
// chosen is told as "action" too, for what is not the chat's to do.

import { one, Part } from "./dom.js";
import { place, walk } from "./popover.js";

export class MessageMenu extends Part {
  /** @type {Message | null} */ #message = null;
  /** @type {HTMLElement | null} */ #row = null;

  /** @param {App} app */
  start(app) {
    this.app = app;
    this.addEventListener("click", ({ target }) => this.#choose(/** @type {Element} */ (target).closest("button")));
    this.addEventListener("keydown", (event) => walk(this, event));
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
    const { actions, session } = this.app;
    const own = actions.isOwn(message);
    const wanted = {
      own, said: actions.canReply(message), other: message.author.id !== session.me.id, report: actions.canReport(message),
      delete: own || actions.canRemove(message),
    };
    for (const [kind, shown] of Object.entries(wanted)) {
      for (const button of this.querySelectorAll(`[data-${kind}]`)) /** @type {HTMLElement} */ (button).hidden = !shown;
    }
    one(this, "[data-action=person] span").textContent = `About ${message.author.name}`;
    this.showPopover();
    place(this, row.querySelector(".message__more") ?? row, "right");
    /** @type {HTMLElement} */ (one(this, "button:not([hidden])")).focus();
  }

  /** @param {HTMLButtonElement | null} button */
  #choose(button) {
    if (!button || !this.#message || !this.#row) return;
    this.hidePopover();
    this.#row.focus({ preventScroll: true });
    this.run(button.dataset.action ?? "", this.#message, this.#row);
  }

  /**
   * @param {string} action as the buttons have it
   * @param {Message} message
   * @param {HTMLElement} row
   */
  run(action, message, row) {
    this.app.actions.run(action, message, row);
    this.dispatchEvent(new CustomEvent("action", { detail: { action, message } }));
  }
}

customElements.define("message-menu", MessageMenu);
