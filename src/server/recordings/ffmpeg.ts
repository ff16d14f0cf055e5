/** The command lines that recordings run. Paths are names in the recording's own directory, where each of them works. */

export interface Size {
  width: number;
  height: number;
}

/** H.264 with halved colour needs even sides. */
export const evenSize = ({ width, height }: Size): Size => ({ width: width + (width % 2), height: height + (height % 2) });

/** Frames between two key frames, and so how far a player decodes to seek: 12 s of steady change, minutes of a still screen. */
const KEY_FRAME_EVERY = 300;

/** A screen in the middle of the video's picture, made smaller where it does not fit, never larger. */
const placed = (screen: Size, video: Size): string => {
  const factor = Math.min(1, video.width / screen.width, video.height / screen.height);
  const [width, height] = [screen.width, screen.height].map((side) => Math.max(1, Math.round(side * factor)));
  // Players take HD colours for BT.709, and swscale would write BT.601.
  const scale = `scale=${width}:${height}:flags=bicubic+accurate_rnd:out_color_matrix=bt709:out_range=tv`;
  const isWhole = width === video.width && height === video.height;
  return isWhole ? `${scale},format=yuv420p` : `${scale},format=yuv444p,pad=${video.width}:${video.height}:-1:-1,format=yuv420p`;
};

/**
 * Encodes what comes on standard input into a file that is whole up to the frame before the last at any moment: one fragment a frame, handed to the kernel
 * at once. One thread, since the work is small and a second one costs a frame of delay.
 */
export const encodeArgv = (screen: Size, video: Size, file: string): string[] => [
  ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error"],
  // Nothing is to be found out about the input, so nothing of it is held back.
  ...["-probesize", "32", "-analyzeduration", "0", "-f", "matroska", "-i", "pipe:0"],
  ...["-an", "-vf", placed(screen, video), "-fps_mode", "passthrough", "-enc_time_base", "1:1000"],
  ...["-c:v", "libx264", "-preset", "veryfast", "-tune", "zerolatency", "-threads", "1", "-crf", "23", "-g", `${KEY_FRAME_EVERY}`],
  ...["-colorspace", "bt709", "-color_primaries", "bt709", "-color_trc", "bt709", "-color_range", "tv"],
  ...["-flush_packets", "1", "-movflags", "empty_moov+default_base_moof+frag_every_frame", "-f", "mp4", "-y", file],
];

/** Joins segments, without encoding anew, into a file that can be played and searched while it is still being fetched. */
export const joinArgv = (list: string, chapters: string, file: string): string[] => [
  ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error"],
  ...["-f", "concat", "-safe", "0", "-i", list, "-f", "ffmetadata", "-i", chapters],
  ...["-map", "0:v:0", "-map_metadata", "1", "-map_chapters", "1", "-c", "copy"],
  // A frame lasts until the next; for the last one, which is there only to say when the recording ended, the muxer would make a duration up.
  ...["-bsf:v", "setts=duration=1", "-movflags", "+faststart", "-f", "mp4", "-y", file],
];

export const posterArgv = (video: string, atMs: number, file: string): string[] => [
  ...["ffmpeg", "-hide_banner", "-nostdin", "-loglevel", "error", "-ss", (atMs / 1000).toFixed(3), "-i", video],
  ...["-frames:v", "1", "-q:v", "4", "-f", "image2", "-update", "1", "-y", file],
];

/** Counts the frames of a file by reading it through, since a fragmented one has no table of them. */
export const probeArgv = (file: string): string[] => [
  ...["ffprobe", "-v", "error", "-select_streams", "v:0", "-count_packets"],
  ...["-show_entries", "stream=nb_read_packets,width,height:format=duration", "-of", "json", file],
];
