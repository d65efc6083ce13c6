import assert from "node:assert/strict";
import { test } from "node:test";
import { besides, between, conversations, isOtherOnline, mayCallAll, other } from "../../static/js/chat/direct.js";
import * as rooms from "../../static/js/chat/rooms.js";
import { direct, event, people, room } from "./support.js";

const { ann, bob } = people;
const start = (...list) => rooms.fromServer(people.me.id, list);
const at = (day) => ({ last_message_at: `2026-05-0${day}T12:00:00Z` });
const ids = (list) => list.map(({ id }) => id);

test("conversations stand with the latest first, and under a pointer stay where they are", () => {
  let state = start(room(9), direct(1, [ann], at(1)), direct(2, [bob], at(2)));
  assert.deepEqual(ids(conversations(state, 9)), [2, 1]);
  state = rooms.message(state, { room: 1, seq: 11, message: { ...event(11).message, created_at: "2026-05-09T12:00:00Z" } });
  assert.deepEqual(ids(conversations(state, 9, [2, 1])), [2, 1]);
  assert.deepEqual(ids(conversations(state, 9)), [1, 2]);
});

test("a conversation in which nothing was said is there only while its opener looks at it, and first", () => {
  const state = start(direct(1, [ann], at(1)), direct(2, [bob], { last_message_at: null }));
  assert.deepEqual(ids(conversations(state, 1)), [1]);
  assert.deepEqual(ids(conversations(state, 2)), [2, 1]);
});

test("fifteen are shown, and with them what is unread however old it is", () => {
  const many = Array.from({ length: 20 }, (_, index) => direct(index + 1, [ann], { last_message_at: new Date(2026, 1, 28 - index).toISOString(), unread: index === 18 ? 1 : 0 }));
  const shown = ids(conversations(start(...many), 20));
  assert.deepEqual(shown.slice(14), [15, 19, 20]);
  assert.equal(shown.length, 17);
});

test("by keys one walks through rooms, then conversations", () => {
  assert.deepEqual(ids(besides(start(direct(1, [ann]), room(2), room(3)), 2)), [2, 3, 1]);
});

test("the same people have one conversation", () => {
  const state = start(direct(1, [ann]), direct(2, [ann, bob]), room(3));
  assert.equal(between(state, [bob.id, ann.id]).id, 2);
  assert.equal(between(state, [ann.id, ann.id]).id, 1);
  assert.equal(between(state, [bob.id]), undefined);
});

test("only between two there is another one, who is here when somebody besides oneself is", () => {
  assert.equal(other(direct(1, [ann])), ann);
  assert.equal(other(direct(1, [ann, bob])), null);
  assert.equal(other(room(1)), null);
  assert.ok(isOtherOnline(direct(1, [ann], { online: 2 })) && !isOtherOnline(direct(1, [ann], { online: 1 })) && !isOtherOnline(direct(1, [ann, bob], { online: 3 })));
});

test("all are called by who keeps a room, and in a group by anybody", () => {
  const may = [room(1), room(1, { role: "moderator" }), room(1, { role: "owner" }), direct(1, [ann]), direct(1, [ann, bob])].map(mayCallAll);
  assert.deepEqual(may, [false, true, true, false, true]);
});
