import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { Link, LinkInfo } from "../../contract/links.ts";
import { call } from "../state/api.ts";
import { type History, lastOf } from "../state/history.ts";
import { now } from "../state/now.ts";
import { LINK_LIVES, linkInputOf, POWERS, powerWords } from "../words/links.ts";
import { moment, span } from "../words/time.ts";
import { Choice } from "./choice.tsx";
import { Copy } from "./copy.tsx";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

const Made = ({ link }: { link: Link }) => (
  <div class="fields">
    <label>
      The new link, until {moment(link.expires_at)}
      <input readOnly value={link.url} onFocus={({ currentTarget }) => currentTarget.select()} />
    </label>
    <div class="row end">
      <Copy text={link.url} label="Copy the link" />
    </div>
  </div>
);

const Row = ({ link, onRevoke }: { link: LinkInfo; onRevoke: () => void }) => (
  <tr>
    <td>{powerWords(link)}</td>
    <td>{link.expires_at === null ? "until revoked" : `${span((Date.parse(link.expires_at) - now.value) / 1000)} left`}</td>
    <td>{link.uses === 1 ? "used once" : `used ${link.uses} times`}</td>
    <td>
      <button type="button" class="danger" aria-label={`Revoke the link ${link.link_id}`} onClick={onRevoke}>
        Revoke
      </button>
    </td>
  </tr>
);

/** Making, copying and revoking links. A link's address is shown once, when it is made. */
export const Links = ({ computer: { id }, history }: { computer: Computer; history: History }) => {
  const [made, setMade] = useState<Link | null>(null);
  const making = useDoing();
  const revoking = useDoing();
  const changed = lastOf(history, "link.created", "link.revoked", "link.used");
  const { value: links, problem } = useLoaded(
    async (signal) => (await call("get", "/v1/computers/{id}/links", { params: { id }, signal })).data.filter(({ own }) => !own),
    [id, changed],
  );
  const make = (event: SubmitEvent) => {
    event.preventDefault();
    const body = linkInputOf(new FormData(event.currentTarget as HTMLFormElement));
    void making.run(async () => setMade(await call("post", "/v1/computers/{id}/links", { params: { id }, body })));
  };
  const revoke = ({ link_id }: LinkInfo) =>
    void revoking.run(async () => {
      await call("delete", "/v1/computers/{id}/links/{link_id}", { params: { id, link_id } });
      if (made?.link_id === link_id) setMade(null);
    });
  return (
    <>
      <form class="row" onSubmit={make}>
        <Choice name="power" label="Who has the link may" options={Object.entries(POWERS)} />
        <Choice name="ttl_s" label="for" options={Object.entries(LINK_LIVES)} />
        <label>
          <input type="checkbox" name="one_time" /> once only
        </label>
        <button type="submit" class="primary" disabled={making.busy}>
          Make a link
        </button>
      </form>
      <p class="problem" role="alert">
        {making.problem || revoking.problem || problem}
      </p>
      {made && <Made link={made} />}
      {links?.length === 0 && <p class="quiet">No link is shared. Those in the computer's own record are not shown here.</p>}
      {links !== null && links.length > 0 && (
        <table>
          <caption class="for-readers">Links that are good</caption>
          <thead>
            <tr>
              <th scope="col">May</th>
              <th scope="col">Time</th>
              <th scope="col">Uses</th>
              <th scope="col">
                <span class="for-readers">Revoke</span>
              </th>
            </tr>
          </thead>
          <tbody>
            {links.map((link) => (
              <Row key={link.link_id} link={link} onRevoke={() => revoke(link)} />
            ))}
          </tbody>
        </table>
      )}
    </>
  );
};
