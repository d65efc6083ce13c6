// <connection-banner>: says that the page is cut off, once that lasts, and what became of it.

import { one, Part, toast } from "./dom.js";
import { plural } from "./format.js";

// A restart of a worker or a lift's doors last less; a banner that blinks would only worry.
const AFTER_MS = 3_000;

export class ConnectionBanner extends Part {
  #timer = 0;
  #tick = 0;

  /** @param {App} app */
  start(app) {
    this.app = app;
    app.session.addEventListener("connection", () => this.#update());
    app.session.addEventListener("caughtup", (event) => this.#caughtUp(/** @type {CustomEvent} */ (event).detail));
    one(this, "button").addEventListener("click", () => {
      if (app.session.socket.state === "stopped") location.reload(); // What stopped this page may be the page itself.
      else app.session.socket.retryNow();
    });
  }

  #update() {
    const { state, verdict } = this.app.session.socket;
    if (state === "open") return; // `caughtup` takes the banner away, with a word.
    if (state === "stopped" && verdict?.action === "login") return this.app.logIn();
    if (state === "stopped") return this.#show();
    if (this.hidden && !this.#timer) this.#timer = window.setTimeout(() => this.#show(), AFTER_MS);
    else if (!this.hidden) this.#say();
  }

  #show() {
    this.hidden = false;
    this.#say();
    clearInterval(this.#tick);
    this.#tick = window.setInterval(() => this.#say(), 1_000);
  }

  #say() {
    const { state, verdict, retryAt } = this.app.session.socket;
    const seconds = Math.max(0, Math.ceil((retryAt - Date.now()) / 1000));
    const text = state === "stopped" ? (verdict?.why ?? "") : "You are offline. What you write is kept and sent later.";
    const line = one(this, ".banner__text");
    if (line.textContent !== text) line.textContent = text; // Said once, not every second.
    one(this, "button").textContent = state === "stopped" ? "Reload" : "Try now";
    one(this, ".banner__wait").textContent = state === "waiting" && seconds > 1 ? `Next try in ${seconds} s` : state === "stopped" ? "" : "Connecting…";
  }

  /** @param {number} missed */
  #caughtUp(missed) {
    clearTimeout(this.#timer);
    clearInterval(this.#tick);
    this.#timer = 0;
    if (this.hidden) return;
    this.hidden = true;
    toast(missed ? `Caught up: ${plural(missed, "message")}` : "Connected again");
  }
}

customElements.define("connection-banner", ConnectionBanner);
