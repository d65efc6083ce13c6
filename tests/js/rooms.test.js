import assert from "node:assert/strict";
import { test } from "node:test";
import * as rooms from "../../static/js/chat/rooms.js";
import { direct, event, people, room } from "./support.js";

const ME = people.me.id;
const start = (...list) => rooms.fromServer(ME, list.length ? list : [room(1)]);
const counts = (state, id = 1) => [state.byId.get(id).unread, state.byId.get(id).mentions];

test("others' messages count, one's own and system messages do not", () => {
  let state = start();
  state = rooms.message(state, event(11, { mentions: [ME] }));
  state = rooms.message(state, event(12, { author: people.me }));
  state = rooms.message(state, event(13, { kind: "system" }));
  assert.deepEqual(counts(state), [1, 1]);
  assert.equal(state.byId.get(1).seq, 13);
});

test("what the welcome counted is not counted again by the catch-up", () => {
  let state = start(room(1, { seq: 15, unread: 5 }));
  for (const seq of [11, 12, 13, 14, 15]) state = rooms.message(state, event(seq));
  assert.deepEqual(counts(state), [5, 0]);
});

test("a deleted unread message is taken off, a deleted read one is not", () => {
  let state = rooms.message(start(), event(11));
  state = rooms.message(state, { room: 1, seq: 12, message: { ...event(11).message, changed: 12, deleted_at: "x" } });
  assert.deepEqual(counts(state), [0, 0]);
  state = rooms.message(state, { room: 1, seq: 13, message: { ...event(5).message, changed: 13, deleted_at: "x" } });
  assert.deepEqual(counts(state), [0, 0]);
});

test("an edit is no new message", () => {
  let state = rooms.message(start(), event(11));
  state = rooms.message(state, { room: 1, seq: 12, message: { ...event(11).message, changed: 12, edited_at: "x" } });
  assert.deepEqual(counts(state), [1, 0]);
});

test("counting stops at a hundred, where the server's does", () => {
  let state = start(room(1, { unread: 99 }));
  for (const seq of [11, 12, 13]) state = rooms.message(state, event(seq));
  assert.deepEqual(counts(state), [100, 0]);
});

test("a read mark from another device never goes back", () => {
  let state = start(room(1, { last_read: 8, unread: 2, mentions: 1 }));
  state = rooms.read(state, { room: 1, last_read: 10, unread: 0, mentions: 0 });
  state = rooms.read(state, { room: 1, last_read: 9, unread: 1, mentions: 0 });
  assert.deepEqual(counts(state), [0, 0]);
});

test("a change of a room leaves what it does not name", () => {
  const state = rooms.merge(start(room(1, { unread: 3 })), { id: 1, name: "Renamed", seq: 99 });
  assert.deepEqual([state.byId.get(1).name, state.byId.get(1).unread, state.byId.get(1).seq], ["Renamed", 3, 10]);
  assert.deepEqual(counts(rooms.message(state, event(11))), [4, 0]);
});

test("while somebody points at the list no room moves; new ones come last", () => {
  let state = start(room(1, { name: "B" }), room(2, { name: "C" }));
  state = rooms.merge(rooms.merge(state, { id: 2, name: "A" }), room(3, { name: "AA" }));
  const ids = (held) => rooms.ordered(state, held).map(({ id }) => id);
  assert.deepEqual(ids([1, 2]), [1, 2, 3]);
  assert.deepEqual(ids(), [2, 3, 1]);
});

test("the next unread room is found round the end, and only another one", () => {
  const list = [room(1), room(2, { unread: 1 }), room(3)];
  assert.equal(rooms.neighbour(list, 3, 1, true).id, 2);
  assert.equal(rooms.neighbour(list, 2, 1, true), null);
  assert.equal(rooms.neighbour(list, 1, -1).id, 3);
});

test("who is called with all is called: @room and @online count like a name, one's own call does not", () => {
  let state = rooms.message(start(), event(11, { audience: "room" }));
  state = rooms.message(state, event(12, { audience: "online" }));
  state = rooms.message(state, event(13, { audience: "room", author: people.me }));
  assert.deepEqual(counts(state), [2, 2]);
});

test("an edit that calls somebody counts, one that no longer does is taken off, and so is a deletion", () => {
  let state = rooms.message(start(), event(11));
  const versions = [
    [{ mentions: [ME] }, 1],
    [{ mentions: [] }, 0],
    [{ audience: "room" }, 1],
    [{ deleted_at: "x" }, 0],
  ];
  let before = event(11).message;
  versions.forEach(([more, mentions], index) => {
    const changed = { ...event(11).message, changed: 12 + index, edited_at: "x", ...more };
    state = rooms.message(state, { room: 1, seq: 12 + index, message: changed }, before);
    assert.equal(counts(state)[1], mentions, JSON.stringify(more));
    before = changed;
  });
});

test("each unread direct message is meant for this person", () => {
  const state = start(room(1, { unread: 3, mentions: 1 }), direct(2, [people.ann], { unread: 2 }));
  assert.deepEqual(rooms.totals(state), { unread: 5, mentions: 3 });
});

test("the switcher finds conversations by name and username, but none in which nothing was said", () => {
  const state = start(room(1), direct(2, [people.ann]), direct(3, [people.bob], { last_message_at: null }));
  const found = (query) => rooms.search(state, query).map(({ id }) => id);
  assert.deepEqual([found("lee"), found("ann"), found("bob")], [[2], [2], []]);
});

test("the switcher finds by words and puts the busiest first", () => {
  const state = start(room(1, { name: "Team one", last_message_at: "2026-01-01" }), room(2, { name: "Team two", last_message_at: "2026-02-01" }), room(3));
  assert.deepEqual(rooms.search(state, "te").map(({ id }) => id), [2, 1]);
  assert.deepEqual(rooms.search(state, "ONE team").map(({ id }) => id), [1]);
});

test("presence changes the number and nothing of rooms one is not in", () => {
  const state = start();
  assert.equal(rooms.presence(state, { room: 1, online: 4 }).byId.get(1).online, 4);
  assert.equal(rooms.presence(state, { room: 9, online: 4 }), state);
});
