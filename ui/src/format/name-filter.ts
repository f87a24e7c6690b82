/** What somebody types of a name, as lists are asked for it: a part of the name, or with an asterisk what its form says. */
export const namedLike = (typed: string): string => (typed.includes('*') ? typed : `*${typed}*`);
