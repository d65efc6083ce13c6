// Looking for people by a few letters: asks the server when the typing rests, and hears only its last answer.

// Between two keystrokes of somebody who types fast; nobody notices it after the last one.
const REST_MS = 120;

export class PeopleSearch {
  #asked = 0;
  #timer = 0;
  waiting = false;

  /**
   * @param {Session} session
   * @param {(people: Person[], offline: boolean) => void} found
   */
  constructor(session, found) {
    this.session = session;
    this.found = found;
  }

  /** @param {string} query */
  ask(query) {
    clearTimeout(this.#timer);
    this.waiting = true;
    const number = ++this.#asked;
    this.#timer = window.setTimeout(() => this.#send(query.trim(), number), query ? REST_MS : 0);
  }

  stop() {
    clearTimeout(this.#timer);
    this.#asked++;
    this.waiting = false;
  }

  /**
   * @param {string} query
   * @param {number} number
   */
  async #send(query, number) {
    const people = await this.session.people.find(query).catch(() => null);
    if (number !== this.#asked) return;
    this.waiting = false;
    this.found(people ?? [], !people);
  }
}
