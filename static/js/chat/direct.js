// Conversations of a few people, among the rooms: which there are, in what order, and who is in them. Pure.

import * as list from "./rooms.js";

// More would push the end of the list out of sight; the rest is a few letters away by Ctrl K.
const LISTED_MOST = 15;

/** @param {Room | undefined} room */
export function isDirect(room) {
  return room?.kind === "direct";
}

/**
 * The other one, in a conversation of two.
 * @param {Room | undefined} room
 * @returns {Person | null}
 */
export function other(room) {
  return room?.kind === "direct" && room.people.length === 1 ? room.people[0] : null;
}

/**
 * Whether the other one is here: besides oneself somebody is online.
 * @param {Room} room
 */
export function isOtherOnline(room) {
  return !!other(room) && room.online > 1;
}

/**
 * Conversations at the side, the latest first. One in which nothing was said yet is only its opener's, as long as it is
 * on screen. Those with something unread are there however old they are.
 * @param {list.Rooms} state
 * @param {number} current
 * @param {number[]} held
 */
export function conversations(state, current, held = []) {
  const open = [...state.byId.values()].filter(({ id, kind, last_message_at }) => kind === "direct" && (last_message_at || id === current));
  const at = (/** @type {Room} */ { last_message_at }) => (last_message_at ? Date.parse(last_message_at) : Infinity);
  const sorted = open.sort((a, b) => at(b) - at(a) || b.id - a.id);
  return list.hold(sorted.filter(({ id, unread }, index) => index < LISTED_MOST || unread || id === current), held);
}

/**
 * All that stands at the side, from above: rooms, then conversations.
 * @param {list.Rooms} state
 * @param {number} current
 */
export function besides(state, current) {
  return [...list.ordered(state), ...conversations(state, current)];
}

/**
 * The conversation of exactly these people and oneself, if there is one.
 * @param {list.Rooms} state
 * @param {number[]} ids
 */
export function between(state, ids) {
  const wanted = new Set(ids);
  return [...state.byId.values()].find(({ kind, people }) => kind === "direct" && people.length === wanted.size && people.every(({ id }) => wanted.has(id)));
}

/**
 * Whether this person may call everybody in a room at once. Between two that is no more than speaking.
 * @param {Room} room
 */
export function mayCallAll(room) {
  return room.kind === "direct" ? room.people.length > 1 : room.role !== "member";
}
