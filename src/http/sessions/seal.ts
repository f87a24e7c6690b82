import { hkdfSync } from 'node:crypto';
import { EncryptJWT, errors, jwtDecrypt } from 'jose';
import type { z } from 'zod';
import type { Clock } from '../../runtime/runtime.ts';

type SealingKey = { readonly id: string; readonly key: Uint8Array };
/** The keys of the installation, the same in all processes. The current one seals; each can open. */
export type SealingKeys = { readonly current: SealingKey; find(id: string): SealingKey | undefined };

type SealOptions<S extends z.ZodType<Record<string, unknown>>> = {
  readonly keys: SealingKeys;
  /** Data sealed for one purpose opens for no other. */
  readonly purpose: string;
  readonly content: S;
  readonly clock: Clock;
};

/** Seals data that a browser keeps for this service, so that no one else can read or forge it. */
export type Seal<T> = {
  seal(content: T, expiresAtMs: number): Promise<string>;
  /** Opens sealed data. Returns the content and its expiry; `undefined` if it has expired or was not sealed here. */
  open(sealed: string): Promise<{ readonly content: T; readonly expiresAtMs: number } | undefined>;
};

const KEY_BYTES = 32;
const SEALED = /^[\w-]+\.\.[\w-]+\.[\w-]+\.[\w-]+$/;

/** Returns whether a text has the format of sealed data (a compact JWE without its own key); a JWT has three parts. */
export const isSealed = (text: string): boolean => SEALED.test(text);

/** Creates a seal of encrypted JWTs (JWE, A256GCM), with keys derived from the installation's for this purpose. */
export const createSeal = <S extends z.ZodType<Record<string, unknown>>>({
  keys,
  purpose,
  content,
  clock,
}: SealOptions<S>): Seal<z.output<S>> => {
  const derive = ({ key }: SealingKey): Uint8Array =>
    new Uint8Array(hkdfSync('sha256', key, '', `carillon ${purpose}`, KEY_BYTES));
  return {
    seal: (sealed, expiresAtMs) =>
      new EncryptJWT({ ...sealed })
        .setProtectedHeader({ alg: 'dir', enc: 'A256GCM', kid: keys.current.id })
        .setExpirationTime(Math.floor(expiresAtMs / 1_000))
        .encrypt(derive(keys.current)),
    open: async (sealed) => {
      try {
        // For an unknown key, tries the current one, which does not open it.
        const keyOf = ({ kid = '' }) => derive(keys.find(kid) ?? keys.current);
        const { payload } = await jwtDecrypt(sealed, keyOf, {
          keyManagementAlgorithms: ['dir'],
          contentEncryptionAlgorithms: ['A256GCM'],
          requiredClaims: ['exp'],
          currentDate: new Date(clock.now()),
        });
        const { exp = 0, ...rest } = payload;
        const parsed = content.safeParse(rest);
        return parsed.success ? { content: parsed.data, expiresAtMs: exp * 1_000 } : undefined;
      } catch (error) {
        if (error instanceof errors.JOSEError) return undefined;
        throw error;
      }
    },
  };
};
