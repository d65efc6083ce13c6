import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const modules = ["live", "chat"].flatMap((folder) =>
  readdirSync(new URL(`static/js/${folder}/`, root)).filter((name) => name.endsWith(".js")).map((name) => `js/${folder}/${name}`),
);

test("the page asks for every module at once", () => {
  const asked = [...read("templates/chat/_modules.html").matchAll(/static "(js\/[^"]+)"/g)].map(([, path]) => path);
  assert.deepEqual(asked.sort(), modules.sort());
});

test("every import is relative and ends with a semicolon, so hashed names reach it; JSDoc has no import() that it would break", () => {
  for (const path of modules) {
    const text = read(`static/${path}`);
    for (const line of text.split("\n").filter((line) => /^import\b/.test(line))) assert.match(line, /"\.{1,2}\/[\w./-]+\.js";$/, path);
    assert.doesNotMatch(text, /import\(/, path);
  }
});

test("the pure modules do not know the document", () => {
  const pure = "frames layout logs outbox reading room-log rooms timeline typing drafts completion emoji route format session";
  for (const name of pure.split(" ")) assert.doesNotMatch(read(`static/js/chat/${name}.js`), /\b(document|window|localStorage)\.\w/, name);
});
