// The figures at the top: each with its last five minutes, and the highest of them.

import { one, say } from "./dom.js";
import { bytes, count, milliseconds, rate } from "./format.js";

/** @type {Record<string, (value: any) => string>} */
const WRITTEN = { count, rate, milliseconds, bytes };

export class Headline {
  /** @param {ParentNode} root its meters name a figure of `totals`, and how it is written */
  constructor(root) {
    this.meters = [...root.querySelectorAll("[data-figure]")].map((meter) => ({
      name: /** @type {keyof Totals} */ (meter.getAttribute("data-figure")),
      write: WRITTEN[meter.getAttribute("data-as") ?? "count"],
      value: one(meter, ".meter__value"),
      peak: one(meter, ".meter__peak"),
      spark: /** @type {SparkLine} */ (one(meter, "spark-line")),
    }));
  }

  /** @param {Totals} totals @param {number} now */
  show(totals, now) {
    for (const { name, write, value, peak, spark } of this.meters) {
      spark.add(now, totals[name]);
      say(value, write(totals[name]));
      say(peak, totals[name] === null ? "not measured" : `peak ${write(spark.peak)}`);
    }
  }
}
