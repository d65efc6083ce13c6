import assert from "node:assert/strict";
import { test } from "node:test";
import { isToMe } from "../../static/js/chat/concern.js";
import { Drafts } from "../../static/js/chat/drafts.js";
import { rows } from "../../static/js/chat/layout.js";
import { plain, quoteOf } from "../../static/js/chat/quote.js";
import * as timeline from "../../static/js/chat/timeline.js";
import { message, page, people, Shelf } from "./support.js";

const ME = people.me.id;
const reply = (seq, to, more = {}) => message(seq, { reply_to: quoteOf(to), ...more });
const loaded = (messages, more = {}) => timeline.load(timeline.empty(), { messages, more_before: false, more_after: false, seq: 99, ...more });

test("a quote is plain text of one line, whatever was rendered", () => {
  assert.equal(plain("<p>a <strong>b</strong> &amp; &lt;i&gt;</p><ul>\n<li>c</li><li>d</li></ul>"), "a b & <i> c d");
  assert.equal(plain("<p>x&#39;s&#x22;&copy;</p>"), "x's\"&copy;");
  assert.equal(plain(`<p>see <a href="/a>b">li<em>n</em>k</a>, <span class="mention" data-user="x">@x</span></p>`), "see link, @x");
  const long = plain(`<p>${"😀".repeat(300)}</p>`);
  assert.deepEqual([[...long].length, long.endsWith("😀…")], [200, true]);
  assert.equal(quoteOf(message(1, { deleted_at: "x", html: "" })).deleted, true);
});

test("a quote says what its message says now, also when that is out of the window", () => {
  let state = loaded([message(50), reply(51, message(3)), reply(52, message(50))], { more_before: true });
  state = timeline.upsert(state, message(3, { changed: 60, html: "<p>new</p>" }));
  state = timeline.upsert(state, message(50, { changed: 61, html: "", deleted_at: "x" }));
  assert.deepEqual(state.messages.map(({ reply_to }) => reply_to && [reply_to.text, reply_to.deleted]), [null, ["new", false], ["", true]]);
});

test("an older version changes no quote either", () => {
  const state = timeline.upsert(loaded([message(1), reply(2, message(1))]), message(1, { changed: 9, html: "<p>new</p>" }));
  assert.equal(timeline.upsert(state, message(1, { changed: 8 })), state);
  assert.equal(state.messages[1].reply_to.text, "new");
});

test("an answer begins a turn", () => {
  const state = loaded([message(1), message(2), reply(3, message(1)), message(4)]);
  const heads = rows(state, [], ME).filter(({ kind }) => kind === "message").map(({ head }) => head);
  assert.deepEqual(heads, [true, false, true, false]);
});

test("messages of blocked people are one line in a run, until somebody wants to see them", () => {
  const { ann, bob } = people;
  const state = loaded([message(1, { author: bob }), message(2), message(3), message(4, { author: bob }), message(5), message(6, { kind: "system" })]);
  const shape = (shown) => rows(state, [], ME, { blocked: new Set([ann.id]), shown: new Set(shown) })
    .filter(({ kind }) => kind === "message" || kind === "folded")
    .map((row) => row.message?.seq ?? row.messages.map(({ seq }) => seq));
  assert.deepEqual(shape([]), [1, [2, 3], 4, [5], 6]);
  assert.deepEqual(shape([2, 3]), [1, 2, 3, 4, [5], 6]);
});

test("the New line and a date part a run of folded messages", () => {
  const state = timeline.markNew(loaded([message(1), message(2), message(3, { created_at: "2026-05-06T12:00:00Z" })]), 1);
  const kinds = rows(state, [], ME, { blocked: new Set([people.ann.id]), shown: new Set() }).map(({ kind }) => kind);
  assert.deepEqual(kinds, ["start", "date", "folded", "new", "folded", "date", "folded"]);
});

test("what stands out: a name, a call of all, an answer; never one's own, nor what is deleted", () => {
  const mine = message(1, { author: people.me });
  for (const more of [{ mentions: [ME] }, { audience: "room" }, { audience: "online" }, { reply_to: quoteOf(mine) }]) {
    assert.ok(isToMe(message(2, more), ME), JSON.stringify(more));
    assert.ok(!isToMe(message(2, { ...more, author: people.me }), ME));
    assert.ok(!isToMe(message(2, { ...more, deleted_at: "x" }), ME));
  }
  assert.ok(!isToMe(message(2, { reply_to: quoteOf(message(1)) }), ME));
});

test("a draft knows what it answers, room by room, and a damaged one answers nothing", () => {
  const shelf = new Shelf();
  const drafts = new Drafts(shelf, "draft:1");
  const quote = quoteOf(message(7));
  drafts.setReply(1, quote);
  assert.deepEqual([new Drafts(shelf, "draft:1").reply(1), drafts.reply(2), drafts.get(1)], [quote, null, ""]);
  drafts.setReply(1, null);
  shelf.setItem("draft:1:2:reply", "{");
  assert.deepEqual([drafts.reply(1), drafts.reply(2)], [null, null]);
});

test("a page that is loaded keeps the quotes it came with", () => {
  const state = timeline.older(loaded([message(50)], { more_before: true }), { ...page(1, 2), messages: [message(1), reply(2, message(1))] });
  assert.equal(state.messages[1].reply_to.text, "m1");
});
