import { type Signer, sameSecret } from "./key.ts";

/**
 * What opens one recording's video, poster and page, and nothing else. It is a MAC of the recording's id, kept nowhere: it lives as long as the recording,
 * which outlives its computer and that computer's links.
 */
export const recordingToken = (sign: Signer, id: string): string => sign("recording", id);

export const isRecordingToken = (sign: Signer, id: string, token: string): boolean => sameSecret(token, recordingToken(sign, id));
