// One living connection to the server, whatever happens to single ones. Owns when to open, to wait, to move over and
// to give up. Knows no room and no document; what frames mean is its listeners' business.

import { backoff } from "./backoff.js";
import { onClose } from "./closing.js";
import { Connection, ConnectionLost } from "./connection.js";

export const SUBPROTOCOL = "live.v1";
// A socket that has not said welcome by now never will: the time a proxy takes to give up on a dead worker.
const WELCOME_MS = 15_000;
// After a move the old socket may finish what it was asked; then it goes.
const LINGER_MS = 5_000;

/**
 * States: "connecting", "open", "waiting" (see `retryAt`), "stopped" (see `verdict`).
 * Events: "state"; "welcome" and "frame" with the frame as `detail`.
 */
export class LiveSocket extends EventTarget {
  /** @type {"connecting" | "open" | "waiting" | "stopped"} */ state = "connecting";
  /** @type {{ action: string, why: string } | null} */ verdict = null;
  retryAt = 0;
  #attempt = 0;
  /** @type {Connection | null} */ #current = null;
  /** @type {Connection | null} */ #next = null;
  /** @type {any} */ #timer = null;

  /**
   * @param {string} url
   * @param {{ WebSocket?: any, timers?: Timers, random?: () => number, now?: () => number }} parts
   */
  constructor(url, { WebSocket = globalThis.WebSocket, timers = globalThis, random = Math.random, now = Date.now } = {}) {
    super();
    this.url = url;
    this.parts = { WebSocket, timers, random, now };
  }

  start() {
    this.#open();
  }

  /** For good, or until `retryNow`. */
  stop(verdict = { action: "stop", why: "" }) {
    this.parts.timers.clearTimeout(this.#timer);
    this.verdict = verdict;
    this.#to("stopped");
    this.#next?.close();
    this.#current?.close();
  }

  /** The person, or the browser, has reason to think that it would work now. */
  retryNow() {
    if (this.state !== "waiting" && this.state !== "stopped") return;
    this.#attempt = 0;
    this.#open();
  }

  /** The network changed or the page woke up: find out now rather than at the next heartbeat. */
  wake() {
    if (this.state === "waiting") this.retryNow();
    else if (this.state === "open") this.#current?.probe();
  }

  /**
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<any>}
   */
  request(type, fields = {}) {
    if (this.state !== "open" || !this.#current) return Promise.reject(new ConnectionLost(type));
    return this.#current.request(type, fields);
  }

  #open() {
    this.parts.timers.clearTimeout(this.#timer);
    this.#to("connecting");
    this.#current = this.#connect();
  }

  #connect() {
    const { WebSocket, timers } = this.parts;
    const connection = new Connection(new WebSocket(this.url, SUBPROTOCOL), timers);
    const patience = timers.setTimeout(() => connection.close(4504), WELCOME_MS);
    const settle = () => timers.clearTimeout(patience);
    connection.addEventListener("welcome", settle, { once: true });
    connection.addEventListener("close", settle, { once: true });
    connection.addEventListener("welcome", (event) => this.#welcome(connection, event));
    connection.addEventListener("frame", (event) => this.#frame(connection, event));
    connection.addEventListener("close", (event) => this.#lost(connection, /** @type {CustomEvent} */ (event).detail));
    return connection;
  }

  /**
   * @param {Connection} connection
   * @param {Event} event
   */
  #welcome(connection, event) {
    if (connection === this.#next) {
      const old = this.#current;
      this.#current = connection;
      this.#next = null;
      if (old) this.#retire(old);
    }
    this.#attempt = 0;
    this.#to("open");
    this.#pass(event);
  }

  /**
   * @param {Connection} connection
   * @param {Event} event
   */
  #frame(connection, event) {
    const { detail } = /** @type {CustomEvent} */ (event);
    if (detail.type !== "goodbye") this.#pass(event);
    else if (connection === this.#current && !this.#next) this.#move(detail.retry_after ?? [0, 1]);
  }

  /**
   * Make before break: nobody sees a deploy.
   * @param {[number, number]} seconds the time to choose from
   */
  #move([least, most]) {
    const { timers, random } = this.parts;
    timers.setTimeout(() => {
      if (this.state === "open") this.#next = this.#connect();
    }, (least + random() * (most - least)) * 1000);
  }

  /** @param {Connection} old */
  #retire(old) {
    if (old.idle) return old.close();
    const linger = this.parts.timers.setTimeout(() => old.close(), LINGER_MS);
    old.addEventListener("idle", () => old.close(), { once: true });
    old.addEventListener("close", () => this.parts.timers.clearTimeout(linger), { once: true });
  }

  /**
   * @param {Connection} connection
   * @param {number} code
   */
  #lost(connection, code) {
    if (connection === this.#next) this.#next = null;
    if (connection !== this.#current || this.state === "stopped") return;
    this.#current = this.#next;
    this.#next = null;
    if (this.#current) return this.#to("connecting"); // It went while moving: the new one is on its way.
    const verdict = onClose(code);
    if (verdict.action !== "retry") return this.stop(verdict);
    const delay = backoff(this.#attempt++, this.parts.random);
    this.retryAt = this.parts.now() + delay;
    this.#to("waiting");
    this.#timer = this.parts.timers.setTimeout(() => this.#open(), delay);
  }

  /** @param {LiveSocket["state"]} state */
  #to(state) {
    this.state = state;
    this.dispatchEvent(new Event("state"));
  }

  /** @param {Event} event */
  #pass(event) {
    const { detail } = /** @type {CustomEvent} */ (event);
    this.dispatchEvent(new CustomEvent(event.type, { detail }));
  }
}
