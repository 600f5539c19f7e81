// Plaid Link in this page, where its script has loaded. Without it, the form goes to the hosted
// page and everything works the same.
const form = document.querySelector("form[data-plaid]");
const status = document.querySelector("[data-plaid-status]");

const say = (text) => {
  if (status) status.textContent = text;
};

function send(url, fields) {
  const back = document.createElement("form");
  back.method = "post";
  back.action = url;
  const token = form.querySelector("[name=csrfmiddlewaretoken]").value;
  for (const [name, value] of Object.entries({ csrfmiddlewaretoken: token, ...fields })) {
    const input = document.createElement("input");
    input.type = "hidden";
    input.name = name;
    input.value = value;
    back.append(input);
  }
  document.body.append(back);
  back.submit();
}

let fallback = false;

async function open() {
  const answer = await fetch(form.action, {
    method: "POST",
    body: new FormData(form),
    headers: { Accept: "application/json" },
    redirect: "error",
  });
  if (!answer.ok) throw new Error("no link token");
  const { link_token, return_url } = await answer.json();
  const back = new URL(return_url).pathname;
  window.Plaid.create({
    token: link_token,
    onSuccess: (publicToken) => send(back, { public_token: publicToken }),
    onExit: () => say("No bank was linked. You can try again."),
  }).open();
  say("Plaid has opened in this page.");
}

form?.addEventListener(
  "submit",
  (event) => {
    if (fallback || !window.Plaid) return;
    event.preventDefault();
    event.stopImmediatePropagation();
    open().catch(() => {
      fallback = true;
      form.requestSubmit();
    });
  },
  true,
);
