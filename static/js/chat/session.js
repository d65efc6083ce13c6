// Everything one page knows of the chat, and what it can ask of it. Owns the rooms, their logs, the outbox and which room is
// open; turns frames into changes of these. Knows no document: elements listen and ask.
//
// Events: "rooms"; "blocked"; "timeline", "typing" and "members" with the room's id as `detail`; "connection"; "removed" with the room;
// "maintenance" when it begins, changes or ends; "announcement" with the frame; "stranger" when the connection is somebody else's; "caughtup" with how many messages came while nobody listened;
// "arrived" with an event that is applied: it has a `type` when it came live, and none when it was asked for.

import { onFrame } from "./frames.js";
import { Logs } from "./logs.js";
import { Outbox } from "./outbox.js";
import { People } from "./people.js";
import { Reading } from "./reading.js";
import * as list from "./rooms.js";
import { standing } from "./standing.js";
import * as timeline from "./timeline.js";
import { Typing } from "./typing.js";

export class Session extends EventTarget {
  /** The room on screen. */ current = 0;
  /** What else is new, beside messages or because of them, as whoever counts it says. */ news = 0;
  /** @type {string | null} why nobody may post on the whole site */ maintenance = null;
  /** By how many milliseconds the server's clock is ahead of this one. */ ahead = 0;
  /** @type {number | null} a room marked unread by hand is not read by looking at it */ kept = null;
  /** @type {number | null} the room on screen, once it was said that it is looked at */ looked = null;
  /** Whether the end of the timeline is in sight, and whether somebody is looking. */
  attention = { following: true, looking: false };

  /**
   * @param {{ me: Person, rooms: Room[], blocked?: number[], socket: LiveSocket, storage: KeyValue, owner: string,
   *   uuid: () => string, timers?: Timers }} parts
   */
  constructor({ me, rooms, blocked = [], socket, storage, owner, uuid, timers = globalThis }) {
    super();
    this.me = me;
    this.socket = socket;
    this.rooms = list.fromServer(me.id, rooms);
    this.people = new People(this, blocked);
    this.logs = new Logs((room) => this.rooms.byId.get(room)?.seq ?? 0, {
      request: (type, fields) => socket.request(type, fields),
      changed: (room) => this.tell("timeline", room),
      arrived: (event) => this.arrived(event),
      following: (room) => room !== this.current || this.attention.following,
    });
    this.typing = new Typing((room) => this.tell("typing", room), timers);
    this.reading = new Reading((room, seq) => this.#ask("room.read", { room, seq }), timers);
    this.outbox = new Outbox({
      storage, owner, uuid, timers,
      prefix: `confab:outbox:${me.id}`,
      now: () => new Date(),
      send: (entry) => this.#deliver(entry),
      changed: (room) => this.tell("timeline", room),
    });
    socket.addEventListener("state", () => this.tell("connection"));
    for (const type of ["welcome", "frame"]) {
      socket.addEventListener(type, (event) => onFrame(this, /** @type {CustomEvent} */ (event).detail));
    }
  }

  /** @returns {Room | undefined} */
  get room() {
    return this.rooms.byId.get(this.current);
  }

  /** @param {number} id */
  log(id) {
    return this.logs.of(id);
  }

  /**
   * Puts a room on screen. What is known of it is there at once, the rest follows.
   * @param {number} id
   * @param {{ at?: number | null, page?: Page }} how
   */
  open(id, { at = null, page } = {}) {
    const room = this.rooms.byId.get(id);
    if (!room) return;
    this.current = id;
    this.looked = null;
    this.kept = null;
    this.attention.following = at === null;
    const log = this.log(id);
    log.markNew(room.unread ? room.last_read : null);
    if (page) log.show(page);
    else if (at !== null && !log.timeline.messages.some(({ seq }) => seq === at)) log.around(at);
    else if (!log.timeline.loaded || (at === null && log.timeline.moreAfter)) log.latest();
    this.logs.use(log);
    this.tell("rooms");
    this.tell("timeline", id);
  }

  /**
   * @param {string} body
   * @param {Quote | null} reply_to
   */
  send(body, reply_to = null) {
    this.typing.rest();
    this.outbox.add(this.current, body, reply_to);
    if (this.log(this.current).timeline.moreAfter) this.log(this.current).latest();
  }

  /**
   * @param {Message} message
   * @param {string} body
   */
  async edit(message, body) {
    const { message: stored } = await this.socket.request("message.edit", { message: message.id, body });
    this.log(stored.room).upsert(stored);
  }

  /** @param {Message} message */
  async delete(message) {
    const { message: stored } = await this.socket.request("message.delete", { message: message.id });
    this.log(stored.room).upsert(stored);
  }

  /** @returns {Standing | null} why one cannot write in the open room now */
  get standing() {
    const { room, maintenance, people } = this;
    const now = Date.now() + this.ahead;
    const last = room && timeline.lastOf(this.log(room.id).timeline, this.me.id);
    return room ? standing(room, { blocked: people.blocked, maintenance, now, last: last ? Date.parse(last.created_at) : null }) : null;
  }

  /** @param {string | null} reason */
  maintain(reason) {
    if (reason === this.maintenance) return;
    this.maintenance = reason;
    if (reason === null) this.outbox.wake();
    this.tell("maintenance");
    this.tell("rooms");
  }

  type() {
    if (this.typing.due()) this.#ask("typing", { room: this.current });
  }

  /** @param {number} id */
  async loadMembers(id) {
    const answer = await this.#ask("room.members", { room: id });
    if (!answer) return;
    this.log(id).members = answer.members;
    this.rooms = list.presence(this.rooms, { room: id, online: answer.online });
    this.tell("members", id);
    this.tell("rooms");
  }

  /** @param {Partial<Session["attention"]>} change */
  attend(change) {
    Object.assign(this.attention, change);
    this.#readIfSeen();
  }

  get attentive() {
    return this.attention.following && this.attention.looking && this.kept !== this.current;
  }

  /** Read by word of the person, wherever the timeline stands. */
  markRead() {
    this.kept = null;
    this.log(this.current).markNew(null);
    this.#read();
  }

  /** @param {number} seq the first message that shall be new again */
  markUnread(seq) {
    const log = this.log(this.current);
    const unread = Math.max(1, timeline.countAfter(log.timeline, seq - 1, this.me.id));
    this.kept = this.current;
    log.markNew(seq - 1);
    this.rooms = list.merge(this.rooms, { id: this.current, last_read: seq - 1, unread });
    this.tell("rooms");
  }

  /**
   * A message came, live or by a catch-up.
   * @param {MessageEventFrame} event
   */
  arrived(event) {
    const before = this.rooms.byId.get(event.room);
    const isNew = !!before && event.message.seq > before.seq && event.message.author.id !== this.me.id;
    const log = this.log(event.room);
    if (isNew && event.room === this.current && !this.attentive && (log.timeline.newAfter ?? 0) < before.last_read) {
      log.markNew(before.last_read);
    }
    this.tell("arrived", event);
    this.rooms = list.message(this.rooms, event, log.timeline.messages.find(({ id }) => id === event.message.id));
    this.typing.stop(event.room, event.message.author.id);
    this.tell("rooms");
    this.#readIfSeen();
  }

  /**
   * @param {number} id
   * @param {Room | undefined} room
   */
  forget(id, room = this.rooms.byId.get(id)) {
    this.logs.drop(id);
    this.rooms = list.remove(this.rooms, id);
    this.tell("removed", room);
    this.tell("rooms");
  }

  /**
   * @param {string} type
   * @param {any} detail
   */
  tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }

  #readIfSeen() {
    if (!this.attentive || !this.room) return;
    if (this.room.unread) this.#read();
    else if (this.looked !== this.current) this.#look(this.room);
  }

  /**
   * Once for each opening: what one was told of a room beside its messages, an invitation, is read by that.
   * @param {Room} room
   */
  #look({ id, seq }) {
    if (this.socket.state !== "open") return;
    this.looked = id;
    this.#ask("room.read", { room: id, seq });
  }

  #read() {
    const { room } = this;
    if (!room) return;
    this.rooms = list.readLocally(this.rooms, room.id, room.seq);
    // Without a connection it would be lost, and hold up the next: the welcome says what is unread, and it is read then.
    if (this.socket.state === "open") {
      this.looked = room.id;
      this.reading.mark(room.id, room.seq);
    }
    this.tell("rooms");
  }

  /** @param {Entry} entry */
  async #deliver({ room, client_id, body, reply_to }) {
    const { message } = await this.socket.request("message.send", { room, client_id, body, reply_to: reply_to?.id });
    this.log(room).upsert(message);
  }

  /**
   * For what may as well be lost.
   * @param {string} type
   * @param {object} fields
   */
  #ask(type, fields) {
    return this.socket.request(type, fields).catch(() => null);
  }
}
