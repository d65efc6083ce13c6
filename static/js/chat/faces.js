// What a room looks like in a list or a heading: its sign, or of a conversation the people.

import { isDirect, isOtherOnline } from "./direct.js";
import { avatar, el, icon } from "./dom.js";

// Two say "several"; a third would be a smudge at this size.
const FACES_MOST = 2;

/** @param {Room} room */
export function face(room) {
  if (!isDirect(room)) return icon(room.kind === "private" ? "lock" : "hash");
  const several = room.people.length > 1;
  return el(
    "span",
    { class: `face${several ? " face--several" : ""}`, "aria-hidden": "true" },
    ...room.people.slice(0, FACES_MOST).map(avatar),
    isOtherOnline(room) && el("i", { class: "face__here" }),
  );
}

/**
 * What changes a face.
 * @param {Room} room
 */
export function faceVersion(room) {
  return [room.kind, isOtherOnline(room), ...room.people.map(({ id, name, avatar }) => `${id} ${name} ${avatar}`)].join("\n");
}
