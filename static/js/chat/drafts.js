// What is half written, room by room, over reloads, and which message it answers. Owns its storage keys.

export class Drafts {
  /**
   * @param {KeyValue} storage
   * @param {string} prefix
   */
  constructor(storage, prefix) {
    this.storage = storage;
    this.prefix = prefix;
  }

  /** @param {number} room */
  get(room) {
    return this.storage.getItem(`${this.prefix}:${room}`) ?? "";
  }

  /**
   * @param {number} room
   * @param {string} text
   */
  set(room, text) {
    this.#put(`${this.prefix}:${room}`, text);
  }

  /**
   * @param {number} room
   * @returns {Quote | null}
   */
  reply(room) {
    try {
      return JSON.parse(this.storage.getItem(`${this.prefix}:${room}:reply`) ?? "null");
    } catch {
      return null;
    }
  }

  /**
   * @param {number} room
   * @param {Quote | null} quote
   */
  setReply(room, quote) {
    this.#put(`${this.prefix}:${room}:reply`, quote ? JSON.stringify(quote) : "");
  }

  /**
   * @param {string} key
   * @param {string} text
   */
  #put(key, text) {
    try {
      if (text) this.storage.setItem(key, text);
      else this.storage.removeItem(key);
    } catch {
      // Full or forbidden: the text is still in the box.
    }
  }
}
