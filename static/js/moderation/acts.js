// What owners and moderators can do to a person or a message: who may, what is asked, what is sent, how it is told. Pure.

import { moment } from "../chat/standing.js";

/** @type {[string, string][]} seconds; docs/protocol.md lets nothing be longer than a year */
export const SPANS = [["600", "10 minutes"], ["3600", "1 hour"], ["86400", "1 day"], ["604800", "1 week"]];
export const LONGEST = "31536000";
/** @type {[string, string][]} `member.clear` takes 500 at most */
export const COUNTS = [["10", "The last 10"], ["50", "The last 50"], ["500", "All, up to 500"]];

/** @typedef {{ span: string, count: string, reason: string }} Choice what was filled in */
/** @typedef {{ name: string, room: string, now: number }} Words */
/**
 * @typedef {{ icon: string, label: string, title: (words: Words) => string, yes: string, asks?: "mute" | "ban" | "count", danger?: boolean,
 *   preview?: string, meaning: string, type: string, fields: (choice: Choice) => object, done: (words: Words, choice: Choice) => string }} Act
 */

/** @param {Choice} choice */
const nothing = (choice) => ({});

/** @type {Record<string, Act>} */
export const ACTS = {
  mute: {
    icon: "mic-off", label: "Mute…", title: ({ name }) => `Mute ${name}?`, yes: "Mute", asks: "mute", preview: "mute", type: "member.mute",
    meaning: "They can read, but not write in this room.",
    fields: ({ span }) => ({ seconds: Number(span) }),
    done: ({ name, now }, { span }) => `${name} is muted ${until(span, now)}`,
  },
  unmute: {
    icon: "mic", label: "Unmute…", title: ({ name }) => `Let ${name} write again?`, yes: "Unmute", type: "member.unmute",
    meaning: "The mute ends now.", fields: nothing, done: ({ name }) => `${name} can write again`,
  },
  clear: {
    icon: "eraser", label: "Delete messages…", title: ({ name }) => `Delete messages of ${name}?`, yes: "Delete", asks: "count", danger: true, preview: "clear",
    meaning: "Nobody will be able to read them in this room.", type: "member.clear",
    fields: ({ count }) => ({ count: Number(count) }), done: ({ name }) => `Messages of ${name} are deleted`,
  },
  remove: {
    icon: "user-minus", label: "Remove…", title: ({ name, room }) => `Remove ${name} from ${room}?`, yes: "Remove", danger: true, preview: "remove",
    meaning: "They leave the room, and may join or be invited again.", type: "member.remove", fields: nothing,
    done: ({ name }) => `${name} is removed`,
  },
  ban: {
    icon: "gavel", label: "Ban…", title: ({ name, room }) => `Ban ${name} from ${room}?`, yes: "Ban", asks: "ban", danger: true, preview: "ban",
    meaning: "They leave the room and cannot come back.", type: "member.ban",
    fields: ({ span }) => (span ? { seconds: Number(span) } : {}), done: ({ name, now }, { span }) => `${name} is banned ${until(span, now)}`,
  },
  promote: {
    icon: "shield-plus", label: "Make moderator…", title: ({ name }) => `Make ${name} a moderator?`, yes: "Make moderator", type: "member.role",
    meaning: "They can mute, remove and ban people here, and delete messages.", fields: () => ({ role: "moderator" }),
    done: ({ name }) => `${name} is a moderator now`,
  },
  demote: {
    icon: "shield-minus", label: "Make member…", title: ({ name }) => `Make ${name} a member?`, yes: "Make member", type: "member.role",
    meaning: "They can no longer moderate this room.", fields: () => ({ role: "member" }), done: ({ name }) => `${name} is a member now`,
  },
  own: {
    icon: "crown", label: "Make owner…", title: ({ name, room }) => `Give ${room} to ${name}?`, yes: "Make owner", danger: true, type: "member.role",
    meaning: "They own the room from now on. You become a moderator.", fields: () => ({ role: "owner" }), done: ({ name }) => `${name} owns the room now`,
  },
  message: {
    icon: "trash-2", label: "Delete", title: ({ name }) => `Delete this message of ${name}?`, yes: "Delete", danger: true, type: "message.remove",
    meaning: "Nobody will be able to read it any more.", fields: nothing, done: () => "The message is deleted",
  },
};

/**
 * What this person may do to another. The server decides; this keeps what it would refuse off the menu.
 * @param {string} mine the role of who acts
 * @param {{ role: string, muted_until?: string | null } | undefined} member undefined: not in the room
 * @param {number} now
 * @returns {string[]}
 */
export function offers(mine, member, now) {
  const role = member?.role;
  if (mine === "member" || (mine === "moderator" && role && role !== "member")) return [];
  if (!member) return ["clear", "ban"];
  const muted = !!member.muted_until && Date.parse(member.muted_until) > now;
  const roles = mine !== "owner" || role === "owner" ? [] : [role === "moderator" ? "demote" : "promote", "own"];
  return [...roles, muted ? "unmute" : "mute", "clear", "remove", "ban"];
}

/**
 * @param {string} span seconds, or nothing for good
 * @param {number} now
 */
function until(span, now) {
  if (!span) return "for good";
  return span === LONGEST ? "until it is lifted" : `until ${moment(now + Number(span) * 1000, now)}`;
}
