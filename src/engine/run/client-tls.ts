import { createHash } from 'node:crypto';
import type { TlsSettings } from '../../domain/events/index.ts';
import type { Sealed } from '../../domain/values.ts';
import type { ClientTls } from '../call/index.ts';

/** Gives what a request to an origin is made with; undefined where nothing is set for it. */
export const clientTlsOf = (
  settings: readonly TlsSettings[],
  open: (name: string, key: Sealed) => string,
): ((origin: string) => ClientTls | undefined) => {
  const opened = new Map<string, ClientTls>();
  return (origin) => {
    const found = settings.find(({ origins }) => origins.includes(origin));
    if (found === undefined) return undefined;
    const { name, ca, certificate, key } = found;
    const known = opened.get(name);
    if (known !== undefined) return known;
    const tls = {
      id: createHash('sha256')
        .update(JSON.stringify([ca, certificate, key]))
        .digest('base64'),
      ...(ca === undefined ? {} : { ca }),
      ...(certificate === undefined || key === undefined ? {} : { cert: certificate, key: open(name, key) }),
    };
    opened.set(name, tls);
    return tls;
  };
};
