import { useEffect, useMemo } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import { computers } from "../state/fleet.ts";
import { followHistory } from "../state/history.ts";
import { createPlayback } from "../state/playback.ts";
import { go, onLink } from "../state/router.ts";
import { connected } from "../words/connected.ts";
import { moment } from "../words/time.ts";
import { Downloads } from "./downloads.tsx";
import { Files } from "./files.tsx";
import { GettingOn } from "./getting-on.tsx";
import { Links } from "./links.tsx";
import { Logs } from "./logs.tsx";
import { Network } from "./network.tsx";
import { Player } from "./player.tsx";
import { Ports } from "./ports.tsx";
import { Recordings } from "./recordings.tsx";
import { Status } from "./status.tsx";
import { Tabs } from "./tabs.tsx";
import { Terminal } from "./terminal.tsx";
import { Timeline } from "./timeline.tsx";
import { useTitle } from "./use-title.ts";
import { Verbs } from "./verbs.tsx";
import "../styles/computer.css";

/** The live page, let in by the session; it has the control lock, the clipboard, full screen and resizing. */
const LiveView = ({ computer: { id, name, browser } }: { computer: Computer }) => {
  if (browser?.mode !== "live") return <p class="panel quiet">This computer has no screen to watch.</p>;
  return <iframe class="live" src={`/live/${id}`} title={`Live view of ${name}`} allow="clipboard-read; clipboard-write; fullscreen" />;
};

const Known = ({ computer }: { computer: Computer }) => {
  const { id, name, template, vcpus, ram_mb, created_at, expires_at, connections, last_error, network } = computer;
  const abort = useMemo(() => new AbortController(), [id]);
  const history = useMemo(() => followHistory(id, abort.signal), [id]);
  const playback = useMemo(createPlayback, [id]);
  const played = playback.recording.value;
  useEffect(() => () => abort.abort(), [abort]);
  useTitle(name);
  return (
    <main class="page computer">
      <div class="row">
        <a href="/" onClick={onLink}>
          Computers
        </a>
        <h1 tabIndex={-1}>{name}</h1>
        <Status computer={computer} />
        <span class="gap" />
        <Verbs computer={computer} onDeleted={() => go("/")} />
      </div>
      <p class="quiet">
        {template} · {vcpus} vCPU · {ram_mb} MiB · network {network.mode} · made {moment(created_at)}
        {expires_at && ` · deleted ${moment(expires_at)}`} · {connected(connections) || "nobody is connected"}
      </p>
      <GettingOn computer={computer} />
      {last_error && (
        <p class="problem" role="status">
          {last_error.message}
        </p>
      )}
      <div class="desk">
        {played ? <Player key={played.id} recording={played} playback={playback} /> : <LiveView computer={computer} />}
        <Timeline computer={computer} history={history} playback={playback} />
      </div>
      <Tabs
        label="More of this computer"
        tabs={[
          { name: "Recordings", show: () => <Recordings computer={computer} history={history} playback={playback} /> },
          { name: "Sharing", show: () => <Links computer={computer} history={history} /> },
          { name: "Terminal", show: () => <Terminal computer={computer} /> },
          { name: "Files", show: () => <Files computer={computer} history={history} /> },
          { name: "Downloads", show: () => <Downloads computer={computer} history={history} /> },
          { name: "Network", show: () => <Network computer={computer} history={history} /> },
          { name: "Ports", show: () => <Ports computer={computer} /> },
          { name: "Logs", show: () => <Logs computer={computer} /> },
        ]}
      />
    </main>
  );
};

/** One computer, by its id or name. */
export const ComputerPage = ({ id }: { id: string }) => {
  const all = computers.value;
  const computer = all?.get(id) ?? [...(all?.values() ?? [])].find(({ name }) => name === id);
  if (computer) return <Known key={computer.id} computer={computer} />;
  return (
    <main class="centre">
      {all === null ? (
        <p role="status">Loading the computer</p>
      ) : (
        <>
          <h1>This computer is not there</h1>
          <p>
            It was deleted, or never was. The others are{" "}
            <a href="/" onClick={onLink}>
              on the first page
            </a>
            .
          </p>
        </>
      )}
    </main>
  );
};
