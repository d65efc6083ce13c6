// Whether somebody uses this page, told to the server so that pushes wait (`active`). Knows no document: its owner says
// when the page was used, and whether it is looked at.

// docs/protocol.md, "Notifications": at most every 30 s. The server counts somebody as active for 90 s.
export const EVERY_MS = 30_000;
// Without a key or a movement for this long, one may have left the desk with the page open.
export const IDLE_MS = 60_000;

export class Activity {
  #usedAt = -Infinity;
  /** @type {any} */ #timer = null;

  /** @param {{ send: () => void, attentive: () => boolean, now?: () => number, timers?: Timers }} parts */
  constructor({ send, attentive, now = Date.now, timers = globalThis }) {
    this.parts = { send, attentive, now, timers };
  }

  used() {
    this.#usedAt = this.parts.now();
    if (this.#timer === null) this.#beat();
  }

  #beat() {
    const { send, attentive, now, timers } = this.parts;
    this.#timer = null;
    if (!attentive() || now() - this.#usedAt >= IDLE_MS) return;
    send();
    this.#timer = timers.setTimeout(() => this.#beat(), EVERY_MS);
  }
}
