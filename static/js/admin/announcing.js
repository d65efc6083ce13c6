// How far an announcement is, asked once a second while somebody looks. Without this, load the page again.

const page = document.querySelector("[data-announcement]");
const bar = page?.querySelector("progress");
if (page && bar && bar.value < bar.max) void follow(page, bar);

/**
 * @param {Element} page
 * @param {HTMLProgressElement} bar
 */
async function follow(page, bar) {
  const words = /** @type {HTMLElement} */ (page.querySelector("[role=status]"));
  const form = /** @type {HTMLFormElement} */ (page.querySelector("form"));
  for (let finished = false; !finished; ) {
    await new Promise((resolve) => setTimeout(resolve, 1000));
    const answer = await fetch(location.href, { headers: { Accept: "application/json" } }).catch(() => null);
    if (!answer?.ok) continue;
    const now = await answer.json();
    finished = now.finished || !now.known;
    bar.value = now.done;
    form.hidden = !now.stalled;
    words.textContent = `${now.done.toLocaleString("en")} of ${now.total.toLocaleString("en")} people${finished ? ". Done." : ""}`;
  }
}
