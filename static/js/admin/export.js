// An export with its progress: reads the answer as it comes, counts messages, then saves it. Without this the form is a
// plain download.

import { counter } from "./counting.js";

const form = /** @type {HTMLFormElement | null} */ (document.querySelector("[data-export]"));
form?.addEventListener("submit", (event) => {
  event.preventDefault();
  void run(form);
});

/** @param {HTMLFormElement} form */
async function run(form) {
  const line = /** @type {HTMLElement} */ (form.querySelector("[data-progress]"));
  const bar = /** @type {HTMLProgressElement} */ (line.querySelector("progress"));
  const words = /** @type {HTMLElement} */ (line.querySelector("[role=status]"));
  const button = /** @type {HTMLButtonElement} */ (form.querySelector("button"));
  button.disabled = true;
  line.hidden = false;
  try {
    const response = await fetch(form.action, { method: "POST", body: new FormData(form), credentials: "same-origin" });
    const total = response.headers.get("X-Total-Messages");
    if (!response.ok || total === null || !response.body) throw new Error();
    bar.max = Math.max(1, Number(total));
    const file = await read(response, (count) => {
      bar.value = count;
      words.textContent = `${count.toLocaleString("en")} of ${Number(total).toLocaleString("en")} messages`;
    });
    save(file, response);
    bar.value = bar.max;
    words.textContent = `Done: ${Number(total).toLocaleString("en")} messages.`;
  } catch {
    words.textContent = "It was not exported. Look at what you filled in, and try again.";
  }
  button.disabled = false;
}

/**
 * @param {Response} response
 * @param {(count: number) => void} progress
 */
async function read(response, progress) {
  const type = response.headers.get("Content-Type") ?? "";
  const count = counter(type);
  /** @type {Uint8Array<ArrayBuffer>[]} */
  const parts = [];
  const reader = /** @type {ReadableStream<Uint8Array<ArrayBuffer>>} */ (response.body).getReader();
  for (let step = await reader.read(); !step.done; step = await reader.read()) {
    parts.push(step.value);
    progress(count(step.value));
  }
  return new Blob(parts, { type });
}

/**
 * @param {Blob} file
 * @param {Response} response
 */
function save(file, response) {
  const link = document.createElement("a");
  link.href = URL.createObjectURL(file);
  link.download = /filename="([^"]+)"/.exec(response.headers.get("Content-Disposition") ?? "")?.[1] ?? "export";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60_000);
}
