// Comforts of the pages about money on its way: copy what has to be typed elsewhere, and count down
// to a cut-off. Everything stands in words on the page as well.
const live = document.getElementById("live");

function copying(part) {
  for (const value of part.querySelectorAll("[data-copy]")) {
    if (!navigator.clipboard || value.nextElementSibling?.dataset.copies !== undefined) continue;
    const button = document.createElement("button");
    button.type = "button";
    button.className = "button quiet small";
    button.dataset.copies = "";
    button.textContent = "Copy";
    const what = value.dataset.copy || "the amount";
    button.setAttribute("aria-label", `Copy ${what}`);
    button.addEventListener("click", async () => {
      // An amount is pasted into a field of numbers.
      const text = value.dataset.copy ? value.textContent : value.textContent.replace(/[^0-9.]/g, "");
      try {
        await navigator.clipboard.writeText(text);
        button.textContent = "Copied";
        live.textContent = `Copied ${what}.`;
      } catch {
        getSelection().selectAllChildren(value);
        button.textContent = "Selected";
      }
      setTimeout(() => (button.textContent = "Copy"), 2000);
    });
    value.after(button);
  }
}

function left(until) {
  const seconds = Math.floor((new Date(until) - Date.now()) / 1000);
  if (seconds <= 0) return "";
  const [days, hours, minutes] = [86400, 3600, 60].map((size, i) => Math.floor((i ? seconds % (i === 1 ? 86400 : 3600) : seconds) / size));
  if (days) return `${days} ${days === 1 ? "day" : "days"}${hours ? ` ${hours} h` : ""} left`;
  if (hours) return `${hours} h ${minutes} min left`;
  return minutes >= 10 ? `${minutes} min left` : `${minutes}:${String(seconds % 60).padStart(2, "0")} left`;
}

function count() {
  for (const part of document.querySelectorAll("[data-until]")) part.textContent = left(part.dataset.until);
}

copying(document);
count();
setInterval(count, 1000);
document.addEventListener("htmx:load", (event) => {
  copying(event.detail.elt);
  count();
});
