// The line above the composer that says which message is being answered. Owns which one that is; it survives a reload
// with the draft.

import { one } from "./dom.js";
import { quoteOf } from "./quote.js";

export class ReplyBar {
  /** @type {Quote | null} */ quote = null;
  #room = 0;

  /**
   * @param {Composer} composer
   * @param {App} app
   */
  constructor(composer, app) {
    this.app = app;
    this.bar = /** @type {HTMLElement} */ (one(composer, ".composer__reply"));
    one(this.bar, "button").addEventListener("click", () => {
      this.set(null);
      composer.focus();
    });
    app.session.addEventListener("timeline", () => this.#refresh());
  }

  /** @param {number} room */
  enter(room) {
    this.#room = room;
    this.#show(this.app.drafts.reply(room));
  }

  /** @param {Quote | null} quote */
  set(quote) {
    this.app.drafts.setReply(this.#room, quote);
    this.#show(quote);
  }

  /** @returns {Quote | null} what was answered; no longer */
  take() {
    const { quote } = this;
    if (quote) this.set(null);
    return quote;
  }

  /** The message may have been edited or deleted meanwhile. */
  #refresh() {
    const { quote } = this;
    const message = quote && this.app.session.log(this.#room).timeline.messages.find(({ id }) => id === quote.id);
    if (!message) return;
    const now = quoteOf(message);
    if (now.text !== quote.text || now.deleted !== quote.deleted) this.set(now.deleted ? null : now);
  }

  /** @param {Quote | null} quote */
  #show(quote) {
    this.quote = quote;
    this.bar.hidden = !quote;
    if (!quote) return;
    one(this.bar, "strong").textContent = quote.author.id === this.app.session.me.id ? "yourself" : quote.author.name;
    one(this.bar, ".composer__quoted").textContent = quote.text;
  }
}
