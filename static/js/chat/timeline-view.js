// <chat-timeline>: the messages of the open room on screen. Owns what is drawn and the two pills; where it stands is the
// Scroller's, what is there the session's.

import { other } from "./direct.js";
import { coalesce, one, Part, toast } from "./dom.js";
import { plural, short, time } from "./format.js";
import { rows } from "./layout.js";
import { reconcile } from "./reconcile.js";
import { buildRow, versionOf } from "./rows.js";
import { Scroller } from "./scroller.js";
import { held } from "./standing.js";
import { countAfter, reachesBack } from "./timeline.js";
import { onTimelineClick, onTimelineKey } from "./timeline-keys.js";

// How long a message that was looked for stays marked: long enough to find it after the eye has settled.
const FLASH_MS = 2_400;

/** @type {ReadonlySet<number>} */
const NOBODY = new Set();

export class TimelineView extends Part {
  box = /** @type {HTMLElement} */ (one(this, "[role=log]"));
  rows = /** @type {HTMLElement} */ (one(this, ".timeline__rows"));
  up = /** @type {HTMLElement} */ (one(this, ".pill--up"));
  down = /** @type {HTMLElement} */ (one(this, ".pill--down"));
  scroller = new Scroller(this.box, this.rows, {
    moved: () => this.#moved(),
    edge: (which, scrolled) => this.#more(which, scrolled),
  });
  #room = 0;
  /** @type {number | null} */ #goal = null;
  /** Whether the goal gets the focus, too. */ #focusGoal = false;
  /** The "New" line was seen or waved away. */ #seenNew = false;
  /** @type {Set<number>} messages of blocked people that somebody wanted to see */ #shown = new Set();

  /** @param {App} app */
  start(app) {
    this.app = app;
    const { session } = app;
    const paint = coalesce(() => this.#paint());
    session.addEventListener("timeline", (event) => /** @type {CustomEvent} */ (event).detail === session.current && paint());
    session.addEventListener("connection", paint);
    for (const type of ["rooms", "blocked"]) session.addEventListener(type, paint);
    this.up.addEventListener("click", () => this.toNew());
    this.down.addEventListener("click", () => this.toEnd());
    this.addEventListener("keydown", (event) => onTimelineKey(app, event));
    this.addEventListener("click", (event) => onTimelineClick(app, event));
  }

  /** @param {number} seq */
  show(seq) {
    this.#goal = seq;
    this.#paint();
  }

  /**
   * From a quote to its message; the focus goes along, so that keys go on from there.
   * @param {number} seq
   */
  async jump(seq) {
    const { session } = this.app;
    const log = session.log(session.current);
    this.#focusGoal = true;
    if (log.timeline.messages.some((message) => message.seq === seq)) return this.show(seq);
    this.#goal = seq;
    this.scroller.following = false;
    session.attend({ following: false });
    await log.around(seq);
    if (!log.failed || this.#goal !== seq) return;
    this.#goal = null;
    toast("There is no connection right now.");
  }

  /** @param {HTMLElement} row */
  unfold(row) {
    const ids = (row.dataset.folded ?? "").split(" ").map(Number);
    for (const id of ids) this.#shown.add(id);
    this.#paint();
    /** @type {HTMLElement | null} */ (this.rows.querySelector(`[data-id="${ids[0]}"]`))?.focus({ preventScroll: true });
  }

  toEnd() {
    const { session } = this.app;
    const log = session.log(session.current);
    this.scroller.following = true;
    session.attend({ following: true });
    if (log.timeline.moreAfter) log.latest();
    this.scroller.follow();
  }

  /** The first message one has not read. */
  toNew() {
    const { session } = this.app;
    const { newAfter } = session.log(session.current).timeline;
    const line = this.rows.querySelector(".rule--new");
    this.#seenNew = true;
    if (line) this.scroller.toCentre(/** @type {HTMLElement} */ (line));
    else if (newAfter !== null) {
      this.#goal = newAfter + 1;
      session.log(session.current).around(newAfter + 1);
    }
    this.#moved();
  }

  #paint() {
    const { session } = this.app;
    const { room } = session;
    if (!room) return;
    const { timeline } = session.log(room.id);
    if (this.#room !== room.id) this.#enter(room.id);
    const anchor = this.scroller.following ? null : this.scroller.anchor();
    // Between two there is nothing to fold: one came to read it.
    const blocked = other(room) ? NOBODY : session.people.blocked;
    const context = { me: session.me, room, online: session.socket.state === "open", held: held(session.standing), blocked };
    this.box.setAttribute("aria-busy", String(!timeline.loaded));
    this.classList.toggle("timeline--loading", !timeline.loaded);
    this.classList.toggle("timeline--more", timeline.loaded && timeline.moreBefore);
    reconcile(this.rows, rows(timeline, session.outbox.entries(room.id), session.me.id, { blocked, shown: this.#shown }), {
      key: (row) => `${room.id} ${row.key}`,
      version: (row) => versionOf(row, context),
      build: (row) => buildRow(row, context),
    });
    if (!this.#reach(timeline)) this.scroller.hold(anchor);
    this.scroller.look();
  }

  /**
   * @param {"older" | "newer"} which
   * @param {boolean} scrolled
   */
  #more(which, scrolled) {
    const log = this.app?.session.log(this.app.session.current);
    // What failed is tried again when somebody scrolls, not each time something is drawn.
    if (log && (scrolled || !log.failed)) log[which]();
  }

  /** @param {number} room */
  #enter(room) {
    this.#room = room;
    this.#seenNew = false;
    this.scroller.following = this.#goal === null;
    this.rows.replaceChildren();
  }

  /**
   * Goes to the message that was asked for, once the window that has it is there.
   * @param {Timeline} timeline
   */
  #reach({ messages, moreBefore }) {
    if (this.#goal === null || (moreBefore && messages[0].seq > this.#goal)) return false;
    const seq = this.#goal;
    const node = [...this.rows.querySelectorAll("[data-seq]")].find((row) => Number(row.getAttribute("data-seq")) >= seq);
    if (!node) return false;
    this.#goal = null;
    this.scroller.toCentre(/** @type {HTMLElement} */ (node));
    if (this.#focusGoal) /** @type {HTMLElement} */ (node).focus({ preventScroll: true });
    this.#focusGoal = false;
    node.classList.add("message--found");
    setTimeout(() => node.classList.remove("message--found"), FLASH_MS);
    return true;
  }

  #moved() {
    if (!this.app) return;
    const { session } = this.app;
    const { timeline } = session.log(session.current);
    if (!timeline.loaded) return void (this.up.hidden = this.down.hidden = true);
    const following = this.scroller.following && !timeline.moreAfter;
    if (following !== session.attention.following) session.attend({ following });
    this.#pills(timeline, following);
  }

  /**
   * @param {Timeline} timeline
   * @param {boolean} following
   */
  #pills(timeline, following) {
    const unread = this.app.session.room?.unread ?? 0;
    this.down.hidden = following;
    this.down.classList.toggle("pill--quiet", !unread);
    one(this.down, "span").textContent = unread ? `${short(unread)} new` : "To the latest";
    const line = this.rows.querySelector(".rule--new");
    if (line && !this.scroller.above(line)) this.#seenNew = true;
    const outside = line ? this.scroller.above(line) : timeline.newAfter !== null && !reachesBack(timeline, timeline.newAfter);
    this.up.hidden = this.#seenNew || !outside;
    if (!this.up.hidden) this.#labelUp(timeline);
  }

  /** @param {Timeline} timeline */
  #labelUp(timeline) {
    const count = countAfter(timeline, timeline.newAfter ?? 0, this.app.session.me.id);
    const first = timeline.messages.find(({ seq }) => seq > (timeline.newAfter ?? 0));
    const partly = !reachesBack(timeline, timeline.newAfter);
    const since = first && !partly ? ` since ${time(first.created_at)}` : "";
    one(this.up, "span").textContent = partly ? "To the first new message" : `${plural(count, "new message")}${since}`;
  }
}

customElements.define("chat-timeline", TimelineView);
