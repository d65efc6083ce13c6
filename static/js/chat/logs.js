// The logs of all rooms of a session. Owns how many timelines are kept ready for a switch.

import { RoomLog } from "./room-log.js";

// Each holds at most 300 messages: a few megabytes in all.
const LOADED_MOST = 12;

export class Logs {
  /** @type {Map<number, RoomLog>} by room; the one used last stands last */ #byRoom = new Map();

  /**
   * @param {(room: number) => number} seqOf up to which a room's counts hold
   * @param {LogParts} parts
   */
  constructor(seqOf, parts) {
    this.seqOf = seqOf;
    this.parts = parts;
  }

  /** @param {number} room */
  of(room) {
    const known = this.#byRoom.get(room);
    if (known) return known;
    const log = new RoomLog(room, this.seqOf(room), this.parts);
    this.#byRoom.set(room, log);
    return log;
  }

  all() {
    return [...this.#byRoom.values()];
  }

  /**
   * This one is on screen; of the others those go that were not for longest.
   * @param {RoomLog} log
   */
  use(log) {
    this.#byRoom.delete(log.room);
    this.#byRoom.set(log.room, log);
    const loaded = this.all().filter(({ timeline }) => timeline.loaded && timeline !== log.timeline);
    for (const old of loaded.slice(0, Math.max(0, loaded.length + 1 - LOADED_MOST))) this.drop(old.room);
  }

  /** @param {number} room */
  drop(room) {
    this.#byRoom.get(room)?.sequence.close();
    this.#byRoom.delete(room);
  }
}
