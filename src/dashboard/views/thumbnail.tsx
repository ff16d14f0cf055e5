import { useEffect, useRef, useState } from "preact/hooks";
import type { Computer } from "../../contract/computer.ts";
import { watchScreen } from "../state/pictures.ts";

const WITHOUT: Partial<Record<Computer["status"], string>> = {
  creating: "Being made",
  starting: "Starting",
  restoring: "Starting",
  stopping: "Stopping",
  stopped: "Stopped",
  restorable: "Stopped",
  deleting: "Being deleted",
  error: "Failed",
};

const why = ({ status, browser }: Computer): string => WITHOUT[status] ?? (browser?.mode === "live" ? "" : "No screen");

/** Whether the element, and the page, can be seen now. */
const useVisible = (element: { current: Element | null }): boolean => {
  const [inView, setInView] = useState(false);
  const [shown, setShown] = useState(!document.hidden);
  useEffect(() => {
    const observer = new IntersectionObserver((entries) => setInView(entries.at(-1)?.isIntersecting ?? false), { rootMargin: "100px" });
    observer.observe(element.current as Element);
    const onVisibility = () => setShown(!document.hidden);
    document.addEventListener("visibilitychange", onVisibility);
    return () => {
      observer.disconnect();
      document.removeEventListener("visibilitychange", onVisibility);
    };
  }, []);
  return inView && shown;
};

/** The computer's screen, small, as it is now; looked at only while somebody can see it. */
export const Thumbnail = ({ computer }: { computer: Computer }) => {
  const frame = useRef<HTMLDivElement>(null);
  const picture = useRef<HTMLImageElement>(null);
  const [seen, setSeen] = useState(false);
  const reason = why(computer);
  const watched = useVisible(frame) && reason === "";
  const { width, height } = computer.browser?.viewport ?? { width: 16, height: 10 };

  useEffect(() => {
    if (!watched) return;
    const abort = new AbortController();
    let url = "";
    const show = (blob: Blob) => {
      if (!picture.current || abort.signal.aborted) return;
      URL.revokeObjectURL(url);
      url = URL.createObjectURL(blob);
      picture.current.src = url;
      setSeen(true);
    };
    void watchScreen({ id: computer.id, width }, show, abort.signal);
    return () => {
      abort.abort();
      // The picture that was decoded stays.
      URL.revokeObjectURL(url);
    };
  }, [watched, computer.id, width]);

  return (
    <div class="screen" ref={frame} style={{ aspectRatio: `${width} / ${height}` }}>
      <img ref={picture} alt={`Screen of ${computer.name}`} hidden={!seen || reason !== ""} />
      {reason && <span class="quiet">{reason}</span>}
    </div>
  );
};
