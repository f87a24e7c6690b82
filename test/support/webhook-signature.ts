import { createHmac, timingSafeEqual } from 'node:crypto';
import type { Received } from './target.ts';

/** Whether a request is signed by this key, as Standard Webhooks 1.0.0 has a receiver check it. */
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
