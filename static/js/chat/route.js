// Addresses of rooms and messages. Pure.

/**
 * @param {string} path
 * @returns {{ slug: string, at: number | null } | null} null when it is no room's address
 */
export function parse(path) {
  const match = /^\/rooms\/([-\w]+)\/(?:(\d+)\/)?$/.exec(path);
  if (!match || match[1] === "new") return null;
  return { slug: match[1], at: match[2] ? Number(match[2]) : null };
}

/** @param {Room} room */
export function roomPath(room) {
  return `/rooms/${room.slug}/`;
}

/**
 * @param {Room} room
 * @param {number} seq
 */
export function messagePath(room, seq) {
  return `/rooms/${room.slug}/${seq}/`;
}
