// A button that copies the text it names; without script, or without the right to copy, it stays hidden.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  if (!navigator.clipboard) continue;
  button.hidden = false;
  button.addEventListener("click", async () => {
    const field = document.getElementById(button.dataset.copy);
    const note = button.nextElementSibling;
    try {
      await navigator.clipboard.writeText(field.value);
      note.hidden = false;
      note.textContent = note.dataset.done;
    } catch {
      field.select();
    }
  });
}
