import { connection } from "../state/fleet.ts";
import { onLink } from "../state/router.ts";
import { session, signOut } from "../state/session.ts";
import { useDoing } from "./use-doing.ts";

export const Header = () => {
  const { problem, run } = useDoing();
  return (
    <header class="bar">
      <a class="brand" href="/" onClick={onLink}>
        Vitrine
      </a>
      <span class="gap" />
      <a href="/docs">API</a>
      <span class="quiet">{session.value?.name}</span>
      {session.value?.id && (
        <button type="button" onClick={() => void run(signOut)}>
          Sign out
        </button>
      )}
      <p class="banner" role="status">
        {connection.value === "lost"
          ? "The service does not answer. What you see may be old; this page goes on by itself when it is back."
          : problem}
      </p>
    </header>
  );
};
