// What each event of docs/protocol.md changes in a session. The only place that reads event types.

import * as list from "./rooms.js";

/** @type {Record<string, (session: Session, frame: any) => void>} */
const EVENTS = {
  welcome,
  message: (session, frame) => session.log(frame.room).sequence.receive(frame),
  typing(session, { room, user }) {
    if (user.id !== session.me.id && !session.people.blocked.has(user.id)) session.typing.hear(room, user);
  },
  presence,
  read(session, frame) {
    if (session.kept === frame.room) return;
    session.rooms = list.read(session.rooms, frame);
    session.tell("rooms");
  },
  room(session, { room }) {
    session.rooms = list.merge(session.rooms, room);
    // What kept messages back may be gone; where it is not, the server says again for how long.
    if ("slow_mode_seconds" in room || "muted_until" in room || "read_only" in room) session.outbox.wake(room.id);
    session.tell("rooms");
  },
  maintenance: (session, { reason }) => session.maintain(reason),
  announcement: (session, frame) => session.tell("announcement", frame),
  blocked: (session, { people }) => session.people.know(people),
  "room.removed": (session, { room }) => session.forget(room),
};

/**
 * @param {Session} session
 * @param {any} frame
 */
export function onFrame(session, frame) {
  EVENTS[frame.type]?.(session, frame); // Of events it does not know a client makes nothing: notifications, signals.
}

/**
 * @param {Session} session
 * @param {{ user: Person, rooms: Room[], blocked?: number[], time?: string, maintenance?: string | null }} frame
 */
function welcome(session, { user, rooms, blocked = [], time, maintenance = null }) {
  if (user.id !== session.me.id) return session.tell("stranger"); // Another tab logged in as somebody else.
  session.people.know(blocked);
  session.ahead = time ? Date.parse(time) - Date.now() : 0;
  session.maintain(maintenance);
  const before = session.rooms;
  session.rooms = list.fromServer(session.me.id, rooms, before.muted);
  for (const [id, room] of before.byId) {
    if (!session.rooms.byId.has(id)) session.forget(id, room);
  }
  for (const log of session.logs.all()) log.expect(session.rooms.byId.get(log.room)?.seq ?? 0);
  const { current } = session;
  if (session.room && !session.log(current).timeline.loaded) session.open(current);
  session.outbox.flushAll();
  session.tell("rooms");
  session.tell("caughtup", missed(before, session.rooms));
  if (session.log(current).members) session.loadMembers(current);
  session.attend({});
}

/**
 * @param {list.Rooms} before
 * @param {list.Rooms} after
 */
function missed(before, after) {
  let count = 0;
  for (const room of after.byId.values()) count += Math.max(0, room.unread - (before.byId.get(room.id)?.unread ?? 0));
  return count;
}

/**
 * @param {Session} session
 * @param {{ room: number, online: number, came: Person[], went: Person[] }} frame
 */
function presence(session, frame) {
  session.rooms = list.presence(session.rooms, frame);
  session.tell("rooms");
  const log = session.log(frame.room);
  if (!log.members) return;
  const known = new Set(log.members.map(({ id }) => id));
  if (frame.came.some(({ id }) => !known.has(id))) session.loadMembers(frame.room);
  const [came, went] = [ids(frame.came), ids(frame.went)];
  log.members = log.members.map((member) => ({ ...member, online: came.has(member.id) || (member.online && !went.has(member.id)) }));
  session.tell("members", frame.room);
}

/** @param {Person[]} people */
function ids(people) {
  return new Set(people.map(({ id }) => id));
}
