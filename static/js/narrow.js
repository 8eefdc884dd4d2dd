// Narrows a long list while one types. The input is hidden until this file runs; without it the list is just long.
(() => {
  "use strict";
  for (const input of document.querySelectorAll("[data-narrows]")) {
    const list = document.getElementById(input.dataset.narrows);
    input.hidden = false;
    input.addEventListener("input", (event) => {
      // It is not part of the form's contents, so the preview need not be asked for again.
      event.stopPropagation();
      const wanted = input.value.trim().toLowerCase();
      for (const item of list.children) {
        const isChosen = item.querySelector("input:checked");
        item.hidden = !isChosen && !item.textContent.toLowerCase().includes(wanted);
      }
    });
    input.addEventListener("keydown", (event) => {
      if (event.key === "Enter") event.preventDefault();
    });
  }
})();
