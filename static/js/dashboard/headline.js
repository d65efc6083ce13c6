// The figures at the top: each with its last five minutes, and the highest of them.

import { one, say } from "./dom.js";
import { bytes, count, milliseconds, rate } from "./format.js";

/** @type {Record<string, (value: any) => string>} */
const WRITTEN = { count, rate, milliseconds, bytes };

export class Headline {
  /** @param {ParentNode} root its tiles name a figure of `totals`, and how it is written */
  constructor(root) {
    this.tiles = [...root.querySelectorAll("[data-figure]")].map((tile) => ({
      name: /** @type {keyof Totals} */ (tile.getAttribute("data-figure")),
      write: WRITTEN[tile.getAttribute("data-as") ?? "count"],
      value: one(tile, ".tile__value"),
      peak: one(tile, ".tile__peak"),
      spark: /** @type {SparkLine} */ (one(tile, "spark-line")),
    }));
  }

  /** @param {Totals} totals @param {number} now */
  show(totals, now) {
    for (const { name, write, value, peak, spark } of this.tiles) {
      spark.add(now, totals[name]);
      say(value, write(totals[name]));
      say(peak, totals[name] === null ? "not used here" : `peak ${write(spark.peak)}`);
    }
  }
}
