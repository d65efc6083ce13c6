// Read marks on their way to the server. Owns how often one is sent; what counts as read is the session's to say.

// docs/protocol.md allows 20 commands a second; a mark every two seconds is as much as another device can show.
const EVERY_MS = 2_000;

export class Reading {
  /** @type {Map<number, number>} */ #wanted = new Map();
  /** @type {any} */ #timer = null;

  /**
   * @param {(room: number, seq: number) => void} send
   * @param {Timers} timers
   */
  constructor(send, timers = globalThis) {
    this.send = send;
    this.timers = timers;
  }

  /**
   * The first goes at once, what follows within the interval goes as one.
   * @param {number} room
   * @param {number} seq
   */
  mark(room, seq) {
    this.#wanted.set(room, Math.max(seq, this.#wanted.get(room) ?? 0));
    if (this.#timer === null) this.#flush();
  }

  #flush() {
    this.#timer = null;
    if (!this.#wanted.size) return;
    for (const [room, seq] of this.#wanted) this.send(room, seq);
    this.#wanted.clear();
    this.#timer = this.timers.setTimeout(() => this.#flush(), EVERY_MS);
  }
}
