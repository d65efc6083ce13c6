// The last five minutes of each figure, and the line through them. Pure: the server keeps no history for a chart.

export const KEEP_MS = 300_000;
// Figures come every two seconds. Where three did not come nothing is known, and no line pretends it was.
export const GAP_MS = 7_000;

/**
 * @param {readonly Sample[]} samples
 * @param {Sample} sample
 * @returns {Sample[]}
 */
export function push(samples, sample) {
  return [...samples.filter(({ at }) => at > sample.at - KEEP_MS && at < sample.at), sample];
}

/** @param {readonly Sample[]} samples */
export function peak(samples) {
  return samples.reduce((most, { value }) => Math.max(most, value), 0);
}

/**
 * @param {readonly Sample[]} samples
 * @param {{ now: number, width: number, height: number }} box the newest is at the right end
 * @returns {{ line: string, area: string, end: string }} SVG path data
 */
export function paths(samples, { now, width, height }) {
  const top = peak(samples) || 1;
  const x = (/** @type {Sample} */ { at }) => round(width * (1 - (now - at) / KEEP_MS));
  const y = (/** @type {Sample} */ { value }) => round(height * (1 - value / top));
  const runs = unbroken(samples.filter(({ at }) => now - at <= KEEP_MS)).map((run) => run.map((one) => `${x(one)} ${y(one)}`));
  const shape = runs.map((points) => `M${points.join("L")}`);
  const feet = runs.map((points) => `M${points[0].split(" ")[0]} ${height}L${points.join("L")}V${height}Z`);
  const last = runs.at(-1)?.at(-1);
  return { line: shape.join(""), area: feet.join(""), end: last ? `M${last}h0.01` : "" };
}

/** @param {readonly Sample[]} samples */
function unbroken(samples) {
  /** @type {Sample[][]} */ const runs = [];
  for (const sample of samples) {
    const run = runs.at(-1);
    const before = run?.at(-1);
    if (run && before && sample.at - before.at <= GAP_MS) run.push(sample);
    else runs.push([sample]);
  }
  return runs;
}

/** @param {number} value */
const round = (value) => Math.round(value * 10) / 10;
