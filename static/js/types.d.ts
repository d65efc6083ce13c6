// The words of docs/protocol.md as types, for `tsc --checkJs`. Ambient on purpose: a JSDoc `import(…)` would be rewritten
// by the hashing static storage. Nothing here reaches a browser.

interface Person {
  id: number;
  username: string;
  name: string;
  avatar: string | null;
}

interface Member extends Person {
  role: string;
  online: boolean;
  // Told to owners and moderators only.
  muted_until?: string | null;
}

// What another message shows of the one it answers.
interface Quote {
  id: number;
  seq: number;
  author: Person;
  text: string;
  deleted: boolean;
}

interface Message {
  id: number;
  room: number;
  seq: number;
  changed: number;
  author: Person;
  client_id: string;
  kind: string;
  body: string;
  html: string;
  mentions: number[];
  audience: "" | "room" | "online";
  reply_to: Quote | null;
  created_at: string;
  edited_at: string | null;
  deleted_at: string | null;
}

interface Room {
  id: number;
  slug: string;
  name: string;
  topic: string;
  kind: string;
  role: string;
  archived: boolean;
  seq: number;
  last_read: number;
  unread: number;
  mentions: number;
  online: number;
  last_message_at: string | null;
  people: Person[];
  slow_mode_seconds: number;
  read_only: boolean;
  muted_until: string | null;
  reports: number;
}

interface Page {
  messages: Message[];
  more_before: boolean;
  more_after: boolean;
  seq: number;
}

interface MessageEventFrame {
  room: number;
  seq: number;
  after?: number;
  message: Message;
}

interface ReadMark {
  room: number;
  last_read: number;
  unread: number;
  mentions: number;
}

interface Bootstrap extends Page {
  user: Person & { is_staff: boolean };
  site: { name: string };
  room: number;
  rooms: Room[];
  at: number | null;
  blocked?: number[];
  maintenance?: string | null;
}

// Why one cannot write, or not now. `closed`: there is no point in typing. `until`: when it is over by itself.
interface Standing {
  kind: "archived" | "blocked" | "read-only" | "muted" | "maintenance" | "slow";
  text: string;
  closed: boolean;
  until: number | null;
}

interface AnnouncementFrame {
  text: string;
  by: string;
  at: string;
}

interface Report {
  id: number;
  message: Message;
  reporter: Person;
  reason: string;
  note: string;
  created_at: string;
}

interface Ban {
  person: Person;
  by: Person | null;
  reason: string;
  created_at: string;
  until: string | null;
}

interface LogEntry {
  id: number;
  at: string;
  actor: string;
  action: string;
  person: string;
  summary: string;
  reason: string;
  undone: boolean;
  undoable: boolean;
}

// What waits in the outbox.
interface Entry {
  client_id: string;
  room: number;
  body: string;
  // Left out by pages older than replies.
  reply_to?: Quote | null;
  created_at: string;
  order: number;
  state: "pending" | "failed";
  error: string;
}

// The window of a room's messages that is held in memory; contiguous, in the order of seq.
interface Timeline {
  messages: Message[];
  moreBefore: boolean;
  moreAfter: boolean;
  loaded: boolean;
  newAfter: number | null;
}

interface MessageRow {
  kind: "message";
  key: string;
  message: Message;
  head: boolean;
}

interface PendingRow {
  kind: "pending";
  key: string;
  entry: Entry;
  head: boolean;
}

// Messages of blocked people, one after another.
interface FoldedRow {
  kind: "folded";
  key: string;
  messages: Message[];
}

// Whose messages are folded, and which of them somebody wanted to see all the same.
interface Folding {
  blocked: ReadonlySet<number>;
  shown: ReadonlySet<number>;
}

type Row =
  | MessageRow
  | PendingRow
  | FoldedRow
  | { kind: "date"; key: string; at: string }
  | { kind: "new"; key: string }
  | { kind: "start"; key: string };

interface Timers {
  setTimeout(callback: () => void, ms: number): any;
  clearTimeout(timer: any): void;
}

type KeyValue = Pick<Storage, "getItem" | "setItem" | "removeItem" | "key" | "length">;

interface Trigger {
  kind: "@" | ":";
  query: string;
  start: number;
}

interface Option {
  value: string;
  label: string;
  hint: string;
  person?: Person;
  icon?: string;
}

/** What a client has counted of its events: static/js/live/proof.js. */
interface Tally {
  received: number;
  duplicated: number;
  reordered: number;
  held: number;
  repaired: number;
  delays: number[];
  own_delays: number[];
}

type LiveSocket = import("./live/socket.js").LiveSocket;
type Session = import("./chat/session.js").Session;
type App = import("./chat/app.js").App;
type Composer = import("./chat/composer.js").Composer;
type TimelineView = import("./chat/timeline-view.js").TimelineView;
type MemberList = import("./chat/member-list.js").MemberList;
type RoomSwitcher = import("./chat/room-switcher.js").RoomSwitcher;
type MessageMenu = import("./chat/message-menu.js").MessageMenu;
type PersonMenu = import("./chat/person-menu.js").PersonMenu;
type NewMessage = import("./chat/new-message.js").NewMessage;
type Moderation = import("./moderation/moderation.js").Moderation;
type RemoteDialog = import("./chat/remote-dialog.js").RemoteDialog;

// Notifications: notifications/protocol.py as types.

type View = "all" | "unread" | "mentions";
type Level = "everything" | "mentions" | "nothing";

interface Notice {
  id: number;
  seq: number;
  changed: number;
  kind: string;
  mention: boolean;
  actor: Person | null;
  title: string;
  body: string;
  url: string;
  scope: string;
  position: number | null;
  target: string;
  tag: string;
  created_at: string;
  read_at: string | null;
  withdrawn_at: string | null;
}

interface Summary {
  seq: number;
  unread: number;
  levels: Record<string, Level>;
  push_key: string | null;
}

interface Reason {
  channel: string;
  outcome: string;
  rule: string;
  detail: string;
  at: string | null;
  attempts: number;
  device: string | null;
}

interface Why {
  about: string;
  concern: string;
  stored: boolean;
  reasons: Reason[];
}

type Notices = import("./notifications/notices.js").Notices;
type Notifications = import("./notifications/start.js").Notifications;
type InboxPanel = import("./notifications/inbox-panel.js").InboxPanel;
type RoomLevel = import("./notifications/room-level.js").RoomLevel;

// What a room's log asks of its session, and tells it.
interface LogParts {
  request: (type: string, fields: object) => Promise<any>;
  changed: (room: number) => void;
  arrived: (event: MessageEventFrame) => void;
  following: (room: number) => boolean;
}

// The dashboard: realtime_site/dashboard/protocol.py as types.

interface WorkerReport {
  worker: string;
  host: string;
  pid: number;
  version: string;
  started_at: string;
  draining: boolean;
  unheard_seconds: number;
  connections: number;
  deliveries_per_second: number;
  messages_per_minute: number;
  commands_per_second: number;
  refused_per_second: number;
  loop_lag_p99_ms: number;
  buffer_bytes: number;
  slow_closed: number;
  refused: number;
  gap_repairs: number;
  layer_failures: number;
  memory_bytes: number;
  cpu_percent: number;
  database_ms: number | null;
  redis_ms: number | null;
}

interface Totals {
  people: number;
  sockets: number;
  workers: number;
  messages_per_minute: number;
  deliveries_per_second: number;
  loop_lag_p99_ms: number;
  buffer_bytes: number;
  database_ms: number | null;
  redis_ms: number | null;
}

interface BoardRoom {
  id: number;
  slug: string;
  name: string;
  kind: string;
  online: number;
  rate: number;
  last_message_at: string | null;
  reports: number;
  archived: boolean;
}

interface RoomsView {
  query: string;
  sort: string;
  order: string;
  page: number;
}

interface RoomsPage extends RoomsView {
  pages: number;
  total: number;
  open_reports: number;
  rooms: BoardRoom[];
}

interface DeliveryProof {
  reporting: boolean;
  clients: number;
  received: number;
  lost: number;
  duplicated: number;
  reordered: number;
  held: number;
  repaired: number;
  p50_ms: number | null;
  p99_ms: number | null;
}

interface AnomalyRow {
  id: number;
  at: string;
  kind: string;
  room: string;
  person: string;
  first: number;
  last: number;
  worker: string;
  explanation: string;
}

interface Sample {
  at: number;
  value: number;
}

type SparkLine = import("./dashboard/spark-line.js").SparkLine;
