// Small tools for elements that are made by hand. Text goes in as text; nothing here takes HTML.

import { initials, tone } from "./format.js";

/** A part of the page; `start` gives it the app. It stands in the template with its children, so they are there at once. */
export class Part extends HTMLElement {
  app = /** @type {App} */ (/** @type {unknown} */ (null));
}

/**
 * @template {keyof HTMLElementTagNameMap} T
 * @param {T} tag
 * @param {Record<string, string | number | boolean | null | undefined>} attributes false, null and undefined leave one out
 * @param {(Node | string | null | undefined | false)[]} children
 * @returns {HTMLElementTagNameMap[T]}
 */
export function el(tag, attributes = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === true) node.setAttribute(name, "");
    else if (value !== false && value != null) node.setAttribute(name, String(value));
  }
  node.append(...children.filter((child) => child != null && child !== false));
  return node;
}

/**
 * A copy of one of the icons that the page brought along.
 * @param {string} name
 */
export function icon(name) {
  const source = /** @type {HTMLTemplateElement} */ (document.getElementById("icons"));
  const found = source.content.querySelector(`[data-icon="${name}"]`);
  const copy = /** @type {Element} */ (found ?? el("span")).cloneNode(true);
  /** @type {Element} */ (copy).setAttribute("aria-hidden", "true");
  return copy;
}

/** @param {Person} person */
export function avatar(person) {
  if (person.avatar) return el("img", { class: "avatar", src: person.avatar, alt: "", width: 36, height: 36, loading: "lazy" });
  return el("span", { class: `avatar tone-${tone(person.id)}`, "aria-hidden": "true" }, initials(person.name));
}

/**
 * Calls back once for many requests: with the next frame, or where none comes because the tab is hidden, a little later.
 * @param {() => void} callback
 */
export function coalesce(callback) {
  let asked = false;
  const run = () => {
    asked = false;
    callback();
  };
  return () => {
    if (asked) return;
    asked = true;
    if (document.hidden) setTimeout(run, 200); // Nobody looks: five times a second is often enough.
    else requestAnimationFrame(run);
  };
}

/**
 * @template {Element} T
 * @param {ParentNode} root
 * @param {string} selector
 * @returns {T}
 */
export function one(root, selector) {
  const found = root.querySelector(selector);
  if (!found) throw new Error(`The page has no ${selector}`);
  return /** @type {T} */ (found);
}

/** @param {EventTarget | null} target */
export function isTyping(target) {
  return target instanceof HTMLElement && (target.isContentEditable || /^(input|textarea|select)$/i.test(target.tagName));
}

let quiet = 0;

/**
 * A word at the edge of the page, also for those who listen. It goes by itself.
 * @param {string} text
 */
export function toast(text) {
  const line = one(document, "#toast");
  line.textContent = text;
  line.classList.add("toast--on");
  clearTimeout(quiet);
  // Four seconds read twelve words twice.
  quiet = window.setTimeout(() => line.classList.remove("toast--on"), 4_000);
}

/** @param {string} text */
export async function copyText(text) {
  try {
    await navigator.clipboard.writeText(text);
  } catch {
    // http://192.168.…: no clipboard there but the old way.
    const box = el("textarea", { class: "visually-hidden" });
    box.value = text;
    (document.querySelector("dialog[open]") ?? document.body).append(box);
    box.select();
    document.execCommand("copy");
    box.remove();
  }
}
