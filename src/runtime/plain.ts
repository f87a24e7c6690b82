/** A text on one line that moves nothing in a terminal or a mail: targets and other users have written parts of it. */
export const plain = (text: string): string => text.replace(/[\p{Cc}\p{Zl}\p{Zp}\u202a-\u202e\u2066-\u2069]+/gu, ' ');
