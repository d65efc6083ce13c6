// What a client can say of how its events came: counts since the last report, the seq each room is complete to, and how
// long messages took. Owns the numbers; knows neither a socket nor a room's messages. Times are in milliseconds.

/** Upper bounds; one more bucket holds what took longer. */
export const BUCKETS = [5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000];
// A clock drifts by less than a millisecond in the time of these; of more round trips an old one would win for ever.
const ROUNDS = 8;
// Numbers that are remembered of each room: a double comes right after the first, if at all.
const REMEMBERED = 256;
// docs/protocol.md: rooms in a report.
export const ROOMS_MOST = 50;

const COUNTS = /** @type {const} */ (["received", "duplicated", "reordered", "held", "repaired"]);

/** @returns {Tally} */
function nothing() {
  const empty = () => BUCKETS.map(() => 0).concat(0);
  return { received: 0, duplicated: 0, reordered: 0, held: 0, repaired: 0, delays: empty(), own_delays: empty() };
}

/** The server's clock, as seen from here: of the last round trips the shortest knows best. */
export class ServerClock {
  /** @type {{ trip: number, offset: number }[]} */ #rounds = [];

  /**
   * @param {number} sent when the question left
   * @param {number} came when the answer came, on the same clock
   * @param {number} time what the server's clock said
   */
  heard(sent, came, time) {
    this.#rounds.push({ trip: came - sent, offset: time - (sent + came) / 2 });
    if (this.#rounds.length > ROUNDS) this.#rounds.shift();
  }

  /** @returns {{ trip: number, offset: number } | undefined} */
  get best() {
    return this.#rounds.reduce((best, round) => (round.trip < best.trip ? round : best), this.#rounds[0]);
  }
}

export class Proof {
  tally = nothing();
  clock = new ServerClock();
  /** Rooms in which something was wrong since the last report. @type {Set<number>} */ suspects = new Set();
  /** @type {Map<number, Set<number>>} */ #heard = new Map();
  /** @type {Map<number, number>} */ #applied = new Map();
  /** @type {Map<number, number>} rooms in which an event waits for the one before it: its seq */ #waiting = new Map();

  /**
   * A numbered event came on the socket.
   * @param {number} room
   * @param {number} seq
   * @param {{ last: number, alone?: boolean }} how `last`: up to where the room was complete once it was handled;
   *   `alone`: no other socket of this page may have brought it before
   */
  heard(room, seq, { last, alone = true }) {
    this.tally.received++;
    const heard = this.#of(room);
    if (heard.has(seq) && alone) this.#wrong("duplicated", room);
    heard.add(seq);
    if (heard.size > REMEMBERED) heard.delete(/** @type {number} */ (heard.values().next().value));
    if (seq <= last) return;
    this.tally.held++;
    this.#waiting.set(room, seq);
  }

  /**
   * A live event was handed on.
   * @param {number} room
   * @param {number} seq
   */
  applied(room, seq) {
    if (seq <= (this.#applied.get(room) ?? 0)) this.#wrong("reordered", room);
    this.#applied.set(room, Math.max(seq, this.#applied.get(room) ?? 0));
    if (seq >= (this.#waiting.get(room) ?? Infinity)) this.#waiting.delete(room);
  }

  /**
   * An event was handed on that had been asked for.
   * @param {number} room
   */
  asked(room) {
    if (this.#waiting.delete(room)) this.tally.repaired++;
  }

  /** A new socket: what it brings may have come before. */
  renewed() {
    this.#heard.clear();
    this.#waiting.clear();
  }

  /**
   * @param {"delays" | "own_delays"} which
   * @param {number} ms
   */
  took(which, ms) {
    const at = BUCKETS.findIndex((bound) => ms <= bound);
    this.tally[which][at < 0 ? BUCKETS.length : at]++;
  }

  /**
   * What to report; it is counted no more.
   * @param {[number, number][]} rooms those with their seq, the most important first
   */
  report(rooms) {
    const wrong = (/** @type {[number, number]} */ [room]) => Number(this.suspects.has(room));
    const report = {
      ...this.tally,
      rooms: [...rooms].sort((a, b) => wrong(b) - wrong(a)).slice(0, ROOMS_MOST),
      round_trip_ms: this.clock.best ? Math.round(this.clock.best.trip * 10) / 10 : null,
    };
    this.tally = nothing();
    this.suspects.clear();
    return report;
  }

  /**
   * The report did not arrive: the next one says it.
   * @param {Tally & { rooms: [number, number][] }} report
   */
  keep(report) {
    for (const name of COUNTS) this.tally[name] += report[name];
    for (const which of /** @type {const} */ (["delays", "own_delays"])) {
      this.tally[which] = this.tally[which].map((count, index) => count + report[which][index]);
    }
    if (report.duplicated + report.reordered && report.rooms.length) this.suspects.add(report.rooms[0][0]);
  }

  /**
   * @param {"duplicated" | "reordered"} what
   * @param {number} room
   */
  #wrong(what, room) {
    this.tally[what]++;
    this.suspects.add(room);
  }

  /** @param {number} room */
  #of(room) {
    const heard = this.#heard.get(room) ?? new Set();
    this.#heard.set(room, heard);
    return heard;
  }
}
