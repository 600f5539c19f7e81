// Everything works without this file. It adds comforts: theme, privacy, crosshair, slider twins,
// a button that can't be pressed twice, and focus that goes where the news is.
const root = document.documentElement;
const remember = (key, value) => {
  try {
    if (value !== undefined) localStorage.setItem(key, value);
    return localStorage.getItem(key);
  } catch {
    return null;
  }
};

// Theme: the visitor's system decides until they choose; what they chose in settings comes first.
const chosen = root.dataset.theme || remember("theme");
if (chosen === "light" || chosen === "dark") root.dataset.theme = chosen;
const isDark = () =>
  (root.dataset.theme || (matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light")) === "dark";

// Privacy: one key (h). Cookies remember it, so the server sends the page with its amounts hidden
// already; a second one hides them whenever the window is left. The tab's title says none either.
// Who chose in settings to have amounts hidden (data-hides) shows them for this visit only.
const body = document.body;
const keep = (name, on, forNow = false) => {
  const secure = location.protocol === "https:" ? "; secure" : "";
  const age = forNow ? "" : `; max-age=${on ? 31536000 : 0}`;
  document.cookie = `${name}=${on ? 1 : 0}; path=/; samesite=lax${age}${secure}`;
};
const press = (what, on) =>
  document.querySelectorAll(`[data-do=${what}]`).forEach((one) => one.setAttribute("aria-pressed", String(on)));
const hasAmounts = document.querySelector("[data-do=private]");
let fullTitle = document.title;
function paintTitle() {
  const hides = body.hasAttribute("data-private") || body.hasAttribute("data-away");
  const shown = hides ? fullTitle.replace(/[+−-]?\$[\d,.]*\d/g, "$•••") : fullTitle;
  if (document.title !== shown) document.title = shown;
}
function retitle(title) {
  fullTitle = title;
  paintTitle();
}
function hideAmounts(on) {
  body.toggleAttribute("data-private", on);
  keep("private", on, !on && body.hasAttribute("data-hides"));
  press("private", on);
  paintTitle();
}
function hideWhenAway(on) {
  body.toggleAttribute("data-guarded", on);
  keep("guarded", on);
  press("guarded", on);
}
function leave(away) {
  body.toggleAttribute("data-away", away && body.hasAttribute("data-guarded"));
  paintTitle();
}
if (hasAmounts) {
  press("private", body.hasAttribute("data-private"));
  press("guarded", body.hasAttribute("data-guarded"));
  paintTitle();
  addEventListener("blur", () => leave(true));
  addEventListener("focus", () => leave(false));
}

document.addEventListener("click", (event) => {
  const pressed = event.target.closest("[data-do]");
  const what = pressed?.dataset.do;
  if (what === "theme") remember("theme", (root.dataset.theme = isDark() ? "light" : "dark"));
  if (what === "private") hideAmounts(!body.hasAttribute("data-private"));
  if (what === "guarded") hideWhenAway(!body.hasAttribute("data-guarded"));
  if (what === "print") print();
  if (what === "open") document.getElementById(pressed.dataset.for)?.showModal();
  if (what === "close") pressed.closest("dialog")?.close();
});
document.addEventListener("keydown", (event) => {
  const typing = event.target.closest?.("input, textarea, select, [contenteditable]");
  if (event.key !== "h" || event.metaKey || event.ctrlKey || event.altKey || typing) return;
  if (hasAmounts) hideAmounts(!body.hasAttribute("data-private"));
});

// One press, one request. The form's key makes the server safe; this spares the person the doubt.
document.addEventListener("submit", (event) => {
  const form = event.target;
  const byHtmx = form.matches("[hx-post]");
  if ((event.defaultPrevented && !byHtmx) || form.method === "dialog" || (form.method === "get" && !byHtmx)) return;
  const button = event.submitter;
  // After the browser has read the form, so that the pressed button's own name is sent.
  setTimeout(() => {
    for (const one of form.querySelectorAll("button:not([type=button])")) one.setAttribute("aria-disabled", "true");
    button?.setAttribute("aria-busy", "true");
    form.dataset.sending = "";
  });
});
document.addEventListener(
  "submit",
  (event) => {
    if (event.target.dataset.sending === undefined) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  },
  true,
);
function ready(form) {
  delete form.dataset.sending;
  for (const one of form.querySelectorAll("[aria-busy]")) one.removeAttribute("aria-busy");
  for (const one of form.querySelectorAll("button[aria-disabled]")) one.removeAttribute("aria-disabled");
}
const readyAll = () => document.querySelectorAll("form[data-sending]").forEach(ready);
addEventListener("pageshow", (event) => event.persisted && readyAll());
document.addEventListener("htmx:afterRequest", (event) => event.target.matches?.("form") && ready(event.target));
document.addEventListener("htmx:sendError", readyAll);

// Crosshair: a range input laid over the plot, so arrows, touch and screen readers come free.
function crosshair(plot) {
  const input = plot.querySelector(".read");
  const cross = plot.querySelector(".cross");
  const data = plot.querySelector("script");
  if (!input || !data || !input.hidden) return;
  const points = JSON.parse(data.textContent);
  const show = (index) => {
    const [x, y, words] = points[index];
    plot.removeAttribute("data-quiet");
    cross.style.setProperty("--x", x);
    cross.style.setProperty("--y", y);
    cross.lastElementChild.textContent = words;
    input.value = index;
    input.setAttribute("aria-valuetext", words);
  };
  input.hidden = cross.hidden = false;
  input.addEventListener("input", () => show(Number(input.value)));
  // Escape puts the crosshair away, as any tip that covers something; the next move brings it back.
  plot.addEventListener("keydown", (event) => event.key === "Escape" && plot.setAttribute("data-quiet", ""));
  plot.addEventListener("pointermove", (event) => {
    const box = input.getBoundingClientRect();
    const at = (100 * (event.clientX - box.left)) / box.width;
    let nearest = 0;
    points.forEach(([x], index) => {
      if (Math.abs(x - at) < Math.abs(points[nearest][0] - at)) nearest = index;
    });
    show(nearest);
  });
  show(points.length - 1);
}

// Sliders and their number twins share a value; the twin is the one that is sent.
function twins(slider) {
  const range = slider.querySelector("[type=range]");
  const twin = slider.querySelector(".twin .input");
  if (!range || !twin || slider.dataset.tied !== undefined) return;
  slider.dataset.tied = "";
  range.hidden = false;
  const number = () => Number(twin.value.replace(/[^0-9.]/g, ""));
  const paint = () =>
    range.style.setProperty("--at", `${(100 * (range.value - range.min)) / (range.max - range.min)}%`);
  range.addEventListener("input", () => {
    twin.value = slider.dataset.plain === undefined ? Number(range.value).toLocaleString("en-US") : range.value;
    paint();
  });
  range.addEventListener("input", () => glance(range.form));
  range.addEventListener("change", () => twin.dispatchEvent(new Event("change", { bubbles: true })));
  twin.addEventListener("change", () => {
    if (number()) range.value = number();
    paint();
  });
  // Page keys move ten steps, from either hand; arrows in the number box move one.
  const moves = { PageUp: 10, PageDown: -10, ArrowUp: 1, ArrowDown: -1 };
  for (const hand of [range, twin])
    hand.addEventListener("keydown", (event) => {
      const steps = moves[event.key];
      if (!steps || (hand === range && Math.abs(steps) === 1)) return;
      event.preventDefault();
      const step = Number(range.step) || 1;
      const least = Number(range.min);
      // A typed amount may lie beyond the slider's end; a key never jumps back from there.
      const from = hand === twin && twin.value.trim() ? number() : Number(range.value);
      const next = Math.max(least, Number((from + steps * step).toFixed(2)));
      range.value = next;
      twin.value = slider.dataset.plain === undefined ? next.toLocaleString("en-US") : String(next);
      paint();
      glance(range.form);
      clearTimeout(slider.settling);
      slider.settling = setTimeout(() => twin.dispatchEvent(new Event("change", { bubbles: true })), 350);
    });
  if (number()) range.value = number();
  paint();
}

// While a slider moves, the answer around it changes and the slider itself stays in the hand: the
// parts named data-live are taken from the same fragment that is swapped in when it rests.
let looking = null;
let lookAgain = false;
async function glance(form) {
  if (!form?.hasAttribute("hx-get") || !form.querySelector("[data-live]")) return;
  if (looking) {
    lookAgain = true;
    return;
  }
  looking = form;
  try {
    const query = new URLSearchParams(new FormData(form));
    const answer = await fetch(`${form.getAttribute("hx-get")}?${query}`, { headers: { "HX-Request": "true" } });
    if (answer.ok && form.isConnected) {
      const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const part of document.querySelectorAll("[data-live]")) {
        const next = fresh.querySelector(`[data-live="${part.dataset.live}"]`);
        if (next) part.innerHTML = next.innerHTML;
        part.querySelectorAll(".plot").forEach(crosshair);
        window.htmx?.process(part);
      }
    }
  } catch {
    // Offline for a moment: the swap when the slider rests says so.
  } finally {
    looking = null;
    if (lookAgain) {
      lookAgain = false;
      glance(form);
    }
  }
}

function improve(part) {
  part.querySelectorAll(".plot").forEach(crosshair);
  part.querySelectorAll(".slider").forEach(twins);
  const news = part.matches?.("[data-focus]") ? part : part.querySelector("[data-focus]");
  news?.focus();
}
improve(document);
// A swap keeps what a person was at: their place on the page and what they had opened. A page that
// looks for news by itself would else take both away every few seconds. Names are compared, not
// words, since words are what changes.
const nameOf = (one) =>
  one.id || [one.tagName, one.name, one.value, one.getAttribute("href"), one.form?.getAttribute("action")].join(" ");
const foldOf = (summary) => `${summary.closest("[id]")?.id} ${summary.textContent}`;
const folds = (part) => [...part.querySelectorAll("details > summary")];
let place = "";
let unfolded = [];
document.addEventListener("htmx:beforeSwap", () => {
  const at = document.activeElement;
  place = at === body ? "" : at.localName === "summary" ? foldOf(at) : nameOf(at);
  unfolded = folds(body).filter((one) => one.parentElement.open).map(foldOf);
  // The new part stands above the old for a moment; a browser that holds on to what is in view would
  // scroll down with it, by the whole height of the part.
  root.style.overflowAnchor = "none";
});
document.addEventListener("htmx:load", (event) => improve(event.detail.elt));
document.addEventListener("htmx:afterSettle", (event) => {
  const { elt } = event.detail;
  root.style.overflowAnchor = "";
  for (const one of folds(elt)) if (unfolded.includes(foldOf(one))) one.parentElement.open = true;
  if (!place || document.activeElement !== body) return;
  const same = [...elt.querySelectorAll("a, button, input, select, textarea, summary")].find(
    (one) => place === (one.localName === "summary" ? foldOf(one) : nameOf(one)),
  );
  // What they pressed may be gone; then the news stands where they were.
  const next = same || elt.querySelector("h1, h2, h3") || document.getElementById("main");
  if (!same) next.tabIndex = -1;
  next.focus({ preventScroll: true });
});

// How many characters are left, said beside a long text's hint.
document.addEventListener("input", ({ target }) => {
  if (!target.dataset?.count) return;
  const left = Number(target.dataset.most) - target.value.length;
  document.getElementById(target.dataset.count).textContent = left < 0 ? `, ${(-left).toLocaleString()} too many` : `, ${left.toLocaleString()} left`;
});

// A swapped fragment may carry a sentence for screen readers; its heading becomes the tab’s title.
document.addEventListener("htmx:afterSettle", (event) => {
  const { elt } = event.detail;
  const said = elt.dataset?.say;
  const live = document.getElementById("live");
  if (said && said !== live.textContent) live.textContent = said;
  const heading = elt.querySelector?.("h1")?.textContent.trim().replace(/\.$/, "");
  if (heading) retitle(`${heading} · ${document.title.split(" · ").at(-1)}`);
});

// A passkey that didn't work says so on the page: closed by the person, or not known to the device.
document.addEventListener("allauth.error", (event) => {
  event.preventDefault();
  document.getElementById("passkey-problem")?.remove();
  const problem = document.createElement("div");
  problem.id = "passkey-problem";
  problem.className = "alert bad block-end";
  problem.setAttribute("role", "alert");
  const words = problem.appendChild(document.createElement("p"));
  words.textContent = "Your device didn’t finish with the passkey. Nothing has changed; try again, or use another way.";
  document.querySelector("main").prepend(problem);
});
