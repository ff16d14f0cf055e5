import { type Signer, sameSecret } from "./key.ts";

/**
 * What opens one recording's video, poster and page, and nothing else. It is a MAC of the recording's id, kept nowhere: it lives as long as the recording,
 * which outlives its computer and that computer's links. `inherited`: the key that made the recording is no more; what it was told opens nothing then.
 */
export const recordingToken = (sign: Signer, id: string, inherited: boolean): string =>
  sign("recording", inherited ? `${id}\0inherited` : id);

export const isRecordingToken = (sign: Signer, id: string, inherited: boolean, token: string): boolean =>
  sameSecret(token, recordingToken(sign, id, inherited));
