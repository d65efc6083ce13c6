// The list of rooms: a pure reducer over what the server says. Owns counts and order; knows neither a timeline nor a page.
//
// A room's counts hold up to its own `seq`. A message is counted only above it, so what a reconnect brings twice, once in
// `welcome` and once by `room.sync`, is counted once.

import { callsMe } from "./concern.js";

/** docs/protocol.md, "Objects": the server stops counting here. */
export const UNREAD_MOST = 100;

// What the server leaves out of a room's description when it is nothing.
const BLANK = {
  topic: "", archived: false, last_read: 0, unread: 0, mentions: 0, online: 0, last_message_at: null, people: [],
  slow_mode_seconds: 0, read_only: false, muted_until: null, reports: 0,
};

/** @typedef {{ me: number, byId: Map<number, Room>, muted: Set<number> }} Rooms `muted`: whose news one does not want */

/**
 * @param {number} me
 * @param {Room[]} rooms
 * @returns {Rooms}
 */
export function fromServer(me, rooms, muted = new Set()) {
  return { me, byId: new Map(rooms.map((room) => [room.id, { ...BLANK, ...room }])), muted };
}

/**
 * @param {Rooms} state
 * @param {Set<number>} muted
 * @returns {Rooms}
 */
export function mute(state, muted) {
  return { ...state, muted };
}

/**
 * @param {Rooms} state
 * @param {Partial<Room> & { id: number }} room fields that are missing did not change
 */
export function merge(state, room) {
  const known = state.byId.get(room.id);
  // How many are online may come before the room itself does.
  if (!known && room.slug === undefined) return state;
  // A seq without counts would leave the messages up to it uncounted.
  const seq = known && room.unread === undefined ? known.seq : (room.seq ?? 0);
  return put(state, /** @type {Room} */ ({ ...BLANK, ...known, ...room, seq }));
}

/**
 * @param {Rooms} state
 * @param {number} id
 */
export function remove(state, id) {
  const byId = new Map(state.byId);
  byId.delete(id);
  return { ...state, byId };
}

/**
 * @param {Rooms} state
 * @param {MessageEventFrame} event
 * @param {Message} [before] the message as it was, where that is known
 */
export function message(state, { room: id, seq, message }, before) {
  const room = state.byId.get(id);
  if (!room || message.changed <= room.seq) return state;
  const isNew = message.seq > room.seq;
  return put(state, {
    ...room,
    seq: Math.max(room.seq, seq),
    unread: within(room.unread, change(room, message, state.me)),
    mentions: within(room.mentions, calls(room, message, state.me, before)),
    last_message_at: isNew ? message.created_at : room.last_message_at,
  });
}

/**
 * By how much a message changes the number of unread ones.
 * @param {Room} room
 * @param {Message} message
 * @param {number} me
 */
function change(room, message, me) {
  if (message.kind !== "text" || message.author.id === me || message.seq <= room.last_read) return 0;
  if (message.seq > room.seq) return message.deleted_at ? 0 : 1;
  return message.deleted_at ? -1 : 0;
}

/**
 * By how much it changes the number of those that call this person.
 * @param {Room} room
 * @param {Message} message
 * @param {number} me
 * @param {Message} [before]
 */
function calls(room, message, me, before) {
  if (message.seq <= room.last_read) return 0;
  const now = Number(callsMe(message, me));
  if (message.seq > room.seq) return now;
  return before ? now - Number(callsMe(before, me)) : 0;
}

/**
 * @param {number} count
 * @param {number} step
 */
function within(count, step) {
  // At the limit nobody knows how many there are, so nothing is taken off it either.
  return count >= UNREAD_MOST ? count : Math.min(UNREAD_MOST, Math.max(0, count + step));
}

/**
 * @param {Rooms} state
 * @param {ReadMark} mark
 */
export function read(state, { room: id, last_read, unread, mentions }) {
  const room = state.byId.get(id);
  if (!room || last_read < room.last_read) return state;
  return put(state, { ...room, last_read, unread, mentions });
}

/**
 * What reading up to `seq` will mean, before the server has answered.
 * @param {Rooms} state
 * @param {number} id
 * @param {number} seq
 */
export function readLocally(state, id, seq) {
  const room = state.byId.get(id);
  if (!room || seq < room.seq) return state;
  return put(state, { ...room, last_read: Math.max(room.last_read, seq), unread: 0, mentions: 0 });
}

/**
 * @param {Rooms} state
 * @param {{ room: number, online: number }} event
 */
export function presence(state, { room: id, online }) {
  const room = state.byId.get(id);
  return room && room.online !== online ? put(state, { ...room, online }) : state;
}

/**
 * Rooms by name, so that each keeps its place; conversations are direct.js's.
 * @param {Rooms} state
 * @param {number[]} held
 */
export function ordered(state, held = []) {
  return hold([...state.byId.values()].filter(({ kind }) => kind !== "direct").sort(byName), held);
}

/**
 * While somebody points at a list it keeps the order it had; what is new comes last.
 * @param {Room[]} rooms
 * @param {number[]} held ids in the order on screen, or nothing
 */
export function hold(rooms, held) {
  const place = new Map(held.map((id, index) => [id, index]));
  const at = (/** @type {Room} */ room) => place.get(room.id) ?? held.length;
  return held.length ? rooms.sort((a, b) => at(a) - at(b)) : rooms;
}

/**
 * @param {Room} a
 * @param {Room} b
 */
function byName(a, b) {
  return Number(a.archived) - Number(b.archived) || a.name.localeCompare(b.name) || a.id - b.id;
}

/**
 * The room to go to by key, round the end of the list.
 * @param {Room[]} rooms in order
 * @param {number} current
 * @param {1 | -1} step
 * @param {boolean} onlyUnread
 */
export function neighbour(rooms, current, step, onlyUnread = false) {
  const from = rooms.findIndex((room) => room.id === current);
  for (let i = 1; i <= rooms.length; i++) {
    const room = rooms[(from + step * i + rooms.length * 2) % rooms.length];
    if (room && room.id !== current && (!onlyUnread || room.unread > 0)) return room;
  }
  return null;
}

/**
 * What is not read yet. Each direct message is meant for this person like a mention.
 * @param {Rooms} state
 */
export function totals(state) {
  let unread = 0;
  let mentions = 0;
  for (const room of state.byId.values()) {
    if (state.muted.has(room.id)) continue;
    unread += room.unread;
    mentions += room.kind === "direct" ? room.unread : room.mentions;
  }
  return { unread, mentions };
}

/**
 * Rooms and conversations whose name has the words, the most recently used first: for the switcher.
 * @param {Rooms} state
 * @param {string} query
 */
export function search(state, query) {
  const words = query.toLowerCase().split(/\s+/).filter(Boolean);
  const names = (/** @type {Room} */ { name, slug, kind, people }) => (kind === "direct" ? [name, ...people.map(({ username }) => username)] : [name, slug]).join(" ");
  const hit = (/** @type {Room} */ room) => words.every((word) => names(room).toLowerCase().includes(word)) && (room.kind !== "direct" || room.last_message_at);
  const recent = (/** @type {Room} */ room) => room.last_message_at ?? "";
  return [...state.byId.values()].filter(hit).sort((a, b) => recent(b).localeCompare(recent(a)) || byName(a, b));
}

/**
 * @param {Rooms} state
 * @param {Room} room
 * @returns {Rooms}
 */
function put(state, room) {
  return { ...state, byId: new Map(state.byId).set(room.id, room) };
}
