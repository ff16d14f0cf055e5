import type { ComponentChildren } from "preact";
import { useRef, useState } from "preact/hooks";
import { fileUrl } from "../state/files.ts";
import { sendFile } from "../state/transfer.ts";
import { joinPath } from "../words/files.ts";
import { TransferBar } from "./transfer.tsx";
import { useTransfer } from "./use-transfer.ts";

/** What is to be sent, and where to: the folder that was shown when it was chosen. */
interface Parcel {
  folder: string;
  files: readonly File[];
}

/** Takes files by a drop anywhere on it, or by its button, and sends them one after the other; what was not sent can be sent again. */
export const BringFiles = ({ id, folder, children }: { id: string; folder: string; children: ComponentChildren }) => {
  const [over, setOver] = useState(false);
  const [left, setLeft] = useState<Parcel | null>(null);
  const input = useRef<HTMLInputElement>(null);
  const { transfer, problem, run, cancel } = useTransfer();

  const send = async ({ folder, files }: Parcel): Promise<void> => {
    setLeft(null);
    for (const [index, file] of files.entries()) {
      const done = await run({ name: file.name, total: file.size }, (onBytes, signal) =>
        sendFile(fileUrl(id, joinPath(folder, file.name)), file, onBytes, signal),
      );
      if (!done) return setLeft({ folder, files: files.slice(index) });
    }
  };
  const take = (list: FileList | null | undefined) => {
    if (transfer === null && list && list.length > 0) void send({ folder, files: [...list] });
  };

  return (
    // biome-ignore lint/a11y/noStaticElementInteractions: the button below does the same as a drop.
    <div
      class={over ? "sheet drop" : "sheet"}
      onDragOver={(event) => {
        event.preventDefault();
        setOver(true);
      }}
      onDragLeave={() => setOver(false)}
      onDrop={(event) => {
        event.preventDefault();
        setOver(false);
        take(event.dataTransfer?.files);
      }}
    >
      <div class="row">
        <button type="button" class="primary" disabled={transfer !== null} onClick={() => input.current?.click()}>
          Bring files
        </button>
        <input
          ref={input}
          type="file"
          multiple
          hidden
          onChange={({ currentTarget }) => {
            take(currentTarget.files);
            currentTarget.value = "";
          }}
        />
        {transfer === null && <span class="quiet">or drop them here</span>}
        {transfer !== null && <TransferBar transfer={transfer} onCancel={cancel} />}
      </div>
      <p class="problem" role="alert">
        {left && problem}
      </p>
      {left && (
        <div class="row">
          <span>
            {left.files.length === 1 ? "One file was" : `${left.files.length} files were`} not sent to {left.folder}.
          </span>
          <button type="button" onClick={() => void send(left)}>
            Try again
          </button>
          <button type="button" onClick={() => setLeft(null)}>
            Leave it
          </button>
        </div>
      )}
      {children}
    </div>
  );
};
