import assert from "node:assert/strict";
import { test } from "node:test";
import { countdown, held, moment, span, standing } from "../../static/js/chat/standing.js";
import { ACTS, COUNTS, LONGEST, offers } from "../../static/js/moderation/acts.js";
import { people, room } from "./support.js";

const NOW = new Date(2026, 4, 4, 12, 0, 0).getTime();
const later = (ms) => new Date(NOW + ms).toISOString();
const facts = (more = {}) => ({ blocked: new Set(), maintenance: null, now: NOW, last: null, ...more });
const plain = { slow_mode_seconds: 0, read_only: false, muted_until: null };
const why = (more, known) => standing({ ...room(1), ...plain, ...more }, facts(known));

test("one may write where nothing is in the way, and again once a mute is over", () => {
  assert.equal(why({}), null);
  assert.equal(why({ muted_until: later(-1) }), null);
});

test("a mute keeps the draft and says until when, in this person's clock; one for good names no year", () => {
  const soon = why({ muted_until: later(600_000) });
  assert.equal(soon.closed, false);
  assert.equal(soon.until, NOW + 600_000);
  assert.ok(soon.text.includes(moment(NOW + 600_000, NOW)));
  assert.doesNotMatch(why({ muted_until: "9999-12-31T00:00:00Z" }).text, /9999/);
});

test("a read-only room is closed to members alone", () => {
  assert.equal(why({ read_only: true }).closed, true);
  assert.equal(why({ read_only: true, role: "moderator" }), null);
});

test("slow mode counts down for members, and only after they wrote", () => {
  assert.equal(why({ slow_mode_seconds: 30 }).until, null);
  assert.equal(why({ slow_mode_seconds: 30 }, { last: NOW - 10_000 }).until, NOW + 20_000);
  assert.equal(why({ slow_mode_seconds: 30 }, { last: NOW - 30_000 }).until, null);
  assert.equal(why({ slow_mode_seconds: 30, role: "owner" }, { last: NOW }), null);
});

test("what waits says why: for maintenance, for slow mode, and for nothing else", () => {
  assert.match(held(why({}, { maintenance: "Moving" })), /maintenance/);
  assert.match(held(why({ slow_mode_seconds: 30 }, { last: NOW })), /Slow mode/);
  assert.equal(held(why({ slow_mode_seconds: 30 })), "");
  assert.equal(held(null), "");
});

test("spans and countdowns are short", () => {
  assert.deepEqual([10, 60, 300, 90, 3_600, 21_600].map(span), ["10 s", "1 min", "5 min", "90 s", "1 h", "6 h"]);
  assert.deepEqual([-5, 900, 59_000, 65_000, 7_200_000].map(countdown), ["0", "1", "59", "1:05", "2 h"]);
});

test("a moderator is offered members, an owner everybody in the room, a member nobody", () => {
  assert.deepEqual(offers("member", { role: "member" }, NOW), []);
  assert.deepEqual(offers("moderator", { role: "moderator" }, NOW), []);
  assert.deepEqual(offers("moderator", { role: "member" }, NOW), ["mute", "clear", "remove", "ban"]);
  assert.deepEqual(offers("owner", { role: "moderator" }, NOW).slice(0, 2), ["demote", "own"]);
  assert.deepEqual(offers("owner", undefined, NOW), ["clear", "ban"]);
  assert.ok(offers("owner", { role: "member", muted_until: later(1) }, NOW).includes("unmute"));
  assert.ok(offers("owner", { role: "member", muted_until: later(-1) }, NOW).includes("mute"));
});

test("each act sends what the protocol asks for", () => {
  const sent = (name, choice = {}) => [ACTS[name].type, ACTS[name].fields({ span: "", count: "", reason: "", ...choice })];
  assert.deepEqual(sent("mute", { span: LONGEST }), ["member.mute", { seconds: 31_536_000 }]);
  assert.deepEqual(sent("ban"), ["member.ban", {}]);
  assert.deepEqual(sent("ban", { span: "600" }), ["member.ban", { seconds: 600 }]);
  assert.deepEqual(sent("clear", { count: COUNTS[2][0] }), ["member.clear", { count: 500 }]);
  assert.deepEqual(sent("own"), ["member.role", { role: "owner" }]);
});

test("what was done is told in a sentence with its end", () => {
  const words = { name: people.bob.name, room: "General", now: NOW };
  assert.equal(ACTS.ban.done(words, { span: "" }), "Bob is banned for good");
  assert.equal(ACTS.mute.done(words, { span: LONGEST }), "Bob is muted until it is lifted");
  assert.ok(ACTS.mute.done(words, { span: "600" }).includes(moment(NOW + 600_000, NOW)));
});
