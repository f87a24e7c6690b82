import { BadKeyRing } from './errors.ts';

const KEY_BYTES = 32;

export type RingKey = { readonly id: string; readonly key: Buffer };
/** The operator's keys, which wrap the data keys of applications. */
export type KeyRing = {
  /** Wraps every new data key. */
  readonly current: RingKey;
  find(id: string): RingKey | undefined;
};

const parseEntry = (entry: string, at: number): RingKey => {
  const [, id, base64] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
  if (id === undefined || base64 === undefined) {
    throw new BadKeyRing(`entry ${at + 1} of SECRET_KEYS is not of the form id:base64`);
  }
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new BadKeyRing(`key "${id}" of SECRET_KEYS has ${key.length} bytes, not ${KEY_BYTES}`);
  }
  return { id, key };
};

/**
 * Reads `id:base64,id:base64,…`: 32 bytes each, the first is current, the others still unwrap.
 * @throws BadKeyRing
 */
export const createKeyRing = (setting: string): KeyRing => {
  const entries = setting.split(',').map((entry) => entry.trim());
  const keys = entries.map(parseEntry);
  const byId = new Map(keys.map((key) => [key.id, key]));
  const [current] = keys;
  if (current === undefined || byId.size !== keys.length) throw new BadKeyRing('SECRET_KEYS names an id twice');
  return { current, find: (id) => byId.get(id) };
};
