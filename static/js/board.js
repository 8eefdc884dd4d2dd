// Dragging a card to another column fills in and sends that card's own "Move" form, so that both ways are one.
(() => {
  "use strict";
  let dragged = null;
  let moved = null;

  const column = (event) => dragged && event.target.closest?.("#board [data-status]");

  function arm() {
    for (const card of document.querySelectorAll("#board [data-card]")) card.draggable = true;
  }

  function clear() {
    for (const element of document.querySelectorAll(".col.over")) element.classList.remove("over");
  }

  document.addEventListener("dragstart", (event) => {
    const card = event.target.closest?.("[data-card]");
    if (!card) return;
    dragged = card;
    card.classList.add("dragged");
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", card.querySelector(".name").textContent);
  });
  document.addEventListener("dragover", (event) => {
    const over = column(event);
    if (!over) return;
    event.preventDefault();
    clear();
    over.classList.add("over");
  });
  document.addEventListener("drop", (event) => {
    const over = column(event);
    if (!over) return;
    event.preventDefault();
    const form = dragged.querySelector("form.move");
    if (form.elements.status.value !== over.dataset.status) {
      form.elements.status.value = over.dataset.status;
      form.requestSubmit();
      moved = null; // the hand that dragged knows where the card is; moving the focus would scroll the page
    }
  });
  document.addEventListener("dragend", () => {
    dragged?.classList.remove("dragged");
    dragged = null;
    clear();
  });

  // A moved card closes its form, and with it goes the focus: it follows the card.
  document.addEventListener("submit", (event) => {
    if (event.target.matches("form.move")) moved = event.target.closest("[data-card]")?.id;
  }, true);
  document.addEventListener("htmx:after:swap", () => {
    arm();
    const active = document.activeElement;
    const isLost = !active || active === document.body || !active.checkVisibility();
    if (moved && isLost) document.getElementById(moved)?.querySelector(".name").focus();
    moved = null;
  });
  arm();
})();
