import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Proving } from "../../static/js/chat/proving.js";
import { Session } from "../../static/js/chat/session.js";
import { BUCKETS, Proof, ROOMS_MOST, ServerClock } from "../../static/js/live/proof.js";
import { LiveSocket } from "../../static/js/live/socket.js";
import { Clock, event, FakeWebSocket, message, page, people, room, settle, Shelf } from "./support.js";

const NOW = Date.UTC(2026, 4, 4, 12, 0, 11); // When message 11 is written.
const SKEW = 7_000; // The browser's clock is slow by so much.

let clock, session, count;
const server = () => FakeWebSocket.last;
const now = () => NOW - SKEW + clock.now;

async function reply(type, fields = {}, frame = server().lastSent(type)) {
  server().says({ type: "ok", id: frame.id, ...fields });
  await settle();
}

/** Time passes at a server that answers every ping, `trip` ms later. */
async function pass(ms, trip = 0) {
  for (let end = clock.now + ms; clock.now < end; ) {
    for (const ping of server().sent.filter(({ type, answered }) => type === "ping" && !answered)) {
      ping.answered = true;
      await clock.pass(trip);
      server().says({ type: "pong", id: ping.id, time: new Date(now() + SKEW - trip / 2).toISOString() });
      await settle();
    }
    await clock.pass(Math.min(100, end - clock.now));
  }
}

const reports = () => server().sent.filter(({ type }) => type === "delivery.report");

/** What the page reports within the next `ms`, answered; null where it reports nothing. */
async function reported(ms = 31_000) {
  const before = reports().length;
  await pass(ms);
  if (reports().length === before) return null;
  await reply("delivery.report");
  return reports().at(-1);
}

beforeEach(async () => {
  FakeWebSocket.all = [];
  clock = new Clock();
  count = 0;
  const rooms = [room(1), room(2, { seq: 4 })];
  const socket = new LiveSocket("/ws/", { WebSocket: FakeWebSocket, timers: clock, random: () => 1, now: () => clock.now });
  session = new Session({ me: people.me, rooms, socket, storage: new Shelf(), owner: "tab", uuid: () => `u${++count}`, timers: clock });
  session.open(1, { page: page(6, 10) });
  socket.start();
  server().welcome(rooms);
  new Proving(session, { timers: clock, now, random: () => 0.5 });
  await pass(100, 20);
});

test("of round trips the shortest tells the clock, and old ones are forgotten", () => {
  const seen = new ServerClock();
  assert.equal(seen.best, undefined);
  seen.heard(0, 100, 1_080);
  seen.heard(200, 210, 1_205);
  assert.deepEqual(seen.best, { trip: 10, offset: 1_000 });
  for (let i = 0; i < 8; i++) seen.heard(0, 50, 2_025);
  assert.deepEqual(seen.best, { trip: 50, offset: 2_000 });
});

test("a delay is in the first bucket it is not above", () => {
  const proof = new Proof();
  for (const ms of [-3, 5, 6, 5_000, 5_001]) proof.took("delays", ms);
  assert.deepEqual(proof.tally.delays, [2, 1, 0, 0, 0, 0, 0, 0, 0, 1, 1]);
  assert.equal(BUCKETS.length + 1, proof.tally.delays.length);
});

test("a report names rooms with something wrong first, and not too many", () => {
  const proof = new Proof();
  proof.heard(60, 3, { last: 3 });
  proof.heard(60, 3, { last: 3 });
  const report = proof.report(Array.from({ length: 70 }, (_, index) => [index, 1]));
  assert.equal(report.rooms.length, ROOMS_MOST);
  assert.deepEqual(report.rooms[0], [60, 1]);
  assert.equal(report.duplicated, 1);
  assert.equal(proof.tally.duplicated, 0);
});

test("a page says what came and how far its rooms are complete; the server's clock tells how long it took", async () => {
  server().says(event(11, { created_at: new Date(now() + SKEW - 40).toISOString() }));
  const report = await reported(10_000);
  assert.deepEqual(report.rooms, [[1, 11], [2, 4]]);
  assert.deepEqual([report.received, report.duplicated, report.reordered, report.held, report.repaired], [1, 0, 0, 0, 0]);
  assert.equal(report.delays[BUCKETS.indexOf(50)], 1);
  assert.equal(report.delays.reduce((sum, one) => sum + one), 1);
});

test("after the last event one more report comes, and then none until something comes again", async () => {
  server().says(event(11));
  assert.equal((await reported(10_000)).received, 1);
  assert.equal((await reported()).received, 0);
  assert.equal(await reported(), null);
  server().says(event(12));
  assert.equal((await reported()).received, 1);
});

test("events that overtook each other were held; a gap that was asked for was repaired; neither is wrong", async () => {
  server().says(event(12));
  server().says(event(11));
  server().says(event(14));
  session.log(1).sequence.catchUp(); // As after the hold, which is not on the test's clock.
  await reply("room.sync", { messages: [message(13)], seq: 13, reset: false });
  const report = await reported(10_000);
  assert.deepEqual([report.received, report.held, report.repaired, report.duplicated, report.reordered], [3, 2, 1, 0, 0]);
  assert.deepEqual(report.rooms[0], [1, 14]);
});

test("what comes twice on one socket is a double; what a catch-up brought before is none", async () => {
  await pass(7_000);
  server().says(event(12));
  session.log(1).sequence.catchUp(); // As after the hold, which is not on the test's clock.
  await reply("room.sync", { messages: [message(11), message(12), message(13)], seq: 13, reset: false });
  server().says(event(13));
  server().says(event(14));
  assert.equal((await reported(10_000)).duplicated, 0);
  server().says(event(14));
  assert.equal((await reported()).duplicated, 1);
});

test("a new socket may say again what the old one said", async () => {
  server().says(event(11));
  server().welcome([room(1, { seq: 11 }), room(2, { seq: 4 })]);
  server().says(event(11));
  assert.equal((await reported(10_000)).duplicated, 0);
});

test("an event handed on out of order would be found", () => {
  const proof = new Proof();
  proof.applied(1, 5);
  proof.applied(2, 4);
  assert.equal(proof.tally.reordered, 0);
  proof.applied(1, 4);
  assert.deepEqual([proof.tally.reordered, [...proof.suspects]], [1, [1]]);
});

test("one's own message is timed by one's own clock", async () => {
  session.send("hello");
  await clock.pass(150);
  server().says(event(11, { author: people.me, client_id: "u1" }));
  await reply("message.send", { message: message(11, { author: people.me, client_id: "u1" }) });
  assert.equal((await reported(10_000)).own_delays[BUCKETS.indexOf(200)], 1);
});

test("what a report that did not arrive said, the next one says", async () => {
  server().says(event(11));
  await pass(11_000);
  assert.equal(reports().length, 1);
  server().dies();
  await clock.pass(60_000);
  server().welcome([room(1, { seq: 11 }), room(2, { seq: 4 })]);
  await settle();
  assert.equal((await reported()).received, 1);
});
