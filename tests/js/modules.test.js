import assert from "node:assert/strict";
import { readdirSync, readFileSync } from "node:fs";
import { test } from "node:test";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const modules = ["site.js"].concat(
  ["live", "chat", "moderation", "notifications", "dashboard", "admin"].flatMap((folder) => readdirSync(new URL(`static/js/${folder}/`, root)).map((name) => `${folder}/${name}`)),
);
// Entries of other pages; what they import has its use by them.
const ELSEWHERE = ["notifications/preferences.js", "dashboard/start.js", "admin/announcing.js", "admin/export.js"];

/** Paths below static/js/ that a module imports, by `import … from` or by `import()`. */
function imports(path, pattern) {
  return [...read(`static/js/${path}`).matchAll(pattern)].map(([, name]) => new URL(name, `file:///${path}`).pathname.slice(1));
}

function reach(path, patterns, seen = new Set()) {
  if (seen.has(path)) return seen;
  seen.add(path);
  for (const pattern of patterns) for (const next of imports(path, pattern)) reach(next, patterns, seen);
  return seen;
}

const AT_ONCE = /^import\b[^;]*?"(\.{1,2}\/[\w./-]+\.js)";$/gm;
const WHEN_NEEDED = /await import\("(\.{1,2}\/[\w/-]+\.js)"\)/g;

test("the page asks at once for every module that it needs at once", () => {
  const asked = [...read("templates/chat/_modules.html").matchAll(/static "js\/([^"]+)"/g)].map(([, path]) => path);
  assert.deepEqual(asked.sort(), [...reach("site.js", [AT_ONCE])].sort());
});

test("no module is without use", () => {
  const used = new Set([...reach("site.js", [AT_ONCE, WHEN_NEEDED]), ...ELSEWHERE.flatMap((path) => [...reach(path, [AT_ONCE, WHEN_NEEDED])])]);
  assert.deepEqual(modules.filter((path) => !used.has(path)), []);
});

test("every import is relative and ends with a semicolon, so hashed names reach it; JSDoc has no import() that it would break", () => {
  for (const path of [...modules, ...ELSEWHERE]) {
    const text = read(`static/js/${path}`);
    for (const line of text.split("\n").filter((line) => /^import\b/.test(line))) assert.match(line, /"\.{1,2}\/[\w./-]+\.js";$/, path);
    assert.doesNotMatch(text.replaceAll(WHEN_NEEDED, ""), /import\(/, path);
  }
});

test("the pure modules do not know the document", () => {
  const pure = {
    chat: "concern direct people quote frames layout logs outbox reading room-log rooms timeline typing drafts completion emoji route format session standing",
    moderation: "acts",
    dashboard: "format freshness history",
    notifications: "activity attention folding inbox notices tabs words",
  };
  for (const [folder, names] of Object.entries(pure)) {
    for (const name of names.split(" ")) assert.doesNotMatch(read(`static/js/${folder}/${name}.js`), /\b(document|window|localStorage)\.\w/, name);
  }
});

test("the chat does not know notifications", () => {
  for (const path of modules.filter((path) => /^(chat|live)\//.test(path))) assert.doesNotMatch(read(`static/js/${path}`), /from "[^"]*notifications/, path);
});
