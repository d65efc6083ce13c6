import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { Outbox } from "../../static/js/chat/outbox.js";
import { CommandError, ConnectionLost } from "../../static/js/live/connection.js";
import { Clock, settle, Shelf } from "./support.js";

let clock, shelf, sent, answer, count;

beforeEach(() => {
  clock = new Clock();
  shelf = new Shelf();
  sent = [];
  count = 0;
  answer = async () => {};
});

const open = (owner = "tab") => new Outbox({
  storage: shelf, prefix: "outbox:1", owner, timers: clock, uuid: () => `id${++count}`, now: () => new Date(clock.now),
  changed: () => {},
  send: async (entry) => {
    sent.push(`${entry.client_id} ${entry.body}`);
    return answer(entry);
  },
});

const offline = () => Promise.reject(new ConnectionLost());
const refuse = (code, retry_after) => () => Promise.reject(new CommandError({ code, detail: code, retry_after }));

test("what was stored leaves the outbox and the storage", async () => {
  const outbox = open();
  outbox.add(1, "hello");
  assert.equal(shelf.length, 1);
  await settle();
  assert.deepEqual([sent, outbox.entries(1), shelf.length], [["id1 hello"], [], 0]);
});

test("what was written offline goes out in order, with the same ids, when the connection is back", async () => {
  answer = offline;
  const outbox = open();
  for (const body of ["one", "two", "three"]) outbox.add(1, body);
  await settle();
  answer = async () => {};
  sent = [];
  outbox.flushAll();
  await settle();
  assert.deepEqual(sent, ["id1 one", "id2 two", "id3 three"]);
  assert.equal(shelf.length, 0);
});

test("a room that cannot send does not hold up another", async () => {
  answer = ({ room }) => (room === 1 ? new Promise(() => {}) : Promise.resolve());
  const outbox = open();
  outbox.add(1, "stuck");
  outbox.add(2, "free");
  await settle();
  assert.equal(outbox.entries(1).length, 1);
  assert.equal(outbox.entries(2).length, 0);
});

test("a refused message is kept as failed, the next one goes, and a retry has the same id", async () => {
  answer = ({ body }) => (body === "bad" ? refuse("forbidden")() : Promise.resolve());
  const outbox = open();
  outbox.add(1, "bad");
  outbox.add(1, "good");
  await settle();
  const [failed] = outbox.entries(1);
  assert.deepEqual([failed.body, failed.state, failed.error], ["bad", "failed", "forbidden"]);
  answer = async () => {};
  outbox.retry(failed.client_id);
  await settle();
  assert.deepEqual(sent, ["id1 bad", "id2 good", "id1 bad"]);
});

test("a discarded message gives its text back", async () => {
  answer = refuse("invalid");
  const outbox = open();
  const id = outbox.add(1, "too long");
  await settle();
  assert.equal(outbox.discard(id).body, "too long");
  assert.equal(shelf.length, 0);
});

test("too many or no database: it waits as long as it is told and tries again, in order", async () => {
  answer = refuse("rate_limited", 1.5);
  const outbox = open();
  outbox.add(1, "one");
  outbox.add(1, "two");
  await settle();
  answer = async () => {};
  await clock.pass(1499);
  assert.deepEqual(sent, ["id1 one"]);
  await clock.pass(1);
  assert.deepEqual(sent, ["id1 one", "id1 one", "id2 two"]);
});

test("after a reload the new tab adopts what the old one left, and sends it under its first id", async () => {
  answer = offline;
  open("before").add(1, "kept");
  await settle();
  answer = async () => {};
  sent = [];
  const outbox = open("after");
  assert.deepEqual(outbox.entries(1), []);
  assert.deepEqual(outbox.others(), ["before"]);
  outbox.adopt("before");
  assert.equal(outbox.entries(1)[0].body, "kept");
  await settle();
  assert.deepEqual([sent, shelf.length], [["id1 kept"], 0]);
});

test("what answers a message says so after a reload; an entry from before there were answers is sent as it is", async () => {
  answer = offline;
  const quote = { id: 7, seq: 7, author: { id: 2 }, text: "why?", deleted: false };
  open("before").add(1, "because", quote);
  const old = { client_id: "old", room: 1, body: "plain", created_at: "2026-01-01T00:00:00Z", order: 0, state: "pending", error: "" };
  shelf.setItem("outbox:1:before:old", JSON.stringify(old));
  await settle();
  const replies = [];
  answer = async ({ body, reply_to }) => replies.push([body, reply_to?.id]);
  open("after").adopt("before");
  await settle();
  assert.deepEqual(replies, [["plain", undefined], ["because", 7]]);
  assert.equal(shelf.length, 0);
});

test("two tabs each send their own", async () => {
  answer = offline;
  const [one, two] = [open("a"), open("b")];
  one.add(1, "from a");
  two.add(1, "from b");
  await settle();
  assert.equal(shelf.length, 2);
  answer = async () => {};
  sent = [];
  two.flushAll();
  await settle();
  assert.deepEqual(sent, ["id2 from b"]);
});

test("a storage that is full or damaged loses nothing while the page lives", async () => {
  shelf.setItem("outbox:1:old:x", "{not json");
  shelf.setItem = () => {
    throw new Error("quota");
  };
  answer = offline;
  const outbox = open();
  outbox.add(1, "still here");
  await settle();
  assert.deepEqual(outbox.others(), []);
  assert.equal(outbox.entries(1)[0].body, "still here");
});

test("half an emoji does not hold up what follows", async () => {
  const outbox = open();
  outbox.add(1, "a\ud83d");
  outbox.add(1, "whole \u{1f600}");
  await settle();
  assert.deepEqual(sent.map((entry) => entry.split(" ").slice(1).join(" ")), ["a\ufffd", "whole \u{1f600}"]);
});

test("what waits for its time goes at once when nothing is in the way any more, and only in that room", async () => {
  answer = refuse("rate_limited", 3_600);
  const outbox = open();
  outbox.add(1, "one");
  outbox.add(2, "two");
  await settle();
  answer = async () => {};
  outbox.wake(1);
  await settle();
  assert.deepEqual([outbox.entries(1).length, outbox.entries(2).length], [0, 1]);
  outbox.wake();
  await settle();
  assert.deepEqual(sent.slice(2), ["id1 one", "id2 two"]);
});
