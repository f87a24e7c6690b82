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
  seal(clear: string, use: SecretUse): Sealed;
  /** @throws SecretErased, SecretKeyMissing, SecretBroken, the last also for another use than it was sealed for */
  unseal(sealed: Sealed, use: SecretUse): string;
  /** The same for equal values of this application, generation and use, and telling nothing without its key. */
  fingerprint(clear: string, use: SecretUse): string;
};

/** What a value is sealed for; it opens for nothing else. */
export type SecretUse =
  /** Sent by a job to this origin, as `boundOrigin` has it. */
  | { readonly kind: 'task'; readonly origin: string }
  /** The application's own, by name. */
  | { readonly kind: 'secret'; readonly name: string }
  /** The result of a confidential job. */
  | { readonly kind: 'result' };

const partsOf = (use: SecretUse): readonly string[] => {
  switch (use.kind) {
    case 'task':
      return [use.kind, use.origin];
    case 'secret':
      return [use.kind, use.name];
    case 'result':
      return [use.kind];
  }
};

/** One key a purpose, so that no fingerprint can tell anything about a box. */
const derive = (dataKey: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), `carillon ${purpose}`, DERIVED_BYTES));

export const createApplicationKeys = (dataKey: DataKey, random: Random): ApplicationKeys => {
  const { tenant, applicationId, generation } = dataKey;
  const key = derive(dataKey.key, 'seal');
  const lockFor = (use: SecretUse): Lock => ({
    key,
    boundTo: ['carillon secret', tenant, applicationId, generation, ...partsOf(use)],
  });
  const fingerprintKey = derive(dataKey.key, 'fingerprint');

  const fingerprint = (clear: string, use: SecretUse): string =>
    createHmac('sha256', fingerprintKey)
      .update(JSON.stringify([...partsOf(use), clear]), 'utf8')
      .digest()
      .subarray(0, FINGERPRINT_BYTES)
      .toString('base64');

  return {
    generation,
    fingerprint,
    seal: (clear, use) => ({
      $sealed: {
        generation,
        box: closeBox(lockFor(use), Buffer.from(clear, 'utf8'), random),
        fingerprint: fingerprint(clear, use),
      },
    }),
    unseal: ({ $sealed: { generation: sealedUnder, box } }, use) => {
      const at = { applicationId, generation: sealedUnder };
      if (sealedUnder < generation) throw new SecretErased(at);
      if (sealedUnder > generation) throw new SecretKeyMissing(at);
      const clear = openBox(lockFor(use), box);
      if (clear === undefined) throw new SecretBroken(at);
      return clear.toString('utf8');
    },
  };
};
