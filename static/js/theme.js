/* Light, dark, or as the system says. A classic script in <head>: it runs before the first paint, so a page never
   flashes the other theme. Owns <html data-theme> and its storage; knows no page.
   Any <fieldset data-theme-choice> with radios named "theme" is wired, and `data-theme-set` on a button sets it. */
(function () {
  "use strict";
  const KEY = "confab:theme";
  const root = document.documentElement;

  function stored() {
    try {
      return localStorage.getItem(KEY) || "system";
    } catch {
      return "system"; // Storage is blocked: follow the system.
    }
  }

  /** @param {string} theme */
  function show(theme) {
    if (theme === "light" || theme === "dark") root.dataset.theme = theme;
    else delete root.dataset.theme;
    const dark = theme === "dark" || (theme !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
    // What a phone paints around the page: tokens.css calls it --paper-2.
    document.querySelector('meta[name="theme-color"]')?.setAttribute("content", dark ? "#161412" : "#f5f2ec");
    for (const radio of document.querySelectorAll('[data-theme-choice] input[type="radio"]')) {
      if (radio instanceof HTMLInputElement) radio.checked = radio.value === theme;
    }
    for (const button of document.querySelectorAll("[data-theme-set]")) {
      button.setAttribute("aria-pressed", String(button.getAttribute("data-theme-set") === theme));
    }
  }

  /** @param {string} theme */
  function choose(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // It still holds for this page.
    }
    show(theme);
  }

  show(stored());
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", () => show(stored()));
  document.addEventListener("DOMContentLoaded", () => show(stored()));
  addEventListener("storage", (event) => event.key === KEY && show(stored()));
  document.addEventListener("change", ({ target }) => {
    if (target instanceof HTMLInputElement && target.closest("[data-theme-choice]")) choose(target.value);
  });
  document.addEventListener("click", ({ target }) => {
    const button = target instanceof Element && target.closest("[data-theme-set]");
    if (button) choose(button.getAttribute("data-theme-set") || "system");
  });
})();
