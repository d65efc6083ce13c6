// The workers, one row each. A row keeps its place and its line while its worker lives.

import { el, one, row, say } from "./dom.js";
import { bytes, count, duration, milliseconds, rate } from "./format.js";

/** @type {(readonly [string, string])[]} */
const COLUMNS = [
  ["name", "Worker"], ["state", "State"], ["number", "Sockets"], ["chart", "Deliveries a second"], ["number", "Messages a minute"],
  ["number", "Loop lag p99"], ["number", "Waiting to be sent"], ["number", "Slow closed"], ["number", "Refused"],
  ["number", "Gaps repaired"], ["number", "CPU"], ["number", "Memory"], ["number", "Up"],
];

export class Workers {
  /** @type {Map<string, ReturnType<Workers["made"]>>} */ rows = new Map();

  /** @param {HTMLElement} root */
  constructor(root) {
    this.body = one(root, "tbody");
    this.summary = one(root, "[data-summary]");
  }

  /** @param {WorkerReport[]} workers @param {number} now */
  show(workers, now) {
    for (const [id, { node }] of this.rows) {
      if (!workers.some(({ worker }) => worker === id)) {
        node.remove();
        this.rows.delete(id);
      }
    }
    for (const report of workers) {
      let shown = this.rows.get(report.worker);
      if (!shown) {
        this.rows.set(report.worker, (shown = this.made()));
        this.body.append(shown.node);
      }
      this.fill(shown, report, now);
    }
    const { length } = workers.filter(({ unheard_seconds }) => !unheard_seconds);
    const versions = new Set(workers.map(({ version }) => version));
    say(this.summary, `${length} of ${workers.length} heard · version ${[...versions].join(", ")}`);
  }

  made() {
    const { node, cells } = row(COLUMNS);
    const name = el("b");
    const state = el("span", { class: "state" });
    const chart = { text: el("span", { class: "figure" }), spark: /** @type {SparkLine} */ (el(/** @type {any} */ ("spark-line"))) };
    cells[0].append(name);
    cells[1].append(state);
    cells[3].append(chart.text, chart.spark);
    return { node, cells, name, state, chart };
  }

  /** @param {ReturnType<Workers["made"]>} shown @param {WorkerReport} report @param {number} now */
  fill({ node, cells, name, state, chart }, report, now) {
    const silent = report.unheard_seconds > 0;
    const word = silent ? `unheard for ${report.unheard_seconds} s` : report.draining ? "draining" : "serving";
    node.className = silent ? "worker worker--silent" : "worker";
    say(name, `${report.host} · ${report.pid}`);
    name.title = `version ${report.version}`;
    state.className = `state state--${silent ? "silent" : report.draining ? "draining" : "serving"}`;
    say(state, word);
    chart.spark.add(now, silent ? null : report.deliveries_per_second);
    say(chart.text, rate(report.deliveries_per_second));
    const rest = [
      count(report.messages_per_minute), milliseconds(report.loop_lag_p99_ms), bytes(report.buffer_bytes), count(report.slow_closed),
      count(report.refused), count(report.gap_repairs), `${count(report.cpu_percent)} %`, bytes(report.memory_bytes),
      duration((now - Date.parse(report.started_at)) / 1000),
    ];
    say(cells[2], count(report.connections));
    rest.forEach((text, index) => say(cells[index + 4], text));
  }
}
