/** Why the service ends a connection, as its peer is told; `code` is a WebSocket's close code. */
export class Cut extends Error {
  override readonly name = "Cut";
  readonly code: number;

  constructor(code: number, reason: string) {
    super(reason);
    this.code = code;
  }
}

/** The farewell of a relay whose signal has aborted. */
export const farewellOf = ({ reason }: AbortSignal): { code: number; reason: string } => ({
  code: reason instanceof Cut ? reason.code : 1001,
  reason: reason instanceof Error ? reason.message : "the service ended it",
});
