// The preferences page: notifications on this browser, and the time zone it is in. Without it the page is a plain form.

import { disable, enable, facts, obstacle, subscribed } from "./push.js";

const ON = "This browser shows you notifications, also while the site is closed.";
const OFF = "This browser shows nothing while the site is closed.";

/** @param {string} selector */
function one(selector) {
  return /** @type {HTMLElement} */ (document.querySelector(selector));
}

async function show(words = "") {
  const problem = obstacle(facts(one("#devices").dataset.key || null));
  const on = !problem && !!(await subscribed());
  one(".this-device").hidden = false;
  one(".this-device__words").textContent = words || problem || (on ? ON : OFF);
  one(".this-device").classList.toggle("this-device--on", on);
  one("#enable").hidden = !!problem || on;
  one("#disable").hidden = !on;
}

/**
 * @param {() => Promise<void>} work
 */
async function change(work) {
  const button = /** @type {HTMLButtonElement} */ (document.activeElement);
  button.disabled = true;
  one(".this-device__words").textContent = "One moment…";
  try {
    await work();
    location.hash = "devices";
    location.reload(); // The list of devices is the server's to write.
  } catch (error) {
    await show(error instanceof Error ? error.message : String(error));
  } finally {
    button.disabled = false;
  }
}

function offerTimeZone() {
  const select = /** @type {HTMLSelectElement} */ (one("[name=time_zone]"));
  const here = Intl.DateTimeFormat().resolvedOptions().timeZone;
  const button = one("#zone");
  const known = [...select.options].some(({ value }) => value === here);
  const offer = () => (button.hidden = !known || select.value === here);
  button.textContent = `Use ${here?.replaceAll("_", " ")}`;
  button.addEventListener("click", () => {
    select.value = here;
    offer();
    select.focus();
  });
  select.addEventListener("change", offer);
  offer();
}

one("#enable").addEventListener("click", () => change(() => enable(one("#devices").dataset.key ?? "")));
one("#disable").addEventListener("click", () => change(() => disable()));
one("#devices").addEventListener("submit", async (event) => {
  const form = /** @type {HTMLFormElement} */ (event.target);
  const button = /** @type {HTMLButtonElement} */ (/** @type {SubmitEvent} */ (event).submitter);
  if (button.value !== "remove-device" || form.dataset.done) return;
  event.preventDefault();
  await disable(Number(new FormData(form).get("device"))).catch(() => {});
  form.dataset.done = "yes";
  form.requestSubmit(button);
});
offerTimeZone();
show();
