import { CallError, errorOf, fetchAnswer, OFFLINE } from "./api.ts";

/** Told of the bytes that have gone so far. */
export type OnBytes = (bytes: number) => void;

/** Whether the browser can read a file: not so a folder, or what was moved since it was chosen. */
const isReadable = (file: File): Promise<boolean> =>
  file
    .slice(0, 1)
    .arrayBuffer()
    .then(
      () => true,
      () => false,
    );

/** PUTs a file's bytes, of which fetch would not tell how many have gone. Throws CallError; what `signal` aborts rejects with its reason. */
export const sendFile = async (url: string, file: File, onBytes: OnBytes, signal: AbortSignal): Promise<void> => {
  signal.throwIfAborted();
  if (!(await isReadable(file)))
    throw new CallError("unexpected", "The browser cannot read it. If it is a folder, pack it first; otherwise choose it again.");
  const request = new XMLHttpRequest();
  const abort = () => request.abort();
  signal.addEventListener("abort", abort);
  try {
    await new Promise<void>((resolve, reject) => {
      request.upload.onprogress = ({ loaded }) => onBytes(loaded);
      request.onload = () => (request.status < 300 ? resolve() : reject(errorOf(request.status, request.responseText)));
      request.onerror = () => reject(new CallError("offline", OFFLINE));
      request.onabort = () => reject(signal.reason);
      request.open("PUT", url);
      request.setRequestHeader("content-type", "application/octet-stream");
      request.send(file);
    });
  } finally {
    signal.removeEventListener("abort", abort);
  }
};

/** Fetches what may be large into a file of the browser's. Throws CallError; what `signal` aborts rejects with its reason. */
export const fetchFile = async (url: string, onBytes: OnBytes, signal: AbortSignal): Promise<Blob> => {
  const { body } = await fetchAnswer(url, { signal });
  let bytes = 0;
  const counted = new TransformStream<Uint8Array, Uint8Array>({
    transform: (chunk, to) => {
      bytes += chunk.length;
      onBytes(bytes);
      to.enqueue(chunk);
    },
  });
  try {
    return await new Response((body as ReadableStream<Uint8Array>).pipeThrough(counted, { signal })).blob();
  } catch (error) {
    signal.throwIfAborted();
    throw new CallError("offline", `It broke off after ${bytes} bytes. Try it again. (${error instanceof Error ? error.message : error})`);
  }
};

/** Has the browser keep a file below its downloads. */
export const keep = (file: Blob, name: string): void => {
  const url = URL.createObjectURL(file);
  Object.assign(document.createElement("a"), { href: url, download: name }).click();
  // The browser has begun to read it by then.
  setTimeout(() => URL.revokeObjectURL(url), 60_000);
};
