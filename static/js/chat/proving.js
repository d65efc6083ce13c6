// Listens how the events of a session come, and reports it to the server: docs/protocol.md, "Delivery reports". Loaded once
// the page is up; nothing depends on it. Also says, under the list of people, how far the open room is complete.

import { Proof } from "../live/proof.js";

const FIRST_MS = 10_000;
const EVERY_MS = 30_000;
// After a move the old socket still says for 5 s what the new one says too (live/socket.js), and a second to be sure.
const TWO_SOCKETS_MS = 6_000;
// One's own messages that are on their way; more wait in the outbox.
const OWN_MOST = 100;

export class Proving {
  proof = new Proof();
  #renewedAt = -Infinity;
  /** Whether another report is due though nothing came: one alone does not show that the last event is missing. */
  #more = true;
  #reporting = false;
  /** @type {Map<number, number>} how far each room was complete: a log that is let go of and made anew begins lower */ #complete = new Map();
  /** @type {Map<string, number>} when each of one's own messages left, by client_id */ #sent = new Map();

  /**
   * @param {Session} session
   * @param {{ page?: Document | null, timers?: Timers, now?: () => number, random?: () => number }} parts `now` never jumps
   */
  constructor(session, { page = null, timers = globalThis, now = () => performance.timeOrigin + performance.now(), random = Math.random } = {}) {
    this.session = session;
    this.parts = { page, timers, now, random };
    const { socket } = session;
    socket.addEventListener("welcome", () => this.#renewed());
    socket.addEventListener("frame", (event) => this.#heard(/** @type {CustomEvent} */ (event).detail));
    socket.addEventListener("state", () => socket.state === "open" || this.#sent.clear());
    session.addEventListener("arrived", (event) => this.#arrived(/** @type {CustomEvent} */ (event).detail));
    session.addEventListener("timeline", (event) => this.#leaving(/** @type {CustomEvent} */ (event).detail));
    for (const type of ["timeline", "rooms"]) session.addEventListener(type, () => this.#paint());
    page?.addEventListener("visibilitychange", () => page.hidden && this.report());
    this.#renewed();
    this.#paint();
    this.#later(FIRST_MS);
  }

  async report() {
    const { socket } = this.session;
    const { received } = this.proof.tally;
    if (this.#reporting || socket.state !== "open" || !(received || this.#more)) return;
    this.#more = received > 0;
    this.#reporting = true;
    const report = this.proof.report(this.#rooms());
    try {
      await socket.request("delivery.report", report);
    } catch {
      this.proof.keep(report);
    } finally {
      this.#reporting = false;
    }
  }

  /** @param {number} ms */
  #later(ms) {
    const { timers, random } = this.parts;
    timers.setTimeout(async () => {
      this.#later(EVERY_MS);
      await this.#ask();
      await this.report();
    }, ms * (0.9 + random() / 5)); // A thousand pages that came at once do not report at once.
  }

  /** What time it is over there. */
  async #ask() {
    const sent = this.parts.now();
    const pong = await this.session.socket.request("ping").catch(() => null);
    if (pong?.time) this.proof.clock.heard(sent, this.parts.now(), Date.parse(pong.time));
  }

  #renewed() {
    this.#renewedAt = this.parts.now();
    this.proof.renewed();
    this.#ask();
  }

  /** @param {any} frame as the session has handled it already */
  #heard(frame) {
    if (frame.type !== "message") return;
    const alone = this.parts.now() - this.#renewedAt > TWO_SOCKETS_MS;
    this.proof.heard(frame.room, frame.seq, { last: this.session.log(frame.room).sequence.last, alone });
  }

  /** @param {MessageEventFrame & { type?: string }} event */
  #arrived({ type, room, seq, message }) {
    if (!type) return this.proof.asked(room);
    this.proof.applied(room, seq);
    if (message.seq !== message.changed) return; // An edit says when it was written first.
    const now = this.parts.now();
    const { best } = this.proof.clock;
    if (best) this.proof.took("delays", now + best.offset - Date.parse(message.created_at));
    const left = this.#sent.get(message.client_id);
    if (left !== undefined) this.proof.took("own_delays", now - left);
    this.#sent.delete(message.client_id);
  }

  /** @param {number} room one whose outbox may have changed */
  #leaving(room) {
    if (this.session.socket.state !== "open" || this.#sent.size >= OWN_MOST) return;
    for (const { client_id, state } of this.session.outbox.entries(room)) {
      if (state === "pending" && !this.#sent.has(client_id)) this.#sent.set(client_id, this.parts.now());
    }
  }

  /** @returns {[number, number][]} all rooms, the one used last first */
  #rooms() {
    const { rooms, logs } = this.session;
    for (const { room, sequence } of logs.all()) this.#complete.set(room, Math.max(sequence.last, this.#complete.get(room) ?? 0));
    const recent = (/** @type {Room} */ { id, last_message_at }) => (id === this.session.current ? "~" : (last_message_at ?? ""));
    const order = [...rooms.byId.values()].sort((a, b) => (recent(a) < recent(b) ? 1 : -1));
    return order.map(({ id, seq }) => [id, this.#complete.get(id) ?? seq]);
  }

  #paint() {
    const line = this.parts.page?.querySelector(".members__proof");
    const { current } = this.session;
    if (line) line.textContent = current ? `Complete to #${this.session.log(current).sequence.last.toLocaleString("en")}` : "";
  }
}
