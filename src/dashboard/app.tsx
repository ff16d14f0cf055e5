import { useEffect, useRef } from "preact/hooks";
import { computers, followFleet } from "./state/fleet.ts";
import { followLoads } from "./state/loads.ts";
import { path } from "./state/router.ts";
import { session, unreachable } from "./state/session.ts";
import { ComputerPage } from "./views/computer.tsx";
import { Grid } from "./views/grid.tsx";
import { Header } from "./views/header.tsx";
import { SignIn } from "./views/sign-in.tsx";
import { computerIn } from "./words/paths.ts";

const Waiting = () => (
  <main class="centre">
    <p role="status">{unreachable.value ? "The service does not answer. This page goes on by itself when it is back." : "Loading"}</p>
  </main>
);

const NotFound = () => (
  <main class="centre">
    <h1>There is nothing here</h1>
    <p>
      The computers are <a href="/">on the first page</a>.
    </p>
  </main>
);

/** Who goes to another page by keyboard or screen reader begins at its heading, and not where the link was. */
const useFocusOnArrival = () => {
  const shown = useRef(path.value);
  useEffect(() => {
    if (shown.current === path.value) return;
    shown.current = path.value;
    document.querySelector("h1")?.focus();
  }, [path.value]);
};

const Page = () => {
  useFocusOnArrival();
  const id = computerIn(path.value);
  if (id !== null) return <ComputerPage key={id} id={id} />;
  return path.value === "/" ? <Grid /> : <NotFound />;
};

const SignedIn = () => {
  useEffect(() => {
    const abort = new AbortController();
    followFleet(abort.signal);
    followLoads(abort.signal);
    return () => {
      abort.abort();
      computers.value = null;
    };
  }, []);
  return (
    <>
      <Header />
      <Page />
    </>
  );
};

export const App = () => {
  if (session.value === undefined) return <Waiting />;
  return session.value === null ? <SignIn /> : <SignedIn />;
};
