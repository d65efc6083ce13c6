// How times, names and numbers are written. Pure; the language is the browser's.

const TONES = 8; // As many as css/people.css has.
const DAY_MS = 86_400_000;
// More than this many in a row are a text again.
const EMOJI_MOST = 8;

const clock = new Intl.DateTimeFormat(undefined, { hour: "numeric", minute: "2-digit" });
const full = new Intl.DateTimeFormat(undefined, { dateStyle: "full", timeStyle: "short" });
const thisYear = new Intl.DateTimeFormat(undefined, { weekday: "long", day: "numeric", month: "long" });
const together = new Intl.ListFormat("en", { type: "conjunction" });
const otherYear = new Intl.DateTimeFormat(undefined, { day: "numeric", month: "long", year: "numeric" });

/** @param {string} iso */
export function time(iso) {
  return clock.format(new Date(iso));
}

/** @param {string} iso */
export function fullTime(iso) {
  return full.format(new Date(iso));
}

/**
 * @param {string} iso
 * @param {Date} now
 */
export function dayName(iso, now = new Date()) {
  const then = new Date(iso);
  const days = Math.round((midnight(now) - midnight(then)) / DAY_MS);
  if (days === 0) return "Today";
  if (days === 1) return "Yesterday";
  return (then.getFullYear() === now.getFullYear() ? thisYear : otherYear).format(then);
}

/** @param {Date} date */
function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}

/** @param {string} name */
export function initials(name) {
  const words = name.trim().split(/[\s._-]+/).filter(Boolean);
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...word][0].toUpperCase()).join("") || "?";
}

/** @param {number} id */
export function tone(id) {
  return id % TONES;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} many
 */
export function plural(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** @param {number} count */
export function short(count) {
  return count > 99 ? "99+" : String(count);
}

/** @param {string} text */
export function isEmojiOnly(text) {
  const bare = text.replace(/\s+/g, "");
  const emoji = bare.match(/\p{RGI_Emoji}/gv);
  return !!emoji && emoji.length <= EMOJI_MOST && emoji.join("") === bare;
}

/** @param {string[]} names */
export function typingLine(names) {
  if (names.length === 0) return "";
  if (names.length === 1) return `${names[0]} is typing`;
  if (names.length === 2) return `${names[0]} and ${names[1]} are typing`;
  return "Several people are typing";
}

/** @param {string[]} names */
export function listed(names) {
  return together.format(names);
}
