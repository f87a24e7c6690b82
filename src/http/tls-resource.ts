import { certificateFacts, expiryState } from '../domain/named-values/keys.ts';
import { SEALED_SHOWN } from '../domain/redaction/index.ts';
import { toMs } from '../domain/values.ts';
import type { TlsView } from '../projections/queries/records/applications.ts';

/** TLS settings as the API shows them: with what their certificates say, and without the key. */
export const tlsResource = ({ name, origins, ca, certificate, updatedAt, updatedBy }: TlsView, nowMs: number) => {
  const authorities = ca === undefined ? undefined : certificateFacts(ca);
  const chain = certificate === undefined ? undefined : certificateFacts(certificate);
  const expiries = [...(authorities ?? []), ...(chain ?? [])].map(({ expiresAt }) => toMs(expiresAt));
  return {
    name,
    origins,
    ...(ca === undefined ? {} : { ca, authorities }),
    ...(certificate === undefined ? {} : { certificate, chain, key: SEALED_SHOWN }),
    expiry: expiryState(expiries, nowMs),
    updatedAt,
    updatedBy,
  };
};
