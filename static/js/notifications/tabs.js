// Several pages of the site in one browser: which of them speaks. Owns two kinds of Web Locks, which a page that crashes
// gives back. Where there are none (http://192.168.…) each page answers for itself.

export class Tabs {
  /** @type {(() => void) | null} */ #leave = null;

  /** @param {string} name different for each person */
  constructor(name, locks = globalThis.navigator?.locks) {
    this.name = name;
    this.locks = locks;
  }

  /** @param {boolean} yes whether the person looks at this page */
  looking(yes) {
    if (yes === !!this.#leave) return;
    this.#leave?.();
    this.#leave = null;
    if (!yes) return;
    const until = new Promise((resolve) => (this.#leave = () => resolve(null)));
    this.locks?.request(`${this.name}:looking`, { mode: "shared" }, () => until);
  }

  /** Whether the person looks at any of the pages. */
  async lookedAt() {
    const held = (await this.locks?.query())?.held ?? [];
    return held.some(({ name }) => name === `${this.name}:looking`);
  }

  /**
   * Of the pages that ask about the same thing within a while, one hears yes.
   * @param {string} what
   * @param {number} ms
   * @returns {Promise<boolean>}
   */
  first(what, ms) {
    const { locks } = this;
    if (!locks) return Promise.resolve(true);
    return new Promise((resolve) => {
      locks.request(`${this.name}:${what}`, { ifAvailable: true }, (lock) => {
        resolve(!!lock);
        return lock ? new Promise((done) => setTimeout(() => done(null), ms)) : null;
      });
    });
  }
}
