/** Converts typed text to a name filter: a part of the name, or a pattern if it contains an asterisk. */
export const namedLike = (typed: string): string => (typed.includes('*') ? typed : `*${typed}*`);
