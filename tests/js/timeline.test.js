import assert from "node:assert/strict";
import { test } from "node:test";
import { rows as layout } from "../../static/js/chat/layout.js";
import * as timeline from "../../static/js/chat/timeline.js";
import { message, page, people } from "./support.js";

const ME = people.me.id;
const loaded = (from, to, more) => timeline.load(timeline.empty(), page(from, to, more));
const seqs = (state) => state.messages.map(({ seq }) => seq);
const kinds = (state, entries = []) => layout(state, entries, ME).map(({ kind }) => kind);
const entry = (client_id, more = {}) => ({
  client_id, room: 1, body: "hi", created_at: message(50).created_at, order: 1, state: "pending", error: "", ...more,
});

test("an edit and a deletion change their message in place, an older version changes nothing", () => {
  let state = loaded(1, 3);
  state = timeline.upsert(state, message(2, { changed: 5, body: "new" }));
  state = timeline.upsert(state, message(2, { changed: 4, body: "older" }));
  assert.equal(state.messages[1].body, "new");
  assert.deepEqual(seqs(state), [1, 2, 3]);
});

test("a message that comes late takes its place", () => {
  let state = timeline.upsert(loaded(1, 3), message(5));
  state = timeline.upsert(state, message(4));
  assert.deepEqual(seqs(state), [1, 2, 3, 4, 5]);
});

test("a message before the window or after a detached one stays out", () => {
  const state = loaded(10, 20, { more_after: true });
  assert.equal(timeline.upsert(state, message(5)), state);
  assert.equal(timeline.upsert(state, message(30)), state);
});

test("nothing is kept of a room whose history was never loaded", () => {
  assert.deepEqual(timeline.upsert(timeline.empty(), message(1)).messages, []);
});

test("the window holds 300: older pages push out the newest, newer ones the oldest", () => {
  let state = loaded(301, 600);
  state = timeline.older(state, page(251, 300));
  assert.deepEqual([seqs(state)[0], seqs(state).at(-1), state.moreAfter], [251, 550, true]);
  state = timeline.newer(state, page(551, 600));
  assert.deepEqual([seqs(state)[0], seqs(state).at(-1), state.moreAfter, state.moreBefore], [301, 600, false, true]);
});

test("a full window makes room for a reader at the end and lets one further up be", () => {
  const state = loaded(1, 300);
  assert.equal(seqs(timeline.upsert(state, message(301), true))[0], 2);
  const other = timeline.upsert(state, message(301), false);
  assert.deepEqual([seqs(other).at(-1), other.moreAfter], [300, true]);
});

test("a pending row comes last and becomes its message under the same key", () => {
  let state = loaded(1, 2);
  const before = layout(state, [entry("x")], ME).at(-1);
  assert.equal(before.kind, "pending");
  state = timeline.upsert(state, message(3, { author: people.me, client_id: "x" }));
  const after = layout(state, [entry("x")], ME);
  assert.equal(after.filter(({ key }) => key === before.key).length, 1);
  assert.equal(after.at(-1).kind, "message");
});

test("somebody else's client_id does not hide one's own row", () => {
  const state = timeline.upsert(loaded(1, 1), message(2, { client_id: "x" }));
  assert.equal(kinds(state, [entry("x")]).at(-1), "pending");
});

test("messages of one author within five minutes are one turn", () => {
  const at = (minutes) => new Date(Date.UTC(2026, 4, 4, 12, minutes)).toISOString();
  const messages = [
    message(1, { created_at: at(0) }),
    message(2, { created_at: at(4) }),
    message(3, { created_at: at(10) }),
    message(4, { created_at: at(11), author: people.bob }),
    message(5, { created_at: at(11), author: people.bob, kind: "system" }),
  ];
  const state = timeline.load(timeline.empty(), { messages, more_before: true, more_after: false, seq: 5 });
  const heads = layout(state, [], ME).filter(({ kind }) => kind === "message").map(({ head }) => head);
  assert.deepEqual(heads, [true, false, true, true, true]);
});

test("a new day gets its date, the beginning of the room its own row", () => {
  const next = message(2, { created_at: "2026-05-06T12:00:00Z" });
  const state = timeline.load(timeline.empty(), { messages: [message(1), next], more_before: false, more_after: false, seq: 2 });
  assert.deepEqual(kinds(state), ["start", "date", "message", "date", "message"]);
});

test("the New line stands above the first of others' messages and stays when more come", () => {
  let state = timeline.load(timeline.empty(), {
    messages: [message(1), message(2, { author: people.me }), message(3, { kind: "system" }), message(4)],
    more_before: true, more_after: false, seq: 4,
  });
  state = timeline.upsert(timeline.markNew(state, 1), message(5));
  const rows = layout(state, [], ME).filter(({ kind }) => kind !== "date");
  assert.deepEqual(rows.map((row) => row.message?.seq ?? row.kind), [1, 2, 3, "new", 4, 5]);
  assert.equal(timeline.countAfter(state, 1, ME), 2);
});

test("the New line is not shown above a message that only happens to be the first one loaded", () => {
  let state = timeline.markNew(loaded(50, 60), 10);
  assert.ok(!kinds(state).includes("new"));
  state = timeline.older(state, page(11, 49, { more_before: true }));
  assert.ok(kinds(state).includes("new"));
});

test("a page never brings back an older version than the one on screen", () => {
  const state = timeline.upsert(loaded(1, 3), message(3, { changed: 9, body: "edited" }));
  assert.equal(timeline.load(state, page(1, 3)).messages[2].body, "edited");
});

test("up edits the last own message that is still there", () => {
  let state = timeline.upsert(loaded(1, 1), message(2, { author: people.me }));
  state = timeline.upsert(state, message(3, { author: people.me, deleted_at: "2026-05-04T12:00:00Z" }));
  assert.equal(timeline.lastOwn(state, ME).seq, 2);
});
