// What the tests share: a clock that moves by hand, a socket without a network, and messages to say.

export class Clock {
  #timers = [];
  #id = 0;
  now = 0;

  setTimeout = (callback, ms) => {
    this.#timers.push({ id: ++this.#id, at: this.now + ms, callback });
    return this.#id;
  };

  clearTimeout = (id) => {
    this.#timers = this.#timers.filter((timer) => timer.id !== id);
  };

  /** Lets time pass and what follows from it happen. */
  async pass(ms) {
    const end = this.now + ms;
    for (let next; (next = this.#next(end)); ) {
      this.now = next.at;
      this.clearTimeout(next.id);
      next.callback();
      await settle();
    }
    this.now = end;
  }

  #next(end) {
    return this.#timers.filter(({ at }) => at <= end).sort((a, b) => a.at - b.at || a.id - b.id)[0];
  }
}

/** Promises that are ready run now. */
export const settle = () => new Promise((resolve) => setImmediate(resolve));

export class FakeWebSocket {
  /** @type {FakeWebSocket[]} */ static all = [];
  readyState = 0;
  sent = [];

  constructor(url, protocol) {
    Object.assign(this, { url, protocol });
    FakeWebSocket.all.push(this);
  }

  static get last() {
    return this.all.at(-1);
  }

  send(text) {
    this.sent.push(JSON.parse(text));
  }

  close(code) {
    this.closedWith = code;
    this.readyState = 3;
  }

  /** The server's side. */
  says(frame) {
    this.readyState = 1;
    this.onmessage({ data: JSON.stringify(frame) });
  }

  welcome(rooms = [], user = { id: 1 }, more = {}) {
    this.says({ type: "welcome", user, heartbeat_seconds: 25, time: "", rooms, ...more });
  }

  dies(code = 1006) {
    this.readyState = 3;
    this.onclose({ code });
  }

  lastSent(type) {
    return this.sent.findLast((frame) => frame.type === type);
  }
}

export const people = {
  me: { id: 1, username: "me", name: "Me", avatar: null },
  ann: { id: 2, username: "ann", name: "Ann Lee", avatar: null },
  bob: { id: 3, username: "bob", name: "Bob", avatar: null },
};

/** @returns {any} */
export function message(seq, more = {}) {
  return {
    id: seq, room: 1, seq, changed: seq, author: people.ann, client_id: `c${seq}`, kind: "text", body: `m${seq}`, html: `<p>m${seq}</p>`,
    mentions: [], audience: "", reply_to: null, created_at: new Date(Date.UTC(2026, 4, 4, 12, 0, seq)).toISOString(), edited_at: null, deleted_at: null, ...more,
  };
}

export const event = (seq, more = {}) => ({ type: "message", room: 1, seq, message: message(seq, more) });

export const page = (from, to, more = {}) => ({
  messages: Array.from({ length: to - from + 1 }, (_, index) => message(from + index)),
  more_before: from > 1, more_after: false, seq: to, ...more,
});

/** @returns {any} */
export function room(id, more = {}) {
  return {
    id, slug: `r${id}`, name: `Room ${id}`, topic: "", kind: "public", role: "member", archived: false, seq: 10, last_read: 10,
    unread: 0, mentions: 0, online: 1, last_message_at: null, people: [], ...more,
  };
}

/** A conversation with these people. */
export const direct = (id, others, more = {}) => room(id, {
  slug: `direct-${id}`, kind: "direct", name: others.map(({ name }) => name).join(", "), people: others, last_message_at: "2026-05-04T12:00:00Z", ...more,
});

export class Shelf {
  map = new Map();
  get length() {
    return this.map.size;
  }
  key = (index) => [...this.map.keys()][index] ?? null;
  getItem = (key) => this.map.get(key) ?? null;
  setItem = (key, value) => void this.map.set(key, value);
  removeItem = (key) => void this.map.delete(key);
}

const at = (seq) => new Date(Date.UTC(2026, 4, 4, 12, 0, seq)).toISOString();

/** @returns {any} */
export function notice(seq, more = {}) {
  return {
    id: 100 + seq, seq, changed: seq, kind: "mention", mention: true, actor: people.ann, title: `n${seq}`, body: "", url: `/rooms/r1/${seq}/`,
    scope: "room:1", position: seq, target: `chat.message:${seq}`, tag: "room:1", created_at: at(seq), read_at: null, withdrawn_at: null, ...more,
  };
}

export const told = (seq, more = {}, alert = true) => ({ type: "notification", seq, notification: notice(seq, more), alert });

export const summary = (more = {}) => ({ seq: 10, unread: 0, levels: {}, push_key: null, ...more });
