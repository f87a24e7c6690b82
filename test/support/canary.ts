import { randomBytes } from 'node:crypto';

/** A secret to be planted in one place, and looked for everywhere. */
export type Canary = {
  readonly place: string;
  /** With characters that every way of writing it down escapes in its own manner. */
  readonly value: string;
  /** How it can be seen in a text: at each of these. */
  readonly signs: readonly string[];
};

/** Of the value the part that no escape changes is looked for, so that half a secret is found too. */
export const canary = (place: string, { plain = false } = {}): Canary => {
  const core = `Q${randomBytes(9).toString('hex')}Z`;
  return { place, value: plain ? core : `${core}"/&%+ \\'${core}`, signs: signsOf(core) };
};

const signsOf = (core: string): string[] => {
  const inBase64 = [0, 1, 2].map((before) => {
    const encoded = Buffer.concat([Buffer.alloc(before), Buffer.from(core)]).toString('base64');
    return encoded.slice(Math.ceil((before * 8) / 6), Math.floor(((before + core.length) * 8) / 6));
  });
  return [core, core.toLowerCase(), Buffer.from(core).toString('hex'), ...inBase64];
};

/** Which of them the text gives away, with what surrounds it. */
export const seen = (canaries: readonly Canary[], where: string, text: string): string[] =>
  canaries.flatMap(({ place, signs }) =>
    signs.flatMap((sign) => {
      const at = text.indexOf(sign);
      return at === -1 ? [] : [`${place} in ${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`];
    }),
  );
