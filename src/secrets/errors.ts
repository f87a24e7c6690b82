import type { SecretErrorCode } from '../domain/codes/execution-error-codes.ts';
import type { RefusalCode } from '../domain/codes/problem-codes.ts';

/** The setting `SECRET_KEYS` can't be used. Says which entry, never what is in it. */
export class BadKeyRing extends Error {
  override readonly name = 'BadKeyRing';
  readonly code = 'BAD_SECRET_KEYS';
}

/** The data key is wrapped by a key that this process was not given. */
export class RingKeyUnknown extends Error {
  override readonly name = 'RingKeyUnknown';
  readonly code = 'SECRET_RING_KEY_UNKNOWN' satisfies RefusalCode;
  constructor(at: { stream: string; ringKeyId: string }) {
    super(`the data key in ${at.stream} is wrapped by key "${at.ringKeyId}", which SECRET_KEYS does not have`);
  }
}

/** The data key can't be unwrapped: a ring key of the same id but other bytes, or a tampered log. */
export class DataKeyBroken extends Error {
  override readonly name = 'DataKeyBroken';
  readonly code = 'SECRET_DATA_KEY_BROKEN' satisfies RefusalCode;
  constructor(at: { stream: string; ringKeyId: string }) {
    super(`the data key in ${at.stream} does not open with key "${at.ringKeyId}" of SECRET_KEYS`);
  }
}

/** What was sealed can't be read again by anyone: its data key was erased. */
export class SecretErased extends Error {
  override readonly name = 'SecretErased';
  readonly code = 'SECRET_ERASED' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`secrets of generation ${at.generation} of application ${at.applicationId} were erased: set them again`);
  }
}

/** Sealed under a newer data key than the one at hand: ask for the application's keys again. */
export class SecretKeyMissing extends Error {
  override readonly name = 'SecretKeyMissing';
  readonly code = 'SECRET_KEY_MISSING' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`the data key ${at.generation} of application ${at.applicationId} is not at hand`);
  }
}

/** Not sealed for this tenant, application and generation, or tampered with. */
export class SecretBroken extends Error {
  override readonly name = 'SecretBroken';
  readonly code = 'SECRET_BROKEN' satisfies SecretErrorCode;
  constructor(at: { applicationId: number; generation: number }) {
    super(`a secret of application ${at.applicationId}, generation ${at.generation}, does not open`);
  }
}
