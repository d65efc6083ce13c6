// How figures are written: short, and of a width that hardly changes. Pure; the language is the browser's.

const whole = new Intl.NumberFormat(undefined, { maximumFractionDigits: 0 });
const tenth = new Intl.NumberFormat(undefined, { minimumFractionDigits: 1, maximumFractionDigits: 1 });
const short = new Intl.NumberFormat(undefined, { notation: "compact", maximumFractionDigits: 1 });
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "medium", timeStyle: "medium" });

export const NOTHING = "–";
const UNITS = ["B", "kB", "MB", "GB", "TB"];

/** @param {number | null | undefined} value */
export function count(value) {
  if (value == null) return NOTHING;
  return value < 100_000 ? whole.format(value) : short.format(value);
}

/**
 * Things a second: 0, 0.4, 12.
 * @param {number | null | undefined} value
 */
export function rate(value) {
  if (value == null) return NOTHING;
  return value > 0 && value < 10 ? tenth.format(value) : count(value);
}

/** @param {number | null | undefined} value */
export function milliseconds(value) {
  if (value == null) return NOTHING;
  if (value >= 10_000) return `${tenth.format(value / 1000)} s`;
  return `${value < 10 ? tenth.format(value) : whole.format(value)} ms`;
}

/** @param {number} value */
export function bytes(value) {
  let unit = 0;
  while (value >= 1000 && unit < UNITS.length - 1) {
    value /= 1000;
    unit += 1;
  }
  return `${unit && value < 10 ? tenth.format(value) : whole.format(value)} ${UNITS[unit]}`;
}

/**
 * How long something has been going on: its two largest units.
 * @param {number} seconds
 */
export function duration(seconds) {
  const [days, hours, minutes] = [Math.floor(seconds / 86_400), Math.floor(seconds / 3600) % 24, Math.floor(seconds / 60) % 60];
  if (days) return `${days} d ${hours} h`;
  if (hours) return `${hours} h ${minutes} min`;
  if (minutes) return `${minutes} min`;
  return `${Math.max(0, Math.floor(seconds))} s`;
}

/**
 * @param {string | null} iso
 * @param {number} now
 */
export function ago(iso, now) {
  if (!iso) return "never";
  const seconds = (now - Date.parse(iso)) / 1000;
  return seconds < 5 ? "now" : `${duration(seconds).split(" ").slice(0, 2).join(" ")} ago`;
}

/** @param {number} at */
export function time(at) {
  return clock.format(at);
}

/** @param {string | null} iso */
export function moment(iso) {
  return iso ? full.format(new Date(iso)) : "";
}

/** @param {number} number @param {string} one */
export function plural(number, one) {
  return `${count(number)} ${one}${number === 1 ? "" : "s"}`;
}
