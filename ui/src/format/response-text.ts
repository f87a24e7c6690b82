const FIELDS = ['error', 'message', 'detail'] as const;
const MAX_TEXT = 120;

/** The message in a response, up to 120 characters: its text, a field with the usual name, or its JSON. */
export const formatResponse = (data: unknown): string => {
  const text = messageIn(data).trim();
  return text.length > MAX_TEXT ? `${text.slice(0, MAX_TEXT)}…` : text;
};

const messageIn = (data: unknown): string => {
  if (typeof data === 'string') return data;
  if (typeof data !== 'object' || data === null) return data === undefined || data === null ? '' : String(data);
  for (const [name, value] of Object.entries(data)) {
    if (FIELDS.some((each) => each === name) && value !== null && value !== '') return messageIn(value);
  }
  return JSON.stringify(data);
};
