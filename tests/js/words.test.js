import assert from "node:assert/strict";
import { test } from "node:test";
import { complete, findTrigger, matchCalls, matchEmoji, matchPeople, offered } from "../../static/js/chat/completion.js";
import { EMOJI } from "../../static/js/chat/emoji.js";
import * as format from "../../static/js/chat/format.js";
import { parse } from "../../static/js/chat/route.js";
import { uuid } from "../../static/js/chat/storage.js";
import { people } from "./support.js";

test("@ and : open a list only where a word begins", () => {
  assert.deepEqual(findTrigger("hi @An", 6), { kind: "@", query: "an", start: 3 });
  assert.deepEqual(findTrigger(":ta", 3), { kind: ":", query: "ta", start: 0 });
  for (const text of ["mail@example", "at 10:30", "a :", "https://x", ":a"]) assert.equal(findTrigger(text, text.length), null, text);
});

test("people match by username or by any word of the name, who spoke last first", () => {
  const all = Object.values(people);
  assert.deepEqual(matchPeople(all, "lee", []).map(({ value }) => value), ["@ann "]);
  assert.equal(matchPeople(all, "", [3])[0].label, "Bob");
  assert.deepEqual(matchPeople(all, "bob", []), []);
});

test("calls of many say how many they call, and stop where the word is there", () => {
  const calls = matchCalls("ro", { room: 12, online: 1 });
  assert.deepEqual(calls.map(({ value, hint }) => [value, hint]), [["@room ", "Everybody, 12 people"]]);
  assert.match(matchCalls("on", { room: null, online: 1 })[0].hint, /1 person$/);
  assert.deepEqual(matchCalls("room", { room: 12, online: 1 }), []);
});

test("calls of many come first once a letter means them, and never where Enter would take one by accident", () => {
  const [calls, found] = [matchCalls("", { room: 9, online: 3 }), matchPeople(Object.values(people), "", [])];
  assert.equal(offered("o", calls, found)[0].label, "@room");
  assert.deepEqual(offered("", calls, found).map(({ label }) => label).slice(-2), ["@room", "@online"]);
  assert.equal(offered("", calls, Array(9).fill(found[0])).length, 7);
});

test("a completion takes the place of what was typed, and of no more", () => {
  const trigger = findTrigger("hi @an there", 6);
  assert.deepEqual(complete("hi @an there", 6, trigger, "@ann "), { text: "hi @ann there", caret: 8 });
});

test("emoji: recently used first, then names that begin so", () => {
  assert.equal(matchEmoji(EMOJI, "heart", ["broken_heart"])[0].hint, "broken_heart");
  assert.equal(matchEmoji(EMOJI, "tad", [])[0].value, "🎉 ");
  for (const [name, sign] of EMOJI) {
    assert.match(name, /^[a-z0-9_+-]+$/);
    assert.ok(format.isEmojiOnly(sign), `${name} ${sign}`);
  }
});

test("only a few emoji and nothing else are shown large", () => {
  assert.ok(format.isEmojiOnly("👏🎉") && format.isEmojiOnly("👩‍💻 🇫🇷"));
  for (const text of ["", "12", "ok 👍", "👍".repeat(9), "#"]) assert.ok(!format.isEmojiOnly(text), text);
});

test("days have names as people use them", () => {
  const now = new Date(2026, 4, 4, 0, 30);
  assert.equal(format.dayName(new Date(2026, 4, 4, 0, 5).toISOString(), now), "Today");
  assert.equal(format.dayName(new Date(2026, 4, 3, 23, 55).toISOString(), now), "Yesterday");
  assert.match(format.dayName(new Date(2025, 4, 3).toISOString(), now), /2025/);
});

test("initials are one or two letters, whatever the name", () => {
  assert.deepEqual(["Ann Lee", "bob", "Jean-Luc de la Tour", "élodie", "🦊 fox", " "].map(format.initials), ["AL", "B", "JT", "É", "🦊F", "?"]);
});

test("an address is a room, a message, or none of ours", () => {
  assert.deepEqual(parse("/rooms/general/"), { slug: "general", at: null });
  assert.deepEqual(parse("/rooms/general/42/"), { slug: "general", at: 42 });
  for (const path of ["/rooms/", "/rooms/new/", "/rooms/general/settings/", "/profile/"]) assert.equal(parse(path), null);
});

test("ids are UUIDs of version 4", () => {
  assert.match(uuid(), /^[0-9a-f]{8}-[0-9a-f]{4}-4[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
});
