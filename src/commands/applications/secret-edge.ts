import type { ApplicationId, Sealed, Tenant } from '../../domain/values.ts';

export type KeyRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly generation: number };

/** What commands ask of whoever keeps the data keys; built in compose. */
export type SecretEdge = {
  /** Seals an application's secret of this name with its data key, made where there is none. */
  seal(secret: Omit<KeyRef, 'generation'> & { readonly name: string }, clear: string): Promise<Sealed>;
  /** The generation of the data key that is there, not before `from`; undefined for none. */
  currentGeneration(key: Omit<KeyRef, 'generation'> & { readonly from: number }): Promise<number | undefined>;
  /** Wraps a data key by the ring's current key; false where it is so already, or there is none. */
  rewrap(key: KeyRef): Promise<boolean>;
  /** Deletes a data key for good. */
  erase(key: KeyRef): Promise<void>;
};
