import { useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import type { FileStat } from "../../contract/exec.ts";
import { archiveUrl, fileUrl, listFolder, removeFile } from "../state/files.ts";
import { type History, lastOf } from "../state/history.ts";
import { DOWNLOADS, HOME, inOrder, previewOf, trail } from "../words/files.ts";
import { moment, size } from "../words/time.ts";
import { BringFiles } from "./bring-files.tsx";
import { ConfirmDelete } from "./confirm-delete.tsx";
import { Export } from "./export.tsx";
import { FilePreview } from "./preview.tsx";
import { useDoing } from "./use-doing.ts";
import { useLoaded } from "./use-loaded.ts";

const Trail = ({ path, onGo }: { path: string; onGo: (path: string) => void }) => (
  <nav aria-label="Folder" class="row">
    {trail(path).map((folder) => (
      <button
        key={folder.path}
        type="button"
        aria-current={folder.path === path ? "location" : undefined}
        onClick={() => onGo(folder.path)}
      >
        {folder.name}
      </button>
    ))}
    <span class="gap" />
    <button type="button" onClick={() => onGo(HOME)}>
      Home
    </button>
    <button type="button" onClick={() => onGo(DOWNLOADS)}>
      Downloads
    </button>
  </nav>
);

interface RowProps {
  id: string;
  file: FileStat;
  onOpen: () => void;
  onDelete: () => void;
}

const Row = ({ id, file, onOpen, onDelete }: RowProps) => {
  const isFolder = file.type === "directory";
  return (
    <tr>
      <td>
        {isFolder || (file.type === "file" && previewOf(file) !== null) ? (
          <button type="button" class="plain-button" onClick={onOpen}>
            {file.name}
            {isFolder && "/"}
          </button>
        ) : (
          file.name
        )}
      </td>
      <td>{isFolder ? "" : size(file.size_bytes)}</td>
      <td class="quiet">{moment(file.modified_at)}</td>
      <td>
        <div class="row">
          {(isFolder || file.type === "file") && (
            <a href={isFolder ? archiveUrl(id, file.path) : fileUrl(id, file.path)} download aria-label={`Download ${file.name}`}>
              Download
            </a>
          )}
          <button type="button" class="danger" aria-label={`Delete ${file.name}`} onClick={onDelete}>
            Delete
          </button>
        </div>
      </td>
    </tr>
  );
};

/** The computer's files: folders to go through, files to look at, download, delete, and to bring by dropping them here. */
export const Files = ({ computer, history }: { computer: Computer; history: History }) => {
  const { id, status } = computer;
  const [path, setPath] = useState(HOME);
  const [shown, setShown] = useState<FileStat | null>(null);
  const [condemned, setCondemned] = useState<FileStat | null>(null);
  const doing = useDoing();
  const changed = lastOf(history, "file.written", "file.deleted", "file.moved", "exec");
  const { value: entries, problem } = useLoaded((signal) => listFolder(id, path, signal), [id, path, status, changed]);

  return (
    <BringFiles id={id} folder={path}>
      <Trail path={path} onGo={setPath} />
      <p class="problem" role="alert">
        {doing.problem || problem}
      </p>
      {problem === "" && entries?.length === 0 && <p class="quiet">This folder is empty.</p>}
      {problem === "" && entries !== null && entries.length > 0 && (
        <div class="scroll">
          <table>
            <caption class="for-readers">What is in {path}</caption>
            <thead>
              <tr>
                <th scope="col">Name</th>
                <th scope="col">Size</th>
                <th scope="col">Changed</th>
                <th scope="col">
                  <span class="for-readers">What to do</span>
                </th>
              </tr>
            </thead>
            <tbody>
              {inOrder(entries).map((file) => (
                <Row
                  key={file.path}
                  id={id}
                  file={file}
                  onOpen={() => (file.type === "directory" ? setPath(file.path) : setShown(file))}
                  onDelete={() => setCondemned(file)}
                />
              ))}
            </tbody>
          </table>
        </div>
      )}
      <Export computer={computer} />
      {shown && <FilePreview id={id} file={shown} onClose={() => setShown(null)} />}
      {condemned && (
        <ConfirmDelete
          name={condemned.name}
          onNo={() => setCondemned(null)}
          onYes={() => {
            setCondemned(null);
            void doing.run(async () => void (await removeFile(id, condemned.path)));
          }}
        >
          <p>{condemned.type === "directory" ? "All that is in it goes, too. " : ""}It cannot be brought back.</p>
        </ConfirmDelete>
      )}
    </BringFiles>
  );
};
