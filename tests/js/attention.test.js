// Who is told of what, and where: each fact alone decides as it should.

import assert from "node:assert/strict";
import { test } from "node:test";
import { Activity } from "../../static/js/notifications/activity.js";
import { decide } from "../../static/js/notifications/attention.js";
import { fold } from "../../static/js/notifications/folding.js";
import { obstacle } from "../../static/js/notifications/push.js";
import { Tabs } from "../../static/js/notifications/tabs.js";
import { ago, iconOf } from "../../static/js/notifications/words.js";
import { Clock, notice, settle } from "./support.js";

const AWAY = { alert: true, attentive: false, onScreen: false, elsewhere: false, pushed: false, permitted: true };
const HERE = { ...AWAY, attentive: true };

test("a toast on the page one looks at, unless its cause is what one reads", () => {
  assert.equal(decide(HERE), "toast");
  assert.equal(decide({ ...HERE, permitted: false }), "toast");
  assert.equal(decide({ ...HERE, pushed: true }), "toast");
  assert.equal(decide({ ...HERE, onScreen: true }), "nothing");
});

test("the desktop's notification when nobody looks, unless another page or a push shows it", () => {
  assert.equal(decide(AWAY), "desktop");
  assert.equal(decide({ ...AWAY, permitted: false }), "nothing");
  assert.equal(decide({ ...AWAY, pushed: true }), "nothing");
  assert.equal(decide({ ...AWAY, elsewhere: true }), "nothing");
});

test("without the server's alert there is nothing, whoever looks", () => {
  for (const facts of [HERE, AWAY]) assert.equal(decide({ ...facts, alert: false }), "nothing");
});

/** As Web Locks are, as far as two pages of one browser use them. */
function sharedLocks() {
  const held = [];
  return {
    query: async () => ({ held }),
    request(name, options, callback) {
      const taken = held.some((one) => one.name === name && options.mode !== "shared");
      if (taken && options.ifAvailable) return callback(null);
      const lock = { name };
      held.push(lock);
      Promise.resolve(callback(lock)).then(() => held.splice(held.indexOf(lock), 1));
    },
  };
}

test("pages know whether another one is looked at", async () => {
  const locks = sharedLocks();
  const [one, two] = [new Tabs("confab:1", locks), new Tabs("confab:1", locks)];
  assert.equal(await two.lookedAt(), false);
  one.looking(true);
  one.looking(true);
  assert.equal(await two.lookedAt(), true);
  one.looking(false);
  await settle();
  assert.equal(await two.lookedAt(), false);
});

test("of two pages one shows it; without locks each does", async () => {
  const locks = sharedLocks();
  const answers = await Promise.all([1, 2].map(() => new Tabs("confab:1", locks).first("shown:7", 1)));
  assert.deepEqual(answers, [true, false]);
  assert.equal(await new Tabs("confab:1", undefined).first("shown:7", 1), true);
  assert.equal(await new Tabs("confab:1", undefined).lookedAt(), false);
});

test("activity is told at once, then every 30 s while the page is used, and not when nobody looks", async () => {
  const clock = new Clock();
  let [sent, attentive] = [0, true];
  const activity = new Activity({ send: () => sent++, attentive: () => attentive, now: () => clock.now, timers: clock });
  activity.used();
  activity.used();
  assert.equal(sent, 1);
  await clock.pass(20_000);
  activity.used();
  assert.equal(sent, 1);
  await clock.pass(10_000);
  assert.equal(sent, 2);
  await clock.pass(600_000);
  assert.equal(sent, 3); // Last used at 20 s, so at 60 s it was within a minute, at 90 s not.
  activity.used();
  assert.equal(sent, 4);
  attentive = false;
  await clock.pass(30_000);
  activity.used();
  assert.equal(sent, 4);
});

const day = (iso) => iso.slice(0, 10);

test("those of one tag are one row, the latest first, and it stands where the latest does", () => {
  const list = [notice(5), notice(4, { tag: "room:2" }), notice(3), notice(2, { tag: "room:2" })];
  assert.deepEqual(fold(list, day).map(({ items }) => items.map(({ seq }) => seq)), [[5, 3], [4, 2]]);
});

test("read and unread ones, and those of other days, are rows of their own", () => {
  const list = [notice(5), notice(4, { read_at: "x" }), notice(3), notice(2, { created_at: "2026-05-03T12:00:00Z" })];
  assert.deepEqual(fold(list, day).map(({ items, unread }) => [items.length, unread]), [[2, true], [1, false], [1, true]]);
});

test("what has no tag stands alone", () => {
  assert.equal(fold([notice(5, { tag: "" }), notice(4, { tag: "" })], day).length, 2);
});

test("times are short", () => {
  const now = new Date("2026-05-10T12:00:00Z");
  const words = ["2026-05-10T12:00:20Z", "2026-05-10T11:59:30Z", "2026-05-10T11:57:00Z", "2026-05-10T09:30:00Z"].map((iso) => ago(iso, now));
  assert.deepEqual(words, ["now", "now", "3 min", "2 h"]);
  assert.match(ago("2026-05-08T12:00:00Z", now), /^Fri/);
  assert.match(ago("2026-02-08T12:00:00Z", now), /8/);
  assert.match(ago("2024-02-08T12:00:00Z", now), /2024/);
});

test("a kind of the host's own has an icon too", () => {
  assert.deepEqual([iconOf("mention"), iconOf("shop.order")], ["at-sign", "bell"]);
});

const ABLE = { secure: true, supported: true, ios: false, installed: false, key: "k", permission: "default" };

test("push says why it cannot be turned on, the nearest reason first", () => {
  assert.equal(obstacle(ABLE), "");
  assert.equal(obstacle({ ...ABLE, permission: "granted" }), "");
  assert.match(obstacle({ ...ABLE, secure: false, supported: false }), /https/);
  assert.match(obstacle({ ...ABLE, ios: true, supported: false }), /Home Screen/);
  assert.match(obstacle({ ...ABLE, supported: false }), /does not know/);
  assert.match(obstacle({ ...ABLE, key: null }), /generate_vapid_keys/);
  assert.match(obstacle({ ...ABLE, permission: "denied" }), /block/);
});
