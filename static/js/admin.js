// Two places scroll on a list: the menu says which one it is, so that a screen reader can tell them apart.
addEventListener("load", () => {
  document.querySelector("#nav-sidebar-apps .simplebar-content-wrapper")?.setAttribute("aria-label", "Menu");
});
