import { useRef, useState } from "preact/hooks";
import { CallError, wordsOf } from "../state/api.ts";
import { signIn } from "../state/session.ts";
import { useTitle } from "./use-title.ts";

const whyNot = (error: unknown): string =>
  error instanceof CallError && error.code === "unauthorized" ? "This key opens nothing: it is wrong, expired or revoked." : wordsOf(error);

/** The key is read from the field when it is sent, and the field is emptied; it is in no state of the page. */
export const SignIn = () => {
  const field = useRef<HTMLInputElement>(null);
  const [problem, setProblem] = useState("");
  const [busy, setBusy] = useState(false);
  useTitle("Sign in");

  const submit = async (event: SubmitEvent) => {
    event.preventDefault();
    const input = field.current as HTMLInputElement;
    const key = input.value.trim();
    input.value = "";
    setBusy(true);
    setProblem("");
    try {
      await signIn(key);
    } catch (error) {
      setProblem(whyNot(error));
      setBusy(false);
      input.focus();
    }
  };

  return (
    <main class="centre">
      <form class="panel sign-in" onSubmit={submit}>
        <h1>Vitrine</h1>
        <label for="key">API key</label>
        <input
          id="key"
          ref={field}
          type="password"
          required
          autofocus
          autocomplete="off"
          spellcheck={false}
          aria-describedby="key-help key-problem"
          aria-invalid={problem !== ""}
        />
        <p id="key-help" class="quiet">
          The operator's is in the service's data directory, in the file <code>api-key</code>; by default{" "}
          <code>~/.local/share/vitrine/api-key</code>.
        </p>
        <p id="key-problem" role="alert" class="problem">
          {problem}
        </p>
        <button type="submit" class="primary" disabled={busy}>
          {busy ? "Signing in" : "Sign in"}
        </button>
      </form>
    </main>
  );
};
