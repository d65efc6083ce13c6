// One WebSocket: replies matched to commands, heartbeats, one farewell. Knows no room and opens nothing a second time.

// docs/protocol.md, "Close codes": a client gives up when no pong came within 10 s.
export const PONG_MS = 10_000;
const NO_HEARTBEAT = 4504;

/** The connection went before the answer came: the command may or may not have happened. */
export class ConnectionLost extends Error {}

/** The server said no. */
export class CommandError extends Error {
  /** @param {{ code: string, detail?: string, retry_after?: number }} reply */
  constructor(reply) {
    super(reply.detail || reply.code);
    this.code = reply.code;
    this.retryAfterMs = (reply.retry_after ?? 0) * 1000;
  }
}

/**
 * Events: "welcome" and "frame" with the frame as `detail`; "close" with the code, exactly once.
 */
export class Connection extends EventTarget {
  /** @type {Map<number, { resolve: (reply: any) => void, reject: (error: Error) => void }>} */
  #waiting = new Map();
  #nextId = 1;
  #closed = false;
  /** @type {any} */ #beat = null;
  /** @type {any} */ #verdict = null;

  /**
   * @param {WebSocket} socket
   * @param {Timers} timers
   */
  constructor(socket, timers = globalThis) {
    super();
    this.socket = socket;
    this.timers = timers;
    socket.onmessage = ({ data }) => this.#receive(JSON.parse(data));
    socket.onclose = ({ code }) => this.#finish(code);
  }

  get idle() {
    return this.#waiting.size === 0;
  }

  /**
   * @param {string} type
   * @param {object} fields
   * @returns {Promise<any>} the `ok` reply; rejects with CommandError or ConnectionLost
   */
  request(type, fields = {}) {
    if (this.#closed || this.socket.readyState !== 1) return Promise.reject(new ConnectionLost(type));
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#waiting.set(id, { resolve, reject });
      this.socket.send(JSON.stringify({ ...fields, type, id }));
    });
  }

  /** Asks the other end for a sign of life now. */
  probe() {
    if (this.#closed || this.#verdict) return;
    // A dead network swallows the closing handshake too, so this does not wait for it.
    this.#verdict = this.timers.setTimeout(() => this.close(NO_HEARTBEAT), PONG_MS);
    this.request("ping").catch(() => {});
  }

  close(code = 1000) {
    this.socket.close(code);
    this.#finish(code);
  }

  /** @param {any} frame */
  #receive(frame) {
    if (this.#closed) return;
    this.timers.clearTimeout(this.#verdict); // Any frame is a sign of life.
    this.#verdict = null;
    if (frame.type === "ok" || frame.type === "error" || frame.type === "pong") return this.#answer(frame);
    if (frame.type === "welcome") this.#heartbeat(frame.heartbeat_seconds * 1000);
    this.dispatchEvent(new CustomEvent(frame.type === "welcome" ? "welcome" : "frame", { detail: frame }));
  }

  /** @param {any} reply */
  #answer(reply) {
    const waiting = this.#waiting.get(reply.id);
    this.#waiting.delete(reply.id);
    if (reply.type === "error") waiting?.reject(new CommandError(reply));
    else waiting?.resolve(reply);
    if (this.idle) this.dispatchEvent(new Event("idle"));
  }

  /** @param {number} ms */
  #heartbeat(ms) {
    this.#beat = this.timers.setTimeout(() => {
      this.probe();
      this.#heartbeat(ms);
    }, ms);
  }

  /** @param {number} code */
  #finish(code) {
    if (this.#closed) return;
    this.#closed = true;
    this.timers.clearTimeout(this.#beat);
    this.timers.clearTimeout(this.#verdict);
    for (const { reject } of this.#waiting.values()) reject(new ConnectionLost(`closed with ${code}`));
    this.#waiting.clear();
    this.dispatchEvent(new CustomEvent("close", { detail: code }));
  }
}
