// How one room's messages and what waits in the outbox stand in rows: turns, days, the "New" line. Pure.

import { isNews, reachesBack } from "./timeline.js";

// Messages of one author within this time read as one turn.
const GROUP_MS = 5 * 60_000;

/** @typedef {{ author: number, at: string, kind: string, replies: boolean }} Turn */

/** @type {Folding} */
const NOBODY = { blocked: new Set(), shown: new Set() };

/**
 * @param {Timeline} state
 * @param {Entry[]} entries what this person sent and the server has not stored yet
 * @param {number} me
 * @param {Folding} folding
 * @returns {Row[]}
 */
export function rows(state, entries, me, folding = NOBODY) {
  /** @type {Row[]} */
  const out = [];
  /** @type {Turn | null} */
  let previous = null;
  let newShown = !reachesBack(state, state.newAfter);
  if (state.loaded && !state.moreBefore) out.push({ kind: "start", key: "start" });
  for (const message of state.messages) {
    const turn = { author: message.author.id, at: message.created_at, kind: message.kind, replies: !!message.reply_to };
    const date = otherDay(previous, turn);
    if (date) out.push(dateRow(turn.at));
    const first = !newShown && isNews(message, state.newAfter ?? 0, me);
    if (first) out.push({ kind: "new", key: "new" });
    newShown ||= first;
    if (isFolded(message, folding)) fold(out, message);
    else out.push({ kind: "message", key: keyOf(message), message, head: first || date || !follows(previous, turn) });
    previous = turn;
  }
  return state.moreAfter ? out : [...out, ...pendingRows(state, entries, me, previous)];
}

/**
 * @param {Message} message
 * @param {Folding} folding
 */
function isFolded({ id, kind, author }, { blocked, shown }) {
  return kind === "text" && blocked.has(author.id) && !shown.has(id);
}

/**
 * In a run they are one row.
 * @param {Row[]} out
 * @param {Message} message
 */
function fold(out, message) {
  const last = out.at(-1);
  if (last?.kind === "folded") last.messages.push(message);
  else out.push({ kind: "folded", key: `folded:${message.id}`, messages: [message] });
}

/**
 * @param {Timeline} state
 * @param {Entry[]} entries
 * @param {number} me
 * @param {Turn | null} previous
 * @returns {Row[]}
 */
function pendingRows(state, entries, me, previous) {
  /** @type {Row[]} */
  const out = [];
  const stored = new Set(state.messages.filter(({ author }) => author.id === me).map(({ client_id }) => client_id));
  for (const entry of entries) {
    if (stored.has(entry.client_id)) continue;
    const turn = { author: me, at: entry.created_at, kind: "text", replies: !!entry.reply_to };
    const date = otherDay(previous, turn);
    if (date) out.push(dateRow(turn.at));
    out.push({ kind: "pending", key: `${me}:${entry.client_id}`, entry, head: date || !follows(previous, turn) });
    previous = turn;
  }
  return out;
}

/**
 * The same for a pending row and for the message that it becomes, so that the one takes the other's place.
 * @param {Message} message
 */
export function keyOf(message) {
  return `${message.author.id}:${message.client_id}`;
}

/**
 * What answers a message begins a turn, or the quote would stand between a name and what was said under it.
 * @param {Turn | null} previous
 * @param {Turn} turn
 */
function follows(previous, turn) {
  if (!previous || turn.replies || previous.author !== turn.author || previous.kind !== turn.kind) return false;
  return Date.parse(turn.at) - Date.parse(previous.at) < GROUP_MS;
}

/**
 * @param {{ at: string } | null} previous
 * @param {{ at: string }} turn
 */
function otherDay(previous, turn) {
  return !previous || day(previous.at) !== day(turn.at);
}

/**
 * @param {string} at
 * @returns {Row}
 */
function dateRow(at) {
  return { kind: "date", key: `date:${day(at)}`, at };
}

/** @param {string} at */
function day(at) {
  return new Date(at).toDateString();
}
