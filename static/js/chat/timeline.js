// One room's messages: a pure reducer. Owns which of them are held; how they are laid out is layout.js's. Knows neither the
// socket nor the document.

import { requote } from "./quote.js";

// The page stays this small however long one scrolls: six pages of history, laid out within a frame on a cheap phone.
export const HELD_MOST = 300;

/** @returns {Timeline} */
export function empty() {
  return { messages: [], moreBefore: false, moreAfter: false, loaded: false, newAfter: null };
}

/**
 * @param {Timeline} state
 * @param {Page} page takes the place of what was there
 * @returns {Timeline}
 */
export function load(state, page) {
  const kept = new Map(state.messages.map((message) => [message.id, message]));
  const messages = page.messages.map((message) => newest(kept.get(message.id), message));
  return { ...state, messages, moreBefore: page.more_before, moreAfter: page.more_after, loaded: true };
}

/**
 * @param {Timeline} state
 * @param {Page} page what stands directly before the window
 * @returns {Timeline}
 */
export function older(state, page) {
  const messages = join(page.messages, state.messages);
  return {
    ...state,
    messages: messages.slice(0, HELD_MOST),
    moreBefore: page.more_before,
    moreAfter: state.moreAfter || messages.length > HELD_MOST,
  };
}

/**
 * @param {Timeline} state
 * @param {Page} page what stands directly after the window
 * @returns {Timeline}
 */
export function newer(state, page) {
  const messages = join(state.messages, page.messages);
  return {
    ...state,
    messages: messages.slice(-HELD_MOST),
    moreBefore: state.moreBefore || messages.length > HELD_MOST,
    moreAfter: page.more_after,
  };
}

/**
 * A message that was posted, edited or deleted; what quotes it changes along.
 * @param {Timeline} state
 * @param {Message} message
 * @param {boolean} following whether the reader is at the end; only then may the oldest go to make room
 * @returns {Timeline}
 */
export function upsert(state, message, following = true) {
  if (!state.loaded) return state;
  const index = state.messages.findIndex(({ id }) => id === message.id);
  if (index >= 0 && state.messages[index].changed >= message.changed) return state;
  const messages = requote(state.messages, message);
  if (index >= 0) return { ...state, messages: messages.with(index, message) };
  return place(messages === state.messages ? state : { ...state, messages }, message, following);
}

/**
 * A message that is not in the window yet.
 * @param {Timeline} state
 * @param {Message} message
 * @param {boolean} following
 * @returns {Timeline}
 */
function place(state, message, following) {
  const [first, last] = [state.messages[0], state.messages.at(-1)];
  if (last && message.seq > last.seq) return append(state, message, following);
  if (first && message.seq < first.seq && state.moreBefore) return state;
  return { ...state, messages: join(state.messages, [message]) };
}

/**
 * @param {Timeline} state
 * @param {Message} message
 * @param {boolean} following
 * @returns {Timeline}
 */
function append(state, message, following) {
  if (state.moreAfter) return state;
  const full = state.messages.length >= HELD_MOST;
  if (full && !following) return { ...state, moreAfter: true };
  const messages = [...state.messages, message];
  return { ...state, messages: messages.slice(-HELD_MOST), moreBefore: state.moreBefore || full };
}

/**
 * Where the "New" line stands: above the first of others' messages after this seq. It stays there until it is moved.
 * @param {Timeline} state
 * @param {number | null} newAfter
 * @returns {Timeline}
 */
export function markNew(state, newAfter) {
  return { ...state, newAfter };
}

/**
 * How many of others' messages in the window stand above a seq.
 * @param {Timeline} state
 * @param {number} seq
 * @param {number} me
 */
export function countAfter(state, seq, me) {
  return state.messages.filter((message) => isNews(message, seq, me)).length;
}

/**
 * @param {Timeline} state
 * @param {number} me
 * @returns {Message | undefined} the last one that can still be edited
 */
export function lastOwn(state, me) {
  return state.messages.findLast(({ author, kind, deleted_at }) => author.id === me && kind === "text" && !deleted_at);
}

/**
 * The same, deleted or not.
 * @param {Timeline} state
 * @param {number} me
 */
export function lastOf(state, me) {
  return state.messages.findLast(({ author, kind }) => author.id === me && kind === "text");
}

/**
 * Whether the first message after a seq is in the window: above an arbitrary one the "New" line would lie.
 * @param {Timeline} state
 * @param {number | null} seq
 */
export function reachesBack({ messages, moreBefore }, seq) {
  return seq !== null && (!moreBefore || (messages[0]?.seq ?? 0) <= seq + 1);
}

/**
 * Whether somebody else said something here after a seq.
 * @param {Message} message
 * @param {number} after
 * @param {number} me
 */
export function isNews(message, after, me) {
  return message.seq > after && message.kind === "text" && message.author.id !== me && !message.deleted_at;
}

/**
 * Both in the order of seq, without doubles; of two versions the later one.
 * @param {Message[]} a
 * @param {Message[]} b
 */
function join(a, b) {
  /** @type {Map<number, Message>} */
  const bySeq = new Map();
  for (const message of [...a, ...b]) bySeq.set(message.seq, newest(bySeq.get(message.seq), message));
  return [...bySeq.values()].sort((x, y) => x.seq - y.seq);
}

/**
 * @param {Message | undefined} known
 * @param {Message} message
 */
function newest(known, message) {
  return known && known.changed > message.changed ? known : message;
}
