// Keeps one room's timeline complete: loads its pages, applies its events in order, closes its gaps. Owns the timeline and
// the sequence of one room; knows neither which room is on screen nor how it is drawn.

import { Sequence } from "../live/sequence.js";
import * as timeline from "./timeline.js";

// Half of what the server gives at most: two screens of a tall window.
const PAGE = 50;

export class RoomLog {
  timeline = timeline.empty();
  failed = false;
  /** @type {Member[] | null} */ members = null;
  /** @type {Set<string>} */ #loading = new Set();

  /**
   * @param {number} room
   * @param {number} seq up to which the room's counts hold
   * @param {LogParts} parts
   */
  constructor(room, seq, parts) {
    this.room = room;
    this.parts = parts;
    this.sequence = new Sequence(seq, { apply: (event) => this.#apply(event), sync: (after) => this.#sync(after) });
  }

  /** @param {Page} page */
  show(page) {
    this.#set(timeline.load(this.timeline, page));
    this.#settle(page.seq, true);
  }

  /** @param {number} head the room's seq, as the server just said */
  expect(head) {
    this.failed = false;
    if (this.timeline.loaded) this.sequence.expect(head);
    else this.sequence.advance(head);
  }

  latest() {
    return this.#load("page", {}, (page) => this.show(page));
  }

  /** @param {number} seq */
  around(seq) {
    return this.#load("page", { around: seq }, (page) => this.show(page));
  }

  older() {
    const [first] = this.timeline.messages;
    if (!first || !this.timeline.moreBefore) return;
    return this.#load("older", { before: first.seq }, (page) => {
      if (this.timeline.messages[0]?.seq !== first.seq) return;
      this.#set(timeline.older(this.timeline, page));
      this.#settle(page.seq, false);
    });
  }

  newer() {
    const last = this.timeline.messages.at(-1);
    if (!last || !this.timeline.moreAfter) return;
    return this.#load("newer", { after: last.seq }, (page) => {
      if (this.timeline.messages.at(-1)?.seq !== last.seq) return;
      this.#set(timeline.newer(this.timeline, page));
      this.#settle(page.seq, false);
    });
  }

  /** @param {Message} message */
  upsert(message) {
    this.#set(timeline.upsert(this.timeline, message, this.parts.following(this.room)));
  }

  /** @param {number | null} seq */
  markNew(seq) {
    if (this.timeline.newAfter !== seq) this.#set(timeline.markNew(this.timeline, seq));
  }

  /**
   * @param {string} which one of each at a time
   * @param {object} range
   * @param {(page: Page) => void} use
   */
  async #load(which, range, use) {
    if (this.#loading.has(which)) return;
    this.#loading.add(which);
    try {
      use(await this.parts.request("room.history", { room: this.room, limit: PAGE, ...range }));
      this.failed = false;
    } catch {
      this.failed = true;
      this.parts.changed(this.room);
    } finally {
      this.#loading.delete(which);
    }
  }

  /**
   * A page says how things stood at `seq`. Events that came in the meantime may have found nothing to change.
   * @param {number} seq
   * @param {boolean} whole whether the page is all that is held
   */
  #settle(seq, whole) {
    if (seq < this.sequence.last) this.#sync(seq).catch(() => this.sequence.catchUp());
    else if (whole) this.sequence.advance(seq);
  }

  /** @param {MessageEventFrame} event */
  #apply(event) {
    this.parts.arrived(event);
    this.upsert(event.message);
  }

  /** @param {number} after */
  async #sync(after) {
    const answer = await this.parts.request("room.sync", { room: this.room, after });
    for (const message of answer.messages) this.#apply({ room: this.room, seq: message.changed, message });
    if (answer.reset && this.timeline.loaded) await this.latest();
    return answer.seq;
  }

  /** @param {Timeline} state */
  #set(state) {
    if (state === this.timeline) return;
    this.timeline = state;
    this.parts.changed(this.room);
  }
}
