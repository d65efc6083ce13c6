// What is half written, room by room, over reloads. Owns its storage keys.

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
    try {
      if (text) this.storage.setItem(`${this.prefix}:${room}`, text);
      else this.storage.removeItem(`${this.prefix}:${room}`);
    } catch {
      // Full or forbidden: the text is still in the box.
    }
  }
}
