const video = document.querySelector("video");

// A chapter's button leads to its moment.
for (const button of document.querySelectorAll("button[data-at]"))
  button.addEventListener("click", () => {
    if (!video) return;
    video.currentTime = Number(button.dataset.at);
    video.play().catch(() => {});
  });

// The chapter that is being shown is told apart.
video?.addEventListener("timeupdate", () => {
  let current = null;
  for (const button of document.querySelectorAll("button[data-at]")) {
    button.removeAttribute("aria-current");
    if (Number(button.dataset.at) <= video.currentTime + 0.05) current = button;
  }
  current?.setAttribute("aria-current", "true");
});
