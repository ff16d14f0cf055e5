/** One line of news from long work: an image build, a download, a boot. */
export interface ProgressEvent {
  step: string;
  message: string;
  /** 0 to 100 where it is known. */
  percent?: number;
}
export type Progress = (event: ProgressEvent) => void;

/** Tells both, where there is a second one. */
export const toBoth =
  (first: Progress, second: Progress | undefined): Progress =>
  (event) => {
    first(event);
    second?.(event);
  };
