/** What the scripted model puts into the form. */
export const ANSWERS: { name: string; city: string; about: string };
/** Serves scripted stand-ins for OpenAI's Responses API, Anthropic's Messages API and Gemini's generateContent on a free port of the loopback until `close` is called. */
export const serveFakeModel: () => Promise<{ url: string; close: () => Promise<void> }>;
