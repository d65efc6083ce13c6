// Notifications on the chat page: puts their parts together. Owns when somebody is told of what, and loads what is seldom
// needed when it is. The chat does not know it: it listens to the same socket, and says to the chat which rooms are muted.

import { mute } from "../chat/rooms.js";
import { Activity } from "./activity.js";
import { decide } from "./attention.js";
import "./inbox-bell.js";
import { listenToKeys } from "./keys.js";
import { Notices } from "./notices.js";
import "./room-level.js";
import { Tabs } from "./tabs.js";

export class Notifications {
  #pushed = false;
  /** One after the other, in the order in which they came. */ #turn = Promise.resolve();

  /** @param {App} app */
  constructor(app) {
    const { session } = app;
    this.app = app;
    this.tabs = new Tabs(`confab:${session.me.id}`);
    this.notices = new Notices({ socket: session.socket, onScreen: (notice) => this.#onScreen(notice) });
    this.activity = new Activity({ send: () => this.notices.active(), attentive: () => session.attention.looking });
    for (const element of document.querySelectorAll("[data-notices]")) /** @type {any} */ (element).start?.(this);
    listenToKeys(this);
    this.#listen();
  }

  #listen() {
    const { app, notices } = this;
    notices.addEventListener("arrived", (event) => {
      this.#turn = this.#turn.then(() => this.#arrived(/** @type {CustomEvent} */ (event).detail)).catch(() => {});
    });
    notices.addEventListener("change", () => this.#count());
    notices.addEventListener("level", () => this.#mute());
    app.menu.addEventListener("action", (event) => {
      const { action, message } = /** @type {CustomEvent} */ (event).detail;
      if (action === "why") this.why({ target: `chat.message:${message.id}` });
    });
    const look = () => this.tabs.looking(document.visibilityState === "visible" && document.hasFocus());
    for (const type of ["focus", "blur"]) addEventListener(type, look);
    document.addEventListener("visibilitychange", look);
    for (const type of ["pointerdown", "pointermove", "keydown", "wheel"]) addEventListener(type, () => this.activity.used(), { passive: true });
    app.session.socket.addEventListener("welcome", () => this.activity.used());
    navigator.serviceWorker?.addEventListener("message", ({ data }) => data?.go && this.go(data.go));
    look();
    this.#refreshPush();
  }

  async openInbox() {
    const { openInbox } = await import("./inbox-panel.js");
    openInbox(this);
  }

  /** @param {{ notification: number } | { target: string }} about */
  async why(about) {
    const { showWhy } = await import("./why-dialog.js");
    showWhy(this.notices, about);
  }

  /** @param {string} url where a notification leads; rooms open without loading */
  go(url) {
    const { href, origin, pathname } = new URL(url, location.href);
    if (origin === location.origin) return this.app.navigate(pathname.startsWith("/rooms/") ? pathname : href);
    open(href, "_blank", "noopener");
  }

  /** @param {Notice} notice */
  #onScreen({ scope }) {
    const { session } = this.app;
    return scope === `room:${session.current}` && session.attentive;
  }

  /** @param {{ notice: Notice, alert: boolean }} arrival */
  async #arrived({ notice, alert }) {
    const attentive = this.app.session.attention.looking;
    const where = decide({
      alert, attentive,
      onScreen: this.#onScreen(notice),
      elsewhere: !attentive && (await this.tabs.lookedAt()),
      pushed: this.#pushed,
      permitted: "Notification" in globalThis && Notification.permission === "granted",
    });
    if (where === "nothing") return;
    const { toast, onDesktop } = await import("./alerts.js");
    if (where === "toast") toast(this, notice);
    else await onDesktop(this, notice);
  }

  #count() {
    const { session } = this.app;
    if (session.news === this.notices.state.unread) return;
    session.news = this.notices.state.unread;
    session.tell("rooms");
  }

  #mute() {
    const { session } = this.app;
    const scopes = [...this.notices.levels].filter(([, level]) => level === "nothing").map(([scope]) => scope);
    session.rooms = mute(session.rooms, new Set(scopes.map((scope) => Number(scope.replace(/^room:/, "")))));
    session.tell("rooms");
  }

  /** A browser that takes pushes says so at each visit: its session, or its keys, may be others than the last time. */
  async #refreshPush() {
    if (!("Notification" in globalThis) || Notification.permission !== "granted") return;
    const { refresh } = await import("./push.js");
    this.#pushed = await refresh().catch(() => false);
  }
}
