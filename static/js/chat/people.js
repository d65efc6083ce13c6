// What a session knows of people beyond its rooms: who is blocked, and how to find and speak to somebody.

import { between } from "./direct.js";
import { merge } from "./rooms.js";

export class People {
  /** @type {ReadonlySet<number>} */ blocked;

  /**
   * @param {Session} session
   * @param {number[]} blocked
   */
  constructor(session, blocked) {
    this.session = session;
    this.blocked = new Set(blocked);
  }

  /** @param {number[]} blocked as the server says */
  know(blocked) {
    if (blocked.length === this.blocked.size && blocked.every((id) => this.blocked.has(id))) return;
    this.blocked = new Set(blocked);
    this.session.tell("blocked");
  }

  /**
   * @param {string} query
   * @returns {Promise<Person[]>} rejects with CommandError or ConnectionLost
   */
  async find(query) {
    const { people } = await this.session.socket.request("people.find", { query });
    return people;
  }

  /**
   * The conversation with these people: the one there is, also without a connection, or a new one.
   * @param {number[]} ids
   * @returns {Promise<Room>} rejects with CommandError or ConnectionLost
   */
  async converse(ids) {
    const { session } = this;
    const known = between(session.rooms, ids);
    if (known) return known;
    const { room } = await session.socket.request("direct.open", { people: ids });
    session.rooms = merge(session.rooms, room);
    session.tell("rooms");
    return /** @type {Room} */ (session.rooms.byId.get(room.id));
  }

  /**
   * @param {number} person
   * @param {boolean} wish
   */
  async block(person, wish) {
    const { blocked } = await this.session.socket.request(wish ? "person.block" : "person.unblock", { person });
    this.know(blocked);
  }
}
