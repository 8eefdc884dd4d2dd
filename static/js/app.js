// What HTML alone cannot do: closing menus, dismissing toasts, and saying when the server cannot be reached.
// Everything works without this file.
(() => {
  "use strict";

  // The zone that times are shown in, until the user chooses another one.
  for (const input of document.querySelectorAll("[data-time-zone]")) {
    input.value = Intl.DateTimeFormat().resolvedOptions().timeZone || input.value;
  }

  const flash = () => document.getElementById("flash");

  /** Show one sentence in the region that screen readers announce. */
  function say(sentence) {
    const toast = document.createElement("div");
    toast.className = "toast bad";
    const text = document.createElement("span");
    text.textContent = sentence;
    const close = document.createElement("button");
    close.type = "button";
    close.dataset.dismiss = "";
    close.setAttribute("aria-label", "Dismiss");
    close.textContent = "×";
    toast.append(text, close);
    flash()?.replaceChildren(toast);
  }

  function closeMenus(except) {
    for (const menu of document.querySelectorAll("details[data-menu][open]")) {
      if (menu !== except) menu.open = false;
    }
  }

  document.addEventListener("click", (event) => {
    closeMenus(event.target.closest("details[data-menu]"));
    event.target.closest("[data-dismiss]")?.closest(".toast")?.remove();
  });

  document.addEventListener("keydown", (event) => {
    if (event.key !== "Escape") return;
    const open = document.querySelector("details[data-menu][open]");
    closeMenus();
    open?.querySelector("summary").focus();
  });

  // Native dialogs: <button data-opens="id"> opens <dialog id>; without this file the button's form leads to a page.
  document.addEventListener("click", (event) => {
    const opener = event.target.closest("[data-opens]");
    const dialog = opener && document.getElementById(opener.dataset.opens);
    if (dialog?.showModal) {
      event.preventDefault();
      dialog.showModal();
    }
    if (event.target.closest("[data-closes]")) event.target.closest("dialog")?.close();
  });

  document.addEventListener("htmx:error", (event) => {
    const error = event.detail?.error ?? event.detail?.ctx?.error;
    if (error?.name === "AbortError") return; // replaced by a newer request
    say("The server could not be reached, so nothing was changed. Check your connection and try again.");
  });
})();
