// Everything one page knows of its person's notifications, and what it can ask about them. A second listener on the page's
// one socket, beside the chat. Knows no document and no chat: elements listen and ask.
//
// Events: "change"; "arrived" with `{ notice, alert }`, once for each that comes live; "level" with its scope, or null when
// all may have changed; "gone" with those that were read or withdrawn.

import { Sequence } from "../live/sequence.js";
import * as inbox from "./inbox.js";

const PAGE = 30;

export class Notices extends EventTarget {
  state = inbox.empty();
  /** @type {Map<string, Level>} scopes whose level the person has chosen */ levels = new Map();
  /** @type {string | null} */ pushKey = null;
  /** @type {Sequence | null} */ #sequence = null;
  #recounting = false;

  /**
   * @param {{ socket: LiveSocket, onScreen?: (notice: Notice) => boolean, timers?: Timers, now?: () => Date }} parts
   *   `onScreen`: whether somebody is reading, at this moment, what the notification is about
   */
  constructor({ socket, onScreen = () => false, timers = globalThis, now = () => new Date() }) {
    super();
    this.parts = { socket, onScreen, timers, now };
    socket.addEventListener("welcome", (event) => this.#welcome(/** @type {CustomEvent} */ (event).detail));
    socket.addEventListener("frame", (event) => this.#frame(/** @type {CustomEvent} */ (event).detail));
  }

  /** Up to where everything is known. */
  get last() {
    return this.#sequence?.last ?? 0;
  }

  /**
   * The next older page of a view, the first included.
   * @param {View} view
   */
  async load(view) {
    const { floor, loaded } = inbox.reachOf(this.state, view);
    const before = loaded ? { before: floor } : {};
    const answer = await this.parts.socket.request("notification.list", { view, limit: PAGE, ...before });
    this.#set(inbox.page(this.state, view, answer));
  }

  /**
   * @param {number[]} ids
   * @param {boolean} read
   */
  async mark(ids, read) {
    const now = this.parts.now().toISOString();
    this.#set(inbox.markLocally(this.state, ids, read, now));
    try {
      const { unread } = await this.parts.socket.request(read ? "notification.read" : "notification.unread", { ids });
      this.#set({ ...this.state, unread });
    } catch (error) {
      this.#set(inbox.markLocally(this.state, ids, !read, now));
      throw error;
    }
  }

  async markAllRead() {
    const { unread } = await this.parts.socket.request("notification.read", { up_to: this.last });
    this.#set({ ...this.state, unread });
  }

  /** The inbox is open: what waits to be pushed or mailed need not be. */
  seen() {
    this.parts.socket.request("notification.seen", { up_to: this.last }).catch(() => {});
  }

  active() {
    this.parts.socket.request("active").catch(() => {});
  }

  /**
   * @param {{ notification: number } | { target: string }} about
   * @returns {Promise<Why>}
   */
  why(about) {
    return this.parts.socket.request("notification.why", about);
  }

  /**
   * @param {string} scope
   * @param {Level} level
   */
  async setLevel(scope, level) {
    const before = this.levels.get(scope);
    this.#level(scope, level);
    try {
      await this.parts.socket.request("notification.level", { scope, level });
    } catch (error) {
      this.#level(scope, before);
      throw error;
    }
  }

  /** @param {{ notifications?: Summary }} frame */
  #welcome({ notifications }) {
    if (!notifications) return; // A server without notifications.
    const { seq, unread, levels, push_key } = notifications;
    this.pushKey = push_key;
    this.levels = new Map(Object.entries(levels));
    this.#sequence ??= new Sequence(seq, { apply: (event) => this.#apply(event), sync: (after) => this.#sync(after), timers: this.parts.timers });
    if (inbox.isLoaded(this.state)) this.#sequence.expect(seq);
    else this.#sequence.advance(seq); // Nothing is held that could be out of date.
    if (this.last <= seq) this.#set({ ...this.state, unread });
    this.#tell("level", null);
  }

  /** @param {any} frame */
  #frame(frame) {
    if (frame.type === "notification" || frame.type === "notification.read") this.#sequence?.receive(frame);
    else if (frame.type === "notification.level") this.#level(frame.scope, frame.level);
  }

  /** @param {any} event */
  #apply(event) {
    if (event.type === "notification.read") return this.#read(event);
    const { notification: notice, alert, seq, after = seq - 1 } = event;
    const known = this.state.byId.get(notice.id);
    const isNew = notice.seq > after && !known && inbox.isUnread(notice);
    this.#set(inbox.upsert(this.state, event));
    if (known && inbox.isUnread(known) && !inbox.isUnread(notice)) this.#tell("gone", [notice]);
    if (!known && !inbox.isUnread(notice)) this.#tell("gone", [notice]);
    // It is read already, by looking: the server will say so as soon as it has heard.
    if (isNew && this.parts.onScreen(notice)) this.#set(inbox.markLocally(this.state, [notice.id], true, this.parts.now().toISOString()));
    if (isNew) this.#tell("arrived", { notice, alert });
  }

  /** @param {any} event */
  #read(event) {
    const before = this.state;
    this.#set(inbox.read(this.state, event, this.parts.now().toISOString()));
    const gone = [...before.byId.values()].filter((one) => inbox.isUnread(one) && this.state.byId.get(one.id)?.read_at);
    if (event.read) this.#tell("gone", gone);
  }

  /**
   * @param {number} after
   * @returns {Promise<number>}
   */
  async #sync(after) {
    const answer = await this.parts.socket.request("notification.sync", { after });
    this.#set(inbox.synced(this.state, answer));
    this.#tell("gone", answer.notifications.filter((/** @type {Notice} */ one) => !inbox.isUnread(one)));
    return answer.seq;
  }

  /** @param {inbox.Inbox} state */
  #set(state) {
    this.state = state;
    this.#tell("change");
    if (state.doubt) this.#recount();
  }

  async #recount() {
    if (this.#recounting) return;
    this.#recounting = true;
    const answer = await this.parts.socket.request("notification.sync", { after: this.last }).catch(() => null);
    this.#recounting = false;
    if (answer) this.#set({ ...this.state, unread: answer.unread, doubt: false });
  }

  /**
   * @param {string} scope
   * @param {Level | undefined} level
   */
  #level(scope, level) {
    if (level) this.levels.set(scope, level);
    else this.levels.delete(scope);
    this.#tell("level", scope);
  }

  /**
   * @param {string} type
   * @param {any} detail
   */
  #tell(type, detail = null) {
    this.dispatchEvent(new CustomEvent(type, { detail }));
  }
}
