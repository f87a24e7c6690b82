import type { ApplicationId, Sealed, Tenant } from '../../domain/values.ts';

export type KeyRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly generation: number };

/** What commands need of the data keys; built in compose from secrets/. */
export type SecretEdge = {
  /** Seals a secret with the application's data key, which is made if there is none. */
  seal(secret: Omit<KeyRef, 'generation'> & { readonly name: string }, clear: string): Promise<Sealed>;
  /** Seals the result of a confidential job. */
  sealResult(owner: Omit<KeyRef, 'generation'>, clear: string): Promise<Sealed>;
  /** The generation of the data key in force, looked for from `from` on; undefined if there is none. */
  currentGeneration(key: Omit<KeyRef, 'generation'> & { readonly from: number }): Promise<number | undefined>;
  /** Wraps a data key by the ring's current key; false if that key wraps it already, or there is none. */
  rewrap(key: KeyRef): Promise<boolean>;
  /** Deletes a data key for good. */
  erase(key: KeyRef): Promise<void>;
};
