import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Received } from './target.ts';

/** Returns whether a request is signed by this key, as a receiver checks it by Standard Webhooks 1.0.0. */
export const isSignedBy = (key: string, { headers, body }: Pick<Received, 'headers' | 'body'>): boolean => {
  const secret = Buffer.from(key.replace('whsec_', ''), 'base64');
  const content = [headers['webhook-id'], headers['webhook-timestamp'], body].join('.');
  const expected = createHmac('sha256', secret).update(content).digest();
  return String(headers['webhook-signature'])
    .split(' ')
    .some((signature) => {
      const [version, value = ''] = signature.split(',');
      const given = Buffer.from(value, 'base64');
      return version === 'v1' && given.length === expected.length && timingSafeEqual(given, expected);
    });
};
