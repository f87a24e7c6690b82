import type { ApplicationId, Sealed, Tenant } from '../../domain/values.ts';

export type KeyRef = { readonly tenant: Tenant; readonly applicationId: ApplicationId; readonly generation: number };

/** What a value is sealed for; it opens for nothing else. */
type NamedUse = { readonly kind: 'secret' | 'tls'; readonly name: string };

/** What commands need of the data keys; built in compose from secrets/. */
export type SecretEdge = {
  /** Seals a named secret, or the private key of TLS settings, by the application's data key, made if there is none. */
  seal(owner: Omit<KeyRef, 'generation'>, clear: string, use: NamedUse): Promise<Sealed>;
  /** Seals the result of a confidential job; undefined where the data key that its call was made with was erased. */
  sealResult(owner: Omit<KeyRef, 'generation'>, clear: string): Promise<Sealed | undefined>;
  /** The generation of the data key in force, looked for from `from` on; undefined if there is none. */
  currentGeneration(key: Omit<KeyRef, 'generation'> & { readonly from: number }): Promise<number | undefined>;
  /** Wraps a data key by the ring's current key; false if that key wraps it already, or there is none. */
  rewrap(key: KeyRef): Promise<boolean>;
  /** Deletes a data key for good. */
  erase(key: KeyRef): Promise<void>;
};
