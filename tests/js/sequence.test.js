import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import { HOLD_MS, RETRY_MS, Sequence } from "../../static/js/live/sequence.js";
import { Clock, settle } from "./support.js";

let clock, applied, asked, answer, sequence;

beforeEach(() => {
  clock = new Clock();
  applied = [];
  asked = [];
  answer = async () => 0;
  sequence = new Sequence(10, {
    timers: clock,
    apply: ({ seq }) => applied.push(seq),
    sync: (after) => {
      asked.push(after);
      return answer(after);
    },
  });
});

test("events in order are applied at once, old ones never", () => {
  for (const seq of [11, 12, 12, 9, 13]) sequence.receive({ seq });
  assert.deepEqual(applied, [11, 12, 13]);
});

test("an event that says what it covers is no gap", () => {
  sequence.receive({ seq: 15, after: 8 });
  assert.deepEqual(applied, [15]);
  assert.equal(sequence.last, 15);
});

test("two events that overtook each other need no question", async () => {
  sequence.receive({ seq: 12 });
  await clock.pass(HOLD_MS - 1);
  sequence.receive({ seq: 11 });
  await clock.pass(10_000);
  assert.deepEqual(applied, [11, 12]);
  assert.deepEqual(asked, []);
});

test("a gap that stays is asked for after the hold, once, and what was held follows", async () => {
  answer = async () => 12;
  for (const seq of [14, 13, 15]) sequence.receive({ seq });
  await clock.pass(HOLD_MS);
  assert.deepEqual(asked, [10]);
  assert.deepEqual(applied, [13, 14, 15]);
  assert.equal(sequence.last, 15);
});

test("what the answer covers is not applied again", async () => {
  answer = async () => 13;
  for (const seq of [12, 13, 14]) sequence.receive({ seq });
  await clock.pass(HOLD_MS);
  assert.deepEqual(applied, [14]);
});

test("a question that failed is asked again, and only one is under way", async () => {
  answer = () => Promise.reject(new Error("gone"));
  sequence.expect(20);
  sequence.expect(21);
  await settle();
  assert.deepEqual(asked, [10]);
  answer = async () => 21;
  await clock.pass(RETRY_MS);
  assert.deepEqual(asked, [10, 10]);
  assert.equal(sequence.last, 21);
});

test("any order of delivery, with doubles and losses, ends complete and in order", async () => {
  let seed = 7;
  const random = () => (seed = (seed * 16807) % 2147483647) / 2147483647;
  for (let round = 0; round < 200; round++) {
    const events = Array.from({ length: 30 }, (_, index) => ({ seq: 11 + index }));
    applied = [];
    const state = new Sequence(10, {
      timers: clock,
      apply: ({ seq }) => applied.push(seq),
      sync: async (after) => {
        for (let seq = after + 1; seq <= 40; seq++) applied.push(seq);
        return 40;
      },
    });
    const delivered = events.filter(() => random() > 0.2).flatMap((event) => (random() > 0.8 ? [event, event] : [event]));
    delivered.sort(() => random() - 0.5).forEach((event) => state.receive(event));
    state.expect(40);
    await clock.pass(HOLD_MS + RETRY_MS);
    assert.equal(state.last, 40);
    assert.deepEqual([...new Set(applied)].sort((a, b) => a - b), events.map(({ seq }) => seq));
  }
});
