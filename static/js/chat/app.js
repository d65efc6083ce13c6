// The chat page: puts its parts together and moves between rooms. Owns which elements there are; each part knows its own.

import { LiveSocket } from "../live/socket.js";
import { Actions } from "./actions.js";
import "./composer.js";
import "./connection-banner.js";
import { besides } from "./direct.js";
import { avatar, copyText, one, toast } from "./dom.js";
import { Drafts } from "./drafts.js";
import { listenToKeys } from "./keys.js";
import "./member-list.js";
import "./message-menu.js";
import { listenToLinks, navigate, remember } from "./navigation.js";
import "./person-menu.js";
import "./room-header.js";
import "./room-list.js";
import "./room-switcher.js";
import { Session } from "./session.js";
import { showSignals } from "./signals.js";
import { browserStorage, canLock, holdLock, uuid, whenReleased } from "./storage.js";
import "./timeline-view.js";

export class App {
  /** @type {NewMessage | null} */ #newMessage = null;
  /** @type {Moderation | null} */ #moderation = null;

  /** @param {Bootstrap} bootstrap */
  constructor(bootstrap) {
    this.storage = browserStorage();
    const owner = uuid();
    const socket = new LiveSocket(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/ws/`);
    const { user, rooms, blocked } = bootstrap;
    this.session = new Session({ me: user, rooms, blocked, socket, storage: this.storage, owner, uuid });
    this.drafts = new Drafts(this.storage, `confab:draft:${user.id}`);
    this.actions = new Actions(this);
    /** @type {TimelineView} */ this.timeline = one(document, "chat-timeline");
    /** @type {Composer} */ this.composer = one(document, "chat-composer");
    /** @type {MemberList} */ this.members = one(document, "member-list");
    /** @type {RoomSwitcher} */ this.switcher = one(document, "room-switcher");
    /** @type {MessageMenu} */ this.menu = one(document, "message-menu");
    /** @type {PersonMenu} */ this.person = one(document, "person-menu");
    this.#start(bootstrap, owner);
  }

  /**
   * @param {Bootstrap} bootstrap
   * @param {string} owner
   */
  #start(bootstrap, owner) {
    const { session } = this;
    for (const element of document.querySelectorAll("[data-part]")) /** @type {any} */ (element).start(this);
    one(document, ".sidebar__me > :first-child").replaceWith(avatar(session.me));
    if (/Mac|iP/.test(navigator.platform)) for (const key of document.querySelectorAll("kbd")) key.textContent = (key.textContent ?? "").replace("Ctrl", "⌘");
    showSignals(session, { site: bootstrap.site.name, icon: one(document, "link[rel=icon]") });
    listenToKeys(this);
    listenToLinks(this);
    this.#listen();
    this.#adopt(owner);
    const room = session.rooms.byId.get(bootstrap.room);
    if (room) this.openRoom(room, { at: bootstrap.at, push: false, page: bootstrap });
    session.socket.addEventListener("welcome", () => this.#prove(), { once: true });
    session.socket.start();
  }

  /** Once the page is up: tells the server how complete it is. Without it all else works. */
  async #prove() {
    try {
      const { Proving } = await import("./proving.js");
      new Proving(this.session, { page: document });
    } catch {}
  }

  #listen() {
    const { session } = this;
    const look = () => session.attend({ looking: document.visibilityState === "visible" && document.hasFocus() });
    for (const type of ["focus", "blur"]) addEventListener(type, look);
    document.addEventListener("visibilitychange", () => {
      look();
      if (!document.hidden) session.socket.wake();
    });
    for (const type of ["online", "offline", "pageshow"]) addEventListener(type, () => session.socket.wake());
    for (const type of ["maintenance", "announcement"]) session.addEventListener(type, (event) => this.#news(/** @type {CustomEvent} */ (event).detail));
    for (const type of ["removed", "stranger"]) session.addEventListener(type, (event) => this.#left(/** @type {CustomEvent} */ (event).detail));
    for (const button of document.querySelectorAll("[data-act=switcher]")) button.addEventListener("click", () => this.switcher.open());
    for (const button of document.querySelectorAll(".sidebar [data-act=new-message]")) button.addEventListener("click", () => this.newMessage());
    for (const button of document.querySelectorAll("[data-act=help]")) button.addEventListener("click", () => this.help());
    for (const button of document.querySelectorAll("[data-act=close-drawer]")) button.addEventListener("click", () => this.drawer(false));
    look();
  }

  /**
   * Messages that another tab could not send before it went: now, and when one goes while this one is open.
   * @param {string} owner
   */
  #adopt(owner) {
    const { outbox } = this.session;
    const watched = new Set();
    const watch = () => {
      for (const other of outbox.others()) {
        if (watched.has(other)) continue;
        watched.add(other);
        whenReleased(`confab:tab:${other}`, () => outbox.adopt(other));
      }
    };
    holdLock(`confab:tab:${owner}`);
    watch();
    if (canLock()) addEventListener("storage", watch); // Without locks a living tab cannot be told from a dead one.
  }

  /**
   * @param {Room} room
   * @param {{ at?: number | null, push?: boolean, page?: Page }} how
   */
  openRoom(room, { at = null, push = true, page } = {}) {
    for (const dialog of document.querySelectorAll("dialog[open]")) /** @type {HTMLDialogElement} */ (dialog).close();
    this.drawer(false);
    if (push) remember(room, at);
    this.session.open(room.id, { at, page });
    if (at === null) this.timeline.toEnd();
    else this.timeline.show(at);
    this.composer.enter();
    this.members.enter();
    // On a phone the keyboard would cover what one came to read.
    if (matchMedia("(hover: hover)").matches) this.composer.focus();
  }

  /** @param {Person[]} people who is chosen already */
  async newMessage(people = []) {
    try {
      const { NewMessage } = await import("./new-message.js");
      this.drawer(false);
      this.switcher.dialog.close(); // Only now: until there is another place for them, keys are not the composer's.
      this.#newMessage ??= new NewMessage(this);
      this.#newMessage.open(people);
    } catch {
      toast("There is no connection right now.");
    }
  }

  /** @param {string} path a page of the server, over this one */
  async openPage(path) {
    try {
      await import("./remote-dialog.js");
      const remote = /** @type {RemoteDialog} */ (one(document, "remote-dialog"));
      if (!remote.app) remote.start(this);
      remote.open(path);
    } catch {
      toast("There is no connection right now.");
    }
  }

  /**
   * What moderators do, and reports.
   * @param {(moderation: Moderation) => void} use
   */
  async moderate(use) {
    try {
      const { Moderation } = await import("../moderation/moderation.js");
      use((this.#moderation ??= await Moderation.begin(this)));
    } catch {
      toast("There is no connection right now.");
    }
  }

  /** @param {AnnouncementFrame | null} announcement */
  async #news(announcement) {
    const { showMaintenance, showAnnouncement } = await import("./site-news.js");
    if (announcement) showAnnouncement(announcement);
    else showMaintenance(this.session.maintenance);
  }

  /** @param {Element} row */
  messageOf(row) {
    const id = Number(row.getAttribute("data-id"));
    return this.session.log(this.session.current).timeline.messages.find((message) => message.id === id);
  }

  /** @param {string} path */
  navigate(path) {
    navigate(this, path);
  }

  /** @param {string} text */
  async copy(text) {
    await copyText(text);
    toast("Copied");
  }

  /**
   * @param {boolean} open
   * @returns {boolean} whether that changed anything
   */
  drawer(open) {
    const shell = /** @type {HTMLElement} */ (one(document, ".app"));
    if (shell.classList.contains("app--drawer") === open) return false;
    shell.classList.toggle("app--drawer", open);
    const next = open ? shell.querySelector(".room-link[aria-current], .room-link") : shell.querySelector("[data-act=rooms]");
    if (next instanceof HTMLElement) next.focus({ preventScroll: true });
    return true;
  }

  help() {
    /** @type {HTMLDialogElement} */ (one(document, "#keys")).showModal();
  }

  /**
   * @param {string} question
   * @param {string} detail
   * @param {string} yes
   * @returns {Promise<boolean>}
   */
  confirm(question, detail, yes) {
    const dialog = /** @type {HTMLDialogElement} */ (one(document, "#confirm"));
    one(dialog, "h2").textContent = question;
    one(dialog, "p").textContent = detail;
    one(dialog, "[value=yes]").textContent = yes;
    dialog.returnValue = "";
    dialog.showModal();
    return new Promise((resolve) => {
      dialog.addEventListener("close", () => resolve(dialog.returnValue === "yes"), { once: true });
    });
  }

  logIn() {
    location.assign(`/accounts/login/?next=${encodeURIComponent(location.pathname)}`);
  }

  /** @param {Room | null | undefined} room one that this person is no longer in; none: somebody else logged in */
  #left(room) {
    if (!room) return location.reload();
    if (room.id !== this.session.current) return;
    const [next] = besides(this.session.rooms, room.id);
    if (!next) return location.assign("/rooms/");
    toast(`You are no longer in ${room.name}`);
    this.openRoom(next);
  }
}
