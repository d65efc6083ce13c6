// One figure's last five minutes as a line. Decoration: the figure stands beside it as text.

import { paths, peak, push } from "./history.js";

const SVG = "http://www.w3.org/2000/svg";
const [WIDTH, HEIGHT] = [300, 40];

export class SparkLine extends HTMLElement {
  /** @type {Sample[]} */ samples = [];
  /** @type {SVGPathElement[]} */ #drawn = [];

  connectedCallback() {
    if (this.#drawn.length) return;
    const svg = document.createElementNS(SVG, "svg");
    // A line of a point's width may reach over the edge by half of it.
    svg.setAttribute("viewBox", `0 -2 ${WIDTH} ${HEIGHT + 4}`);
    svg.setAttribute("preserveAspectRatio", "none");
    svg.setAttribute("aria-hidden", "true");
    this.#drawn = ["area", "line", "end"].map((name) => {
      const path = document.createElementNS(SVG, "path");
      path.setAttribute("class", `spark__${name}`);
      return path;
    });
    svg.append(...this.#drawn);
    this.append(svg);
  }

  /** @param {number} at @param {number | null} value null: nothing is known */
  add(at, value) {
    if (value !== null) this.samples = push(this.samples, { at, value });
    const { area, line, end } = paths(this.samples, { now: at, width: WIDTH, height: HEIGHT });
    [area, line, end].forEach((data, index) => this.#drawn[index].setAttribute("d", data));
  }

  get peak() {
    return peak(this.samples);
  }
}

customElements.define("spark-line", SparkLine);
