// A page's knowledge of its inbox, against a server that answers by hand.

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Notices } from "../../static/js/notifications/notices.js";
import { LiveSocket } from "../../static/js/live/socket.js";
import { Clock, FakeWebSocket, notice, settle, summary, told } from "./support.js";

let clock, notices, heard, reading;

const server = () => FakeWebSocket.last;
const asked = (type) => server().sent.filter((frame) => frame.type === type);
const unread = () => notices.state.unread;

async function reply(type, fields) {
  server().says({ type: "ok", id: server().lastSent(type).id, ...fields });
  await settle();
}

const welcome = (more) => server().welcome([], { id: 1 }, { notifications: summary(more) });

async function reconnect(more) {
  server().dies();
  await clock.pass(500);
  welcome(more);
  await settle();
}

beforeEach(() => {
  FakeWebSocket.all = [];
  clock = new Clock();
  heard = { arrived: [], gone: [], level: [] };
  reading = false;
  const socket = new LiveSocket("/ws/", { WebSocket: FakeWebSocket, timers: clock, random: () => 1, now: () => clock.now });
  notices = new Notices({ socket, onScreen: () => reading, timers: clock });
  for (const type of ["arrived", "gone", "level"]) notices.addEventListener(type, ({ detail }) => heard[type].push(detail));
  socket.start();
  welcome();
});

test("what comes counts and is told of once, in the order of its numbers", async () => {
  server().says(told(12));
  assert.equal(unread(), 0);
  server().says(told(11, {}, false));
  server().says(told(11));
  assert.deepEqual([unread(), heard.arrived.map(({ notice: { seq }, alert }) => [seq, alert])], [2, [[11, false], [12, true]]]);
});

test("what is missing in between is asked for after 300 ms, and told of to nobody", async () => {
  server().says(told(12));
  await clock.pass(300);
  assert.equal(server().lastSent("notification.sync").after, 10);
  await reply("notification.sync", { notifications: [notice(11), notice(12)], seq: 12, unread: 2, reset: false });
  assert.deepEqual([unread(), heard.arrived], [2, []]);
});

test("what one is reading at that moment is not unread for the blink of an eye", () => {
  reading = true;
  server().says(told(11));
  assert.equal(unread(), 0);
  server().says({ type: "notification.read", seq: 12, read: true, ids: [notice(11).id], unread: 0 });
  assert.equal(unread(), 0);
});

test("read elsewhere: the count follows, and whoever shows them hears which", () => {
  server().says(told(11));
  server().says(told(12));
  server().says({ type: "notification.read", seq: 13, read: true, up_to: 12, unread: 0 });
  assert.equal(unread(), 0);
  assert.deepEqual(heard.gone.at(-1).map(({ seq }) => seq).sort(), [11, 12]);
});

test("withdrawn: whoever shows it hears of it", () => {
  server().says(told(11));
  server().says(told(12, { ...notice(11), changed: 12, withdrawn_at: "x" }));
  assert.deepEqual([unread(), heard.gone.at(-1).map(({ id }) => id)], [0, [notice(11).id]]);
});

test("a reconnect of a page that never opened its inbox costs no question", async () => {
  await reconnect({ seq: 50, unread: 7 });
  assert.deepEqual([unread(), asked("notification.sync").length], [7, 0]);
  server().says(told(51));
  assert.equal(unread(), 8);
});

test("a reconnect brings an open inbox up to date, without alerts", async () => {
  notices.load("all");
  await reply("notification.list", { notifications: [notice(10)], more: false, unread: 1, seq: 10 });
  await reconnect({ seq: 12, unread: 1 });
  await reply("notification.sync", { notifications: [notice(10, { changed: 12, read_at: "x" }), notice(11)], seq: 12, unread: 1, reset: false });
  assert.deepEqual([unread(), heard.arrived, heard.gone.at(-1).map(({ seq }) => seq)], [1, [], [10]]);
});

test("older pages are asked for below the oldest", async () => {
  notices.load("unread");
  assert.equal("before" in server().lastSent("notification.list"), false);
  await reply("notification.list", { notifications: [notice(9), notice(8)], more: true, unread: 5, seq: 10 });
  notices.load("unread");
  assert.deepEqual([server().lastSent("notification.list").before, server().lastSent("notification.list").view], [8, "unread"]);
});

test("marking is seen at once; when it fails all is as it was", async () => {
  server().says(told(11));
  const marking = notices.mark([notice(11).id], true);
  assert.equal(unread(), 0);
  server().says({ type: "error", id: server().lastSent("notification.read").id, code: "unavailable" });
  await assert.rejects(marking);
  assert.equal(unread(), 1);
});

test("a change of something that is not held makes it count anew, once", async () => {
  welcome({ unread: 3 });
  server().says(told(11, { ...notice(3), changed: 11, withdrawn_at: "x" }));
  server().says(told(12, { ...notice(4), changed: 12, withdrawn_at: "x" }));
  assert.equal(asked("notification.sync").length, 1);
  await reply("notification.sync", { notifications: [], seq: 12, unread: 1, reset: false });
  assert.equal(unread(), 1);
});

test("a level is what the welcome, another device or this page said last", async () => {
  await reconnect({ levels: { "room:1": "nothing" } });
  assert.equal(notices.levels.get("room:1"), "nothing");
  server().says({ type: "notification.level", scope: "room:1", level: "everything" });
  assert.equal(notices.levels.get("room:1"), "everything");
  const setting = notices.setLevel("room:1", "mentions");
  assert.equal(notices.levels.get("room:1"), "mentions");
  server().says({ type: "error", id: server().lastSent("notification.level").id, code: "invalid" });
  await assert.rejects(setting);
  assert.equal(notices.levels.get("room:1"), "everything");
});

test("a server without notifications is no fault", async () => {
  server().dies();
  await clock.pass(500);
  server().welcome([]);
  server().says(told(11));
  assert.equal(unread(), 1);
});
