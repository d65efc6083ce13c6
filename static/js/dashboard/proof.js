// What clients say of what they got, and what was wrong with it.

import { el, one, say } from "./dom.js";
import { count, milliseconds, moment, plural } from "./format.js";

const COUNTED = /** @type {const} */ (["lost", "duplicated", "reordered"]);

export class Proof {
  /** @param {HTMLElement} root */
  constructor(root) {
    this.root = root;
    this.verdict = COUNTED.map((name) => ({ name, node: one(root, `[data-proof=${name}]`) }));
    this.half = one(root, "[data-proof=p50]");
    this.most = one(root, "[data-proof=p99]");
    this.note = one(root, "[data-proof=note]");
    this.list = one(root, ".anomalies");
    this.none = one(root, ".anomalies-none");
  }

  /** @param {DeliveryProof} proof */
  show(proof) {
    one(this.root, ".proof").classList.toggle("proof--none", !proof.reporting);
    for (const { name, node } of this.verdict) {
      say(node, proof.reporting ? count(proof[name]) : "–");
      node.classList.toggle("verdict--wrong", proof[name] > 0);
    }
    say(this.half, milliseconds(proof.p50_ms));
    say(this.most, milliseconds(proof.p99_ms));
    say(this.note, proof.reporting ? told(proof) : "No reports yet. Open pages send one every half minute in which something came.");
  }

  /** @param {AnomalyRow[]} anomalies */
  showAnomalies(anomalies) {
    /** @type {HTMLElement} */ (this.none).hidden = anomalies.length > 0;
    this.list.replaceChildren(...anomalies.map(line));
  }
}

/** @param {DeliveryProof} proof */
function told(proof) {
  const held = proof.held ? ` ${plural(proof.held, "message")} came early and waited for the one before.` : "";
  const repaired = proof.repaired ? ` ${plural(proof.repaired, "gap")} filled from the database.` : "";
  return `${plural(proof.received, "message")} received, as ${plural(proof.clients, "page")} counted in the last hour.${held}${repaired}`;
}

/** @param {AnomalyRow} anomaly */
function line(anomaly) {
  const { kind, room, first, last, person, at, explanation } = anomaly;
  const which = first === last ? `#${first}` : `#${first}–${last}`;
  return el(
    "li", {},
    el("b", {}, `${which} ${kind}`), ` in ${room}, for ${person}`,
    el("p", {}, explanation || "Nothing explains it."),
    el("time", { datetime: at }, moment(at)),
  );
}
