import assert from "node:assert/strict";
import { test } from "node:test";
import { ago, bytes, count, duration, milliseconds, rate } from "../../static/js/dashboard/format.js";
import { freshness } from "../../static/js/dashboard/freshness.js";
import { GAP_MS, KEEP_MS, paths, peak, push } from "../../static/js/dashboard/history.js";
import { answers, fromAddress, held, sortedBy, toAddress } from "../../static/js/dashboard/view.js";

test("five minutes are kept, in order, one sample a moment", () => {
  let samples = [];
  for (let at = 0; at <= KEEP_MS + 4000; at += 2000) samples = push(samples, { at, value: at });
  assert.equal(samples.length, 150);
  assert.equal(samples[0].at, 6000);
  assert.equal(push(samples, { at: KEEP_MS + 4000, value: 1 }).length, 150);
  assert.equal(peak([]), 0);
});

test("a line stands on its box, ends at the right, and does not bridge what nobody knows", () => {
  const samples = [{ at: 0, value: 0 }, { at: 2000, value: 10 }, { at: 2000 + GAP_MS + 1, value: 5 }];
  const { line, area, end } = paths(samples, { now: 9001, width: 300, height: 40 });
  assert.equal(line, "M291 40L293 0M300 20");
  assert.match(area, /^M291 40L291 40L293 0V40Z/);
  assert.equal(end, "M300 20h0.01");
  assert.deepEqual(paths([], { now: 0, width: 1, height: 1 }), { line: "", area: "", end: "" });
});

test("a figure that is zero all the time is a line at the foot", () => {
  assert.equal(paths([{ at: 0, value: 0 }], { now: 0, width: 300, height: 40 }).line, "M300 40");
});

test("figures are short, and what is not known is no zero", () => {
  assert.deepEqual([0, 12, null].map(count), ["0", "12", "–"]);
  assert.deepEqual([0, 0.42, 12.4, null].map(rate), ["0", "0.4", "12", "–"]);
  assert.deepEqual([0.31, 14.2, 12_345, null].map(milliseconds), ["0.3 ms", "14 ms", "12.3 s", "–"]);
  assert.deepEqual([0, 999, 1500, 123_456_789].map(bytes), ["0 B", "999 B", "1.5 kB", "123 MB"]);
  assert.deepEqual([5, 65, 3700, 90_000].map(duration), ["5 s", "1 min", "1 h 1 min", "1 d 1 h"]);
  assert.deepEqual([ago(null, 0), ago("1970-01-01T00:00:00Z", 2000), ago("1970-01-01T00:00:00Z", 90_000)], ["never", "now", "1 min ago"]);
});

test("the address tells the page of rooms, and nonsense in it is the first", () => {
  const view = { query: "gen", sort: "name", order: "asc", page: 3 };
  assert.deepEqual(fromAddress(toAddress(view)), view);
  assert.equal(toAddress(fromAddress("?sort=password&order=up&page=-1")), "");
  assert.equal(fromAddress("?page=1e99").page, 1);
});

test("a heading sorts the way one wants it first, then the other way round", () => {
  const view = { query: "x", sort: "online", order: "desc", page: 4 };
  assert.deepEqual(sortedBy(view, "name"), { query: "x", sort: "name", order: "asc", page: 1 });
  assert.deepEqual(sortedBy(view, "online"), { query: "x", sort: "online", order: "asc", page: 1 });
});

test("a page that was asked for before is not shown, the last one in place of one past the end is", () => {
  const view = { query: "a ", sort: "name", order: "asc", page: 9 };
  const page = { query: "a", sort: "name", order: "asc", page: 3, pages: 3, total: 75, open_reports: 0, rooms: [] };
  assert.equal(answers(view, page), true);
  assert.equal(answers({ ...view, page: 2 }, page), false);
  assert.equal(answers({ ...view, query: "ab" }, page), false);
});

test("under a pointer rooms keep their places and have their new figures", () => {
  assert.deepEqual(held([{ id: 1, online: 1 }, { id: 2, online: 2 }], [{ id: 2, online: 5 }, { id: 3, online: 4 }]), [{ id: 1, online: 1 }, { id: 2, online: 5 }]);
});

test("old figures are never called live", () => {
  const at = (more) => freshness({ state: "open", verdict: null, heardAt: 1000, now: 2000, ...more }).word;
  assert.equal(at({}), "Live");
  assert.equal(at({ now: 6001 }), "Late");
  assert.equal(at({ state: "waiting" }), "Reconnecting");
  assert.equal(at({ state: "connecting", heardAt: 0 }), "Connecting");
  assert.equal(at({ heardAt: 0 }), "Connecting");
  assert.equal(at({ state: "stopped", verdict: { action: "pause", why: "" } }), "Paused");
  assert.equal(at({ state: "stopped", verdict: { action: "stop", why: "Your access was withdrawn." } }), "Stopped");
});
