import { BadKeyRing } from './errors.ts';

const KEY_BYTES = 32;

export type RingKey = { readonly id: string; readonly key: Buffer };
/** The operator's keys, which encrypt the data keys of applications. */
export type KeyRing = {
  /** Encrypts every new data key. */
  readonly current: RingKey;
  find(id: string): RingKey | undefined;
};

const parseEntry = (entry: string, index: number): RingKey => {
  const [, id, base64] = /^([A-Za-z0-9._-]{1,64}):([A-Za-z0-9+/_-]+={0,2})$/.exec(entry) ?? [];
  if (id === undefined || base64 === undefined) {
    throw new BadKeyRing(`has an invalid entry, number ${index + 1}: write id:base64`);
  }
  const key = Buffer.from(base64, 'base64');
  if (key.length !== KEY_BYTES) {
    throw new BadKeyRing(`has a key "${id}" of ${key.length} bytes instead of ${KEY_BYTES}`);
  }
  return { id, key };
};

/**
 * Parses `id:base64,id:base64,…` with keys of 32 bytes. The first key is the current one; the others only decrypt.
 * @throws BadKeyRing with a message that continues the name of the setting
 */
export const createKeyRing = (setting: string): KeyRing => {
  const entries = setting.split(',').map((entry) => entry.trim());
  const keys = entries.map(parseEntry);
  const byId = new Map(keys.map((key) => [key.id, key]));
  const [current] = keys;
  if (current === undefined || byId.size !== keys.length) throw new BadKeyRing('has the same id twice');
  return { current, find: (id) => byId.get(id) };
};
