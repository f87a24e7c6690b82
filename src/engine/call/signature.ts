import { createHmac } from 'node:crypto';
import { readSigningKey } from '../../domain/named-values/keys.ts';
import type { Clock } from '../../runtime/world.ts';
import type { Hop } from './hop.ts';
import type { CallRequest, Sign } from './port.ts';

const SIGNATURE_HEADERS = ['webhook-id', 'webhook-timestamp', 'webhook-signature'] as const;

type SignerOptions = {
  /** As `readSigningKey` takes them; each makes a signature. */
  readonly keys: readonly string[];
  /** The same for all attempts of one execution. */
  readonly id: string;
  readonly clock: Pick<Clock, 'now'>;
};

/**
 * Signs requests as Standard Webhooks 1.0.0 says: HMAC-SHA256 over id, time in seconds and body, with dots between them.
 * A receiver accepts the request if it can verify one of the signatures.
 */
export const createSigner = ({ keys: texts, id, clock }: SignerOptions): Sign => {
  const keys = texts.map((text) => {
    const key = readSigningKey(text);
    if (key === undefined) throw new Error('a signing key was stored that is none');
    return key;
  });
  return (body) => {
    const timestamp = String(Math.floor(clock.now() / 1_000));
    const signed = `${id}.${timestamp}.${body}`;
    const signatures = keys.map((key) => `v1,${createHmac('sha256', key).update(signed).digest('base64')}`);
    return { 'webhook-id': id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
  };
};

/**
 * Signs a hop over the body that it sends, in place of headers of these names that it has. A hop to another origin than
 * the job's target is not signed.
 */
export const signedHop = (hop: Hop, { url, sign }: Pick<CallRequest, 'url' | 'sign'>): Hop => {
  if (sign === undefined) return hop;
  const headers = new Map(hop.headers);
  for (const name of SIGNATURE_HEADERS) headers.delete(name);
  if (hop.url.origin !== url.origin) return { ...hop, headers };
  const signature = sign(hop.body ?? '');
  for (const name of SIGNATURE_HEADERS) headers.set(name, [name, signature[name]]);
  return { ...hop, headers };
};
