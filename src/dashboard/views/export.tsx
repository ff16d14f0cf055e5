import type { Computer } from "../../contract/computer.ts";
import { workspaceUrl } from "../state/files.ts";
import { fetchFile, keep } from "../state/transfer.ts";
import { TransferBar } from "./transfer.tsx";
import { useTransfer } from "./use-transfer.ts";

/** All of the workspace as tar.gz, into the browser's downloads. How large it becomes nobody knows before. */
export const Export = ({ computer: { id, name } }: { computer: Computer }) => {
  const { transfer, problem, run, cancel } = useTransfer();
  const file = `${name}.tar.gz`;
  const begin = () =>
    void run({ name: file, total: null }, async (onBytes, signal) => keep(await fetchFile(workspaceUrl(id), onBytes, signal), file));
  return (
    <>
      <div class="row">
        <button type="button" disabled={transfer !== null} onClick={begin}>
          Export all of /home/ohm
        </button>
        {transfer ? <TransferBar transfer={transfer} onCancel={cancel} /> : <span class="quiet">as {file}, as it is at one moment</span>}
      </div>
      <p class="problem" role="alert">
        {problem}
      </p>
    </>
  );
};
