// A person's inbox: a pure reducer over docs/protocol.md, "Notifications". Owns what is known of it and how many are
// unread; knows neither a socket nor a page.
//
// Each view holds everything down to `floor`, the seq of its oldest: what comes later joins it by itself.

/** notifications/protocol.py, UNREAD_CAP: the server stops counting here. */
export const UNREAD_MOST = 100;
/** @type {View[]} */
export const VIEWS = ["all", "unread", "mentions"];

/** @typedef {{ floor: number, more: boolean, loaded: boolean }} Reach */
/** @typedef {{ byId: Map<number, Notice>, unread: number, reach: Record<View, Reach>, doubt: boolean }} Inbox
 * `doubt`: something changed that is not held here, so only the server can say how many are unread. */

/** @returns {Inbox} */
export function empty(unread = 0) {
  const nothing = { floor: Infinity, more: true, loaded: false };
  return { byId: new Map(), unread, reach: { all: nothing, unread: nothing, mentions: nothing }, doubt: false };
}

/** @param {Inbox} state */
export function isLoaded({ reach }) {
  return VIEWS.some((view) => reach[view].loaded);
}

/**
 * How far back a view is complete: what is complete for all is so for each.
 * @param {Inbox} state
 * @param {View} view
 */
export function reachOf({ reach }, view) {
  return reach.all.floor < reach[view].floor ? reach.all : reach[view];
}

/**
 * @param {Inbox} state
 * @param {View} view
 * @param {{ notifications: Notice[], more: boolean, unread: number }} page the next older one
 * @returns {Inbox}
 */
export function page(state, view, { notifications, more, unread }) {
  const oldest = Math.min(reachOf(state, view).floor, ...notifications.map(({ seq }) => seq));
  const reach = { ...state.reach, [view]: { floor: more ? oldest : 0, more, loaded: true } };
  return { ...put(state, notifications), reach, unread, doubt: false };
}

/**
 * @param {Inbox} state
 * @param {{ seq: number, after?: number, unread?: number, notification: Notice }} event
 * @returns {Inbox}
 */
export function upsert(state, { seq, after = seq - 1, unread, notification }) {
  const known = state.byId.get(notification.id);
  if (unread !== undefined) return { ...put(state, [notification]), unread, doubt: false };
  if (known && known.changed >= notification.changed) return state;
  const isNew = notification.seq > after;
  const step = Number(isUnread(notification)) - Number(!!known && isUnread(known));
  if (known || isNew) return { ...put(state, [notification]), unread: within(state.unread, step) };
  return { ...put(state, [notification]), doubt: true };
}

/**
 * @param {Inbox} state
 * @param {{ seq: number, read: boolean, unread: number, ids?: number[], up_to?: number }} event
 * @param {string} now
 * @returns {Inbox}
 */
export function read(state, { seq, read: isRead, unread, ids, up_to }, now) {
  const meant = (/** @type {Notice} */ { id, seq: at }) => (ids ? ids.includes(id) : at <= (up_to ?? 0));
  const byId = new Map(state.byId);
  for (const one of byId.values()) if (meant(one) && !!one.read_at !== isRead) byId.set(one.id, { ...one, changed: seq, read_at: isRead ? now : null });
  // Unread again, and not held here: the view of unread ones has a hole.
  const hole = !isRead && ids?.some((id) => !byId.has(id));
  const reach = hole ? { ...state.reach, unread: { floor: Infinity, more: true, loaded: false } } : state.reach;
  return { ...state, byId, reach, unread, doubt: false };
}

/**
 * What marking these will mean, before the server has answered.
 * @param {Inbox} state
 * @param {number[]} ids
 * @param {boolean} isRead
 * @param {string} now
 * @returns {Inbox}
 */
export function markLocally(state, ids, isRead, now) {
  const byId = new Map(state.byId);
  let step = 0;
  for (const id of ids) {
    const one = byId.get(id);
    if (!one || one.withdrawn_at || !!one.read_at === isRead) continue;
    byId.set(id, { ...one, read_at: isRead ? now : null });
    step += isRead ? -1 : 1;
  }
  return { ...state, byId, unread: within(state.unread, step) };
}

/**
 * @param {Inbox} state
 * @param {{ notifications: Notice[], unread: number, reset: boolean }} answer
 * @returns {Inbox}
 */
export function synced(state, { notifications, unread, reset }) {
  return reset ? empty(unread) : { ...put(state, notifications), unread, doubt: false };
}

/**
 * What a view shows, the latest first.
 * @param {Inbox} state
 * @param {View} view
 * @param {Set<number>} held ids that stay where they are although they were read meanwhile
 */
export function shown(state, view, held = new Set()) {
  const { floor } = reachOf(state, view);
  const wanted = {
    all: () => true,
    unread: (/** @type {Notice} */ one) => isUnread(one) || held.has(one.id),
    mentions: (/** @type {Notice} */ one) => one.mention,
  }[view];
  return [...state.byId.values()].filter((one) => !one.withdrawn_at && one.seq >= floor && wanted(one)).sort((a, b) => b.seq - a.seq);
}

/** @param {Notice} notice */
export function isUnread({ read_at, withdrawn_at }) {
  return !read_at && !withdrawn_at;
}

/**
 * @param {Inbox} state
 * @param {Notice[]} notices
 * @returns {Inbox}
 */
function put(state, notices) {
  const byId = new Map(state.byId);
  for (const one of notices) if ((byId.get(one.id)?.changed ?? -1) < one.changed) byId.set(one.id, one);
  return { ...state, byId };
}

/**
 * @param {number} count
 * @param {number} step
 */
function within(count, step) {
  // At the limit nobody knows how many there are, so nothing is taken off it either.
  return count >= UNREAD_MOST ? count : Math.min(UNREAD_MOST, Math.max(0, count + step));
}
