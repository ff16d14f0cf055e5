import type { Computer } from "../../contract/computer.ts";
import { call, urlOf } from "../state/api.ts";
import { type History, lastOfKind } from "../state/history.ts";
import { moment, size } from "../words/time.ts";
import { useLoaded } from "./use-loaded.ts";

/** What the browser in the computer has downloaded, the newest first. */
export const Downloads = ({ computer: { id, status }, history }: { computer: Computer; history: History }) => {
  const { value: downloads, problem } = useLoaded(
    async (signal) => (await call("get", "/v1/computers/{id}/downloads", { params: { id }, signal })).data,
    [id, status, lastOfKind(history, "download."), lastOfKind(history, "action")],
  );
  return (
    <>
      <p class="problem" role="alert">
        {problem}
      </p>
      {problem === "" && downloads?.length === 0 && <p class="quiet">The browser has downloaded nothing yet.</p>}
      {problem === "" && downloads !== null && downloads.length > 0 && (
        <div class="scroll">
          <table>
            <caption class="for-readers">What the browser has downloaded</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Size</th>
                <th scope="col">Finished</th>
              </tr>
            </thead>
            <tbody>
              {downloads.map((download) => (
                <tr key={download.id}>
                  <td>
                    <a
                      href={urlOf("/v1/computers/{id}/downloads/{download_id}", { id, download_id: download.id })}
                      download={download.name}
                    >
                      {download.name}
                    </a>
                  </td>
                  <td>{size(download.size_bytes)}</td>
                  <td class="quiet">{moment(download.finished_at)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </>
  );
};
