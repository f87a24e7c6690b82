import { createHmac, hkdfSync } from 'node:crypto';
import type { JobDefinition } from '../domain/events/index.ts';
import type { RunTaskConfig, TaskOf } from '../domain/tasks/kinds.ts';
import { hasSecrets } from '../domain/tasks/walk.ts';
import type { Sealed } from '../domain/values.ts';
import type { Random } from '../runtime/runtime.ts';
import { type BoxKey, closeBox, type DataKey, openBox } from './data-key.ts';
import { SecretBroken, SecretErased, SecretKeyMissing } from './key-ring.ts';

const DERIVED_BYTES = 32;
const FINGERPRINT_BYTES = 16;

/** Seals and opens the secrets of one application. */
export type ApplicationKeys = {
  /** The generation of the data key. Secrets sealed under an earlier generation are lost. */
  readonly generation: number;
  seal(clear: string, use: SecretUse): Sealed;
  /**
   * Opens a sealed value.
   * @throws SecretErased, SecretKeyMissing, SecretBroken; SecretBroken also if it was sealed for another use
   */
  unseal(sealed: Sealed, use: SecretUse): string;
  /**
   * Returns the same text for equal values of this application, generation and use. Without the key it reveals nothing
   * about the value.
   */
  fingerprint(clear: string, use: SecretUse): string;
};

/** The purpose that a value is sealed for. It opens for no other. */
export type SecretUse =
  /** A task sends it to these origins, as `boundOriginsOf` writes them. */
  | { readonly kind: 'task'; readonly origin: string }
  /** A named secret of the application. */
  | { readonly kind: 'secret'; readonly name: string }
  /** The private key of a client certificate, in TLS settings of this name. */
  | { readonly kind: 'tls'; readonly name: string }
  /** Work that is offered to the queue with this target name. */
  | { readonly kind: 'work'; readonly name: string }
  /** The result of a confidential job. */
  | { readonly kind: 'result' };

const usePartsOf = (use: SecretUse): readonly string[] => {
  switch (use.kind) {
    case 'task':
      return [use.kind, use.origin];
    case 'secret':
    case 'tls':
    case 'work':
      return [use.kind, use.name];
    case 'result':
      return [use.kind];
  }
};

/** Derives a separate key for each purpose, so that fingerprints reveal nothing about boxes. */
const derive = (dataKey: Buffer, purpose: string): Buffer =>
  Buffer.from(hkdfSync('sha256', dataKey, Buffer.alloc(0), `carillon ${purpose}`, DERIVED_BYTES));

export const createApplicationKeys = (dataKey: DataKey, random: Random): ApplicationKeys => {
  const { tenant, applicationId, generation } = dataKey;
  const key = derive(dataKey.key, 'seal');
  const boxKeyFor = (use: SecretUse): BoxKey => ({
    key,
    boundTo: ['carillon secret', tenant, applicationId, generation, ...usePartsOf(use)],
  });
  const fingerprintKey = derive(dataKey.key, 'fingerprint');

  const fingerprint = (clear: string, use: SecretUse): string =>
    createHmac('sha256', fingerprintKey)
      .update(JSON.stringify([...usePartsOf(use), clear]), 'utf8')
      .digest()
      .subarray(0, FINGERPRINT_BYTES)
      .toString('base64');

  return {
    generation,
    fingerprint,
    seal: (clear, use) => ({
      $sealed: {
        generation,
        box: closeBox(boxKeyFor(use), Buffer.from(clear, 'utf8'), random),
        fingerprint: fingerprint(clear, use),
      },
    }),
    unseal: ({ $sealed: { generation: sealedUnder, box } }, use) => {
      const at = { applicationId, generation: sealedUnder };
      if (sealedUnder < generation) throw new SecretErased(at);
      if (sealedUnder > generation) throw new SecretKeyMissing(at);
      const clear = openBox(boxKeyFor(use), box);
      if (clear === undefined) throw new SecretBroken(at);
      return clear.toString('utf8');
    },
  };
};

/** Returns whether calling a job opens or seals secrets. A job without secrets runs even if the keys are unavailable. */
export const needsKeys = ({
  confidential = false,
  ...task
}: TaskOf<RunTaskConfig> & Pick<JobDefinition, 'confidential'>): boolean => confidential || hasSecrets(task);

const neverCalled = (): never => {
  throw new Error('a job without secrets has nothing to open or seal');
};

/** Replaces the keys of a job that needs none. */
export const NO_KEYS: ApplicationKeys = {
  generation: 0,
  seal: neverCalled,
  unseal: neverCalled,
  fingerprint: neverCalled,
};
