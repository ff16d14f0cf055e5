import { retryAfterOf, type VitrineError } from "../../../contract/errors.ts";

/** An error of ours as the vendor's clients read one: its ErrorModel. The code is the registry's. */
export const toErrorModel = ({ code, message }: Pick<VitrineError, "code" | "message">) => ({ code, message });

/** Whether the vendor's clients are to send a failed call again by themselves. They would repeat every 409 and 5xx, of which few pass by waiting, and some may have been done. */
export const mayRepeat = (error: VitrineError): boolean => retryAfterOf(error) !== undefined;
