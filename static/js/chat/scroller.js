// Where a timeline stands: at its end, or at what somebody reads. Owns the scroll position; knows no message.

// Nearer to the end than this and one is reading along.
const NEAR_PX = 100;
// How long before its edge the next page is asked for: a fast flick of the wheel.
const EARLY_PX = 900;

export class Scroller {
  following = true;

  /**
   * @param {HTMLElement} box scrolls
   * @param {HTMLElement} rows stands in it
   * @param {{ moved: () => void, top: () => void, bottom: () => void }} tell
   */
  constructor(box, rows, tell) {
    this.box = box;
    this.rows = rows;
    this.tell = tell;
    box.addEventListener("scroll", () => this.look(), { passive: true });
    // Fonts, pictures, the keyboard of a phone, a composer that grows: who reads along stays at the end.
    const watch = new ResizeObserver(() => this.following && this.toEnd());
    watch.observe(box);
    watch.observe(rows);
  }

  /** @returns {{ node: Element, top: number } | null} the first row in sight */
  anchor() {
    const edge = this.box.getBoundingClientRect().top;
    for (const node of this.rows.children) {
      const { top, bottom } = node.getBoundingClientRect();
      if (bottom > edge && node.classList.contains("message")) return { node, top };
    }
    return null;
  }

  /**
   * Puts what one reads back to where it was on the screen.
   * @param {{ node: Element, top: number } | null} anchor
   */
  hold(anchor) {
    if (this.following) return this.toEnd();
    if (!anchor?.node.isConnected) return;
    this.box.scrollTop += anchor.node.getBoundingClientRect().top - anchor.top;
  }

  toEnd() {
    this.box.scrollTop = this.box.scrollHeight;
  }

  follow() {
    this.following = true;
    this.toEnd();
    this.tell.moved();
  }

  /** @param {HTMLElement} node */
  toCentre(node) {
    this.following = false;
    const space = Math.max(this.box.clientHeight / 3, 48);
    this.box.scrollTop += node.getBoundingClientRect().top - this.box.getBoundingClientRect().top - space;
    this.look();
  }

  /** @param {Element} node */
  above(node) {
    return node.getBoundingClientRect().bottom < this.box.getBoundingClientRect().top;
  }

  look() {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const rest = scrollHeight - scrollTop - clientHeight;
    this.following = rest < NEAR_PX;
    if (scrollTop < EARLY_PX) this.tell.top();
    if (rest < EARLY_PX) this.tell.bottom();
    this.tell.moved();
  }
}
