import type { ClientTls } from './port.ts';

/** As Node's `tls.connect` takes it. */
export const tlsOptions = ({ ca, cert, key }: Partial<ClientTls> = {}): Omit<ClientTls, 'id'> => ({
  ...(ca === undefined ? {} : { ca }),
  ...(cert === undefined ? {} : { cert }),
  ...(key === undefined ? {} : { key }),
});
