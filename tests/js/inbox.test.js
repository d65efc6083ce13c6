import assert from "node:assert/strict";
import { test } from "node:test";
import * as inbox from "../../static/js/notifications/inbox.js";
import { notice, told } from "./support.js";

const NOW = "2026-05-04T13:00:00Z";
const READ = { read_at: NOW };
const page = (notices, more = {}) => ({ notifications: notices, more: false, unread: notices.filter(inbox.isUnread).length, ...more });
const full = (...notices) => inbox.page(inbox.empty(), "all", page(notices));
const seqs = (state, view = "all", held) => inbox.shown(state, view, held).map(({ seq }) => seq);

test("a new one counts, the same one again does not, a read one never did", () => {
  let state = inbox.upsert(full(notice(10, READ)), told(11));
  assert.equal(state.unread, 1);
  state = inbox.upsert(state, told(11));
  state = inbox.upsert(state, told(12, READ));
  assert.equal(state.unread, 1);
  assert.deepEqual(seqs(state), [12, 11, 10]);
});

test("one that is withdrawn goes from the list and from the count", () => {
  const state = inbox.upsert(full(notice(10), notice(9)), told(11, { ...notice(10), changed: 11, withdrawn_at: NOW }));
  assert.deepEqual([seqs(state), state.unread], [[9], 1]);
});

test("a new text of an unread one changes the text alone", () => {
  const state = inbox.upsert(full(notice(10)), told(11, { ...notice(10), changed: 11, title: "edited" }));
  assert.deepEqual([state.unread, inbox.shown(state, "all")[0].title], [1, "edited"]);
});

test("what an older page says does not undo what an event said", () => {
  const state = inbox.page(full(notice(10, { changed: 12, ...READ })), "all", page([notice(10)], { unread: 0 }));
  assert.equal(inbox.shown(state, "all")[0].read_at, NOW);
});

test("a change of one that is not held leaves a doubt about the count", () => {
  const state = inbox.upsert(inbox.empty(5), told(11, { ...notice(3), changed: 11, withdrawn_at: NOW }));
  assert.deepEqual([state.unread, state.doubt], [5, true]);
  assert.equal(inbox.synced(state, { notifications: [], unread: 4, reset: false }).doubt, false);
});

test("where the server says how many there are, that holds", () => {
  const state = inbox.upsert(inbox.empty(5), { ...told(11, { ...notice(3), changed: 11, withdrawn_at: NOW }), unread: 4 });
  assert.deepEqual([state.unread, state.doubt], [4, false]);
});

test("one event may stand for several: new is what came after the gap", () => {
  const state = inbox.upsert(inbox.empty(), { ...told(15, { seq: 12, changed: 15 }), after: 10 });
  assert.equal(state.unread, 1);
});

test("read by ids, read up to a number, unread again", () => {
  let state = full(notice(12), notice(11), notice(10));
  state = inbox.read(state, { seq: 13, read: true, ids: [notice(11).id], unread: 2 }, NOW);
  assert.deepEqual(seqs(state, "unread"), [12, 10]);
  state = inbox.read(state, { seq: 14, read: true, up_to: 10, unread: 1 }, NOW);
  assert.deepEqual(seqs(state, "unread"), [12]);
  state = inbox.read(state, { seq: 15, read: false, ids: [notice(10).id], unread: 2 }, NOW);
  assert.deepEqual([seqs(state, "unread"), state.unread], [[12, 10], 2]);
});

test("unread again of one that is not held makes the view of unread ones load anew", () => {
  const loaded = inbox.page(inbox.empty(), "unread", page([notice(12)]));
  const state = inbox.read(loaded, { seq: 13, read: false, ids: [1], unread: 2 }, NOW);
  assert.equal(state.reach.unread.loaded, false);
});

test("marking shows at once and is taken back the same way", () => {
  const before = full(notice(12), notice(11));
  const marked = inbox.markLocally(before, [notice(12).id, 999], true, NOW);
  assert.deepEqual([seqs(marked, "unread"), marked.unread], [[11], 1]);
  const back = inbox.markLocally(marked, [notice(12).id], false, NOW);
  assert.deepEqual([seqs(back, "unread"), back.unread], [[12, 11], 2]);
});

test("each view reaches as far back as it was loaded; what comes joins all", () => {
  let state = inbox.page(inbox.empty(), "mentions", page([notice(8)], { more: true }));
  state = inbox.page(state, "all", page([notice(12), notice(11)], { more: true }));
  assert.deepEqual([seqs(state), seqs(state, "mentions")], [[12, 11], [12, 11, 8]]);
  state = inbox.upsert(state, told(13, { mention: false }));
  assert.deepEqual([seqs(state), seqs(state, "mentions")], [[13, 12, 11], [12, 11, 8]]);
  assert.equal(state.reach.all.floor, 11);
  state = inbox.page(state, "all", page([notice(10)]));
  assert.deepEqual([seqs(state), state.reach.all.more], [[13, 12, 11, 10, 8], false]);
});

test("what was read while one looks stays where it is", () => {
  const state = inbox.markLocally(full(notice(12), notice(11)), [notice(12).id], true, NOW);
  assert.deepEqual([seqs(state, "unread"), seqs(state, "unread", new Set([notice(12).id]))], [[11], [12, 11]]);
});

test("at a hundred counting stops, up and down", () => {
  let state = inbox.upsert(inbox.empty(99), told(11));
  assert.equal(state.unread, 100);
  state = inbox.markLocally(state, [notice(11).id], true, NOW);
  assert.equal(state.unread, 100);
});

test("when too much was missed all is forgotten but the count", () => {
  const state = inbox.synced(full(notice(10)), { notifications: [], unread: 42, reset: true });
  assert.deepEqual([seqs(state), state.unread, inbox.isLoaded(state)], [[], 42, false]);
});
