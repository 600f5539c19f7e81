// What Link's pages do better with scripts: filter banks while typing, tell the page around.
(() => {
  "use strict";

  const search = document.querySelector("[data-typeahead]");
  if (search) {
    const field = search.querySelector("input");
    const list = document.getElementById(search.dataset.typeahead);
    const count = document.querySelector("[data-count]");
    const none = document.querySelector("[data-none]");
    const full = !field.value.trim();
    search.querySelector("button").hidden = full;
    field.addEventListener("input", () => {
      if (!full) return;
      const words = field.value.toLowerCase().split(/\s+/).filter(Boolean);
      let found = 0;
      for (const row of list.children) {
        const name = row.querySelector("strong").textContent.toLowerCase();
        row.hidden = !words.every((word) => name.includes(word));
        if (!row.hidden) found += 1;
      }
      none.hidden = found > 0;
      count.textContent = words.length ? `${found} ${found === 1 ? "bank" : "banks"} found` : "";
    });
    none.querySelector("a").addEventListener("click", (event) => {
      if (!full) return;
      event.preventDefault();
      field.value = "";
      field.dispatchEvent(new Event("input"));
      field.focus();
    });
  }

  const inside = window.parent !== window;
  const leave = document.querySelector("[data-leave]");
  if (inside && leave) {
    document.addEventListener("keydown", (event) => {
      if (event.key === "Escape") leave.click();
    });
  }

  const done = document.querySelector("[data-message]");
  if (inside && done) {
    window.parent.postMessage(JSON.parse(done.dataset.message), done.dataset.origin);
  }
})();
