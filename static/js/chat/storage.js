// The browser's storage, or where it is blocked something that behaves like it until the page goes. Also what only secure
// contexts have and a chat on a plain local network needs: ids and locks.

/** @implements {KeyValue} */
export class MemoryStorage {
  /** @type {Map<string, string>} */ #map = new Map();

  get length() {
    return this.#map.size;
  }

  /** @param {number} index */
  key(index) {
    return [...this.#map.keys()][index] ?? null;
  }

  /** @param {string} key */
  getItem(key) {
    return this.#map.get(key) ?? null;
  }

  /**
   * @param {string} key
   * @param {string} value
   */
  setItem(key, value) {
    this.#map.set(key, value);
  }

  /** @param {string} key */
  removeItem(key) {
    this.#map.delete(key);
  }
}

/** @returns {KeyValue} */
export function browserStorage() {
  try {
    localStorage.getItem("confab");
    return localStorage;
  } catch {
    return new MemoryStorage();
  }
}

/** RFC 9562, version 4. `crypto.randomUUID` is missing on http://192.168.… */
export function uuid() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  bytes[6] = (bytes[6] & 0x0f) | 0x40;
  bytes[8] = (bytes[8] & 0x3f) | 0x80;
  const hex = [...bytes].map((byte) => byte.toString(16).padStart(2, "0")).join("");
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, "$1-$2-$3-$4-");
}

export const canLock = () => "locks" in navigator;

/**
 * Shows to other tabs that this one lives, for as long as it does.
 * @param {string} name
 */
export function holdLock(name) {
  navigator.locks?.request(name, () => new Promise(() => {}));
}

/**
 * Calls back when nobody holds the lock any more; at once where there are no locks.
 * @param {string} name
 * @param {() => void} callback
 */
export function whenReleased(name, callback) {
  if (!canLock()) return callback();
  navigator.locks.request(name, callback);
}
