import { useEffect, useState } from "preact/hooks";
import type { FileStat } from "../../contract/exec.ts";
import { readPreview } from "../state/files.ts";
import { previewOf } from "../words/files.ts";
import { Code } from "./code.tsx";
import { Dialog } from "./dialog.tsx";
import { useLoaded } from "./use-loaded.ts";

const Picture = ({ image, name }: { image: Blob; name: string }) => {
  const [url, setUrl] = useState("");
  useEffect(() => {
    const made = URL.createObjectURL(image);
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [image]);
  return url === "" ? null : <img class="preview" src={url} alt={name} />;
};

/** A picture or a text of the computer's, in a dialog. */
export const FilePreview = ({ id, file, onClose }: { id: string; file: FileStat; onClose: () => void }) => {
  const preview = previewOf(file);
  const { value: shown, problem } = useLoaded(
    async (signal) => (preview === null ? null : await readPreview(id, file.path, preview, signal)),
    [id, file.path],
  );
  return (
    <Dialog title={file.name} onClose={onClose}>
      <div class="sheet">
        <p class="problem" role="alert">
          {problem}
        </p>
        {shown === "not text" && <p>It is neither a text nor a picture that can be shown. Download it to look at it.</p>}
        {shown !== null && typeof shown === "object" && "text" in shown && <Code class="log" text={shown.text || "It is empty."} />}
        {shown !== null && typeof shown === "object" && "image" in shown && <Picture image={shown.image} name={file.name} />}
        <div class="row end">
          <button type="button" onClick={onClose}>
            Close
          </button>
        </div>
      </div>
    </Dialog>
  );
};
