import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { backoff } from "../../static/js/live/backoff.js";
import { onClose } from "../../static/js/live/closing.js";
import { CommandError, ConnectionLost } from "../../static/js/live/connection.js";
import { LiveSocket } from "../../static/js/live/socket.js";
import { Clock, FakeWebSocket, settle } from "./support.js";

let clock, socket, seen;

beforeEach(() => {
  FakeWebSocket.all = [];
  clock = new Clock();
  seen = [];
  socket = new LiveSocket("/ws/", { WebSocket: FakeWebSocket, timers: clock, random: () => 1, now: () => clock.now });
  for (const type of ["welcome", "frame"]) socket.addEventListener(type, ({ detail }) => seen.push(detail.type));
  socket.start();
});

const sockets = () => FakeWebSocket.all.length;

test("backoff doubles from half a second to thirty, with full jitter", () => {
  assert.deepEqual([0, 1, 2, 6, 20].map((attempt) => backoff(attempt, () => 1)), [500, 1000, 2000, 30000, 30000]);
  assert.equal(backoff(5, () => 0), 0);
});

test("every 44xx stops, 4401 asks to log in, all else is tried again", () => {
  for (const code of [4400, 4403, 4404, 4406, 4413, 4429, 4444]) assert.equal(onClose(code).action, "stop");
  assert.equal(onClose(4401).action, "login");
  for (const code of [1000, 1001, 1006, 1011, 4500, 4503, 4504, 4508]) assert.equal(onClose(code).action, "retry");
});

test("a socket offers live.v1 and is open once it was welcomed", () => {
  assert.equal(FakeWebSocket.last.protocol, "live.v1");
  assert.equal(socket.state, "connecting");
  FakeWebSocket.last.welcome();
  assert.equal(socket.state, "open");
});

test("a reply finds its command, whatever the order", async () => {
  FakeWebSocket.last.welcome();
  const [one, two] = [socket.request("typing"), socket.request("room.read", { room: 1, seq: 2 })];
  const [first, second] = FakeWebSocket.last.sent;
  FakeWebSocket.last.says({ type: "error", id: second.id, code: "rate_limited", detail: "Slower", retry_after: 1.5 });
  FakeWebSocket.last.says({ type: "ok", id: first.id, room: 7 });
  assert.equal((await one).room, 7);
  await assert.rejects(two, (error) => error instanceof CommandError && error.code === "rate_limited" && error.retryAfterMs === 1500);
});

test("what was asked of a lost connection is refused, and so is what is asked meanwhile", async () => {
  FakeWebSocket.last.welcome();
  const asked = socket.request("typing");
  FakeWebSocket.last.dies();
  await assert.rejects(asked, ConnectionLost);
  await assert.rejects(socket.request("typing"), ConnectionLost);
});

test("it comes back, waiting longer each time, and starts over after a welcome", async () => {
  for (const ms of [500, 1000, 2000]) {
    FakeWebSocket.last.dies();
    assert.equal(socket.retryAt, clock.now + ms);
    const before = sockets();
    await clock.pass(ms - 1);
    assert.equal(sockets(), before);
    await clock.pass(1);
    assert.equal(sockets(), before + 1);
  }
  FakeWebSocket.last.welcome();
  FakeWebSocket.last.dies();
  assert.equal(socket.retryAt, clock.now + 500);
});

test("it asks for a sign of life every heartbeat, and leaves with 4504 when none comes", async () => {
  const first = FakeWebSocket.last;
  first.welcome();
  await clock.pass(25_000);
  first.says({ type: "pong", id: first.lastSent("ping").id, time: "" });
  await clock.pass(25_000);
  assert.equal(first.closedWith, undefined);
  await clock.pass(10_000);
  assert.equal(first.closedWith, 4504);
  assert.equal(socket.state, "waiting");
});

test("a server that accepts and says nothing is given up", async () => {
  await clock.pass(15_000);
  assert.equal(FakeWebSocket.last.closedWith, 4504);
});

test("a goodbye opens the new socket before the old one goes, and nobody sees a state but open", async () => {
  const old = FakeWebSocket.last;
  old.welcome();
  const states = [];
  socket.addEventListener("state", () => states.push(socket.state));
  old.says({ type: "goodbye", reason: "deploy", retry_after: [1, 3] });
  await clock.pass(3000);
  const next = FakeWebSocket.last;
  assert.notEqual(next, old);
  assert.equal(old.closedWith, undefined);
  next.welcome();
  assert.equal(old.closedWith, 1000);
  assert.deepEqual(new Set(states), new Set(["open"]));
  assert.deepEqual(seen, ["welcome", "welcome"]);
});

test("the old socket may finish what it was asked before the move", async () => {
  const old = FakeWebSocket.last;
  old.welcome();
  const asked = socket.request("message.edit", { message: 1, body: "x" });
  old.says({ type: "goodbye", reason: "deploy", retry_after: [0, 0] });
  await clock.pass(0);
  FakeWebSocket.last.welcome();
  assert.equal(old.closedWith, undefined);
  old.says({ type: "ok", id: old.lastSent("message.edit").id });
  await asked;
  assert.equal(old.closedWith, 1000);
});

test("when the old socket dies during the move, the new one takes over", async () => {
  const old = FakeWebSocket.last;
  old.welcome();
  old.says({ type: "goodbye", reason: "deploy", retry_after: [0, 0] });
  await clock.pass(0);
  old.dies(4503);
  assert.equal(socket.state, "connecting");
  FakeWebSocket.last.welcome();
  assert.equal(socket.state, "open");
  assert.equal(sockets(), 2);
});

test("retry now does not wait; after 4403 only a person's word starts it again", async () => {
  FakeWebSocket.last.dies();
  socket.retryNow();
  assert.equal(sockets(), 2);
  FakeWebSocket.last.welcome();
  FakeWebSocket.last.dies(4403);
  assert.equal(socket.state, "stopped");
  await clock.pass(3_600_000);
  assert.equal(sockets(), 2);
  socket.retryNow();
  await settle();
  assert.equal(sockets(), 3);
});
