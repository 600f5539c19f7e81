// Stands in for Plaid's link-initialize.js: Plaid.create({token, onSuccess, onExit}).open()
(() => {
  "use strict";
  const home = new URL(document.currentScript.src).origin;

  function create(options) {
    let dialog = null;

    function close(callback) {
      if (!dialog) return;
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      dialog = null;
      callback();
    }

    function leave(error, metadata) {
      close(() => options.onExit && options.onExit(error, metadata));
    }

    function hear(event) {
      if (event.origin !== home || !event.data || event.data.source !== "plaid-link") return;
      const { public_token: token, metadata } = event.data;
      if (token) close(() => options.onSuccess(token, { ...metadata, public_token: token }));
      else leave(null, metadata);
    }

    function open() {
      if (dialog) return;
      dialog = document.createElement("dialog");
      dialog.setAttribute("aria-label", "Link your bank");
      Object.assign(dialog.style, {
        border: "0", padding: "0", borderRadius: "12px", width: "min(400px, 100vw)",
        height: "min(660px, 100dvh)", maxWidth: "100vw", maxHeight: "100dvh", overflow: "hidden",
      });
      const frame = document.createElement("iframe");
      frame.title = "Link your bank";
      frame.src = `${home}/plaid/hosted/${encodeURIComponent(options.token)}?embedded=1`;
      Object.assign(frame.style, { border: "0", width: "100%", height: "100%", display: "block" });
      dialog.append(frame);
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        leave(null, {});
      });
      window.addEventListener("message", hear);
      document.body.append(dialog);
      dialog.showModal();
    }

    if (options.onLoad) setTimeout(options.onLoad, 0);
    return { open, exit: () => leave(null, {}), destroy: () => close(() => {}) };
  }

  window.Plaid = { create };
})();
