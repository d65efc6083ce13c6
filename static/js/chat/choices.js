// A list of things to choose from under a text field, walked by arrows (the combobox pattern of ARIA). Owns the chosen line.

/**
 * @template T
 */
export class Choices {
  /** @type {T[]} */ items = [];
  #at = 0;

  /**
   * @param {{ input: HTMLInputElement, list: HTMLElement, row: (item: T) => HTMLElement, take: (item: T, event: Event) => void }} parts
   */
  constructor(parts) {
    this.parts = parts;
    parts.list.addEventListener("pointerdown", (event) => event.preventDefault()); // The field keeps the focus.
    parts.list.addEventListener("click", (event) => {
      const row = /** @type {Element} */ (event.target).closest("[role=option]");
      if (row) parts.take(this.items[[...parts.list.children].indexOf(row)], event);
    });
  }

  /** @returns {T | undefined} */
  get chosen() {
    return this.items[this.#at];
  }

  /**
   * @param {T[]} items
   * @param {boolean} [keep] whether the chosen line stays: more came to what was there
   */
  show(items, keep = false) {
    this.items = items;
    if (!keep) this.#at = 0;
    this.#draw();
  }

  /**
   * @param {KeyboardEvent} event
   * @returns {boolean} whether the key was meant for the list
   */
  key(event) {
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step || !this.items.length) return false;
    this.#at = (this.#at + step + this.items.length) % this.items.length;
    this.#draw();
    return true;
  }

  #draw() {
    const { input, list, row } = this.parts;
    list.replaceChildren(
      ...this.items.map((item, index) => {
        const node = row(item);
        node.id = `${list.id}-${index}`;
        node.setAttribute("role", "option");
        node.setAttribute("aria-selected", String(index === this.#at));
        return node;
      }),
    );
    input.setAttribute("aria-expanded", String(this.items.length > 0));
    if (this.items.length) input.setAttribute("aria-activedescendant", `${list.id}-${this.#at}`);
    else input.removeAttribute("aria-activedescendant");
    list.querySelector("[aria-selected=true]")?.scrollIntoView({ block: "nearest" });
  }
}
