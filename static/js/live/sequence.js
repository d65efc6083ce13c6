// The order of one room's events: docs/protocol.md, "Order, gaps, resume". Owns the highest seq that was applied and the
// events that came too early. Knows neither a socket nor what an event means.

// The protocol's own number: most gaps are two frames that overtook each other and close by themselves.
export const HOLD_MS = 300;
// After a refused catch-up. The server's limit is 20 commands a second; this stays far below it.
export const RETRY_MS = 2_000;

/** @typedef {{ seq: number, after?: number }} Numbered */

export class Sequence {
  /** @type {Numbered[]} */ #held = [];
  /** @type {any} */ #timer = null;
  #head = 0;
  #syncing = false;
  #closed = false;

  /**
   * @param {number} last the highest seq that is already applied
   * @param {{ apply: (event: any) => void, sync: (after: number) => Promise<number>, timers?: Timers }} parts
   *   `sync` brings everything after a seq up to date and answers the seq up to which that holds
   */
  constructor(last, { apply, sync, timers = globalThis }) {
    this.last = last;
    this.parts = { apply, sync, timers };
  }

  /** @param {Numbered} event */
  receive(event) {
    if (event.seq <= this.last) return;
    if (begins(event) > this.last) return this.#hold(event);
    this.last = event.seq;
    this.parts.apply(event);
    this.#drain();
  }

  /**
   * The server counts up to here, as `welcome` says.
   * @param {number} head
   */
  expect(head) {
    this.#head = Math.max(this.#head, head);
    if (head > this.last) this.catchUp();
  }

  /**
   * Everything up to here is known by other means, such as a loaded page.
   * @param {number} seq
   */
  advance(seq) {
    this.last = Math.max(this.last, seq);
    this.#drain();
  }

  async catchUp() {
    if (this.#syncing || this.#closed) return;
    this.#syncing = true;
    this.#clear();
    try {
      this.advance(await this.parts.sync(this.last));
    } catch {
      this.#later(RETRY_MS);
    } finally {
      this.#syncing = false;
      if (this.#held.length) this.#later(HOLD_MS);
    }
  }

  close() {
    this.#closed = true;
    this.#held = [];
    this.#clear();
  }

  /** @param {Numbered} event */
  #hold(event) {
    this.#held.push(event);
    this.#held.sort((a, b) => a.seq - b.seq);
    if (!this.#syncing) this.#later(HOLD_MS);
  }

  #drain() {
    while (this.#held.length && begins(this.#held[0]) <= this.last) {
      const event = /** @type {Numbered} */ (this.#held.shift());
      if (event.seq <= this.last) continue;
      this.last = event.seq;
      this.parts.apply(event);
    }
    if (!this.#held.length && this.last >= this.#head) this.#clear();
  }

  /** @param {number} ms */
  #later(ms) {
    if (this.#closed || this.#timer !== null) return;
    this.#timer = this.parts.timers.setTimeout(() => {
      this.#timer = null;
      this.catchUp();
    }, ms);
  }

  #clear() {
    this.parts.timers.clearTimeout(this.#timer);
    this.#timer = null;
  }
}

/** @param {Numbered} event */
function begins(event) {
  return event.after ?? event.seq - 1;
}
