import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const modules = ["live", "chat"].flatMap((folder) =>
  readdirSync(new URL(`static/js/${folder}/`, root)).filter((name) => name.endsWith(".js")).map((name) => `js/${folder}/${name}`),
);

/** What one gets by static imports from here; the others wait until they are wanted. */
function reached(path, found = new Set()) {
  if (found.has(path)) return found;
  found.add(path);
  for (const [, to] of read(`static/${path}`).matchAll(/^import\b[^"]*"([^"]+)";$/gm)) reached(new URL(to, `file:///${path}`).pathname.slice(1), found);
  return found;
}

/** What a module fetches when it is first wanted. */
const later = (path) => [...read(`static/${path}`).matchAll(/\bimport\(("[^"]*"|.*?)\)/g)].map(([, to]) => to);
const asked = [...read("templates/chat/_modules.html").matchAll(/static "(js\/[^"]+)"/g)].map(([, path]) => path);

test("the page asks at once for every module that it needs at once, and for no other", () => {
  assert.deepEqual(asked.sort(), [...reached("js/chat/app.js")].sort());
});

test("every other module is fetched by one that is there", () => {
  const fetched = modules.flatMap((path) => later(path).flatMap((to) => [...reached(`js/chat/${to.slice(3, -1)}`)]));
  assert.deepEqual(modules.filter((path) => !asked.includes(path) && !fetched.includes(path)), []);
});

test("every import is relative and ends with a semicolon, so hashed names reach it; JSDoc has no import() that it would break", () => {
  for (const path of modules) {
    const text = read(`static/${path}`);
    for (const line of text.split("\n").filter((line) => /^import\b/.test(line))) assert.match(line, /"\.{1,2}\/[\w./-]+\.js";$/, path);
    for (const to of later(path)) assert.match(to, /^"\.\/[\w-]+\.js"$/, path);
    assert.doesNotMatch(text, /\*.*\bimport\(/, path);
  }
});

test("the pure modules do not know the document", () => {
  const pure = "concern direct frames layout logs outbox people quote reading room-log rooms timeline typing drafts completion emoji route format session";
  for (const name of pure.split(" ")) assert.doesNotMatch(read(`static/js/chat/${name}.js`), /\b(document|window|localStorage)\.\w/, name);
});
