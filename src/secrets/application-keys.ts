import { createHmac, hkdfSync } from 'node:crypto';
import type { Sealed } from '../domain/values.ts';
import type { Random } from '../world.ts';
import { closeBox, type Lock, openBox } from './box.ts';
import type { DataKey } from './data-key.ts';
import { SecretBroken, SecretErased, SecretKeyMissing } from './errors.ts';

const DERIVED_BYTES = 32;
const FINGERPRINT_BYTES = 16;

/** What seals and opens the secrets of one application. */
export type ApplicationKeys = {
  /** Of the data key: what was sealed under an earlier one is lost. */
  readonly generation: number;
  seal(clear: string): Sealed;
  /** @throws SecretErased, SecretKeyMissing, SecretBroken */
  unseal(sealed: Sealed): string;
  /** The same for equal values of this application and generation, and telling nothing without its key. */
  fingerprint(clear: string): string;
};

/** One key a purpose, so that no fingerprint can tell anything about a box. */
const derive = (dataKey: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), `carillon ${purpose}`, DERIVED_BYTES));

export const createApplicationKeys = (dataKey: DataKey, random: Random): ApplicationKeys => {
  const { tenant, applicationId, generation } = dataKey;
  const lock: Lock = {
    key: derive(dataKey.key, 'seal'),
    boundTo: ['carillon secret', tenant, applicationId, generation],
  };
  const fingerprintKey = derive(dataKey.key, 'fingerprint');

  const fingerprint = (clear: string): string =>
    createHmac('sha256', fingerprintKey)
      .update(clear, 'utf8')
      .digest()
      .subarray(0, FINGERPRINT_BYTES)
      .toString('base64');

  return {
    generation,
    fingerprint,
    seal: (clear) => ({
      $sealed: { generation, box: closeBox(lock, Buffer.from(clear, 'utf8'), random), fingerprint: fingerprint(clear) },
    }),
    unseal: ({ $sealed: { generation: sealedUnder, box } }) => {
      const at = { applicationId, generation: sealedUnder };
      if (sealedUnder < generation) throw new SecretErased(at);
      if (sealedUnder > generation) throw new SecretKeyMissing(at);
      const clear = openBox(lock, box);
      if (clear === undefined) throw new SecretBroken(at);
      return clear.toString('utf8');
    },
  };
};
