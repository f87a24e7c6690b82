import type { SecretErrorCode } from '../domain/codes/execution-error-codes.ts';
import type { DomainErrorCode } from '../domain/codes/problem-codes.ts';

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

/** The setting `SECRET_KEYS` is invalid. The message names the entry but never its content. */
export class BadKeyRing extends Error {
  override readonly name = 'BadKeyRing';
  readonly code = 'BAD_SECRET_KEYS';
}

/** The data key is encrypted with a key that this process does not have. */
export class RingKeyUnknown extends Error {
  override readonly name = 'RingKeyUnknown';
  readonly code = 'SECRET_KEY_UNKNOWN' satisfies DomainErrorCode;
  constructor(at: { stream: string; keyEncryptionKeyId: string }) {
    super(`the data key in ${at.stream} is wrapped by key "${at.keyEncryptionKeyId}", which SECRET_KEYS does not have`);
  }
}

/** The data key can't be decrypted: the ring key has the right id but other bytes, or the log was tampered with. */
export class DataKeyBroken extends Error {
  override readonly name = 'DataKeyBroken';
  readonly code = 'SECRET_DATA_KEY_BROKEN' satisfies DomainErrorCode;
  constructor(at: { stream: string; keyEncryptionKeyId: string }) {
    super(`the data key in ${at.stream} cannot be opened with the key "${at.keyEncryptionKeyId}" of SECRET_KEYS`);
  }
}

/** The secret is lost: its data key was erased. */
export class SecretErased extends Error {
  override readonly name = 'SecretErased';
  readonly code = 'SECRET_ERASED' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`secrets of generation ${at.generation} of application ${at.applicationId} were erased: set them again`);
  }
}

/** The secret was sealed under a newer data key than the cached one: load the application's keys again. */
export class SecretKeyMissing extends Error {
  override readonly name = 'SecretKeyMissing';
  readonly code = 'SECRET_KEY_MISSING' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`the data key ${at.generation} of application ${at.applicationId} is not available in this process`);
  }
}

/** The secret was sealed for another tenant, application, generation or use, or was tampered with. */
export class SecretBroken extends Error {
  override readonly name = 'SecretBroken';
  readonly code = 'SECRET_BROKEN' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`a secret of application ${at.applicationId}, generation ${at.generation}, cannot be opened`);
  }
}
