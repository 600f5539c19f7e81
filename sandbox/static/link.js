// Stands in for Plaid's link-initialize.js: Plaid.create({token, onSuccess, onExit, onLoad, onEvent}).
(() => {
  "use strict";
  const home = new URL(document.currentScript.src).origin;

  function create(options) {
    let dialog = null;
    let frame = null;
    let before = null;

    const tell = (name, metadata = {}) => options.onEvent && options.onEvent(name, metadata);

    function close(callback) {
      if (!dialog) return;
      window.removeEventListener("message", hear);
      dialog.close();
      dialog.remove();
      dialog = frame = null;
      if (before && before.focus) before.focus();
      callback();
    }

    function leave(error, metadata) {
      close(() => {
        tell("EXIT", metadata);
        if (options.onExit) options.onExit(error, metadata);
      });
    }

    function hear(event) {
      if (event.origin !== home || !frame || event.source !== frame.contentWindow) return;
      if (!event.data || event.data.source !== "plaid-link") return;
      const { public_token: token, metadata, error } = event.data;
      if (!token) return leave(error || null, metadata || {});
      const account = metadata.accounts.length === 1 ? metadata.accounts[0] : null;
      close(() => {
        tell("HANDOFF", metadata);
        options.onSuccess(token, {
          ...metadata,
          public_token: token,
          account,
          account_id: account && account.id,
        });
      });
    }

    function open() {
      if (dialog) return;
      before = document.activeElement;
      dialog = document.createElement("dialog");
      dialog.setAttribute("aria-label", "Link your bank");
      Object.assign(dialog.style, {
        border: "0", padding: "0", borderRadius: "12px", width: "min(400px, 100vw)",
        height: "min(660px, 100dvh)", maxWidth: "100vw", maxHeight: "100dvh", overflow: "hidden",
      });
      const name = document.querySelector("meta[name=application-name], meta[property='og:site_name']");
      const about = new URLSearchParams({ embedded: "1" });
      if (location.origin.startsWith("http")) about.set("origin", location.origin);
      if (name) about.set("client_name", name.content);
      frame = document.createElement("iframe");
      frame.title = "Link your bank";
      frame.src = `${home}/plaid/hosted/${encodeURIComponent(options.token)}?${about}`;
      Object.assign(frame.style, { border: "0", width: "100%", height: "100%", display: "block" });
      dialog.append(frame);
      dialog.addEventListener("cancel", (event) => {
        event.preventDefault();
        leave(null, {});
      });
      window.addEventListener("message", hear);
      document.body.append(dialog);
      dialog.showModal();
      frame.focus();
      tell("OPEN");
    }

    if (options.onLoad) setTimeout(options.onLoad, 0);
    return { open, exit: () => leave(null, {}), destroy: () => close(() => {}) };
  }

  window.Plaid = { create };
})();
