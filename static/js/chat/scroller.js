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
   * @param {{ moved: () => void, edge: (which: "older" | "newer", scrolled: boolean) => void }} tell
   */
  constructor(box, rows, tell) {
    this.box = box;
    this.rows = rows;
    this.tell = tell;
    box.addEventListener("scroll", () => this.look(true), { passive: true });
    // Fonts, pictures, the keyboard of a phone, a composer that grows: who reads along stays at the end.
    const watch = new ResizeObserver(() => this.following && this.toEnd());
    watch.observe(box);
    watch.observe(rows);
  }

  /** @returns {{ seq: string | null, top: number } | null} the first row in sight */
  anchor() {
    const edge = this.box.getBoundingClientRect().top;
    for (const node of this.rows.children) {
      const { top, bottom } = node.getBoundingClientRect();
      if (bottom > edge && node.classList.contains("message")) return { seq: node.getAttribute("data-seq"), top };
    }
    return null;
  }

  /**
   * Puts what one reads back to where it was on the screen. By its seq: the element may have been drawn anew.
   * @param {{ seq: string | null, top: number } | null} anchor
   */
  hold(anchor) {
    if (this.following) return this.toEnd();
    const node = anchor?.seq && this.rows.querySelector(`[data-seq="${anchor.seq}"]`);
    if (node) this.box.scrollTop += node.getBoundingClientRect().top - anchor.top;
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

  /** @param {boolean} scrolled by somebody just now, or only drawn anew */
  look(scrolled = false) {
    const { scrollTop, scrollHeight, clientHeight } = this.box;
    const rest = scrollHeight - scrollTop - clientHeight;
    this.following = rest < NEAR_PX;
    if (scrollTop < EARLY_PX) this.tell.edge("older", scrolled);
    if (rest < EARLY_PX) this.tell.edge("newer", scrolled);
    this.tell.moved();
  }
}
