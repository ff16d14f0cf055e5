import { Clipboard } from "./clipboard.js";
import { Control } from "./control.js";
import { Desktop } from "./desktop.js";
import { Ending } from "./ending.js";
import { followState } from "./events.js";
import { describe } from "./states.js";

const byId = (id) => document.getElementById(id);

const id = decodeURIComponent(location.pathname.split("/").filter(Boolean)[1] ?? "");
let token = new URLSearchParams(location.search).get("token");
/** A URL of the service with what lets us in: the token, or where it is used up the session in a cookie. */
const withToken = (path) => (token === null ? path : `${path}?token=${encodeURIComponent(token)}`);
const livePath = `/live/${encodeURIComponent(id)}`;
const displayUrl = () =>
  withToken(`${location.protocol === "https:" ? "wss" : "ws"}://${location.host}/v1/computers/${encodeURIComponent(id)}/display`);

const control = new Control(() => withToken(`${livePath}/control`));
const ending = new Ending();

/** All that the page shows follows from this. */
const known = { name: "", status: "", power: "view", viewers: 0, refused: 0, service: true, desktop: "connecting", seen: false };

const update = (news) => {
  Object.assign(known, news);
  const { state, status, title, text } = describe(known);
  document.body.dataset.state = state;
  document.title = known.name ? `${known.name} · Vitrine` : "Vitrine";
  byId("name").textContent = known.name || "Vitrine";
  byId("status").textContent = status;
  byId("viewers").hidden = known.viewers < 2;
  byId("viewers-count").textContent = known.viewers;
  byId("overlay").hidden = state === "connected";
  // The text is set only when it changes, or a screen reader would say it again.
  if (byId("overlay-title").textContent !== title) byId("overlay-title").textContent = title;
  if (byId("overlay-text").textContent !== text) byId("overlay-text").textContent = text;
  const controls = state === "connected" && known.power === "control";
  control.update(known.control, controls);
  const viewOnly = known.power !== "control" || control.elsewhere;
  desktop.viewOnly = viewOnly;
  byId("view-only").hidden = !known.status || !viewOnly;
  byId("fit").hidden = !controls || viewOnly;
  clipboard.enabled = controls && !viewOnly;
};

const desktop = new Desktop(byId("screen"), displayUrl, {
  change: (state) => {
    update({ desktop: state, seen: known.seen || state === "connected" });
    // In a frame the focus stays where the person has it.
    const free = window.parent === window && document.activeElement === document.body;
    if (state === "connected" && known.power === "control" && free) desktop.focus();
    // The desktop may be gone because the link is; the service tells when it is asked anew.
    if (state === "disconnected" && known.status === "running" && !known.refused) follow();
  },
  clipboard: (text) => clipboard.received(text),
});
const clipboard = new Clipboard((text) => desktop.paste(text));

addEventListener("pagehide", () => {
  following.abort();
  desktop.stop();
});
// A page kept by the browser's back button has lost its connections.
addEventListener("pageshow", ({ persisted }) => persisted && location.reload());

byId("screen").addEventListener("focus", () => desktop.focus());
addEventListener(
  "keydown",
  (event) => {
    if (!(event.ctrlKey && event.altKey && event.key === "Home")) return;
    event.preventDefault();
    event.stopPropagation();
    desktop.releaseKeys();
    document.querySelector(".bar button:not([hidden])")?.focus();
  },
  { capture: true },
);

byId("fit").addEventListener("click", () => {
  desktop.fit();
  desktop.focus();
});

const fullScreen = byId("full-screen");
fullScreen.hidden = !document.fullscreenEnabled;
fullScreen.addEventListener("click", () =>
  document.fullscreenElement ? document.exitFullscreen() : document.documentElement.requestFullscreen(),
);
document.addEventListener("fullscreenchange", () => {
  fullScreen.textContent = document.fullscreenElement ? "Leave full screen" : "Full screen";
});

const onState = {
  state: ({ name, status, power, viewers, control, session, link_ends_in_s }) => {
    // The link was for one time, and this was it.
    if (session && token !== null) {
      token = null;
      history.replaceState(null, "", livePath);
    }
    ending.update(link_ends_in_s);
    // A viewer's keys go nowhere, so Tab passes the desktop by.
    byId("screen").tabIndex = power === "control" ? 0 : -1;
    update({ name, status, power, viewers, control, service: true });
    if (status === "running") desktop.start();
    else desktop.stop();
  },
  lost: () => update({ service: false }),
  refused: (status) => {
    update({ refused: status });
    ending.hide();
    desktop.stop();
  },
};
let following = new AbortController();
const follow = () => {
  following.abort();
  following = new AbortController();
  followState(() => control.withViewer(withToken(`${livePath}/state`)), onState, following.signal);
};
follow();
