/** One line of news from long work: an image build, a download, a boot. */
export interface ProgressEvent {
  step: string;
  message: string;
  /** 0 to 100 where it is known. */
  percent?: number;
}
export type Progress = (event: ProgressEvent) => void;
