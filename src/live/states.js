/** What the page says in each situation; `state` is one of connecting, connected, stopped, disconnected, expired, deleted. */

const WAITING = {
  creating: ["The computer is being made", "Its desktop appears here when it is ready."],
  starting: ["The computer is starting", "Its desktop appears here when it is ready."],
  restoring: ["The computer is starting", "Its desktop appears here when it is ready."],
};
const STOPPED = {
  stopping: ["The computer is stopping", "This page connects again when it is started."],
  stopped: ["The computer is stopped", "This page connects again when it is started."],
  restorable: ["The computer is stopped", "This page connects again when it is started."],
  error: ["The computer has failed", "Look at its last error. This page connects again when it is started."],
};

export const describe = ({ status, refused, service, desktop, seen }) => {
  const say = (state, word, [title, text]) => ({ state, status: word, title, text });
  if (status === "deleted" || status === "deleting" || refused === 404 || refused === 410) {
    return say("deleted", "deleted", ["The computer was deleted", "There is nothing more to see here."]);
  }
  if (refused)
    return say("expired", "link expired", ["This link has expired", "It was revoked, has run out, or is wrong. Ask for a new one."]);
  if (status in STOPPED) return say("stopped", status, STOPPED[status]);
  if (status in WAITING) return say("connecting", status, WAITING[status]);
  if (desktop === "connected") return say("connected", status, ["Connected", ""]);
  if (!service) return say("disconnected", "offline", ["The service does not answer", "Trying again by itself."]);
  if (seen || desktop === "disconnected")
    return say("disconnected", "reconnecting", ["Reconnecting", "The connection to the desktop was lost. Trying again by itself."]);
  return say("connecting", "connecting", ["Connecting", "The desktop appears in a moment."]);
};
