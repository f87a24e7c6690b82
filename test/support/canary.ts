import { randomBytes } from 'node:crypto';

/** A secret that is planted in one place and searched for everywhere. */
export type Canary = {
  readonly place: string;
  /** Contains characters that each escaping changes in its own way. */
  readonly value: string;
  /** Texts that reveal it. */
  readonly signs: readonly string[];
};

/** Searches for the part of the value that no escaping changes, so that a partial secret is found too. */
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

/** The canaries that a text reveals, with their surroundings. */
export const seen = (canaries: readonly Canary[], where: string, text: string): string[] =>
  canaries.flatMap(({ place, signs }) =>
    signs.flatMap((sign) => {
      const at = text.indexOf(sign);
      return at === -1 ? [] : [`${place} in ${where}: …${text.slice(Math.max(0, at - 80), at + 60)}…`];
    }),
  );
