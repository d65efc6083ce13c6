// What `@` and `:` offer while one types. Pure: text and caret in, options and text out.

import { plural } from "./format.js";

const OFFERED_MOST = 7;
// One letter after a colon is a smiley or a time of day more often than a name.
const EMOJI_FROM = 2;

/**
 * @param {string} text
 * @param {number} caret
 * @returns {Trigger | null}
 */
export function findTrigger(text, caret) {
  const match = /(?:^|[\s([{"'])([@:])([\p{L}\p{N}._+-]*)$/u.exec(text.slice(0, caret));
  if (!match) return null;
  const [, kind, query] = match;
  if (kind === ":" && query.length < EMOJI_FROM) return null;
  return { kind: kind === "@" ? "@" : ":", query: query.toLowerCase(), start: caret - query.length - 1 };
}

/**
 * @param {Person[]} people
 * @param {string} query
 * @param {number[]} recent ids, who spoke last first
 * @returns {Option[]} none once a name stands there in full: then Enter means to send
 */
export function matchPeople(people, query, recent) {
  if (people.some(({ username }) => username.toLowerCase() === query)) return [];
  const place = new Map(recent.map((id, index) => [id, index]));
  const at = (/** @type {Person} */ person) => place.get(person.id) ?? recent.length;
  return people
    .filter((person) => begins(person.username, query) || person.name.toLowerCase().split(/\s+/).some((word) => begins(word, query)))
    .sort((a, b) => at(a) - at(b) || a.name.localeCompare(b.name))
    .slice(0, OFFERED_MOST)
    .map((person) => ({ value: `@${person.username} `, label: person.name, hint: `@${person.username}`, person }));
}

/**
 * What calls many at once.
 * @param {string} query
 * @param {{ room: number | null, online: number }} counts how many each calls; null: not known yet
 * @returns {Option[]} none once a word stands there in full, as with people
 */
export function matchCalls(query, { room, online }) {
  const all = room === null ? "Everybody in the room" : `Everybody, ${plural(room, "person", "people")}`;
  const calls = [
    { word: "room", hint: all, icon: "megaphone" },
    { word: "online", hint: `Who is online, ${plural(online, "person", "people")}`, icon: "radio" },
  ];
  if (calls.some(({ word }) => word === query)) return [];
  return calls.filter(({ word }) => begins(word, query)).map(({ word, hint, icon }) => ({ value: `@${word} `, label: `@${word}`, hint, icon }));
}

/**
 * With letters typed a call that fits comes first. With none the people do: Enter must not call everybody by accident.
 * @param {string} query
 * @param {Option[]} calls
 * @param {Option[]} people
 */
export function offered(query, calls, people) {
  return query ? [...calls, ...people].slice(0, OFFERED_MOST) : [...people.slice(0, OFFERED_MOST - calls.length), ...calls];
}

/**
 * @param {Iterable<[string, string]>} emoji names and signs
 * @param {string} query
 * @param {string[]} recent names, last used first
 * @returns {Option[]}
 */
export function matchEmoji(emoji, query, recent) {
  const rank = (/** @type {string} */ name) => {
    const used = recent.indexOf(name);
    return used >= 0 ? used - recent.length : begins(name, query) ? 0 : 1;
  };
  return [...emoji]
    .filter(([name]) => name.includes(query))
    .sort(([a], [b]) => rank(a) - rank(b) || a.length - b.length)
    .slice(0, OFFERED_MOST)
    .map(([name, sign]) => ({ value: `${sign} `, label: sign, hint: name }));
}

/**
 * @param {string} text
 * @param {number} caret
 * @param {Trigger} trigger
 * @param {string} value
 */
export function complete(text, caret, trigger, value) {
  const rest = text.slice(caret).replace(/^ /, "");
  return { text: text.slice(0, trigger.start) + value + rest, caret: trigger.start + value.length };
}

/**
 * @param {string} word
 * @param {string} query
 */
function begins(word, query) {
  return word.toLowerCase().startsWith(query);
}
