import { useState } from "preact/hooks";
import { wordsOf } from "../state/api.ts";
import { connection } from "../state/fleet.ts";
import { onLink } from "../state/router.ts";
import { session, signOut } from "../state/session.ts";

export const Header = () => {
  const [problem, setProblem] = useState("");
  return (
    <header class="bar">
      <a class="brand" href="/" onClick={onLink}>
        Vitrine
      </a>
      <span class="gap" />
      <a href="/docs">API</a>
      <span class="quiet">{session.value?.name}</span>
      {session.value?.id && (
        <button type="button" onClick={() => void signOut().catch((error) => setProblem(wordsOf(error)))}>
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
