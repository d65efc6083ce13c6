// Who is typing where. Owns when a hint is stale and how often one's own is sent.

// A hint is repeated every 3 s while somebody types; two may get lost on the way.
const REPEAT_MS = 3_000;
const STALE_MS = 2 * REPEAT_MS + 1_000;

export class Typing {
  /** @type {Map<string, { room: number, person: Person, timer: any }>} */ #typing = new Map();
  #lastSent = -Infinity;

  /**
   * @param {(room: number) => void} changed
   * @param {Timers} timers
   * @param {() => number} now
   */
  constructor(changed, timers = globalThis, now = Date.now) {
    this.changed = changed;
    this.timers = timers;
    this.now = now;
  }

  /**
   * @param {number} room
   * @param {Person} person
   */
  hear(room, person) {
    this.#forget(room, person.id);
    const timer = this.timers.setTimeout(() => this.stop(room, person.id), STALE_MS);
    this.#typing.set(`${room}:${person.id}`, { room, person, timer });
    this.changed(room);
  }

  /**
   * @param {number} room
   * @param {number} person
   */
  stop(room, person) {
    if (this.#forget(room, person)) this.changed(room);
  }

  /** @param {number} room */
  names(room) {
    return [...this.#typing.values()].filter((entry) => entry.room === room).map(({ person }) => person.name);
  }

  /** Whether it is time to tell the others about oneself again. */
  due() {
    if (this.now() - this.#lastSent < REPEAT_MS) return false;
    this.#lastSent = this.now();
    return true;
  }

  /** The message was sent: the next keystroke is news again. */
  rest() {
    this.#lastSent = -Infinity;
  }

  /**
   * @param {number} room
   * @param {number} person
   */
  #forget(room, person) {
    const key = `${room}:${person}`;
    this.timers.clearTimeout(this.#typing.get(key)?.timer);
    return this.#typing.delete(key);
  }
}
