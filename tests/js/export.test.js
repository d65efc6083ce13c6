import assert from "node:assert/strict";
import { test } from "node:test";

import { counter } from "../../static/js/admin/counting.js";

const bytes = (text) => new TextEncoder().encode(text);

test("lines are counted without the head", () => {
  const count = counter("application/x-ndjson");
  assert.equal(count(bytes('{"room":')), 0);
  assert.equal(count(bytes("{}}\n{}\n{")), 1);
  assert.equal(count(bytes("}\n")), 2);
});

test("articles are counted wherever the pieces are cut", () => {
  const page = "<main><article>ä</article>\n<article>b</article></main>";
  for (let cut = 0; cut <= bytes(page).length; cut += 1) {
    const count = counter("text/html; charset=utf-8");
    count(bytes(page).slice(0, cut));
    assert.equal(count(bytes(page).slice(cut)), 2, `cut at ${cut}`);
  }
});
