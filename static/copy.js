// A button that copies the text it names; without script it stays hidden and the text is there to be marked.
"use strict";
for (const button of document.querySelectorAll("[data-copy]")) {
  const text = document.getElementById(button.dataset.copy);
  button.hidden = false;
  button.addEventListener("click", async () => {
    try {
      await navigator.clipboard.writeText(text.textContent);
    } catch { // an old browser, or one that forbids it
      getSelection().selectAllChildren(text);
      if (!document.execCommand("copy")) return; // it is marked: a long press copies it
    }
    button.textContent = button.dataset.done;
  });
}
