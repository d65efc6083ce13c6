// One room's messages: a pure reducer. Owns which of them are held and how they are laid out in rows; knows neither the
// socket nor the document.

// The page stays this small however long one scrolls: six pages of history, laid out within a frame on a cheap phone.
export const HELD_MOST = 300;
// Messages of one author within this time read as one turn.
const GROUP_MS = 5 * 60_000;

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
 * A message that was posted, edited or deleted.
 * @param {Timeline} state
 * @param {Message} message
 * @param {boolean} following whether the reader is at the end; only then may the oldest go to make room
 * @returns {Timeline}
 */
export function upsert(state, message, following = true) {
  if (!state.loaded) return state;
  const index = state.messages.findIndex(({ id }) => id === message.id);
  if (index >= 0) return replace(state, index, message);
  const [first, last] = [state.messages[0], state.messages.at(-1)];
  if (last && message.seq > last.seq) return append(state, message, following);
  if (first && message.seq < first.seq && state.moreBefore) return state;
  return { ...state, messages: join(state.messages, [message]) };
}

/**
 * @param {Timeline} state
 * @param {number} index
 * @param {Message} message
 */
function replace(state, index, message) {
  if (state.messages[index].changed >= message.changed) return state;
  return { ...state, messages: state.messages.with(index, message) };
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
 * @param {Timeline} state
 * @param {Entry[]} entries what this person sent and the server has not stored yet
 * @param {number} me
 * @returns {Row[]}
 */
export function rows(state, entries, me) {
  /** @type {Row[]} */
  const out = [];
  /** @type {{ author: number, at: string, kind: string } | null} */
  let previous = null;
  let newShown = !reachesBack(state, state.newAfter);
  if (state.loaded && !state.moreBefore) out.push({ kind: "start", key: "start" });
  for (const message of state.messages) {
    const turn = { author: message.author.id, at: message.created_at, kind: message.kind };
    const date = otherDay(previous, turn);
    if (date) out.push(dateRow(turn.at));
    const first = !newShown && isNews(message, state.newAfter ?? 0, me);
    if (first) out.push({ kind: "new", key: "new" });
    newShown ||= first;
    out.push({ kind: "message", key: keyOf(message), message, head: first || date || !follows(previous, turn) });
    previous = turn;
  }
  return state.moreAfter ? out : [...out, ...pendingRows(state, entries, me, previous)];
}

/**
 * @param {Timeline} state
 * @param {Entry[]} entries
 * @param {number} me
 * @param {{ author: number, at: string, kind: string } | null} previous
 * @returns {Row[]}
 */
function pendingRows(state, entries, me, previous) {
  /** @type {Row[]} */
  const out = [];
  const stored = new Set(state.messages.filter(({ author }) => author.id === me).map(({ client_id }) => client_id));
  for (const entry of entries) {
    if (stored.has(entry.client_id)) continue;
    const turn = { author: me, at: entry.created_at, kind: "text" };
    const date = otherDay(previous, turn);
    if (date) out.push(dateRow(turn.at));
    out.push({ kind: "pending", key: `${me}:${entry.client_id}`, entry, head: date || !follows(previous, turn) });
    previous = turn;
  }
  return out;
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
 * The same for a pending row and for the message that it becomes, so that the one takes the other's place.
 * @param {Message} message
 */
export function keyOf(message) {
  return `${message.author.id}:${message.client_id}`;
}

/**
 * @param {Message} message
 * @param {number} after
 * @param {number} me
 */
function isNews(message, after, me) {
  return message.seq > after && message.kind === "text" && message.author.id !== me && !message.deleted_at;
}

/**
 * @param {{ author: number, at: string, kind: string } | null} previous
 * @param {{ author: number, at: string, kind: string }} turn
 */
function follows(previous, turn) {
  if (!previous || previous.author !== turn.author || previous.kind !== turn.kind) return false;
  return Date.parse(turn.at) - Date.parse(previous.at) < GROUP_MS;
}

/**
 * @param {{ at: string } | null} previous
 * @param {{ at: string }} turn
 */
function otherDay(previous, turn) {
  return !previous || day(previous.at) !== day(turn.at);
}

/**
 * @param {string} at
 * @returns {Row}
 */
function dateRow(at) {
  return { kind: "date", key: `date:${day(at)}`, at };
}

/** @param {string} at */
function day(at) {
  return new Date(at).toDateString();
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
