import type { Computer } from "../../contract/computer.ts";
import { call } from "../state/api.ts";
import { useDoing } from "./use-doing.ts";

/** Ports of the computer that have an address here. */
export const Ports = ({ computer: { id, published_ports } }: { computer: Computer }) => {
  const { busy, problem, run } = useDoing();
  const publish = (event: SubmitEvent) => {
    event.preventDefault();
    const form = event.currentTarget as HTMLFormElement;
    const fields = new FormData(form);
    const body = { port: Number(fields.get("port")), public: fields.get("public") !== null };
    void run(async () => {
      await call("post", "/v1/computers/{id}/published-ports", { params: { id }, body });
      form.reset();
    });
  };
  const unpublish = (port: number) =>
    void run(async () => void (await call("delete", "/v1/computers/{id}/published-ports/{port}", { params: { id, port } })));
  return (
    <>
      <form class="row" onSubmit={publish}>
        <label>
          Port <input name="port" type="number" min={1} max={65535} required />
        </label>
        <label>
          <input type="checkbox" name="public" /> open to everybody
        </label>
        <button type="submit" class="primary" disabled={busy}>
          Publish
        </button>
      </form>
      <p class="problem" role="alert">
        {problem}
      </p>
      {published_ports.length === 0 && <p class="quiet">No port is published.</p>}
      <ul class="plain">
        {published_ports.map(({ port, url, link_url, public: open }) => (
          <li key={port} class="row">
            <a href={link_url ?? url} target="_blank" rel="noreferrer">
              {url}
            </a>
            <span class="quiet">{open ? "open to everybody" : "by link"}</span>
            <button type="button" class="danger" aria-label={`Unpublish port ${port}`} disabled={busy} onClick={() => unpublish(port)}>
              Unpublish
            </button>
          </li>
        ))}
      </ul>
    </>
  );
};
