// Keeps what a page shows fresh, and lets no button be pressed twice. Pages work without it.
(function () {
  "use strict";
  var EVERY = 4000;

  function busy(part) {
    return part.contains(document.activeElement) || part.querySelector("details[open], button:hover, a:hover, summary:hover, select:hover");
  }

  async function refresh() {
    var parts = document.querySelectorAll("[data-live]");
    if (document.hidden || !parts.length) return;
    try {
      var answer = await fetch(location.pathname + location.search, { credentials: "same-origin" });
      if (!answer.ok) return;
      var fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
      parts.forEach(function (part) {
        var other = fresh.querySelector('[data-live="' + part.dataset.live + '"]');
        if (other && other.innerHTML !== part.innerHTML && !busy(part)) part.innerHTML = other.innerHTML;
      });
    } catch (error) { /* the sandbox is restarting; the next round will tell */ }
  }

  document.addEventListener("submit", function (event) {
    var form = event.target;
    if (form.method !== "post") return;
    if (form.dataset.sent) { event.preventDefault(); return; }
    form.dataset.sent = "yes";
    form.setAttribute("aria-busy", "true");
  });
  addEventListener("pageshow", function () {
    document.querySelectorAll("form[data-sent]").forEach(function (form) {
      delete form.dataset.sent;
      form.removeAttribute("aria-busy");
    });
  });
  setInterval(refresh, EVERY);
})();
