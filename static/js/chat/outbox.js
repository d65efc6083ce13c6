// What a person sent and the server has not confirmed: kept in the browser until it has, in order, room by room. Owns the
// entries and when to try again; how a message travels is `send`'s business. Knows neither a socket nor a page.
//
// One storage key per entry, so two tabs never overwrite one another. Each tab sends its own entries; those of a tab that
// is gone are adopted. Sending one twice is harmless: the server answers a known client_id with what it stored.

import { CommandError } from "../live/connection.js";

// Refusals that pass by themselves, and how often `internal` is worth a second look.
const PASSING = new Set(["rate_limited", "unavailable", "internal"]);
const INTERNAL_MOST = 3;
const AGAIN_MS = 2_000;
// What a timer holds (2³¹ ms); longer ones go off at once.
const LONGEST_MS = 2_147_483_647;

export class Outbox {
  /** @type {Map<string, Entry>} */ #entries = new Map();
  /** @type {Set<number>} */ #busy = new Set();
  /** @type {Map<number, () => void>} what ends a room's wait */ #waits = new Map();
  #order = 0;

  /**
   * @param {{ storage: KeyValue, prefix: string, owner: string, uuid: () => string, now: () => Date,
   *   send: (entry: Entry) => Promise<unknown>, changed: (room: number) => void, timers?: Timers }} parts
   */
  constructor(parts) {
    this.parts = { timers: globalThis, ...parts };
  }

  /**
   * @param {number} room
   * @param {string} body
   * @param {Quote | null} reply_to
   */
  add(room, body, reply_to = null) {
    const { uuid, now } = this.parts;
    const client_id = uuid();
    const order = (this.#order = Math.max(this.#order + 1, now().getTime()));
    // Half an emoji, as a careless cut leaves it, cannot be sent as UTF-8, and would hold up all that follows.
    body = body.replace(/[\uD800-\uDFFF]/gu, "\uFFFD");
    this.#put({ client_id, room, body, reply_to, created_at: now().toISOString(), order, state: "pending", error: "" });
    this.flush(room);
    return client_id;
  }

  /** @param {number} room */
  entries(room) {
    return [...this.#entries.values()].filter((entry) => entry.room === room).sort((a, b) => a.order - b.order);
  }

  /** Sends what waits, in every room: call it when the connection is there again. */
  flushAll() {
    for (const room of new Set([...this.#entries.values()].map((entry) => entry.room))) this.flush(room);
  }

  /**
   * What was in the way is gone: nobody waits for the time that was said.
   * @param {number} [room] all of them, if left out
   */
  wake(room) {
    for (const [id, end] of [...this.#waits]) if (room === undefined || id === room) end();
  }

  /** @param {string} client_id */
  retry(client_id) {
    const entry = this.#entries.get(client_id);
    if (!entry) return;
    this.#put({ ...entry, state: "pending", error: "" });
    this.flush(entry.room);
  }

  /**
   * @param {string} client_id
   * @returns {Entry | undefined} what it was
   */
  discard(client_id) {
    const entry = this.#entries.get(client_id);
    this.#drop(client_id);
    return entry;
  }

  /** Owners of entries in the storage that are not this tab. */
  others() {
    const owners = stored(this.parts).map(({ owner }) => owner);
    return [...new Set(owners)].filter((owner) => owner !== this.parts.owner);
  }

  /**
   * Takes over what a tab that is gone left behind.
   * @param {string} gone
   */
  adopt(gone) {
    for (const { key, owner, entry } of stored(this.parts)) {
      if (owner !== gone) continue;
      this.parts.storage.removeItem(key);
      this.#put(entry);
    }
    this.flushAll();
  }

  /** @param {number} room */
  async flush(room) {
    if (this.#busy.has(room)) return;
    this.#busy.add(room);
    let entry;
    let tries = 0;
    do {
      entry = this.entries(room).find(({ state }) => state === "pending");
    } while (entry && (await this.#attempt(entry, tries++)));
    this.#busy.delete(room);
  }

  /**
   * @param {Entry} entry
   * @param {number} tries
   * @returns {Promise<boolean>} whether to go on with the next
   */
  async #attempt(entry, tries) {
    try {
      await this.parts.send(entry);
      this.#drop(entry.client_id);
      return true;
    } catch (error) {
      if (!(error instanceof CommandError)) return false; // The connection went; `flushAll` comes with the next one.
      if (!PASSING.has(error.code) || (error.code === "internal" && tries >= INTERNAL_MOST)) {
        this.#put({ ...entry, state: "failed", error: error.message });
        return true;
      }
      await this.#wait(entry.room, error.retryAfterMs || AGAIN_MS);
      return true;
    }
  }

  /**
   * @param {number} room
   * @param {number} ms
   */
  async #wait(room, ms) {
    const { timers } = this.parts;
    await new Promise((resolve) => {
      const timer = timers.setTimeout(() => resolve(null), Math.min(ms, LONGEST_MS));
      this.#waits.set(room, () => {
        timers.clearTimeout(timer);
        resolve(null);
      });
    });
    this.#waits.delete(room);
  }

  /** @param {Entry} entry */
  #put(entry) {
    this.#entries.set(entry.client_id, entry);
    try {
      this.parts.storage.setItem(this.#key(entry.client_id), JSON.stringify(entry));
    } catch {
      // Full or forbidden: the entry still lives as long as the page.
    }
    this.parts.changed(entry.room);
  }

  /** @param {string} client_id */
  #drop(client_id) {
    const entry = this.#entries.get(client_id);
    this.#entries.delete(client_id);
    this.parts.storage.removeItem(this.#key(client_id));
    if (entry) this.parts.changed(entry.room);
  }

  /** @param {string} client_id */
  #key(client_id) {
    return `${this.parts.prefix}:${this.parts.owner}:${client_id}`;
  }
}

/** @param {{ storage: KeyValue, prefix: string }} parts */
function stored({ storage, prefix }) {
  const out = [];
  for (let i = 0; i < storage.length; i++) {
    const key = storage.key(i) ?? "";
    if (!key.startsWith(`${prefix}:`)) continue;
    const [owner] = key.slice(prefix.length + 1).split(":");
    /** @type {Entry | null} */
    const entry = parse(storage.getItem(key));
    if (entry) out.push({ key, owner, entry });
  }
  return out;
}

/** @param {string | null} text */
function parse(text) {
  try {
    return JSON.parse(text ?? "null");
  } catch {
    return null;
  }
}
