// The page's whole knowledge against a server that answers by hand: what a person must never see wrong.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Session } from "../../static/js/chat/session.js";
import { LiveSocket } from "../../static/js/live/socket.js";
import { Clock, direct, event, FakeWebSocket, message, page, people, room, settle, Shelf } from "./support.js";

let clock, session, shelf, count;

const server = () => FakeWebSocket.last;
const unread = (id = 1) => session.rooms.byId.get(id).unread;
const seqs = (id = 1) => session.log(id).timeline.messages.map(({ seq }) => seq);
const newAfter = () => session.log(1).timeline.newAfter;

async function reply(type, fields) {
  const { id } = server().lastSent(type);
  server().says({ type: "ok", id, ...fields });
  await settle();
}

function start(rooms = [room(1), room(2)]) {
  const socket = new LiveSocket("/ws/", { WebSocket: FakeWebSocket, timers: clock, random: () => 1, now: () => clock.now });
  session = new Session({ me: people.me, rooms, socket, storage: shelf, owner: "tab", uuid: () => `u${++count}`, timers: clock });
  session.attend({ looking: true });
  session.open(1, { page: page(6, 10, { more_before: true }) });
  session.attend({ following: true }); // As a page does when it has scrolled to the end.
  socket.start();
  server().welcome(rooms);
}

beforeEach(() => {
  FakeWebSocket.all = [];
  clock = new Clock();
  shelf = new Shelf();
  count = 0;
  start();
});

test("what one reads is read, what one does not look at is unread", async () => {
  server().says(event(11));
  assert.equal(unread(), 0);
  assert.deepEqual(server().lastSent("room.read").seq, 11);
  session.attend({ looking: false });
  server().says(event(12));
  assert.equal(unread(), 1);
  session.attend({ looking: true });
  assert.equal(unread(), 0);
});

test("a room that is opened is said to be read though nothing in it is new: an invitation is read by that", () => {
  const marks = () => server().sent.filter(({ type }) => type === "room.read").map(({ room: id, seq }) => [id, seq]);
  session.open(2);
  session.attend({ following: true });
  session.attend({ looking: false });
  session.attend({ looking: true });
  assert.deepEqual(marks().filter(([id]) => id === 2), [[2, 10]]);
});

test("of many read marks one goes out every two seconds, and it is the last", async () => {
  for (const seq of [11, 12, 13, 14]) server().says(event(seq));
  const marks = () => server().sent.filter(({ type }) => type === "room.read").map(({ seq }) => seq);
  assert.deepEqual(marks(), [10, 11]); // 10: the room was opened
  await clock.pass(2_000);
  assert.deepEqual(marks(), [10, 11, 14]);
});

test("somebody who reads further up has not read what comes below", () => {
  session.attend({ following: false });
  server().says(event(11));
  assert.equal(unread(), 1);
  assert.equal(newAfter(), 10);
});

test("the New line stays where one left off while more comes, also after it was read", () => {
  session.attend({ looking: false });
  server().says(event(11));
  server().says(event(12));
  session.attend({ looking: true });
  server().says(event(13));
  assert.equal(newAfter(), 10);
  session.attend({ looking: false });
  server().says(event(14));
  assert.equal(newAfter(), 13);
});

test("one's own message is neither unread nor new", () => {
  session.attend({ looking: false });
  server().says(event(11, { author: people.me }));
  assert.deepEqual([unread(), newAfter()], [0, null]);
});

test("unread from here holds while one looks, and ends with Escape or with leaving", () => {
  session.markUnread(9);
  assert.deepEqual([unread(), newAfter()], [2, 8]);
  server().says(event(11));
  assert.equal(unread(), 3);
  session.markRead();
  assert.deepEqual([unread(), newAfter()], [0, null]);
});

test("a reconnect brings what was missed once, in the timeline and in the counts", async () => {
  session.attend({ looking: false });
  server().dies();
  await clock.pass(500);
  let missed = null;
  session.addEventListener("caughtup", ({ detail }) => (missed = detail));
  server().welcome([room(1, { seq: 13, unread: 3 }), room(2, { seq: 11, unread: 1 })]);
  server().says(event(14));
  await reply("room.sync", { seq: 13, messages: [message(11), message(12), message(13)], reset: false });
  assert.deepEqual(seqs(), [6, 7, 8, 9, 10, 11, 12, 13, 14]);
  assert.deepEqual([unread(), unread(2), missed], [4, 1, 4]);
});

test("when too much was missed the newest page takes the place of the old one", async () => {
  server().dies();
  await clock.pass(500);
  server().welcome([room(1, { seq: 400, unread: 100 })]);
  await reply("room.sync", { seq: 400, messages: [], reset: true });
  await reply("room.history", page(351, 400));
  assert.deepEqual([seqs()[0], seqs().at(-1), session.log(1).timeline.moreBefore], [351, 400, true]);
  server().says(event(401));
  assert.equal(seqs().at(-1), 401);
});

test("what was written while offline is sent once and stands once", async () => {
  server().dies();
  session.send("hi");
  await clock.pass(500);
  server().welcome([room(1)]);
  await settle();
  const sent = server().lastSent("message.send");
  assert.deepEqual([sent.body, sent.client_id], ["hi", "u1"]);
  const stored = message(11, { author: people.me, client_id: "u1", body: "hi" });
  server().says({ type: "message", room: 1, seq: 11, message: stored });
  await reply("message.send", { message: stored });
  assert.deepEqual([seqs().filter((seq) => seq === 11).length, session.outbox.entries(1), shelf.length], [1, [], 0]);
});

test("an answer that got lost is asked for again with the same id", async () => {
  session.send("hi");
  server().dies();
  await settle();
  await clock.pass(500);
  server().welcome([room(1, { seq: 11 })]);
  await settle();
  assert.equal(server().lastSent("message.send").client_id, "u1");
});

test("a page that is older than an edit does not undo it", async () => {
  session.log(1).older();
  server().says({ type: "message", room: 1, seq: 11, message: message(3, { changed: 11, body: "edited" }) });
  await reply("room.history", page(1, 5, { seq: 10 }));
  await reply("room.sync", { seq: 11, messages: [message(3, { changed: 11, body: "edited" })], reset: false });
  assert.equal(session.log(1).timeline.messages.find(({ seq }) => seq === 3).body, "edited");
});

test("another device's reading is seen here", () => {
  session.attend({ looking: false });
  server().says(event(11));
  server().says({ type: "read", room: 1, last_read: 11, unread: 0, mentions: 0 });
  assert.equal(unread(), 0);
});

test("a room one has left is gone, and says so once", () => {
  const left = [];
  session.addEventListener("removed", ({ detail }) => left.push(detail.id));
  server().says({ type: "room.removed", room: 2 });
  assert.deepEqual([left, session.rooms.byId.has(2)], [[2], false]);
});

test("a room one was added to works at once", () => {
  server().says({ type: "room", room: room(3, { seq: 4, last_read: 4 }) });
  server().says({ ...event(5), room: 3, message: message(5, { room: 3 }) });
  assert.equal(unread(3), 1);
});

test("somebody typing is shown, forgotten after a while, and at once when the message is there", async () => {
  server().says({ type: "typing", room: 1, user: people.ann });
  server().says({ type: "typing", room: 1, user: people.bob });
  server().says({ type: "typing", room: 1, user: people.me });
  assert.deepEqual(session.typing.names(1), ["Ann Lee", "Bob"]);
  server().says(event(11));
  assert.deepEqual(session.typing.names(1), ["Bob"]);
  await clock.pass(10_000);
  assert.deepEqual(session.typing.names(1), []);
});

test("people come and go in a list that is open", async () => {
  session.loadMembers(1);
  const member = (person, online) => ({ ...person, role: "member", online });
  await reply("room.members", { members: [member(people.me, true), member(people.ann, false)], online: 1 });
  server().says({ type: "presence", room: 1, online: 2, came: [people.ann], went: [] });
  assert.deepEqual(session.log(1).members.map(({ online }) => online), [true, true]);
  assert.equal(session.room.online, 2);
});

test("an answer goes out with the id of its message, and what answers nothing without", async () => {
  session.send("because", { id: 9, seq: 9, author: people.ann, text: "why?", deleted: false });
  assert.equal(server().lastSent("message.send").reply_to, 9);
  await reply("message.send", { message: message(11, { author: people.me, client_id: "u1" }) });
  session.send("hi");
  assert.ok(!("reply_to" in server().lastSent("message.send")));
});

test("a conversation that is there opens without the server, another one is made once", async () => {
  server().says({ type: "room", room: direct(5, [people.ann]) });
  assert.equal((await session.people.converse([people.ann.id])).id, 5);
  assert.equal(server().lastSent("direct.open"), undefined);
  const made = session.people.converse([people.bob.id, people.ann.id]);
  assert.deepEqual(server().lastSent("direct.open").people, [people.bob.id, people.ann.id]);
  await reply("direct.open", { room: direct(6, [people.ann, people.bob], { last_message_at: null }) });
  assert.equal((await made).id, 6);
  assert.ok(session.rooms.byId.has(6));
});

test("who is blocked is known by the welcome, by one's other tabs, and by the answer; their typing is not shown", async () => {
  let told = 0;
  session.addEventListener("blocked", () => told++);
  server().says({ type: "blocked", people: [people.ann.id] });
  server().says({ type: "typing", room: 1, user: people.ann });
  assert.deepEqual([[...session.people.blocked], session.typing.names(1)], [[people.ann.id], []]);
  session.people.block(people.ann.id, false);
  await reply("person.unblock", { blocked: [] });
  assert.deepEqual([session.people.blocked.size, told], [0, 2]);
  server().welcome([room(1)], undefined, { blocked: [people.bob.id] });
  assert.ok(session.people.blocked.has(people.bob.id));
});

test("an edit that takes away a call is no longer counted", () => {
  session.attend({ looking: false });
  server().says(event(11, { mentions: [people.me.id] }));
  assert.equal(session.room.mentions, 1);
  server().says({ type: "message", room: 1, seq: 12, message: message(11, { changed: 12, mentions: [] }) });
  assert.deepEqual([session.room.mentions, unread()], [0, 1]);
});

test("a connection that is somebody else's changes nothing here", () => {
  let stranger = false;
  session.addEventListener("stranger", () => (stranger = true));
  server().welcome([], { id: 9 });
  assert.deepEqual([stranger, session.rooms.byId.size], [true, 2]);
});

test("what one does not know yet is no error", () => {
  server().says({ type: "notification", id: 1 });
  server().says({ type: "signal", room: 1, user: people.ann, name: "x", data: {} });
});

test("what is read before the connection is there is told as soon as it is", () => {
  FakeWebSocket.all = [];
  start([room(1, { seq: 12, unread: 2 }), room(2)]);
  assert.equal(server().lastSent("room.read").seq, 12);
});
