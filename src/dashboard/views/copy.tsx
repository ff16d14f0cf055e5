import { useState } from "preact/hooks";

/** Puts text on the reader's clipboard, and says whether that went well. */
export const Copy = ({ text, label }: { text: string; label: string }) => {
  const [said, setSaid] = useState("");
  const copy = async () => {
    try {
      await navigator.clipboard.writeText(text);
      setSaid("Copied");
    } catch {
      setSaid("This browser does not allow it: select the text and copy it");
    }
  };
  return (
    <>
      <span class="quiet" role="status">
        {said}
      </span>
      <button type="button" aria-label={label} onClick={() => void copy()}>
        Copy
      </button>
    </>
  );
};
