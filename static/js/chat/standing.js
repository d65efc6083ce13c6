// Whether one may write in a room now, and if not, why and until when. Pure: the room and the clock in, words out. The
// server decides; this says it before one has typed in vain.

import { other } from "./direct.js";
import { dayName, time } from "./format.js";

const DAY_MS = 86_400_000;
// Past this nobody said until when: the server then names a year far away.
const FOREVER_MS = 3_650 * DAY_MS;

/**
 * @param {Room} room
 * @param {{ blocked: ReadonlySet<number>, maintenance: string | null, now: number, last: number | null }} facts
 *   `last`: when this person last wrote here
 * @returns {Standing | null} null: one may write
 */
export function standing(room, { blocked, maintenance, now, last }) {
  if (room.archived) return say("archived", "This room is archived: nobody can write here any more.", true);
  if (blocked.has(other(room)?.id ?? 0)) return say("blocked", `You have blocked ${room.name}.`, true);
  const until = room.muted_until ? Date.parse(room.muted_until) : 0;
  if (until > now) return say("muted", muted(until, now), false, until);
  if (room.read_only && room.role === "member") return say("read-only", "Only owners and moderators write here.", true);
  if (maintenance !== null) return say("maintenance", "What you send now waits, and goes when maintenance is over.", false);
  return slow(room, now, last);
}

/**
 * Owners and moderators do not wait.
 * @param {Room} room
 * @param {number} now
 * @param {number | null} last
 */
function slow({ slow_mode_seconds: seconds, role }, now, last) {
  if (!seconds || role !== "member") return null;
  const until = Math.min(last ?? 0, now) + seconds * 1000; // The two clocks agree to within the way of a frame.
  return say("slow", `Slow mode: one message every ${span(seconds)}.`, false, until > now ? until : null);
}

/**
 * @param {Standing["kind"]} kind
 * @param {string} text
 * @param {boolean} closed
 * @param {number | null} until
 * @returns {Standing}
 */
function say(kind, text, closed, until = null) {
  return { kind, text, closed, until };
}

/**
 * @param {number} until
 * @param {number} now
 */
function muted(until, now) {
  if (until - now > FOREVER_MS) return "You are muted here until a moderator lifts it.";
  return `You are muted until ${moment(until, now)}. Your draft is kept.`;
}

/**
 * What a message says that waits in the outbox for more than the connection.
 * @param {Standing | null} standing
 */
export function held(standing) {
  if (standing?.kind === "maintenance") return "Will be sent when maintenance is over";
  return standing?.kind === "slow" && standing.until ? "Slow mode: it goes when the time is up" : "";
}

/**
 * A time to come, in this person's own clock; the day with it unless it is today.
 * @param {number} at
 * @param {number} now
 */
export function moment(at, now) {
  const iso = new Date(at).toISOString();
  const day = dayName(iso, new Date(now));
  return day === "Today" ? time(iso) : `${time(iso)}, ${day}`;
}

/**
 * @param {number} seconds
 * @returns {string} "30 s", "5 min", "1 h"
 */
export function span(seconds) {
  if (seconds < 60 || seconds % 60) return `${seconds} s`;
  return seconds < 3600 || seconds % 3600 ? `${seconds / 60} min` : `${seconds / 3600} h`;
}

/**
 * What is left, for a button: "42", "3:05", "2 h".
 * @param {number} ms
 */
export function countdown(ms) {
  const seconds = Math.max(0, Math.ceil(ms / 1000));
  if (seconds < 60) return String(seconds);
  if (seconds >= 3600) return `${Math.ceil(seconds / 3600)} h`;
  return `${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
}
